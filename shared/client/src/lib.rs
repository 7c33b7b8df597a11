//! What the chat decides, without a browser: the [`gate`] through which everything leaves the device, and the [`chat`] itself.
//!
//! What always holds: both are machines, `step(message) → commands`, over a state that is stored as it stands; a host (the
//! widget) performs the commands and tells what came of them. Two tabs are two hosts over one stored state. Deliberately
//! absent: requests, storage, timers and randomness, which come in as values.

pub mod chat;
pub mod gate;
