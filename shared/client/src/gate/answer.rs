use nearside_conversation::EntryId;

use super::{Parcel, Request};

/// What came back of a request.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// HTTP status; `None` where nothing came back.
    pub status: Option<u16>,
    /// What a problem document (RFC 9457) of the edge names: the part of its `type` after `#`.
    pub problem: Option<String>,
    /// What a receipt names: entries' ids; of an answer that is no receipt of ours, `None`.
    pub receipt: Option<Vec<EntryId>>,
    /// `Retry-After`, seconds.
    pub retry_after: Option<u32>,
}

/// What it means for what was sent.
pub(super) enum Verdict {
    /// The server has it.
    Delivered,
    /// The server will never take it; `closed`: nor anything else of this conversation.
    Refused { closed: bool },
    /// A legal hold keeps it.
    Held,
    /// It has to be sent in smaller parts.
    TooLarge,
    /// The session was not taken.
    Unsigned,
    /// Everything else is worth another try: outages, firewalls, portals, deployments on their way.
    Later,
}

impl Answer {
    pub(super) fn retry_after_s(&self) -> Option<u32> {
        // A day at most: a number out of hand is no wish.
        self.retry_after.map(|s| s.min(86_400))
    }

    pub(super) fn verdict(&self, request: &Request) -> Verdict {
        match (self.status, self.problem.as_deref()) {
            (Some(200..=299), _) => {
                let named = self.receipt.as_deref();
                let all = request.parcels.iter().all(|parcel| match (parcel, named) {
                    (Parcel::Entries { entries, .. }, Some(ids)) => entries.iter().all(|e| ids.contains(&e.id)),
                    (_, named) => named.is_some(),
                });
                if all { Verdict::Delivered } else { Verdict::Later }
            }
            (_, Some("erased" | "not-your-conversation" | "other-subject" | "conversation-too-long")) => Verdict::Refused { closed: true },
            (_, Some("legal-hold")) => Verdict::Held,
            (_, Some("body-too-large" | "too-many-entries" | "too-many-events")) => Verdict::TooLarge,
            (_, Some("token-expired" | "bad-token")) => Verdict::Unsigned,
            (Some(400..=499), Some("no-consent" | "consent-version")) => Verdict::Refused { closed: false },
            (Some(400..=499), Some(problem)) if problem.starts_with("bad-") || problem.ends_with("-too-long") => {
                Verdict::Refused { closed: false }
            }
            _ => Verdict::Later,
        }
    }
}
