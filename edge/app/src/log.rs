//! The log of each conversation at the edge: what may be asked of its home, and what is answered.
//!
//! What always holds: an entry is stored once, whatever is sent again; a conversation that was erased takes no more; who
//! adds to it shows the hash of its key, and no other session than that of the one who signed in before. [`Tables`] keeps logs in the database;
//! another home (an object a conversation) implements [`Logs`] and the projections beside it: the inbox, erasing, retention.

use nearside_conversation::{Masked, Shared};
use nearside_protocol::{Consent, ConversationRecord, StoredEntry};

use crate::ports::PortError;

mod tables;

pub(crate) use tables::Tables;

/// The most entries of one conversation: who reads it reads it whole.
pub(crate) const MAX_LOG: u64 = 1000;

/// Entries for a conversation, and who adds them.
pub(crate) struct Appended<'a> {
    pub(crate) site: &'a str,
    pub(crate) conversation: &'a str,
    /// The visitor's language.
    pub(crate) locale: &'a str,
    /// SHA-256 of the visitor's key.
    pub(crate) key_hash: &'a str,
    /// The signed visitor's id.
    pub(crate) sub: Option<&'a str>,
    /// What they agreed to.
    pub(crate) consent: &'a Consent,
    /// In order, each id once.
    pub(crate) entries: &'a [Shared<Masked>],
}

/// Why entries were not stored; then none of them was.
#[derive(Debug)]
pub(crate) enum Refused {
    /// The conversation belongs to another key.
    Another,
    /// The conversation belongs to another signed visitor.
    OtherSubject,
    /// The conversation was erased.
    Erased,
    /// The conversation would be longer than [`MAX_LOG`].
    Full,
    /// The home does not work.
    Failed(PortError),
}

impl From<PortError> for Refused {
    fn from(error: PortError) -> Self {
        Self::Failed(error)
    }
}

/// Which conversations.
#[derive(Clone, Copy)]
pub(crate) enum Which<'a> {
    /// One, by its id.
    Conversation(&'a str),
    /// The newest so many of a signed visitor, by their hash.
    Subject(&'a str, u32),
}

/// The home of conversations' logs.
pub(crate) trait Logs {
    /// Adds entries at the end; those that are there already stay as they are. Gives each one's place, in the order asked.
    fn append(&self, new: &Appended<'_>) -> impl Future<Output = Result<Vec<StoredEntry>, Refused>> + Send;

    /// Conversations with all their entries, opened, the newest first. An entry that cannot be opened comes without its
    /// words and is named in the log of the edge: the others are not to be lost with it.
    fn read(&self, site: &str, which: Which<'_>) -> impl Future<Output = Result<Vec<ConversationRecord>, PortError>> + Send;
}
