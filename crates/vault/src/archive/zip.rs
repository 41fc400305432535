//! Zip, with the sizes of zip64 where they are needed. Lengths and checksums follow each file, since they are not known before;
//! so that a reader that doesn't jump finds its end all the same, a file is a deflate stream of stored blocks.

use crc32fast::Hasher;
use jiff::tz::TimeZone;

use super::{Entry, Error};
use crate::tree::Node;

/// The list of entries at the end has to be kept until then.
const LONGEST_LIST: usize = 64 * 1024 * 1024;

const LOCAL: u32 = 0x0403_4b50;
const DESCRIPTOR: u32 = 0x0807_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const END_64: u32 = 0x0606_4b50;
const LOCATOR_64: u32 = 0x0706_4b50;
const END: u32 = 0x0605_4b50;
/// Lengths follow, and names are UTF-8.
const FLAGS: u16 = 1 << 3 | 1 << 11;
const DEFLATE: u16 = 8;
const STORED: u16 = 0;
/// 4.5, which has zip64, made on Unix.
const NEEDS: u16 = 45;
const MADE_BY: u16 = 3 << 8 | NEEDS;
const BLOCK: usize = 0xffff;

#[derive(Default)]
pub(super) struct Zip {
    pub(super) out: Vec<u8>,
    /// What was written before `out`.
    before: u64,
    list: Vec<u8>,
    entries: u64,
    current: Option<Current>,
}

struct Current {
    name: Vec<u8>,
    mode: u32,
    time: (u16, u16),
    unix: Option<i64>,
    at: u64,
    method: u16,
    crc: Hasher,
    packed: u64,
    size: u64,
    is_64: bool,
}

/// Day and time as MS-DOS has them; in UTC, since nobody knows the reader's zone.
fn dos(node: &Node) -> (u16, u16) {
    let Some(at) = node.modified_at else { return (0x21, 0) };
    let at = at.to_zoned(TimeZone::UTC);
    if !(1980..=2107).contains(&at.year()) {
        return (0x21, 0);
    }
    let number = |value: i8| u16::try_from(value).unwrap_or(0);
    let year = u16::try_from(at.year() - 1980).unwrap_or(0);
    let day = year << 9 | number(at.month()) << 5 | number(at.day());
    (day, number(at.hour()) << 11 | number(at.minute()) << 5 | (number(at.second()) / 2))
}

/// The extra field that says the time exactly.
fn time_field(unix: Option<i64>, out: &mut Vec<u8>) {
    if let Some(seconds) = unix.and_then(|seconds| i32::try_from(seconds).ok()) {
        out.extend(0x5455_u16.to_le_bytes());
        out.extend(5_u16.to_le_bytes());
        out.push(1);
        out.extend(seconds.to_le_bytes());
    }
}

