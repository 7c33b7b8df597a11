//! Sealing what is stored: AES-256-GCM (NIST SP 800-38D), each value bound to its place.
//!
//! A sealed value reads `sealed:1:KEY:HEX`, where the bytes are a 96-bit nonce, the ciphertext and its tag. Who moves it to
//! another row, column or site, or changes a bit, gets an error and no text. Losing a key is erasure.

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};

/// What a sealed value begins with.
const MARK: &str = "sealed:1:";
const NONCE: usize = 12;
const KEY: usize = 32;

/// Where a sealed value stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'a> {
    /// The table's name.
    pub table: &'a str,
    /// The column's name.
    pub column: &'a str,
    /// The site's id.
    pub site: &'a str,
    /// The row's key within the site.
    pub row: &'a str,
}

impl Place<'_> {
    /// Length before each part, so that no two places read alike.
    fn bytes(&self) -> Vec<u8> {
        let parts = [self.table, self.column, self.site, self.row];
        parts.iter().flat_map(|part| (part.len() as u32).to_le_bytes().into_iter().chain(part.bytes())).collect()
    }
}

/// Why a value cannot be sealed or opened. None of them shows a key or a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SealError {
    /// The keys' text is none.
    Keys(String),
    /// The value was sealed with a key that is not there.
    UnknownKey(String),
    /// The value was changed, or moved from its place, or is no sealed value.
    Damaged,
}

impl std::fmt::Display for SealError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Keys(why) => {
                write!(f, "sealing keys: {why}; expected ID=64 hexadecimal digits, several separated by commas, the first one seals")
            }
            Self::UnknownKey(id) => write!(f, "sealed with the key {id:?}, which is not among the sealing keys"),
            Self::Damaged => f.write_str("sealed value damaged, or moved from its place"),
        }
    }
}

impl std::error::Error for SealError {}

/// The keys of a deployment; the first seals, all open.
pub struct Keyring(Vec<(String, Aes256Gcm)>);

impl Keyring {
    /// A ring of these keys, by id, the sealing one first.
    pub fn of(keys: impl IntoIterator<Item = (String, [u8; KEY])>) -> Self {
        Self(keys.into_iter().map(|(id, key)| (id, Aes256Gcm::new(&key.into()))).collect())
    }

    /// Reads `ID=HEX,ID=HEX`: ids of 1 to 16 letters or digits, keys of 32 bytes.
    ///
    /// # Errors
    /// [`SealError::Keys`] saying which entry is wrong, without its key.
    pub fn parse(text: &str) -> Result<Self, SealError> {
        let mut keys: Vec<(String, Aes256Gcm)> = Vec::new();
        for (at, entry) in text.split(',').map(str::trim).enumerate() {
            let fail = |why: &str| SealError::Keys(format!("entry {}: {why}", at + 1));
            let (id, hex) = entry.split_once('=').ok_or_else(|| fail("no '='"))?;
            if !(1..=16).contains(&id.len()) || !id.bytes().all(|b| b.is_ascii_alphanumeric()) {
                return Err(fail("its id is not 1 to 16 letters or digits"));
            }
            if keys.iter().any(|(known, _)| known == id) {
                return Err(fail("its id stands twice"));
            }
            let bytes = from_hex(hex).filter(|b| b.len() == KEY).ok_or_else(|| fail("its key is not 64 hexadecimal digits"))?;
            let cipher = Aes256Gcm::new_from_slice(&bytes).map_err(|_| fail("its key is not 32 bytes"))?;
            keys.push((id.to_owned(), cipher));
        }
        Ok(Self(keys))
    }

    /// Seals `plain` for its place. `nonce` is fresh randomness, never used twice with a key.
    ///
    /// # Errors
    /// [`SealError::Damaged`] only where the text is longer than AES-GCM allows (64 GiB).
    pub fn seal(&self, nonce: [u8; NONCE], place: Place<'_>, plain: &str) -> Result<String, SealError> {
        let (id, cipher) = self.0.first().ok_or_else(|| SealError::Keys("none".into()))?;
        let payload = Payload { msg: plain.as_bytes(), aad: &place.bytes() };
        let sealed = cipher.encrypt(&Nonce::from(nonce), payload).map_err(|_| SealError::Damaged)?;
        Ok(format!("{MARK}{id}:{}{}", to_hex(&nonce), to_hex(&sealed)))
    }

