//! Folders as one file, written step by step: what was written is taken before the next step, so that memory doesn't grow
//! with what is packed. What a format can't hold stands in a text at the archive's end.

mod tar;
mod zip;

use std::collections::HashSet;
use std::sync::Arc;

use crate::repository::{DEEPEST, Repository, Slice};
use crate::tree::{Kind, Node, Tree, shown};
use crate::{Error, damaged};

use self::tar::Tar;
use self::zip::Zip;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Zip,
    TarZst,
}

/// What is packed: its description, which is its name in the archive.
pub type Selected = Vec<Node>;

/// Steps go on until so many bytes are written.
const PIECE: usize = 128 * 1024;
/// And so many things were looked at.
const MOST_AT_ONCE: usize = 500;

/// What the text at the end is called.
const NOTES: &str = "NOT IN THIS ARCHIVE.txt";
const MOST_NOTES: usize = 10_000;

enum Writer {
    Zip(Zip),
    Tar(Box<Tar>),
}

/// A thing's place in an archive.
struct Entry<'a> {
    /// Without a slash at its beginning.
    path: &'a [u8],
    node: &'a Node,
}

/// What has been packed so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sent {
    pub files: u64,
    /// Of files, unpacked.
    pub bytes: u64,
}

struct Folder {
    tree: Arc<Tree>,
    at: usize,
    /// Ends in a slash unless it is the top.
    path: Vec<u8>,
    /// Names that things in it were given here.
    given: HashSet<Vec<u8>>,
}

impl Folder {
    fn new(tree: Arc<Tree>, path: Vec<u8>) -> Self {
        Self { tree, at: 0, path, given: HashSet::new() }
    }
}

/// An archive that is being written.
pub struct Archive {
    writer: Writer,
    stack: Vec<Folder>,
    file: Option<Slice>,
    notes: Vec<String>,
    /// Notes beyond the most.
    more_notes: usize,
    copies_of_links: u64,
    with_attributes: u64,
    is_ended: bool,
    pub sent: Sent,
}

impl std::fmt::Debug for Archive {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Archive").field("sent", &self.sent).finish_non_exhaustive()
    }
}

impl Archive {
    pub fn new(format: Format, mut selected: Selected) -> Result<Self, Error> {
        // Things of the same name from several folders stand side by side here.
        let mut taken = HashSet::new();
        for node in &mut selected {
            while !taken.insert(node.name.clone()) {
                node.name = [&node.name, &b"_"[..]].concat().into_boxed_slice();
            }
        }
        selected.sort_by(|one, other| one.name.cmp(&other.name));
        let tree = Arc::new(Tree { nodes: selected });
        let writer = match format {
            Format::Zip => Writer::Zip(Zip::default()),
            Format::TarZst => Writer::Tar(Box::new(Tar::new()?)),
        };
        Ok(Self {
            writer,
            stack: vec![Folder::new(tree, Vec::new())],
            file: None,
            notes: Vec::new(),
            more_notes: 0,
            copies_of_links: 0,
            with_attributes: 0,
            is_ended: false,
            sent: Sent::default(),
        })
    }

    /// The next bytes; nothing at the end.
    pub fn next(&mut self, repository: &Repository) -> Result<Option<Vec<u8>>, Error> {
        let mut looked_at = 0;
        while !self.is_ended && self.writer.ready() < PIECE && looked_at < MOST_AT_ONCE {
            self.step(repository)?;
            looked_at += 1;
        }
        let bytes = self.writer.take();
        Ok((!bytes.is_empty() || !self.is_ended).then_some(bytes))
    }

    fn step(&mut self, repository: &Repository) -> Result<(), Error> {
        if let Some(slice) = &mut self.file {
            if let Some(bytes) = repository.read(slice)? {
                self.sent.bytes += bytes.len() as u64;
                self.writer.data(&bytes)?;
            } else {
                self.file = None;
                self.sent.files += 1;
                self.writer.end_file()?;
            }
            return Ok(());
        }
        let Some(folder) = self.stack.last_mut() else { return self.end() };
        let (tree, at) = (Arc::clone(&folder.tree), folder.at);
        let Some(node) = tree.nodes.get(at) else {
            self.stack.pop();
            return Ok(());
        };
        folder.at += 1;
        let prefix = folder.path.clone();
        if at > 0 && tree.nodes.get(at - 1).is_some_and(|before| before.name == node.name) {
            self.note(&prefix, node, "left out: something of the same name stands before it");
            return Ok(());
        }
        let mut name = self.writer.name_of(node);
        if *name != *node.name {
            if let Some(folder) = self.stack.last_mut() {
                // No other thing in the folder has it.
                while tree.has(&name) || !folder.given.insert(name.clone()) {
                    name.push(b'_');
                }
            }
            let text = format!("stands here as \"{}\", since archives can't hold its name", shown(&name));
            self.note(&prefix, node, &text);
        }
        let path = [prefix.as_slice(), &name].concat();
        self.pack(repository, node, &prefix, &path)
    }

