//! Tar as GNU writes it, packed with zstd: names and targets of links may be any bytes of any length, files of any size.

use std::io::Write as _;

use zstd::stream::write::Encoder;

use super::{Entry, unwritten};
use crate::Error;
use crate::tree::{Kind, Node};

/// Fast: a restore should wait for the network, and not for us.
const LEVEL: i32 = 1;

const BLOCK: usize = 512;
/// What the fields of a header hold.
const LONGEST_NAME: usize = 100;

pub(super) struct Tar {
    /// Nothing once it has ended.
    encoder: Option<Encoder<'static, Vec<u8>>>,
    ended: Vec<u8>,
    /// What the present file still lacks to a whole block.
    lacks: usize,
}

impl Tar {
    pub(super) fn new() -> Result<Self, Error> {
        let mut encoder = Encoder::new(Vec::new(), LEVEL).map_err(|error| unwritten(&error))?;
        encoder.include_checksum(true).map_err(|error| unwritten(&error))?;
        Ok(Self { encoder: Some(encoder), ended: Vec::new(), lacks: 0 })
    }

    pub(super) fn ready(&self) -> usize {
        self.encoder.as_ref().map_or(self.ended.len(), |encoder| encoder.get_ref().len())
    }

    pub(super) fn take(&mut self) -> Vec<u8> {
        std::mem::take(self.encoder.as_mut().map_or(&mut self.ended, Encoder::get_mut))
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        match &mut self.encoder {
            Some(encoder) => encoder.write_all(bytes).map_err(|error| unwritten(&error)),
            None => Ok(()),
        }
    }

    fn pad(&mut self, length: u64) -> Result<(), Error> {
        let over = usize::try_from(length % BLOCK as u64).unwrap_or(0);
        if over == 0 { Ok(()) } else { self.write(&[0; BLOCK][over..]) }
    }

    /// What doesn't fit into its field comes before, as a file of its own.
    fn long(&mut self, kind: u8, text: &[u8]) -> Result<(), Error> {
        if text.len() < LONGEST_NAME {
            return Ok(());
        }
        let node = Node::of_text("", 0);
        let length = text.len() as u64 + 1;
        self.write(&header(&node, b"././@LongLink", b"", kind, length))?;
        self.write(text)?;
        self.write(&[0])?;
        self.pad(length)
    }

    fn start(&mut self, entry: &Entry<'_>, target: &[u8], kind: u8, size: u64) -> Result<(), Error> {
        self.long(b'K', target)?;
        self.long(b'L', entry.path)?;
        self.write(&header(entry.node, entry.path, target, kind, size))
    }

    pub(super) fn folder(&mut self, entry: &Entry<'_>) -> Result<(), Error> {
        self.start(entry, b"", b'5', 0)
    }

    pub(super) fn begin(&mut self, entry: &Entry<'_>, size: u64) -> Result<(), Error> {
        let over = usize::try_from(size % BLOCK as u64).unwrap_or(0);
        self.lacks = if over == 0 { 0 } else { BLOCK - over };
        self.start(entry, b"", b'0', size)
    }

    pub(super) fn data(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.write(bytes)
    }

    pub(super) fn end_entry(&mut self) -> Result<(), Error> {
        let lacks = std::mem::take(&mut self.lacks);
        self.write(&[0; BLOCK][..lacks])
    }

    pub(super) fn symlink(&mut self, entry: &Entry<'_>, target: &[u8]) -> Result<(), Error> {
        self.start(entry, target, b'2', 0)
    }

    pub(super) fn special(&mut self, entry: &Entry<'_>) -> Result<(), Error> {
        let kind = match entry.node.kind {
            Kind::CharacterDevice => b'3',
            Kind::BlockDevice => b'4',
            _ => b'6',
        };
        self.start(entry, b"", kind, 0)
    }

    pub(super) fn finish(&mut self) -> Result<(), Error> {
        self.write(&[0; 2 * BLOCK])?;
        if let Some(encoder) = self.encoder.take() {
            self.ended = encoder.finish().map_err(|error| unwritten(&error))?;
        }
        Ok(())
    }
}

/// A number in a field: octal if it fits, else GNU's way, with the highest bit set.
fn number(field: &mut [u8], value: u64) {
    let digits = field.len() - 1;
    let text = format!("{value:0digits$o}");
    if text.len() == digits {
        field[..digits].copy_from_slice(text.as_bytes());
        return;
    }
    for (byte, at) in field.iter_mut().rev().zip(0..) {
        *byte = value.checked_shr(8 * at).unwrap_or(0).to_le_bytes()[0];
    }
    field[0] |= 0x80;
}

fn text(field: &mut [u8], text: &[u8]) {
    let length = text.len().min(field.len());
    field[..length].copy_from_slice(&text[..length]);
}

fn header(node: &Node, path: &[u8], target: &[u8], kind: u8, size: u64) -> [u8; BLOCK] {
    let mut header = [0; BLOCK];
    text(&mut header[..100], path);
    number(&mut header[100..108], u64::from(node.mode));
    number(&mut header[108..116], u64::from(node.uid));
    number(&mut header[116..124], u64::from(node.gid));
    number(&mut header[124..136], size);
    let seconds = node.modified_at.map_or(0, jiff::Timestamp::as_second);
    // Before 1970 GNU has a negative number of as many bytes as the field.
    number(&mut header[136..148], seconds.cast_unsigned());
    if seconds < 0 {
        header[136..140].fill(0xff);
    }
    header[148..156].fill(b' ');
    header[156] = kind;
    text(&mut header[157..257], target);
    text(&mut header[257..265], b"ustar  \0");
    text(&mut header[265..296], node.user.as_bytes());
    text(&mut header[297..328], node.group.as_bytes());
    if matches!(kind, b'3' | b'4') {
        let major = (node.device >> 8) & 0xfff | (node.device >> 32) & !0xfff;
        let minor = node.device & 0xff | (node.device >> 12) & !0xff & 0xffff_ffff;
        number(&mut header[329..337], major);
        number(&mut header[337..345], minor);
    }
    let sum: u64 = header.iter().map(|byte| u64::from(*byte)).sum();
    let checksum = format!("{sum:06o}\0 ");
    text(&mut header[148..156], checksum.as_bytes());
    header
}
