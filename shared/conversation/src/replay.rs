use crate::{Entry, EntryId, Event, Fact, Input, Reply, Rung, Tracker};

/// What a turn came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Its facts.
    pub facts: Vec<Fact>,
    /// Its replies.
    pub replies: Vec<Reply>,
}

/// Where a replayed conversation first differs from the recorded one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The visitor's entry after which it does.
    pub of: EntryId,
    /// What was recorded.
    pub recorded: Taken,
    /// What came out now; `None` where no turn could be taken.
    pub now: Option<Taken>,
}

/// A turn that is to be taken again.
pub struct Recorded<'a> {
    /// The state before.
    pub tracker: &'a Tracker,
    /// What the visitor did.
    pub input: &'a Input,
    /// When, milliseconds since 1970-01-01 UTC.
    pub at_ms: i64,
    /// How it came about then, as JSON.
    pub explanation: Option<&'a str>,
}

/// Takes every recorded turn of `rung` again with `take` and compares what comes out; gives the number of turns that were
/// the same.
///
/// ```
/// use nearside_conversation::{Rung, replay};
/// assert_eq!(replay(&[], Rung::Browser, |_| None), Ok(0));
/// ```
///
/// # Errors
/// The first difference.
pub fn replay(entries: &[Entry], rung: Rung, mut take: impl FnMut(&Recorded<'_>) -> Option<Taken>) -> Result<usize, Box<Difference>> {
    let mut tracker = Tracker::default();
    let mut same = 0;
    for entry in entries {
        if let Event::Turned { of, rung: ran, facts, explanation } = &entry.event
            && *ran == rung
            && let Some(asked) = entries.iter().find(|e| e.id == *of)
            && let Some(input) = asked.event.input()
        {
            let replies = entries.iter().filter_map(|e| match &e.event {
                Event::Replied { of: Some(answers), reply } if answers == of => Some(reply.clone()),
                _ => None,
            });
            let recorded = Taken { facts: facts.clone(), replies: replies.collect() };
            let now = take(&Recorded { tracker: &tracker, input: &input, at_ms: asked.at_ms, explanation: explanation.as_deref() });
            if now.as_ref() != Some(&recorded) {
                return Err(Box::new(Difference { of: of.clone(), recorded, now }));
            }
            same += 1;
        }
        tracker = tracker.after_event(&entry.event);
    }
    Ok(same)
}
