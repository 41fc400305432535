//! Folders as restic stores them, and names, which may be any bytes.

use std::borrow::Cow;

use data_encoding::BASE64;
use jiff::Timestamp;
use serde::Deserialize;

use crate::{Error, Id};

/// What stands in one folder, in the order of names.
#[derive(Debug, Default)]
pub struct Tree {
    pub nodes: Vec<Node>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    File,
    Folder,
    Symlink,
    BlockDevice,
    CharacterDevice,
    Pipe,
    Socket,
    /// Nothing that we know.
    Other,
}

/// A thing in a folder.
#[derive(Clone, Debug)]
pub struct Node {
    pub name: Box<[u8]>,
    pub kind: Kind,
    /// The bits of `chmod`, with those for set-user-id, set-group-id and sticky.
    pub mode: u32,
    pub modified_at: Option<Timestamp>,
    pub uid: u32,
    pub gid: u32,
    pub user: Box<str>,
    pub group: Box<str>,
    /// As the client has counted it; of a file.
    pub size: u64,
    pub links: u64,
    pub device: u64,
    /// Of a symbolic link.
    pub target: Option<Box<[u8]>>,
    /// Whether it has attributes that no archive of ours holds.
    pub has_attributes: bool,
    pub(crate) content: Box<[Id]>,
    pub(crate) subtree: Option<Id>,
}

#[derive(Deserialize)]
struct TreeFile<'a> {
    #[serde(borrow)]
    nodes: Option<Vec<NodeOfFile<'a>>>,
}

#[derive(Deserialize)]
struct NodeOfFile<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(default)]
    mode: u32,
    #[serde(borrow, default)]
    mtime: Option<Cow<'a, str>>,
    #[serde(default)]
    uid: u32,
    #[serde(default)]
    gid: u32,
    #[serde(borrow, default)]
    user: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    group: Option<Cow<'a, str>>,
    #[serde(default)]
    size: u64,
    #[serde(default)]
    links: u64,
    #[serde(default)]
    device: u64,
    #[serde(borrow, default)]
    linktarget: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    linktarget_raw: Option<Cow<'a, str>>,
    #[serde(default)]
    extended_attributes: Option<Vec<serde::de::IgnoredAny>>,
    #[serde(default)]
    content: Option<Vec<Id>>,
    #[serde(default)]
    subtree: Option<Id>,
}

/// Go's bits for what `chmod` has above the permissions.
const SPECIAL: [(u32, u32); 3] = [(1 << 23, 0o4000), (1 << 22, 0o2000), (1 << 20, 0o1000)];

impl Tree {
    pub(crate) fn read(text: &[u8]) -> Result<Self, Error> {
        let file: TreeFile<'_> =
            serde_json::from_slice(text).map_err(|_| Error::Damaged("a folder of the repository".to_owned()))?;
        let mut nodes: Vec<Node> = file.nodes.unwrap_or_default().into_iter().map(Node::of).collect();
        // Clients write them in this order; whoever has written another one finds his things all the same.
        nodes.sort_by(|one, other| one.name.cmp(&other.name));
        nodes.shrink_to_fit();
        Ok(Self { nodes })
    }

    /// The thing of this name: by its bytes, or as it is shown.
    pub fn find(&self, name: &str) -> Option<&Node> {
        let found = self.nodes.binary_search_by(|node| (*node.name).cmp(name.as_bytes()));
        match found {
            Ok(at) => self.nodes.get(at),
            Err(_) if name.contains('\\') => self.nodes.iter().find(|node| shown(&node.name) == name),
            Err(_) => None,
        }
    }

    /// Whether something has this name.
    pub(crate) fn has(&self, name: &[u8]) -> bool {
        self.nodes.binary_search_by(|node| (*node.name).cmp(name)).is_ok()
    }
}

impl Node {
    fn of(file: NodeOfFile<'_>) -> Self {
        let kind = match &*file.kind {
            "file" => Kind::File,
            "dir" => Kind::Folder,
            "symlink" => Kind::Symlink,
            "dev" => Kind::BlockDevice,
            "chardev" => Kind::CharacterDevice,
            "fifo" => Kind::Pipe,
            "socket" => Kind::Socket,
            _ => Kind::Other,
        };
        let special = SPECIAL.into_iter().filter(|(go, _)| file.mode & go != 0).fold(0, |bits, (_, bit)| bits | bit);
        let raw = file.linktarget_raw.and_then(|text| BASE64.decode(text.as_bytes()).ok());
        let target = raw.or_else(|| file.linktarget.map(|text| text.into_owned().into_bytes()));
        Self {
            name: unquoted(&file.name).into_boxed_slice(),
            kind,
            mode: file.mode & 0o777 | special,
            modified_at: file.mtime.and_then(|text| text.split('[').next().unwrap_or_default().parse().ok()),
            uid: file.uid,
            gid: file.gid,
            user: file.user.unwrap_or_default().into(),
            group: file.group.unwrap_or_default().into(),
            size: if kind == Kind::File { file.size } else { 0 },
            links: file.links,
            device: file.device,
            target: target.filter(|_| kind == Kind::Symlink).map(Vec::into_boxed_slice),
            has_attributes: file.extended_attributes.is_some_and(|attributes| !attributes.is_empty()),
            content: file.content.unwrap_or_default().into_boxed_slice(),
            subtree: file.subtree,
        }
    }

