//! Reading requests within limits.

use axum::body::Body;
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use http::{HeaderMap, Request, StatusCode, Uri};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use nearside_conversation::Purpose;
use nearside_protocol::{CONSENT_VERSION, Consent, ConsentBy, MAX_BODY_BYTES, MAX_JSON_DEPTH, VERSION};
use serde::de::DeserializeOwned;

use crate::problem::Problem;

/// A host puts this into the extensions of a request whose body did not come in time.
#[derive(Clone, Copy, Debug)]
pub struct TooSlow {
    /// How long it waited, seconds.
    pub waited_s: u32,
}

/// The body as JSON, at most 64 KiB long and 32 levels deep.
pub(crate) async fn json<T: DeserializeOwned>(request: Request<Body>) -> Result<T, Problem> {
    let too_large = || {
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body-too-large", format!("body above {MAX_BODY_BYTES} bytes"))
            .with_limit(format!("{MAX_BODY_BYTES} bytes"))
    };
    if let Some(TooSlow { waited_s }) = request.extensions().get() {
        return Err(Problem::new(StatusCode::REQUEST_TIMEOUT, "body-too-slow", format!("the body did not come within {waited_s} s"))
            .with_limit(format!("{waited_s} seconds")));
    }
    if content_length(request.headers()).is_some_and(|n| n > MAX_BODY_BYTES) {
        return Err(too_large());
    }
    let bytes = match Limited::new(request.into_body(), MAX_BODY_BYTES).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) if error.downcast_ref::<LengthLimitError>().is_some() => return Err(too_large()),
        Err(error) => return Err(Problem::new(StatusCode::BAD_REQUEST, "unreadable-body", error.to_string())),
    };
    if depth(&bytes) > MAX_JSON_DEPTH {
        return Err(Problem::new(StatusCode::BAD_REQUEST, "json-too-deep", format!("JSON nested deeper than {MAX_JSON_DEPTH} levels"))
            .with_limit(format!("{MAX_JSON_DEPTH} levels")));
    }
    serde_json::from_slice(&bytes).map_err(|e| Problem::new(StatusCode::BAD_REQUEST, "bad-json", e.to_string()))
}

fn content_length(headers: &HeaderMap) -> Option<usize> {
    headers.get(http::header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// The deepest nesting of arrays and objects; brackets in strings do not count.
fn depth(json: &[u8]) -> usize {
    let (mut now, mut most, mut quoted, mut escaped) = (0usize, 0usize, false, false);
    for &byte in json {
        match (quoted, byte) {
            (true, _) if escaped => escaped = false,
            (true, b'\\') => escaped = true,
            (_, b'"') => quoted = !quoted,
            (false, b'[' | b'{') => {
                now += 1;
                most = most.max(now);
            }
            (false, b']' | b'}') => now = now.saturating_sub(1),
            _ => {}
        }
    }
    most
}

/// Refuses messages of a protocol that this edge cannot know yet to be compatible: versions are compatible upwards by
/// construction, 0 never existed.
pub(crate) fn check_version(v: u32) -> Result<(), Problem> {
    if v == 0 {
        Err(Problem::new(StatusCode::BAD_REQUEST, "bad-version", format!("protocol version 0, expected 1 to {VERSION} or newer")))
    } else {
        Ok(())
    }
}

/// What a visitor agreed to must be understood and must name the purpose.
pub(crate) fn check_consent(consent: &Consent, purpose: Purpose) -> Result<(), Problem> {
    let refused = || Problem::new(StatusCode::FORBIDDEN, "no-consent", format!("the visitor did not agree to {:?}", purpose.name()));
    if consent.purposes.is_empty() {
        return Err(refused());
    }
    if consent.v == 0 || consent.v > CONSENT_VERSION {
        return Err(Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "consent-version",
            format!("consent of version {}, expected 1 to {CONSENT_VERSION}: what it allows is not known here", consent.v),
        ));
    }
    // What is stored as it stands comes out of closed sets, so that no words travel in it.
    if consent.purposes.contains(&Purpose::Other) || consent.by == ConsentBy::Other {
        let known = Purpose::ALL.map(Purpose::name);
        let told =
            format!("consent by somebody or to something that is not known here; expected visitor or site, and purposes out of {known:?}");
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "bad-consent", told));
    }
    if consent.purposes.contains(&purpose) { Ok(()) } else { Err(refused()) }
}

/// The token of the Authorization header. The scheme's case does not count (RFC 9110, 11.1).
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(http::header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// The part of the path that a route names.
pub(crate) fn path_part(part: Result<Path<String>, PathRejection>) -> Result<String, Problem> {
    part.map(|Path(part)| part).map_err(|e| Problem::new(StatusCode::BAD_REQUEST, "bad-path", e.body_text()))
}

/// An id made by a client: 8 to 64 letters, digits, `-` or `_`.
pub(crate) fn check_id(name: &str, id: &str) -> Result<(), Problem> {
    let fits = (8..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if fits {
        Ok(())
    } else {
        Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "bad-id", format!("{name}: expected 8 to 64 letters, digits, '-' or '_'")))
    }
}

/// A language tag as browsers write it, or nothing: up to 35 letters, digits and `-` (RFC 5646, 4.4.1).
pub(crate) fn check_locale(locale: &str) -> Result<(), Problem> {
    if locale.len() <= 35 && locale.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
        Ok(())
    } else {
        Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "bad-locale", "locale: expected a language tag, as en or pt-BR"))
    }
}

/// A parameter of the query string, as it stands there.
pub(crate) fn parameter<'a>(uri: &'a Uri, name: &str) -> Option<&'a str> {
    uri.query()?.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
}

/// The site's id in the query string (`?site=demo`).
pub(crate) fn site_of(uri: &Uri) -> Option<&str> {
    parameter(uri, "site").filter(|site| is_site(site))
}

/// A site's id: 1 to 32 lower-case letters, digits or `-`. It becomes part of a file's name.
pub(crate) fn is_site(site: &str) -> bool {
    (1..=32).contains(&site.len()) && site.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue};

    use super::{bearer, depth};

    #[test]
    fn reads_the_token_whatever_the_case_of_its_scheme() {
        for (shown, expected) in [
            ("Bearer abc", Some("abc")),
            ("bearer abc", Some("abc")),
            ("BEARER  abc", Some("abc")),
            ("Basic abc", None),
            ("Bearerabc", None),
            ("Bearer", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(http::header::AUTHORIZATION, HeaderValue::from_static(shown));
            assert_eq!(bearer(&headers), expected, "{shown}");
        }
    }

    #[test]
    fn measures_depth_outside_strings() {
        assert_eq!(depth(br#"{"a":[1,{"b":"[[[[\"["}]}"#), 3);
        assert_eq!(depth(b"]]]"), 0);
    }
}
