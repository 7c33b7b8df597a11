//! The widget and the demo site as files, which Cloudflare's platform serves by itself.
#![cfg_attr(not(target_os = "wasi"), allow(dead_code, reason = "used by the component only"))]

use axum::body::Body;
use http::{HeaderMap, Response, StatusCode, header};

/// Whether the service itself answers `path`.
pub(crate) fn is_api(path: &str) -> bool {
    path.starts_with("/v1/") || ["/healthz", "/readyz", "/openapi.json"].contains(&path)
}

/// Under which sentence encoders lie, each in a folder of its hash.
const ENCODERS: &str = "blobs/encoders/";

/// The file at `path`, brotli where there is such a form and the client takes it; `None` where there is none. `read`
/// gives a file's bytes by its relative name.
pub(crate) fn serve(path: &str, headers: &HeaderMap, read: impl Fn(&str) -> Option<Vec<u8>>) -> Option<Response<Body>> {
    let name = match path.trim_start_matches('/') {
        "" => "index.html",
        name => name,
    };
    // Names of our own files are plain; anything else (dots that climb, escapes, packs by another way) is no file.
    let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_./".contains(&b));
    if !plain || name.split('/').any(|part| part.is_empty() || part.starts_with('.') || part.starts_with('_')) {
        return None;
    }
    // Browsers fetch encoders as files, packs through the service.
    let is_encoder = name.starts_with(ENCODERS);
    if name.starts_with("blobs/") && !is_encoder || name.ends_with(".br") {
        return None;
    }
    let takes_brotli = headers.get(header::ACCEPT_ENCODING).and_then(|v| v.to_str().ok()).is_some_and(|v| v.contains("br"));
    let compressed = takes_brotli.then(|| read(&format!("{name}.br"))).flatten();
    let is_brotli = compressed.is_some();
    let bytes = compressed.or_else(|| read(name))?;
    let tag = format!("\"{}\"", &nearside_assistant::content_hash(&bytes)[..32]);
    let mut response = Response::builder()
        .header(header::CONTENT_TYPE, content_type(name))
        .header(header::ETAG, &tag)
        .header(header::VARY, "accept-encoding")
        .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
        .header(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")
        .header(
            header::CACHE_CONTROL,
            match name {
                "nearside.js" => "public, max-age=300",
                _ if is_encoder => "public, max-age=31536000, immutable",
                _ => "public, max-age=0, must-revalidate",
            },
        );
    if headers.get(header::IF_NONE_MATCH).and_then(|v| v.to_str().ok()).is_some_and(|v| v.contains(&tag)) {
        return response.status(StatusCode::NOT_MODIFIED).body(Body::empty()).ok();
    }
    if is_brotli {
        response = response.header(header::CONTENT_ENCODING, "br");
    }
    response.body(Body::from(bytes)).ok()
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("json") => "application/json",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue, StatusCode, header};

    use super::serve;

    fn read(name: &str) -> Option<Vec<u8>> {
        ["index.html", "chat/a.wasm", "chat/a.wasm.br", "blobs/sites/demo.json", "blobs/encoders/ab/encoder.json", "_headers"]
            .contains(&name)
            .then(|| name.as_bytes().to_vec())
    }

    fn get(path: &str, headers: &[(header::HeaderName, &str)]) -> Option<(StatusCode, HeaderMap)> {
        let headers = headers.iter().filter_map(|(n, v)| Some((n.clone(), HeaderValue::from_str(v).ok()?))).collect();
        serve(path, &headers, read).map(|r| (r.status(), r.headers().clone()))
    }

    #[test]
    fn serves_files_by_type_and_in_brotli() {
        assert_eq!(
            get("/", &[]).map(|(s, h)| (s, h[header::CONTENT_TYPE].clone())),
            Some((StatusCode::OK, HeaderValue::from_static("text/html; charset=utf-8")))
        );
        let (_, headers) = get("/chat/a.wasm", &[(header::ACCEPT_ENCODING, "gzip, br")]).unwrap_or_default();
        assert_eq!(headers[header::CONTENT_ENCODING], "br");
        let tag = headers[header::ETAG].to_str().unwrap_or_default().to_owned();
        let again = get("/chat/a.wasm", &[(header::ACCEPT_ENCODING, "br"), (header::IF_NONE_MATCH, &tag)]);
        assert_eq!(again.map(|a| a.0), Some(StatusCode::NOT_MODIFIED));
        let (_, headers) = get("/blobs/encoders/ab/encoder.json", &[]).unwrap_or_default();
        assert!(headers[header::CACHE_CONTROL].to_str().unwrap_or_default().ends_with("immutable"));
    }

    #[test]
    fn serves_nothing_else() {
        for path in ["/../etc/passwd", "/blobs/sites/demo.json", "/_headers", "/a%2e", "/chat//a.wasm", "/chat/a.wasm.br", "/none"] {
            assert_eq!(get(path, &[]), None, "{path}");
        }
    }
}
