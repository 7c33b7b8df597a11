//! What happened in a conversation: a log of entries, and the folds over it.
//!
//! What always holds: an [`Entry`] is never changed, only followed by another one; a repeat of its [`EntryId`] changes
//! nothing; [`Tracker`], [`transcript`] and [`pending`] are folds over the log, so that a conversation can be taken up by
//! another tab, another home or another year's program, and [`replay`]ed. What leaves the device is a projection
//! ([`share`]) whose words are [`Masked`], a type that only a masker makes. Deliberately absent: storage, clocks and
//! randomness, which hosts bring.

mod entry;
mod flat;
mod log;
mod message;
mod replay;
mod share;
mod tracker;

pub use entry::{Author, Entry, EntryId, Event, Note, Outcome, Rung};
pub use log::{Line, LineNote, Log, pending, transcript};
pub use message::{Effect, HandoffReason, Input, QuickReply, Reply, ReplyKind, Source};
pub use replay::{Difference, Recorded, Taken, replay};
pub use share::{MAX_SHARED_CHARS, Mask, Masked, Purpose, Shared, SharedEvent, share};
pub use tracker::{Fact, Handover, Tracker};

#[cfg(test)]
mod tests;
