//! What is said next: the tracker, its events, and the policy that decides.
//!
//! What always holds: the tracker is a fold over events, so a conversation can be replayed; events and tracker never
//! hold what a visitor typed. Deliberately absent: flows and forms, which will be one more [`Decision`] here and one
//! more field in [`Tracker`]; understanding and articles, which arrive as plain values.

mod message;
mod policy;
mod tracker;

pub use message::{Effect, HandoffReason, Input, QuickReply, Reply, ReplyKind, Source};
pub use policy::{Decision, Policy, Remark, ShortReply, SmallTalk, Suggestion, Understanding, decide};
pub use tracker::{Event, Tracker};

#[cfg(test)]
mod tests;
