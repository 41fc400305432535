//! The restic REST protocol as it is written down: paths, verbs, media types, ranges. Pure. Whatever is not exactly a
//! line of the protocol is refused here, so that no text of a client ever reaches the file system.

use http::Method;

/// Where the gateway's part of the listener begins.
pub const PREFIX: &str = "/restic/";

/// Media type of version 1: a list of names.
pub const LIST_V1: &str = "application/vnd.x.restic.rest.v1";
/// Media type of version 2: a list of names with sizes.
pub const LIST_V2: &str = "application/vnd.x.restic.rest.v2";

/// Longest `config`, key or lock in bytes.
pub const SMALL_FILE: u64 = 64 * 1024;

/// Most locks that a repository may have. They are allowed while suspended and would be free storage.
pub const MOST_LOCKS: usize = 1000;

/// The five kinds of blobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    Data,
    Keys,
    Locks,
    Snapshots,
    Index,
}

impl Kind {
    pub const ALL: [Self; 5] = [Self::Data, Self::Keys, Self::Locks, Self::Snapshots, Self::Index];

    /// The folder's name, in paths and on disk.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Data => "data",
            Self::Keys => "keys",
            Self::Locks => "locks",
            Self::Snapshots => "snapshots",
            Self::Index => "index",
        }
    }
}

/// A blob's name: the SHA-256 of its bytes as 64 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Name([u8; Name::LEN]);

impl Name {
    pub const LEN: usize = 64;

    pub fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; Self::LEN] = text.as_bytes().try_into().ok()?;
        bytes.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')).then_some(Self(bytes))
    }

    pub fn as_str(&self) -> &str {
        // All bytes are ASCII by construction.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The first two digits: the sub-folder of `data` that holds the blob.
    pub fn shard(&self) -> &str {
        &self.as_str()[..2]
    }

    /// What the bytes must hash to.
    pub fn digest(&self) -> [u8; 32] {
        let value = |digit: u8| if digit <= b'9' { digit - b'0' } else { digit - b'a' + 10 };
        std::array::from_fn(|i| value(self.0[2 * i]) << 4 | value(self.0[2 * i + 1]))
    }
}

impl std::fmt::Debug for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A file of a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum File {
    Config,
    Blob(Kind, Name),
}

impl File {
    /// Longest length in bytes, if there is one.
    pub fn limit(self) -> Option<u64> {
        match self {
            Self::Config | Self::Blob(Kind::Keys | Kind::Locks, _) => Some(SMALL_FILE),
            Self::Blob(Kind::Data | Kind::Snapshots | Kind::Index, _) => None,
        }
    }

    pub fn is_lock(self) -> bool {
        matches!(self, Self::Blob(Kind::Locks, _))
    }
}

/// What a path names inside of a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    Repository,
    File(File),
    List(Kind),
}

/// Takes a raw path apart into the repository's id and what it names there. The id may be any text without a slash: it
/// is only ever compared.
pub fn parse_path(raw: &str) -> Option<(&str, Target)> {
    let (repository, rest) = raw.strip_prefix(PREFIX)?.split_once('/')?;
    if repository.is_empty() {
        return None;
    }
    let target = match rest {
        "" => Target::Repository,
        "config" => Target::File(File::Config),
        _ => {
            let (folder, name) = rest.split_once('/')?;
            let kind = Kind::ALL.into_iter().find(|kind| kind.folder() == folder)?;
            match name {
                "" => Target::List(kind),
                name => Target::File(File::Blob(kind, Name::parse(name)?)),
            }
        }
    };
    Some((repository, target))
}

/// Which of the two list formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    V1,
    V2,
}

impl Version {
    /// From the `Accept` header: version 2 when it is named, else version 1.
    pub fn from_accept(accept: Option<&str>) -> Self {
        let named = accept.is_some_and(|accept| {
            accept.split(',').any(|part| part.split(';').next().is_some_and(|media| media.trim() == LIST_V2))
        });
        if named { Self::V2 } else { Self::V1 }
    }

    pub fn media_type(self) -> &'static str {
        match self {
            Self::V1 => LIST_V1,
            Self::V2 => LIST_V2,
        }
    }
}

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    Create,
    List(Kind),
    Head(File),
    Read(File),
    Write(File),
    Remove(File),
}

impl Operation {
    /// Whether it changes what lies in the repository.
    pub fn changes(self) -> bool {
        matches!(self, Self::Create | Self::Write(_) | Self::Remove(_))
    }
}

/// Why a verb does not fit its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// The verbs that do, as in the `Allow` header.
    Verb(&'static str),
    /// A repository is posted to only with `create=true`.
    NotCreate,
}

