//! What browsers are told of a download: its kind, and what to call it.

use std::fmt::Write as _;

use vault::shown;

/// Kinds by the endings of names, of what people look at; a browser is told to keep all of it as a file, and to run nothing.
const KINDS: &[(&str, &str)] = &[
    ("7z", "application/x-7z-compressed"),
    ("csv", "text/csv; charset=utf-8"),
    ("doc", "application/msword"),
    ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("eml", "message/rfc822"),
    ("gif", "image/gif"),
    ("gz", "application/gzip"),
    ("heic", "image/heic"),
    ("htm", "text/html"),
    ("html", "text/html"),
    ("jpeg", "image/jpeg"),
    ("jpg", "image/jpeg"),
    ("json", "application/json"),
    ("md", "text/markdown"),
    ("mov", "video/quicktime"),
    ("mp3", "audio/mpeg"),
    ("mp4", "video/mp4"),
    ("odp", "application/vnd.oasis.opendocument.presentation"),
    ("ods", "application/vnd.oasis.opendocument.spreadsheet"),
    ("odt", "application/vnd.oasis.opendocument.text"),
    ("pdf", "application/pdf"),
    ("png", "image/png"),
    ("ppt", "application/vnd.ms-powerpoint"),
    ("pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
    ("rtf", "application/rtf"),
    ("svg", "image/svg+xml"),
    ("tif", "image/tiff"),
    ("tiff", "image/tiff"),
    ("txt", "text/plain"),
    ("webp", "image/webp"),
    ("xls", "application/vnd.ms-excel"),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("xml", "application/xml"),
    ("zip", "application/zip"),
];

/// The media type of a file.
pub(super) fn kind(name: &[u8]) -> &'static str {
    let name = shown(name).to_lowercase();
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    KINDS.iter().find(|(known, _)| *known == ending).map_or("application/octet-stream", |(_, kind)| kind)
}

/// `Content-Disposition` of RFC 6266: the name in plain characters for whoever knows no others, and as it is.
pub(super) fn disposition(name: &[u8]) -> String {
    let name = shown(name);
    let name: String = name.chars().map(|c| if c.is_control() || matches!(c, '/' | '\\') { '_' } else { c }).collect();
    let plain: String =
        name.chars().map(|c| if c.is_ascii() && !matches!(c, '"' | '%' | ';') { c } else { '_' }).collect();
    let mut text = format!("attachment; filename=\"{plain}\"; filename*=UTF-8''");
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_downloads_are_safe_and_whole() {
        for (name, expected) in [
            (&b"report.pdf"[..], "attachment; filename=\"report.pdf\"; filename*=UTF-8''report.pdf"),
            (
                "Grüße 1.txt".as_bytes(),
                "attachment; filename=\"Gr__e 1.txt\"; filename*=UTF-8''Gr%C3%BC%C3%9Fe%201.txt",
            ),
            (
                b"a\"; evil=\"\r\nx: y",
                "attachment; filename=\"a__ evil=___x: y\"; filename*=UTF-8''a%22%3B%20evil%3D%22__x%3A%20y",
            ),
            (b"..\\..\\up", "attachment; filename=\".._.._up\"; filename*=UTF-8''.._.._up"),
            (b"\xff.bin", "attachment; filename=\"_xff.bin\"; filename*=UTF-8''_xff.bin"),
        ] {
            assert_eq!(disposition(name), expected);
        }
    }

    #[test]
    fn kinds_follow_the_ending() {
        assert_eq!(kind(b"a.PDF"), "application/pdf");
        assert_eq!(kind(b"pdf"), "application/octet-stream");
        assert_eq!(kind(b"a.b\xff"), "application/octet-stream");
    }
}