    fn pack(&mut self, repository: &Repository, node: &Node, prefix: &[u8], path: &[u8]) -> Result<(), Error> {
        self.with_attributes += u64::from(node.has_attributes);
        match node.kind {
            Kind::Folder => {
                let tree = repository.folder(node)?;
                if self.stack.len() >= DEEPEST {
                    return Err(Error::TooLarge("the depth of its folders"));
                }
                let path = [path, b"/"].concat();
                self.writer.folder(&Entry { path: &path, node })?;
                self.stack.push(Folder::new(tree, path));
            }
            Kind::File => {
                self.copies_of_links += u64::from(node.links > 1);
                let file = repository.file(node)?;
                self.writer.begin_file(&Entry { path, node }, file.size)?;
                self.file = Some(file.whole());
            }
            Kind::Symlink => match &node.target {
                Some(target) => self.writer.symlink(&Entry { path, node }, target)?,
                None => self.note(prefix, node, "left out: a symbolic link of which the target is unknown"),
            },
            Kind::BlockDevice | Kind::CharacterDevice | Kind::Pipe if self.writer.special(&Entry { path, node })? => {}
            Kind::BlockDevice | Kind::CharacterDevice => self.note(prefix, node, "left out: a device"),
            Kind::Pipe => self.note(prefix, node, "left out: a named pipe"),
            Kind::Socket => self.note(prefix, node, "left out: a socket"),
            Kind::Other => self.note(prefix, node, "left out: of an unknown kind"),
        }
        Ok(())
    }

    fn note(&mut self, prefix: &[u8], node: &Node, text: &str) {
        if self.notes.len() < MOST_NOTES {
            // One line each, whatever the name has in it.
            let path: String = format!("/{}{}", shown(prefix), node.shown())
                .chars()
                .flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] })
                .collect();
            self.notes.push(format!("{path}: {text}\n"));
        } else {
            self.more_notes += 1;
        }
    }

    fn end(&mut self) -> Result<(), Error> {
        let mut text = std::mem::take(&mut self.notes).concat();
        for (count, what) in [
            (self.more_notes as u64, "more things are not listed here"),
            (self.with_attributes, "things have extended attributes or access lists, which are not in here"),
            (self.copies_of_links, "files have several names; each name that was packed is a copy of its own"),
        ] {
            if count > 0 {
                text.extend([count.to_string().as_str(), " ", what, "\n"]);
            }
        }
        if !text.is_empty() {
            self.writer.text(NOTES, text.as_bytes())?;
        }
        self.writer.finish()?;
        self.is_ended = true;
        Ok(())
    }
}

impl Writer {
    /// Bytes that can be taken.
    fn ready(&self) -> usize {
        match self {
            Self::Zip(zip) => zip.out.len(),
            Self::Tar(tar) => tar.ready(),
        }
    }

    fn take(&mut self) -> Vec<u8> {
        match self {
            Self::Zip(zip) => zip.take(),
            Self::Tar(tar) => tar.take(),
        }
    }

    /// A name that leads nowhere else.
    fn name_of(&self, node: &Node) -> Vec<u8> {
        let fits = match self {
            Self::Zip(_) => !node.name.contains(&b'\\') && std::str::from_utf8(&node.name).is_ok(),
            Self::Tar(_) => true,
        };
        if node.is_safe() && fits {
            return node.name.to_vec();
        }
        let mut name: Vec<u8> = match self {
            Self::Zip(_) => node.shown().replace('\\', "_").into_bytes(),
            Self::Tar(_) => node.name.to_vec(),
        };
        for byte in &mut name {
            if matches!(*byte, b'/' | 0) {
                *byte = b'_';
            }
        }
        if matches!(&*name, b"" | b"." | b"..") {
            name = vec![b'_'; name.len().max(1)];
        }
        name
    }

