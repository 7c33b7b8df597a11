//! What the service needs of its platform, one trait a port.

use std::future::Future;
use std::sync::Arc;

use http::HeaderMap;
use nearside_nlu::Encoder;
use serde_json::Value;

/// Why a port could not do its work. The text goes to the log and to operators, never to a visitor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PortError {
    /// A statement would have broken a primary key or a unique index: somebody wrote that row before. Nothing was stored.
    Conflict(String),
    /// A secret is not set, or not usable; the text says what to do.
    NotSet(String),
    /// Anything else.
    Unavailable(String),
}

impl std::fmt::Display for PortError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (Self::Conflict(text) | Self::NotSet(text) | Self::Unavailable(text)) = self;
        f.write_str(text)
    }
}

impl std::error::Error for PortError {}

/// A statement in SQLite's dialect with the values of `?1`, `?2`, …: texts, numbers (bound as 64-bit floats) and nulls.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// One statement, without a semicolon.
    pub sql: &'static str,
    /// Its values in order.
    pub values: Vec<Value>,
}

/// A row by its columns' names.
pub type Row = serde_json::Map<String, Value>;

/// Records that outlive a request.
pub trait Database {
    /// Runs the statements in order in one transaction, all or none; gives each one's rows.
    /// [`PortError::Conflict`] where a primary key or a unique index is taken.
    fn transaction(&self, statements: Vec<Statement>) -> impl Future<Output = Result<Vec<Vec<Row>>, PortError>> + Send;
}

/// Immutable files: manifests, packs and vectors.
pub trait Blobs {
    /// The file at `path` (`sites.json`, `sites/demo.json`, `packs/HASH.pack`, `vectors/HASH.bin`), `None` if there is none.
    fn blob(&self, path: &str) -> impl Future<Output = Result<Option<Vec<u8>>, PortError>> + Send;
}

/// A sentence encoder that runs.
pub type SharedEncoder = Arc<dyn Encoder + Send + Sync>;

/// Sentence encoders.
pub trait Encoders {
    /// Starts the encoder whose files lie in the folder `encoders/HASH`: `model.onnx`, `tokenizer.json`, `encoder.json`.
    fn encoder(&self, hash: &str) -> impl Future<Output = Result<SharedEncoder, PortError>> + Send;
}

/// What a deployment keeps to itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secret {
    /// What agents show to read handoffs.
    AgentToken,
    /// What operators show to export, erase, hold, change keys and read the audit log.
    OperatorToken,
    /// The sealing keys, `ID=HEX,…` as [`Keyring::parse`](nearside_privacy::seal::Keyring::parse) reads them.
    SealKeys,
    /// With what each site's server signs who its visitor is: `SITE=SECRET,…`, 32 or more bytes each.
    IdentityKeys,
}

impl Secret {
    /// Its name in a host's configuration, in capitals.
    pub fn name(self) -> &'static str {
        match self {
            Self::AgentToken => "AGENT_TOKEN",
            Self::OperatorToken => "OPERATOR_TOKEN",
            Self::SealKeys => "SEAL_KEYS",
            Self::IdentityKeys => "IDENTITY_KEYS",
        }
    }
}

/// Time and secrets.
pub trait System {
    /// Milliseconds since 1970-01-01 UTC.
    fn now_ms(&self) -> f64;
    /// Fills `bytes` with what nobody can guess. Nonces and keys are made of it: where there is none, an error.
    fn random(&self, bytes: &mut [u8]) -> Result<(), PortError>;
    /// A secret. [`PortError::NotSet`], with what to do, where it is not set: that closes what it guards.
    fn secret(&self, secret: Secret) -> impl Future<Output = Result<String, PortError>> + Send;
    /// Puts a line in the log.
    fn log(&self, level: Level, line: &str);
}

/// How urgent a line of the log is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// As it should be.
    Info,
    /// Somebody was refused; many of them mean something.
    Warning,
    /// Something does not work.
    Error,
}

/// What a request is counted as. Each kind has a limit of its own, so that who writes much can still ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Turns and readings.
    Asking,
    /// What stores or erases: handoffs, events, withdrawals, sessions.
    Writing,
}

/// Limits over many requests.
pub trait Limits {
    /// Whether `key` (a site and a client address) may make one more request of this kind; else the seconds to wait. A
    /// counter that fails admits, and says so in the log.
    fn admit(&self, kind: Kind, key: &str) -> impl Future<Output = Result<(), u32>> + Send;
    /// The client's address as the platform, and not the client, wrote it into the headers; `-` where it did not.
    fn client<'a>(&self, headers: &'a HeaderMap) -> &'a str;
}

/// A platform: all ports together.
pub trait Host: Database + Blobs + Encoders + System + Limits + Clone + Send + Sync + 'static {}

impl<T: Database + Blobs + Encoders + System + Limits + Clone + Send + Sync + 'static> Host for T {}