fn low(value: u64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

impl Zip {
    fn position(&self) -> u64 {
        self.before + self.out.len() as u64
    }

    /// The bytes that were written so far are taken.
    pub(super) fn take(&mut self) -> Vec<u8> {
        self.before += self.out.len() as u64;
        std::mem::take(&mut self.out)
    }

    fn start(&mut self, entry: &Entry<'_>, mode: u32, method: u16, size: u64) -> Result<(), Error> {
        let Ok(length) = u16::try_from(entry.path.len()) else { return Err(Error::TooLarge("a path for a zip")) };
        let (day, time) = dos(entry.node);
        let unix = entry.node.modified_at.map(jiff::Timestamp::as_second);
        // Stored blocks add 5 bytes each.
        let is_64 = size > u64::from(u32::MAX) / 2;
        let at = self.position();
        let mut extra = Vec::new();
        if is_64 {
            extra.extend(1_u16.to_le_bytes());
            extra.extend(16_u16.to_le_bytes());
            extra.extend([0; 16]);
        }
        time_field(unix, &mut extra);
        let sizes = if is_64 { u32::MAX } else { 0 };
        let out = &mut self.out;
        out.extend(LOCAL.to_le_bytes());
        for short in [NEEDS, FLAGS, method, time, day] {
            out.extend(short.to_le_bytes());
        }
        for long in [0, sizes, sizes] {
            out.extend(long.to_le_bytes());
        }
        out.extend(length.to_le_bytes());
        out.extend(u16::try_from(extra.len()).unwrap_or(0).to_le_bytes());
        out.extend(entry.path);
        out.extend(extra);
        self.current = Some(Current {
            name: entry.path.to_vec(),
            mode,
            time: (day, time),
            unix,
            at,
            method,
            crc: Hasher::new(),
            packed: 0,
            size: 0,
            is_64,
        });
        Ok(())
    }

    pub(super) fn folder(&mut self, entry: &Entry<'_>) -> Result<(), Error> {
        self.start(entry, 0o040_000 | entry.node.mode, STORED, 0)?;
        self.end_entry()
    }

    pub(super) fn begin(&mut self, entry: &Entry<'_>, size: u64) -> Result<(), Error> {
        self.start(entry, 0o100_000 | entry.node.mode, DEFLATE, size)
    }

    pub(super) fn symlink(&mut self, entry: &Entry<'_>, target: &[u8]) -> Result<(), Error> {
        self.start(entry, 0o120_777, DEFLATE, target.len() as u64)?;
        self.data(target);
        self.end_entry()
    }

    fn block(&mut self, bytes: &[u8], is_last: bool) {
        let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
        self.out.push(u8::from(is_last));
        self.out.extend(length.to_le_bytes());
        self.out.extend((!length).to_le_bytes());
        self.out.extend(bytes);
        if let Some(current) = &mut self.current {
            current.packed += 5 + bytes.len() as u64;
            current.size += bytes.len() as u64;
            current.crc.update(bytes);
        }
    }

    pub(super) fn data(&mut self, bytes: &[u8]) {
        for block in bytes.chunks(BLOCK) {
            self.block(block, false);
        }
    }

    pub(super) fn end_entry(&mut self) -> Result<(), Error> {
        if self.current.as_ref().is_some_and(|current| current.method == DEFLATE) {
            self.block(&[], true);
        }
        let Some(current) = self.current.take() else { return Ok(()) };
        let Current { name, mode, time: (day, time), unix, at, method, crc, packed, size, is_64 } = current;
        let crc = crc.finalize();
        self.out.extend(DESCRIPTOR.to_le_bytes());
        self.out.extend(crc.to_le_bytes());
        for length in [packed, size] {
            if is_64 {
                self.out.extend(length.to_le_bytes());
            } else {
                self.out.extend(low(length).to_le_bytes());
            }
        }
        let needs_at = at >= u64::from(u32::MAX);
        let mut extra = Vec::new();
        if is_64 || needs_at {
            let mut wide = Vec::new();
            if is_64 {
                wide.extend(size.to_le_bytes());
                wide.extend(packed.to_le_bytes());
            }
            if needs_at {
                wide.extend(at.to_le_bytes());
            }
            extra.extend(1_u16.to_le_bytes());
            extra.extend(u16::try_from(wide.len()).unwrap_or(0).to_le_bytes());
            extra.extend(wide);
        }
        time_field(unix, &mut extra);
        let list = &mut self.list;
        list.extend(CENTRAL.to_le_bytes());
        for short in [MADE_BY, NEEDS, FLAGS, method, time, day] {
            list.extend(short.to_le_bytes());
        }
        list.extend(crc.to_le_bytes());
        for length in [packed, size] {
            list.extend((if is_64 { u32::MAX } else { low(length) }).to_le_bytes());
        }
        list.extend(u16::try_from(name.len()).unwrap_or(0).to_le_bytes());
        list.extend(u16::try_from(extra.len()).unwrap_or(0).to_le_bytes());
        // No comment, on the first disk, nothing known of its kind.
        list.extend([0; 6]);
        // What MS-DOS knows of it: whether it is a folder.
        list.extend((mode << 16 | u32::from(mode & 0o170_000 == 0o040_000) << 4).to_le_bytes());
        list.extend((if needs_at { u32::MAX } else { low(at) }).to_le_bytes());
        list.extend(name);
        list.extend(extra);
        self.entries += 1;
        if self.list.len() > LONGEST_LIST {
            return Err(Error::TooLarge("the list of a zip"));
        }
        Ok(())
    }

    pub(super) fn finish(&mut self) {
        let (at, length) = (self.position(), self.list.len() as u64);
        let list = std::mem::take(&mut self.list);
        self.out.extend(list);
        let end_64 = self.position();
        let few = u16::try_from(self.entries).unwrap_or(u16::MAX);
        let out = &mut self.out;
        if few == u16::MAX || at >= u64::from(u32::MAX) || length >= u64::from(u32::MAX) {
            out.extend(END_64.to_le_bytes());
            out.extend(44_u64.to_le_bytes());
            out.extend(MADE_BY.to_le_bytes());
            out.extend(NEEDS.to_le_bytes());
            out.extend([0; 8]);
            for value in [self.entries, self.entries, length, at] {
                out.extend(value.to_le_bytes());
            }
            out.extend(LOCATOR_64.to_le_bytes());
            out.extend([0; 4]);
            out.extend(end_64.to_le_bytes());
            out.extend(1_u32.to_le_bytes());
        }
        out.extend(END.to_le_bytes());
        out.extend([0; 4]);
        out.extend(few.to_le_bytes());
        out.extend(few.to_le_bytes());
        out.extend(low(length).to_le_bytes());
        out.extend(low(at).to_le_bytes());
        out.extend([0; 2]);
    }
}
