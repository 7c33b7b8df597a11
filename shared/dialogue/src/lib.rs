//! What is said next: the policy that decides.
//!
//! What always holds: a decision depends on the tracker, the input and what was understood of it, and on nothing else.
//! Deliberately absent: flows and forms, which will be one more [`Decision`] here; understanding and articles, which arrive
//! as plain values; the log, whose types come from `nearside_conversation`.

mod policy;

pub use policy::{Decision, Policy, Remark, ShortReply, SmallTalk, Suggestion, Understanding, decide};

#[cfg(test)]
mod tests;