/// The operation of a verb on a target.
pub fn operation(method: &Method, target: Target, query: Option<&str>) -> Result<Operation, Unfit> {
    match target {
        Target::Repository => match *method {
            Method::POST if query.is_some_and(|query| query.split('&').any(|pair| pair == "create=true")) => {
                Ok(Operation::Create)
            }
            Method::POST => Err(Unfit::NotCreate),
            _ => Err(Unfit::Verb("POST")),
        },
        Target::List(kind) => match *method {
            Method::GET => Ok(Operation::List(kind)),
            _ => Err(Unfit::Verb("GET")),
        },
        Target::File(file) => match *method {
            Method::HEAD => Ok(Operation::Head(file)),
            Method::GET => Ok(Operation::Read(file)),
            Method::POST => Ok(Operation::Write(file)),
            Method::DELETE => Ok(Operation::Remove(file)),
            _ => Err(Unfit::Verb("HEAD, GET, POST, DELETE")),
        },
    }
}

/// A part of a file: `length` bytes from `start`, at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub start: u64,
    pub length: u64,
}

/// The range outside of the file, several ranges, or no range of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsatisfiable;

/// The span that a `Range` header names in a file of `total` bytes.
pub fn parse_range(header: &str, total: u64) -> Result<Span, Unsatisfiable> {
    let (first, last) = header.strip_prefix("bytes=").and_then(|range| range.split_once('-')).ok_or(Unsatisfiable)?;
    let (start, end) = match (first, last) {
        ("", suffix) => (total.saturating_sub(number(suffix)?), total),
        (first, "") => (number(first)?, total),
        (first, last) => {
            let (first, last) = (number(first)?, number(last)?);
            if first > last {
                return Err(Unsatisfiable);
            }
            (first, total.min(last.saturating_add(1)))
        }
    };
    if start < end { Ok(Span { start, length: end - start }) } else { Err(Unsatisfiable) }
}

