//! The console inside the binary: files with hashed names that never change, and one page for every address that the
//! console's own router knows. Everything else is nothing.

use std::sync::LazyLock;

use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "../../console/dist"]
#[allow_missing = true]
struct Files;

const PAGE: &str = "index.html";

/// The console's router, whose routes look like `path: '/customers/$id'`.
const ROUTER: &str = include_str!("../../../console/src/app/routes.tsx");

/// The routes, each as its segments.
static ROUTES: LazyLock<Vec<Vec<&str>>> = LazyLock::new(|| {
    let paths = ROUTER.split("path: '").skip(1).filter_map(|rest| rest.split('\'').next());
    paths.map(|path| segments(path).collect()).collect()
});

fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|segment| !segment.is_empty())
}

/// Whether the console has something to show at this address. In its routes `$` begins what may be any one segment.
fn is_page(path: &str) -> bool {
    let asked: Vec<&str> = segments(path).collect();
    ROUTES.iter().any(|route| {
        route.len() == asked.len()
            && route.iter().zip(&asked).all(|(route, asked)| (route.starts_with('$') && is_id(asked)) || route == asked)
    })
}

fn is_id(segment: &str) -> bool {
    segment.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Names below here carry a hash of their content.
const HASHED: &str = "assets/";

/// No script or style but our own files, nobody frames us, nothing is sent elsewhere.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data:; \
                      connect-src 'self'; frame-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; \
                      frame-ancestors 'none'";

/// A file of the console, or its page.
pub async fn serve(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    if method != Method::GET && method != Method::HEAD {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let path = uri.path().trim_start_matches('/');
    let is_file = !path.is_empty() && Files::get(path).is_some();
    // A person who mistyped an address is told so by the console itself, with its way back; a program that looks for
    // something else gets two words.
    let leads_nowhere = !is_file && !is_page(path);
    if leads_nowhere && !is_person(&headers) {
        return (StatusCode::NOT_FOUND, "There is nothing here.\n").into_response();
    }
    let name = if is_file { path } else { PAGE };
    let accepts_brotli = headers
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|coding| coding.split(';').next().unwrap_or_default().trim() == "br");
    let compressed = if accepts_brotli { Files::get(&format!("{name}.br")) } else { None };
    let is_compressed = compressed.is_some();
    let Some(file) = compressed.or_else(|| Files::get(name)) else {
        return (StatusCode::NOT_FOUND, "This binary was built without the console.\n").into_response();
    };
    let etag = format!("\"{}\"", data_encoding::HEXLOWER.encode(&file.metadata.sha256_hash()[..16]));
    let unchanged = headers.get(header::IF_NONE_MATCH).is_some_and(|seen| seen == etag.as_str());
    let mut response = if leads_nowhere {
        (StatusCode::NOT_FOUND, Body::from(file.data)).into_response()
    } else if unchanged {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        Response::new(Body::from(file.data))
    };
    let answer = response.headers_mut();
    let mut set = |name, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            answer.insert(name, value);
        }
    };
    set(header::CONTENT_TYPE, content_type(name));
    set(header::ETAG, &etag);
    set(header::VARY, if leads_nowhere { "accept, accept-encoding" } else { "accept-encoding" });
    let forever = name.starts_with(HASHED);
    set(header::CACHE_CONTROL, if forever { "public, max-age=31536000, immutable" } else { "no-cache" });
    set(header::CONTENT_SECURITY_POLICY, POLICY);
    set(header::REFERRER_POLICY, "no-referrer");
    set(header::X_FRAME_OPTIONS, "DENY");
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    if is_compressed {
        set(header::CONTENT_ENCODING, "br");
    }
    response
}

/// Whether a browser asks for a page to show. For what a page refers to, browsers don't name HTML.
fn is_person(headers: &HeaderMap) -> bool {
    headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|kind| kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("text/html"))
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        Some("json" | "webmanifest" | "map") => "application/json",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_answers_the_addresses_of_the_console_and_no_others() {
        assert!(ROUTES.len() > 5, "the router is written in another way than is read here: {:?}", *ROUTES);
        for path in
            ["", "sign-in", "setup", "invitation", "customers", "customers/", "customers/new", "customers/cus_1/edit"]
        {
            assert!(is_page(path), "{path}");
        }
        for path in [
            "metrics",
            ".env",
            "customers/.env",
            "customers/a.b/edit",
            "favicon.png",
            "customers/cus_1/edit/.git",
            "robots.txt",
            "assets/x.js",
            "admin",
        ] {
            assert!(!is_page(path), "{path}");
        }
    }
}
