//! What the service needs of its platform, one trait a port.

use std::future::Future;

use http::HeaderMap;
use nearside_protocol::{EventBatch, HandoffReceipt};

/// Why a port could not do its work; the text goes to the log and to `/readyz`, never to a visitor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortError(pub String);

impl std::fmt::Display for PortError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// A handoff as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredHandoff {
    /// Its id.
    pub id: String,
    /// The site's id.
    pub site: String,
    /// The conversation's id.
    pub conversation: String,
    /// `requested` or `unresolved`.
    pub reason: String,
    /// The visitor's language.
    pub locale: String,
    /// When it arrived, milliseconds since 1970-01-01 UTC.
    pub created_ms: f64,
    /// The masked conversation, sealed; plain JSON in rows of earlier versions.
    pub transcript: String,
}

/// Records that outlive a request.
pub trait Database {
    /// Stores a handoff unless its site has one with the same id; gives the receipt of the stored one either way.
    fn put_handoff(&self, record: StoredHandoff) -> impl Future<Output = Result<HandoffReceipt, PortError>> + Send;
    /// The newest `limit` handoffs of a site, newest first.
    fn handoffs(&self, site: &str, limit: u32) -> impl Future<Output = Result<Vec<StoredHandoff>, PortError>> + Send;
    /// Stores events; those whose id the site has already are left as they are.
    fn put_events(&self, batch: EventBatch, now_ms: f64) -> impl Future<Output = Result<(), PortError>> + Send;
    /// Whether the schema is there.
    fn ready(&self) -> impl Future<Output = Result<(), PortError>> + Send;
}

/// Immutable files: manifests and packs.
pub trait Blobs {
    /// The file at `path` (`sites.json`, `sites/demo.json`, `packs/HASH.pack`), `None` if there is none.
    fn blob(&self, path: &str) -> impl Future<Output = Result<Option<Vec<u8>>, PortError>> + Send;
}

/// Time and secrets.
pub trait System {
    /// Milliseconds since 1970-01-01 UTC.
    fn now_ms(&self) -> f64;
    /// A number nobody can guess.
    fn random(&self) -> u64;
    /// The token that agents show. An error, with what to do, where none is set: that closes what it guards.
    fn agent_token(&self) -> impl Future<Output = Result<String, PortError>> + Send;
    /// The sealing keys, `ID=HEX,…` as [`Keyring::parse`](nearside_privacy::seal::Keyring::parse) reads them. An error,
    /// with what to do, where none are set: then nothing is stored.
    fn seal_keys(&self) -> impl Future<Output = Result<String, PortError>> + Send;
    /// Puts a line in the log.
    fn log(&self, line: &str);
}

/// Limits over many requests.
pub trait Limits {
    /// Whether `key` (a site and a client address) may make one more request; else the seconds to wait.
    fn admit(&self, key: &str) -> impl Future<Output = Result<(), u32>> + Send;
    /// The client's address as the platform, and not the client, wrote it into the headers; `-` where it did not.
    fn client<'a>(&self, headers: &'a HeaderMap) -> &'a str;
}

/// A platform: all ports together.
pub trait Host: Database + Blobs + System + Limits + Clone + Send + Sync + 'static {}

impl<T: Database + Blobs + System + Limits + Clone + Send + Sync + 'static> Host for T {}