/// Digits only; what is too large for us is larger than any file.
fn number(text: &str) -> Result<u64, Unsatisfiable> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Unsatisfiable);
    }
    Ok(text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NAME: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    fn path(target: Target) -> String {
        match target {
            Target::Repository => String::new(),
            Target::File(File::Config) => "config".to_owned(),
            Target::File(File::Blob(kind, name)) => format!("{}/{}", kind.folder(), name.as_str()),
            Target::List(kind) => format!("{}/", kind.folder()),
        }
    }

    #[test]
    fn every_line_of_the_protocol_is_read() {
        assert_eq!(parse_path("/restic/rep_1/"), Some(("rep_1", Target::Repository)));
        assert_eq!(parse_path("/restic/rep_1/config"), Some(("rep_1", Target::File(File::Config))));
        for kind in Kind::ALL {
            let list = format!("/restic/rep_1/{}/", kind.folder());
            assert_eq!(parse_path(&list), Some(("rep_1", Target::List(kind))));
            let name = Name::parse(NAME).unwrap();
            assert_eq!(parse_path(&format!("{list}{NAME}")), Some(("rep_1", Target::File(File::Blob(kind, name)))));
        }
    }

    #[test]
    fn tricks_are_not_found() {
        let upper = NAME.to_uppercase();
        for rest in [
            "",
            "rep_1",
            "/",
            "//",
            "//config",
            "rep_1//",
            "rep_1//config",
            "rep_1/config/",
            "rep_1/Config",
            "rep_1/data",
            "rep_1/data//",
            "rep_1/DATA/",
            "rep_1/tmp/",
            "rep_1/data/00/",
            "rep_1/data/..",
            "rep_1/..",
            "rep_1/../config",
            "rep_1/./config",
            "rep_1/%2e%2e/config",
            "rep_1/data%2f",
            "rep_1/conf%69g",
            "rep_1/config%00",
            "rep_1/data/../../../etc/passwd",
            "rep_1/data/..%2f..%2fetc",
            "rep_1\\config",
            &format!("rep_1/data/{upper}"),
            &format!("rep_1/data/{NAME}/"),
            &format!("rep_1/data/{NAME}0"),
            &format!("rep_1/data//{NAME}"),
            &format!("rep_1/data/01/{NAME}"),
            &format!("rep_1/data/{}", &NAME[1..]),
            &format!("rep_1/data/%30{}", &NAME[1..]),
            &format!("rep_1/snapshot/{NAME}"),
            &format!("rep_1/{NAME}"),
        ] {
            assert_eq!(parse_path(&format!("/restic/{rest}")), None, "{rest}");
        }
        assert_eq!(parse_path("/rustic/rep_1/config"), None);
        assert_eq!(parse_path("restic/rep_1/config"), None);
    }

    #[test]
    fn verbs_fit_their_targets_or_name_those_that_do() {
        let file = Target::File(File::Config);
        assert_eq!(operation(&Method::HEAD, file, None), Ok(Operation::Head(File::Config)));
        assert_eq!(operation(&Method::DELETE, file, None), Ok(Operation::Remove(File::Config)));
        assert_eq!(operation(&Method::PUT, file, None), Err(Unfit::Verb("HEAD, GET, POST, DELETE")));
        assert_eq!(operation(&Method::HEAD, Target::List(Kind::Data), None), Err(Unfit::Verb("GET")));
        assert_eq!(operation(&Method::DELETE, Target::Repository, None), Err(Unfit::Verb("POST")));
        assert_eq!(operation(&Method::POST, Target::Repository, Some("a=b&create=true")), Ok(Operation::Create));
        for query in [None, Some(""), Some("create"), Some("create=false"), Some("recreate=true")] {
            assert_eq!(operation(&Method::POST, Target::Repository, query), Err(Unfit::NotCreate), "{query:?}");
        }
    }

    #[test]
    fn version_two_is_taken_when_it_is_named() {
        assert_eq!(Version::from_accept(None), Version::V1);
        assert_eq!(Version::from_accept(Some("*/*")), Version::V1);
        assert_eq!(Version::from_accept(Some(LIST_V1)), Version::V1);
        assert_eq!(Version::from_accept(Some(LIST_V2)), Version::V2);
        assert_eq!(Version::from_accept(Some("text/html, application/vnd.x.restic.rest.v2;q=0.9")), Version::V2);
    }

    #[test]
    fn ranges_are_one_span_inside_of_the_file_or_unsatisfiable() {
        let span = |start, length| Ok(Span { start, length });
        assert_eq!(parse_range("bytes=0-0", 10), span(0, 1));
        assert_eq!(parse_range("bytes=3-", 10), span(3, 7));
        assert_eq!(parse_range("bytes=3-5", 10), span(3, 3));
        assert_eq!(parse_range("bytes=3-99999999999999999999999", 10), span(3, 7));
        assert_eq!(parse_range("bytes=-4", 10), span(6, 4));
        assert_eq!(parse_range("bytes=-40", 10), span(0, 10));
        for nonsense in [
            "bytes=10-",
            "bytes=10-12",
            "bytes=5-3",
            "bytes=-0",
            "bytes=-",
            "bytes=",
            "bytes",
            "",
            "0-3",
            "bytes=a-b",
            "bytes=0-1,3-4",
            "bytes=+1-2",
            "bytes= 1-2",
            "bytes=1-2 ",
            "items=0-1",
            "bytes=1--2",
            "bytes=0x1-2",
            "bytes=99999999999999999999999-",
        ] {
            assert_eq!(parse_range(nonsense, 10), Err(Unsatisfiable), "{nonsense}");
        }
        assert_eq!(parse_range("bytes=0-", 0), Err(Unsatisfiable));
        assert_eq!(parse_range("bytes=-1", 0), Err(Unsatisfiable));
    }

    proptest! {
        /// Whatever is accepted is exactly what we would have written ourselves.
        #[test]
        fn an_accepted_path_is_canonical(
            raw in prop_oneof![
                "/restic/[ -~]{0,90}",
                "/restic/rep_[0-9]/(data|keys|locks|snapshots|index|config|tmp)?/?[0-9a-fA-F./%]{0,66}",
                "/restic/rep_1/(data|keys|locks|snapshots|index)/[0-9a-f]{64}",
                ".*",
            ],
        ) {
            if let Some((repository, target)) = parse_path(&raw) {
                prop_assert!(!repository.is_empty() && !repository.contains('/'));
                prop_assert_eq!(format!("{PREFIX}{repository}/{}", path(target)), raw);
            }
        }

        #[test]
        fn a_span_lies_inside_of_its_file(header in "bytes=[0-9]{0,4}-[0-9]{0,4}", total in 0_u64..3000) {
            if let Ok(Span { start, length }) = parse_range(&header, total) {
                prop_assert!(length > 0 && start + length <= total);
            }
        }

        #[test]
        fn a_name_is_its_digest_in_hex(digest in any::<[u8; 32]>()) {
            let text = data_encoding::HEXLOWER.encode(&digest);
            let name = Name::parse(&text).unwrap();
            prop_assert_eq!(name.digest(), digest);
            prop_assert_eq!(name.as_str(), text);
        }
    }
}
