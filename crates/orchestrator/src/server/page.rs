//! The page's files, carried in the binary, and the headers they go out with.
//!
//! No file is read at run time: a path is looked up among those the build found, so there is no way out of them.

use bytes::Bytes;
use data_encoding::BASE64;
use http_body_util::Full;
use hyper::{
    Response, StatusCode,
    header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue},
};
use sha2::{Digest, Sha256};

use super::responses::plain;

/// A path as a browser asks for it, and what is there.
type File = (&'static str, &'static [u8]);

/// Sorted by path; empty if the page had not been built.
static FILES: &[File] = include!(concat!(env!("OUT_DIR"), "/page_files.rs"));

/// What is served instead of a page that was not built.
static MISSING: &[File] = &[("/index.html", include_bytes!("missing.html"))];

/// The page, ready to be served.
#[derive(Debug)]
pub(super) struct Page {
    files: &'static [File],
    policy: HeaderValue,
}

impl Page {
    /// The page as it was built into this binary.
    pub(super) fn new(port: u16) -> Self {
        Self::of(if FILES.is_empty() { MISSING } else { FILES }, port)
    }

    fn of(files: &'static [File], port: u16) -> Self {
        let index = find(files, "/index.html").map_or(&[][..], |(_, contents)| contents);
        let policy = policy(&String::from_utf8_lossy(index), port);
        Self {
            files,
            // A port, hashes in base64 and words of ours: all of it is ASCII.
            policy: HeaderValue::try_from(policy).expect("a policy is a header's value"),
        }
    }

    /// What a path shows: a file, or the index if it looks like a place within the app, or 404.
    pub(super) fn get(&self, path: &str) -> Response<Full<Bytes>> {
        let place = path
            .rsplit('/')
            .next()
            .is_none_or(|name| !name.contains('.'));
        let embedded =
            find(self.files, path).or_else(|| find(self.files, "/index.html").filter(|_| place));
        let mut response = match embedded {
            Some((path, contents)) => file(path, contents),
            None => plain(StatusCode::NOT_FOUND, "There is nothing here."),
        };
        response
            .headers_mut()
            .insert(CONTENT_SECURITY_POLICY, self.policy.clone());
        response
    }
}

fn find<'a>(files: &'a [File], path: &str) -> Option<&'a File> {
    files.iter().find(|(own, _)| *own == path)
}

fn file(path: &str, contents: &'static [u8]) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from_static(contents)));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type(path)));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(cache(path)));
    response
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "woff" => "font/woff",
        "ttf" => "font/ttf",
        "txt" => "text/plain; charset=utf-8",
        "wasm" => "application/wasm",
        _ => "application/octet-stream",
    }
}

/// A file whose name holds its hash never changes; the index names those of one build and must be fresh.
fn cache(path: &str) -> &'static str {
    if path.starts_with("/_app/immutable/") {
        "public, max-age=31536000, immutable"
    } else if path.ends_with(".html") {
        "no-store"
    } else {
        "no-cache"
    }
}

/// The page's content security policy: itself, its socket, and the inline script that starts it, by its hash.
fn policy(index: &str, port: u16) -> String {
    let hashes: String = inline_scripts(index)
        .map(|script| format!(" 'sha256-{}'", BASE64.encode(&Sha256::digest(script))))
        .collect();
    format!(
        "default-src 'none'; script-src 'self'{hashes}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
         font-src 'self'; connect-src 'self' ws://127.0.0.1:{port}; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'"
    )
}

/// The text of each `<script>` without a `src`. It reads what our own build wrote, not any HTML.
fn inline_scripts(html: &str) -> impl Iterator<Item = &str> {
    html.split("<script").skip(1).filter_map(|rest| {
        let (attributes, rest) = rest.split_once('>')?;
        let (script, _) = rest.split_once("</script>")?;
        let inline = !attributes
            .split_ascii_whitespace()
            .any(|word| word.starts_with("src="));
        inline.then_some(script)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    static BUILT: &[File] = &[
        ("/_app/immutable/start.Bx1.js", b"export {}"),
        (
            "/index.html",
            b"<script src=\"/a.js\"></script><script>alert(1)</script><script type=\"module\">\n\tgo();\n</script>",
        ),
        ("/robots.txt", b""),
    ];

    #[test]
    fn inline_scripts_are_named_by_hash_and_others_are_not() {
        // printf 'alert(1)' | openssl dgst -sha256 -binary | base64, and the same of '\n\tgo();\n'
        let policy = policy(std::str::from_utf8(BUILT[1].1).unwrap(), 7);
        assert!(policy.contains(
            "script-src 'self' 'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI=' 'sha256-xj9YuTmCkcsDlTElO175sY8/zZ12Vrk/HOFIya0fkOI='; "
        ), "{policy}");
        assert!(policy.contains("connect-src 'self' ws://127.0.0.1:7; "));
    }

    #[test]
    fn a_place_shows_the_index_and_a_missing_file_is_missing() {
        let page = Page::of(BUILT, 7);
        for path in ["/", "/jobs/0199", "/index.html", ""] {
            let response = page.get(path);
            assert_eq!(response.status(), StatusCode::OK, "{path}");
            assert_eq!(response.headers()[CONTENT_TYPE], "text/html; charset=utf-8");
            assert_eq!(response.headers()[CACHE_CONTROL], "no-store");
        }
        for path in [
            "/missing.js",
            "/../Cargo.toml",
            "/%2e%2e/x.txt",
            "/_app/immutable/x.js",
        ] {
            let response = page.get(path);
            assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
            assert!(response.headers().contains_key(CONTENT_SECURITY_POLICY));
        }
    }

    #[test]
    fn hashed_files_are_kept_and_others_asked_for_again() {
        let page = Page::of(BUILT, 7);
        let script = page.get("/_app/immutable/start.Bx1.js");
        assert_eq!(
            script.headers()[CONTENT_TYPE],
            "text/javascript; charset=utf-8"
        );
        assert!(
            script.headers()[CACHE_CONTROL]
                .to_str()
                .unwrap()
                .ends_with("immutable")
        );
        assert_eq!(page.get("/robots.txt").headers()[CACHE_CONTROL], "no-cache");
    }
}