    /// As it is shown and asked for.
    pub fn shown(&self) -> Cow<'_, str> {
        shown(&self.name)
    }

    /// Whether a client that reads it back has a name for it: one that leads nowhere else.
    pub(crate) fn is_safe(&self) -> bool {
        !matches!(&*self.name, b"" | b"." | b"..") && !self.name.iter().any(|byte| matches!(byte, b'/' | 0))
    }
}

/// A name in characters: bytes that are none are written as `\xff`.
pub fn shown(name: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(name) {
        return Cow::Borrowed(text);
    }
    let mut text = String::with_capacity(name.len() + 8);
    for chunk in name.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            text.extend(["\\x", data_encoding::HEXLOWER.encode(&[*byte]).as_str()]);
        }
    }
    Cow::Owned(text)
}

/// Takes back how restic writes names: as Go does in quotes. What is no escape is left as it is.
fn unquoted(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        bytes.extend_from_slice(&rest.as_bytes()[..at]);
        let after = &rest[at + 1..];
        let (digits, mark) = match after.bytes().next() {
            Some(b'x') => (2, 1),
            Some(b'u') => (4, 1),
            Some(b'U') => (8, 1),
            _ => (0, 0),
        };
        if digits > 0 {
            let number = after.get(mark..mark + digits).and_then(|number| u32::from_str_radix(number, 16).ok());
            let is_byte = digits == 2;
            match (number, number.and_then(char::from_u32)) {
                (Some(number), _) if is_byte => bytes.push(u8::try_from(number).unwrap_or(b'?')),
                (_, Some(character)) => bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
                _ => {
                    bytes.push(b'\\');
                    rest = after;
                    continue;
                }
            }
            rest = &after[mark + digits..];
            continue;
        }
        let escaped = match after.bytes().next() {
            Some(b'a') => 7,
            Some(b'b') => 8,
            Some(b'f') => 12,
            Some(b'n') => b'\n',
            Some(b'r') => b'\r',
            Some(b't') => b'\t',
            Some(b'v') => 11,
            Some(quoted @ (b'\\' | b'"' | b'\'')) => quoted,
            _ => {
                bytes.push(b'\\');
                rest = after;
                continue;
            }
        };
        bytes.push(escaped);
        rest = &after[1..];
    }
    bytes.extend_from_slice(rest.as_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_bytes_that_they_were() {
        for (written, name) in [
            ("plain", &b"plain"[..]),
            (r"a\\b", b"a\\b"),
            (r"dev-disk-by\\x2duuid", b"dev-disk-by\\x2duuid"),
            (r#"say \"no\""#, b"say \"no\""),
            (r"\xff\xfe.txt", b"\xff\xfe.txt"),
            (r"line\nend\t\a\b\f\r\v", b"line\nend\t\x07\x08\x0c\r\x0b"),
            (r"\u00a0\U0001f600", "\u{a0}\u{1f600}".as_bytes()),
            ("größe", "größe".as_bytes()),
            (r"broken \x", b"broken \\x"),
            (r"broken \ud800", b"broken \\ud800"),
            ("broken \\", b"broken \\"),
            (r"\xé", "\\xé".as_bytes()),
        ] {
            assert_eq!(unquoted(written), name, "{written}");
        }
    }

    #[test]
    fn a_name_is_found_as_it_is_shown() {
        let text = br#"{"nodes":[{"name":"b\\xffc","type":"file"},{"name":"a","type":"dir"},{"name":"\\\\x2d","type":"file"}]}"#;
        let tree = Tree::read(text).unwrap();
        let names: Vec<_> = tree.nodes.iter().map(|node| node.shown().into_owned()).collect();
        assert_eq!(names, [r"\x2d", "a", r"b\xffc"]);
        for name in &names {
            assert_eq!(tree.find(name).unwrap().shown(), *name);
        }
        assert!(tree.find("b").is_none());
    }
}
