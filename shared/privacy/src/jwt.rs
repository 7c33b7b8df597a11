//! Signed claims: JSON Web Tokens (RFC 7519) with HMAC-SHA256 (HS256 of RFC 7518), and with no other algorithm.
//!
//! A site's server signs who its visitor is; the edge signs sessions the same way. What a token names as its algorithm
//! never chooses how it is checked. Errors show neither token nor key.

use base64url::{decode, encode};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

/// The fewest bytes that a signing key may have (RFC 7518, 3.2).
pub const KEY_MIN: usize = 32;
/// The most bytes that a token may have.
pub const TOKEN_MAX: usize = 2048;
/// How far clocks may be apart, seconds.
const LEEWAY_S: f64 = 60.0;
/// How long a token may hold from now on, seconds: one that holds for years is a password that nobody can change.
pub const LIFETIME_S: f64 = 24.0 * 3600.0;

/// What a token says. Times are seconds since 1970-01-01 UTC.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Claims {
    /// Who: the visitor's id in the site's own system, 1 to 128 characters.
    pub sub: String,
    /// For which site.
    pub aud: Audience,
    /// Until when.
    pub exp: f64,
    /// From when on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nbf: Option<f64>,
    /// The token's own id; one that has it is taken once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jti: Option<String>,
}

/// One site or several.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Audience {
    /// One.
    One(String),
    /// Several.
    Several(Vec<String>),
}

impl Audience {
    fn names(&self, site: &str) -> bool {
        match self {
            Self::One(one) => one == site,
            Self::Several(all) => all.iter().any(|a| a == site),
        }
    }
}

/// Why a token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenError {
    /// It is no token, or lacks a claim that is needed.
    Malformed,
    /// It names another algorithm than HS256.
    Algorithm,
    /// Its signature is not of this key.
    Forged,
    /// Its time is over.
    Expired,
    /// It holds for longer than [`LIFETIME_S`] from now.
    Lifetime,
    /// Its time has not come.
    Early,
    /// It is for another site.
    Audience,
}

impl std::fmt::Display for TokenError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Malformed => "no token: expected a JSON Web Token with sub (1 to 128 characters), aud and exp, at most 2,048 bytes",
            Self::Algorithm => "token signed with another algorithm, expected HS256",
            Self::Forged => "token's signature is not of this site's key",
            Self::Expired => "token expired, ask the site's server for a new one",
            Self::Lifetime => "token holds for longer than 24 hours from now, ask the site's server for a shorter one",
            Self::Early => "token not valid yet; are the clocks apart?",
            Self::Audience => "token is for another site, expected this site's id as aud",
        })
    }
}

impl std::error::Error for TokenError {}

#[derive(Deserialize)]
struct Header {
    alg: String,
}

#[expect(clippy::expect_used, reason = "HMAC takes a key of any length (RFC 2104); a zero hash instead would be everybody's")]
fn mac(key: &[u8], parts: &[&[u8]]) -> Hmac<Sha256> {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).expect("a key of any length");
    parts.iter().for_each(|part| mac.update(part));
    mac
}

/// HMAC-SHA256 of `parts`, each with its length before it, so that no two lists read alike. For lookups: who lacks the key
/// can neither make nor test a value.
pub fn keyed_hash(key: &[u8; 32], parts: &[&str]) -> [u8; 32] {
    let lengths: Vec<[u8; 4]> = parts.iter().map(|part| (part.len() as u32).to_le_bytes()).collect();
    let pieces: Vec<&[u8]> = lengths.iter().zip(parts).flat_map(|(length, part)| [length.as_slice(), part.as_bytes()]).collect();
    mac(key, &pieces).finalize().into_bytes().into()
}