    fn folder(&mut self, entry: &Entry<'_>) -> Result<(), Error> {
        match self {
            Self::Zip(zip) => zip.folder(entry),
            Self::Tar(tar) => tar.folder(entry),
        }
    }

    fn begin_file(&mut self, entry: &Entry<'_>, size: u64) -> Result<(), Error> {
        match self {
            Self::Zip(zip) => zip.begin(entry, size),
            Self::Tar(tar) => tar.begin(entry, size),
        }
    }

    fn data(&mut self, bytes: &[u8]) -> Result<(), Error> {
        match self {
            Self::Zip(zip) => {
                zip.data(bytes);
                Ok(())
            }
            Self::Tar(tar) => tar.data(bytes),
        }
    }

    fn end_file(&mut self) -> Result<(), Error> {
        match self {
            Self::Zip(zip) => zip.end_entry(),
            Self::Tar(tar) => tar.end_entry(),
        }
    }

    fn symlink(&mut self, entry: &Entry<'_>, target: &[u8]) -> Result<(), Error> {
        match self {
            Self::Zip(zip) => zip.symlink(entry, target),
            Self::Tar(tar) => tar.symlink(entry, target),
        }
    }

    /// A device or a pipe; false where the format has none.
    fn special(&mut self, entry: &Entry<'_>) -> Result<bool, Error> {
        match self {
            Self::Zip(_) => Ok(false),
            Self::Tar(tar) => tar.special(entry).map(|()| true),
        }
    }

    /// A text of our own.
    fn text(&mut self, name: &str, text: &[u8]) -> Result<(), Error> {
        let node = Node::of_text(name, text.len() as u64);
        self.begin_file(&Entry { path: name.as_bytes(), node: &node }, text.len() as u64)?;
        self.data(text)?;
        self.end_file()
    }

    fn finish(&mut self) -> Result<(), Error> {
        match self {
            Self::Zip(zip) => {
                zip.finish();
                Ok(())
            }
            Self::Tar(tar) => tar.finish(),
        }
    }
}

impl Node {
    fn of_text(name: &str, size: u64) -> Self {
        Self {
            name: name.as_bytes().into(),
            kind: Kind::File,
            mode: 0o644,
            modified_at: None,
            uid: 0,
            gid: 0,
            user: "".into(),
            group: "".into(),
            size,
            links: 1,
            device: 0,
            target: None,
            has_attributes: false,
            content: Box::default(),
            subtree: None,
        }
    }
}