    /// Opens what was sealed for this place.
    ///
    /// # Errors
    /// [`SealError`] where the key is unknown, or the value was changed or moved.
    pub fn open(&self, place: Place<'_>, sealed: &str) -> Result<String, SealError> {
        let (id, hex) = sealed.strip_prefix(MARK).and_then(|rest| rest.split_once(':')).ok_or(SealError::Damaged)?;
        let (_, cipher) =
            self.0.iter().find(|(known, _)| known == id).ok_or_else(|| SealError::UnknownKey(id.chars().take(16).collect()))?;
        let bytes = from_hex(hex).ok_or(SealError::Damaged)?;
        let (nonce, body) = bytes.split_first_chunk::<NONCE>().ok_or(SealError::Damaged)?;
        let plain = cipher.decrypt(&Nonce::from(*nonce), Payload { msg: body, aad: &place.bytes() }).map_err(|_| SealError::Damaged)?;
        String::from_utf8(plain).map_err(|_| SealError::Damaged)
    }
}

/// The id of the key that a value was sealed with; `None` where it is no sealed value.
pub fn sealed_with(value: &str) -> Option<&str> {
    value.strip_prefix(MARK)?.split_once(':').map(|(id, _)| id)
}

/// Bytes as hexadecimal digits.
pub fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Hexadecimal digits as bytes; `None` where they are none.
pub fn from_hex(text: &str) -> Option<Vec<u8>> {
    if !text.is_ascii() || !text.len().is_multiple_of(2) {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::{Keyring, Place, SealError, sealed_with};

    const PLACE: Place<'_> = Place { table: "handoffs", column: "transcript", site: "demo", row: "h-1" };

    fn keyring(text: &str) -> Keyring {
        Keyring::parse(text).unwrap_or_else(|e| panic!("{e}"))
    }

    fn hex(digit: char) -> String {
        digit.to_string().repeat(64)
    }

    #[test]
    fn opens_what_it_sealed_and_shows_nothing_of_it() {
        let keys = keyring(&format!("k1={}", hex('a')));
        let sealed = keys.seal([7; 12], PLACE, "[{\"text\":\"hello\"}]").unwrap_or_default();
        assert!(sealed_with(&sealed) == Some("k1") && !sealed.contains("hello"), "{sealed}");
        assert_eq!(keys.open(PLACE, &sealed), Ok("[{\"text\":\"hello\"}]".into()));
    }

    #[test]
    fn refuses_what_was_changed_or_moved() {
        let keys = keyring(&format!("k1={}", hex('a')));
        let sealed = keys.seal([7; 12], PLACE, "hello").unwrap_or_default();
        for place in [
            Place { row: "h-2", ..PLACE },
            Place { site: "bank", ..PLACE },
            Place { column: "locale", ..PLACE },
            Place { table: "handoff", ..PLACE },
        ] {
            assert_eq!(keys.open(place, &sealed), Err(SealError::Damaged), "{place:?}");
        }
        for at in "sealed:1:k1:".len()..sealed.len() {
            let mut bytes = sealed.clone().into_bytes();
            bytes[at] = if bytes[at] == b'0' { b'1' } else { b'0' };
            let changed = String::from_utf8(bytes).unwrap_or_default();
            assert!(keys.open(PLACE, &changed).is_err(), "{at}");
        }
        assert_eq!(keys.open(PLACE, "sealed:1:k1:zz"), Err(SealError::Damaged));
        assert_eq!(keys.open(PLACE, "[]"), Err(SealError::Damaged));
    }

    #[test]
    fn a_new_key_seals_and_the_old_one_still_opens() {
        let old = keyring(&format!("k1={}", hex('a'))).seal([1; 12], PLACE, "old").unwrap_or_default();
        let both = keyring(&format!("k2={},k1={}", hex('b'), hex('a')));
        assert_eq!(both.open(PLACE, &old), Ok("old".into()));
        assert!(both.seal([2; 12], PLACE, "new").is_ok_and(|s| s.starts_with("sealed:1:k2:")));
        assert_eq!(keyring(&format!("k2={}", hex('b'))).open(PLACE, &old), Err(SealError::UnknownKey("k1".into())));
    }

    #[test]
    fn says_what_is_wrong_with_keys_and_never_the_key() {
        for (text, why) in [
            ("", "no '='"),
            ("k1=abc", "64 hexadecimal"),
            (&format!("a b={}", hex('a')), "letters or digits"),
            (&format!("k={0},k={0}", hex('a')), "twice"),
        ] {
            let said = Keyring::parse(text).err().map(|e| e.to_string()).unwrap_or_default();
            assert!(said.contains(why) && !said.contains("aaaa"), "{said}");
        }
    }
}