/// A token of these claims.
#[expect(clippy::expect_used, reason = "claims are texts and numbers, which JSON can hold; an empty body must not be signed instead")]
pub fn sign(key: &[u8], claims: &Claims) -> String {
    let body = encode(&serde_json::to_vec(claims).expect("claims as JSON"));
    let signed = format!("{}.{body}", encode(br#"{"alg":"HS256","typ":"JWT"}"#));
    let signature = mac(key, &[signed.as_bytes()]).finalize().into_bytes();
    format!("{signed}.{}", encode(&signature))
}

/// The claims of a token for `site`, checked at `now_s`.
///
/// # Errors
/// [`TokenError`]; the signature is checked before anything that the token says is believed.
pub fn verify(key: &[u8], token: &str, site: &str, now_s: f64) -> Result<Claims, TokenError> {
    let mut parts = token.split('.');
    let (Some(header), Some(body), Some(signature), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return Err(TokenError::Malformed);
    };
    if token.len() > TOKEN_MAX {
        return Err(TokenError::Malformed);
    }
    let read = |part: &str| decode(part).ok_or(TokenError::Malformed);
    let said: Header = serde_json::from_slice(&read(header)?).map_err(|_| TokenError::Malformed)?;
    if said.alg != "HS256" {
        return Err(TokenError::Algorithm);
    }
    let mac = mac(key, &[header.as_bytes(), b".", body.as_bytes()]);
    mac.verify_slice(&read(signature)?).map_err(|_| TokenError::Forged)?;
    let claims: Claims = serde_json::from_slice(&read(body)?).map_err(|_| TokenError::Malformed)?;
    if !(1..=128).contains(&claims.sub.chars().count()) {
        return Err(TokenError::Malformed);
    }
    if !claims.aud.names(site) {
        return Err(TokenError::Audience);
    }
    if claims.exp + LEEWAY_S <= now_s {
        return Err(TokenError::Expired);
    }
    if !claims.exp.is_finite() || claims.exp > now_s + LIFETIME_S + LEEWAY_S {
        return Err(TokenError::Lifetime);
    }
    if claims.nbf.is_some_and(|nbf| nbf - LEEWAY_S > now_s) {
        return Err(TokenError::Early);
    }
    Ok(claims)
}

/// Base64 with the alphabet for addresses and without padding (RFC 4648, 5).
mod base64url {
    use base64ct::{Base64UrlUnpadded, Encoding};

    pub(super) fn encode(bytes: &[u8]) -> String {
        Base64UrlUnpadded::encode_string(bytes)
    }

    pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
        Base64UrlUnpadded::decode_vec(text).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::{Audience, Claims, TokenError, encode, keyed_hash, sign, verify};

    const KEY: &[u8] = b"a key that only the site's own server has";
    const NOW: f64 = 1_790_000_000.0;

    fn claims() -> Claims {
        Claims { sub: "customer-7".into(), aud: Audience::One("demo".into()), exp: NOW + 600.0, nbf: None, jti: None }
    }

    #[test]
    fn believes_what_the_site_signed() {
        assert_eq!(verify(KEY, &sign(KEY, &claims()), "demo", NOW), Ok(claims()));
        let several = Claims { aud: Audience::Several(vec!["other".into(), "demo".into()]), ..claims() };
        assert_eq!(verify(KEY, &sign(KEY, &several), "demo", NOW), Ok(several));
    }

    /// The example of RFC 7515, appendix A.1: made elsewhere, read here.
    #[test]
    fn reads_the_standards_own_example() {
        let key =
            super::decode("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow").unwrap_or_default();
        let token = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        // Its signature holds; it lacks `sub` and `aud`.
        assert_eq!(verify(&key, token, "demo", 0.0), Err(TokenError::Malformed));
        assert_eq!(verify(&key, &token.replace("dBjf", "dBjg"), "demo", 0.0), Err(TokenError::Forged));
    }

    #[test]
    fn refuses_forged_expired_early_and_foreign_tokens() {
        let token = sign(KEY, &claims());
        assert_eq!(verify(b"another key of another site's own server", &token, "demo", NOW), Err(TokenError::Forged));
        assert_eq!(verify(KEY, &token, "bank", NOW), Err(TokenError::Audience));
        assert_eq!(verify(KEY, &token, "demo", NOW + 661.0), Err(TokenError::Expired));
        let early = Claims { nbf: Some(NOW + 120.0), ..claims() };
        assert_eq!(verify(KEY, &sign(KEY, &early), "demo", NOW), Err(TokenError::Early));
        let nobody = Claims { sub: String::new(), ..claims() };
        assert_eq!(verify(KEY, &sign(KEY, &nobody), "demo", NOW), Err(TokenError::Malformed));
        for odd in ["", "a.b", "a.b.c", "....", &"a".repeat(5000)] {
            assert_eq!(verify(KEY, odd, "demo", NOW), Err(TokenError::Malformed), "{odd}");
        }
    }

    #[test]
    fn refuses_what_holds_for_longer_than_a_day() {
        let until = |exp: f64| verify(KEY, &sign(KEY, &Claims { exp, ..claims() }), "demo", NOW).map(|_| ());
        assert_eq!(until(NOW + 86_400.0), Ok(()));
        for exp in [NOW + 86_500.0, NOW + 3e8, 1e308] {
            assert_eq!(until(exp), Err(TokenError::Lifetime), "{exp}");
        }
        // JSON has no infinity: it is written as null, and 1e400 cannot be read.
        assert_eq!(until(f64::INFINITY), Err(TokenError::Malformed));
    }

    /// The known attacks: no algorithm at all, and claims changed under an old signature.
    #[test]
    fn a_token_does_not_choose_how_it_is_checked() {
        let token = sign(KEY, &claims());
        let (_, rest) = token.split_once('.').unwrap_or_default();
        let none = format!("{}.{rest}", encode(br#"{"alg":"none"}"#));
        assert_eq!(verify(KEY, &none, "demo", NOW), Err(TokenError::Algorithm));
        let other = Claims { sub: "customer-8".into(), ..claims() };
        let theirs = sign(b"x", &other);
        let swapped: Vec<&str> =
            token.split('.').take(1).chain(theirs.split('.').skip(1).take(1)).chain(token.split('.').skip(2)).collect();
        assert_eq!(verify(KEY, &swapped.join("."), "demo", NOW), Err(TokenError::Forged));
    }

    #[test]
    fn lookups_differ_by_key_and_by_where_a_part_ends() {
        let all = [keyed_hash(&[1; 32], &["ab", "c"]), keyed_hash(&[1; 32], &["a", "bc"]), keyed_hash(&[2; 32], &["ab", "c"])];
        assert!(all[0] != all[1] && all[0] != all[2]);
    }
}