/// What can't be while memory is all that is written to.
fn unwritten(error: &std::io::Error) -> Error {
    damaged(format!("the archive ({error})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn thing(name: &[u8], kind: Kind, target: Option<&[u8]>) -> Node {
        Node { name: name.into(), kind, target: target.map(Into::into), ..Node::of_text("", 0) }
    }

    fn packed(format: Format, things: Vec<Node>) -> Vec<u8> {
        let repository = Repository::forgotten();
        let mut archive = Archive::new(format, things).unwrap();
        let mut bytes = Vec::new();
        while let Some(more) = archive.next(&repository).unwrap() {
            bytes.extend(more);
        }
        bytes
    }

    fn hostile() -> Vec<Node> {
        let names: [&[u8]; 9] = [b"..", b"../../up", b"/etc/passwd", b"", b".", b"a\0b", b"same", b"same", b"..\\up"];
        let mut things: Vec<_> = names.iter().map(|name| thing(name, Kind::Symlink, Some(b"../target"))).collect();
        things.push(thing(b"socket", Kind::Socket, None));
        things.push(thing(&[b'n'; 300], Kind::Symlink, Some(&[b't'; 300])));
        things
    }

    /// The names in the list at a zip's end.
    fn names_in(zip: &[u8]) -> Vec<String> {
        let mut names = Vec::new();
        for (at, _) in zip.windows(4).enumerate().filter(|(_, window)| *window == b"PK\x01\x02") {
            let length = usize::from(u16::from_le_bytes([zip[at + 28], zip[at + 29]]));
            names.push(String::from_utf8(zip[at + 46..at + 46 + length].to_vec()).unwrap());
        }
        names
    }

    #[test]
    fn no_name_in_a_zip_leads_out_of_it_and_each_stands_once() {
        let names = names_in(&packed(Format::Zip, hostile()));
        assert_eq!(names.len(), 11, "{names:?}");
        let mut once = names.clone();
        once.sort();
        once.dedup();
        assert_eq!(once.len(), names.len(), "{names:?}");
        for name in &names {
            assert!(!name.contains(['/', '\\', '\0']) && !["", ".", ".."].contains(&name.as_str()), "{names:?}");
        }
        assert!(names.contains(&NOTES.to_owned()));
    }

    #[test]
    fn no_name_in_a_tar_leads_out_of_it() {
        let tar = zstd::decode_all(packed(Format::TarZst, hostile()).as_slice()).unwrap();
        assert_eq!(tar.len() % 512, 0);
        let (mut at, mut names, mut long) = (0, Vec::new(), None);
        while tar[at] != 0 {
            let field = |from: usize, until: usize| {
                let bytes = &tar[at + from..at + until];
                bytes.split(|byte| *byte == 0).next().unwrap_or_default().to_vec()
            };
            let size = usize::from_str_radix(std::str::from_utf8(&field(124, 135)).unwrap(), 8).unwrap();
            let sum: u64 = (0..512).map(|n| if (148..156).contains(&n) { 32 } else { u64::from(tar[at + n]) }).sum();
            assert_eq!(u64::from_str_radix(std::str::from_utf8(&field(148, 154)).unwrap(), 8).unwrap(), sum);
            match tar[at + 156] {
                b'L' => long = Some(tar[at + 512..at + 512 + size - 1].to_vec()),
                b'K' => {}
                _ => names.push(long.take().unwrap_or_else(|| field(0, 100))),
            }
            at += 512 + size.div_ceil(512) * 512;
        }
        assert_eq!(names.len(), 11);
        assert!(names.contains(&vec![b'n'; 300]));
        for name in names {
            assert!(!name.contains(&b'/') && ![&b""[..], b".", b".."].contains(&&*name), "{}", shown(&name));
        }
    }

    #[test]
    fn more_entries_than_a_plain_zip_can_count_are_counted() {
        let things = (0..70_000).map(|n| thing(format!("{n:05}").as_bytes(), Kind::Symlink, Some(b"x"))).collect();
        let zip = packed(Format::Zip, things);
        let end = zip.len() - 22 - 20 - 56;
        assert_eq!(zip[end..end + 4], *b"PK\x06\x06");
        assert_eq!(u64::from_le_bytes(zip[end + 32..end + 40].try_into().unwrap()), 70_000);
        assert_eq!(names_in(&zip).len(), 70_000);
    }

    #[test]
    fn a_file_beyond_four_gigabytes_and_what_follows_it_have_their_places() {
        const SIZE: u64 = 4_400 << 20;
        let mut zip = Zip::default();
        let piece = vec![7; 1 << 20];
        let file = thing(b"large", Kind::File, None);
        zip.begin(&Entry { path: b"large", node: &file }, SIZE).unwrap();
        for _ in 0..SIZE >> 20 {
            zip.data(&piece);
            zip.take();
        }
        zip.end_entry().unwrap();
        zip.symlink(&Entry { path: b"link", node: &thing(b"link", Kind::Symlink, None) }, b"large").unwrap();
        zip.take();
        zip.finish();
        let end = zip.take();
        let long = |at: usize| u64::from_le_bytes(end[at..at + 8].try_into().unwrap());
        // The list's first entry: 46 bytes, its name, a field of both lengths.
        assert_eq!((&end[..4], &end[46..51], &end[51..55]), (&b"PK\x01\x02"[..], &b"large"[..], &[1, 0, 16, 0][..]));
        assert_eq!(long(55), SIZE);
        let packed = SIZE + 5 * (17 * (SIZE >> 20) + 1);
        assert_eq!(long(63), packed);
        // The second: where it begins.
        let second = 71;
        assert_eq!((&end[second + 46..second + 50], &end[second + 50..second + 54]), (&b"link"[..], &[1, 0, 8, 0][..]));
        assert_eq!(long(second + 54), 30 + 5 + 20 + packed + 24);
    }

    #[test]
    fn what_is_left_out_is_listed() {
        let zip = packed(Format::Zip, hostile());
        let text = String::from_utf8_lossy(&zip);
        assert!(text.contains("/socket: left out: a socket"), "{text}");
        assert!(text.contains("stands here as \".._up\""), "{text}");
        assert!(
            !String::from_utf8_lossy(&packed(Format::Zip, vec![thing(b"a", Kind::Symlink, Some(b"b"))]))
                .contains(NOTES)
        );
    }
}
