use crate::{Author, Entry, EntryId, Event, Fact, Note, Outcome, QuickReply, Source, Tracker};

/// A conversation's entries in their order of truth: the one in which its home has stored them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Log {
    entries: Vec<Entry>,
}

impl Log {
    /// The entries in order.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entry of that name.
    pub fn get(&self, id: &EntryId) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.id == *id)
    }

    /// Adds an entry at the end; `false` where it is there already.
    pub fn append(&mut self, entry: Entry) -> bool {
        let is_new = self.get(&entry.id).is_none();
        if is_new {
            self.entries.push(entry);
        }
        is_new
    }

    /// Takes over the order of what is stored; entries that are not stored yet stay, after it.
    ///
    /// ```
    /// use nearside_conversation::{Author, Entry, EntryId, Event, Log};
    /// let said = |id: &str| Entry {
    ///     id: EntryId::new(id).unwrap(), at_ms: 0, by: Author::Visitor, event: Event::Said { text: id.into() },
    /// };
    /// let mut here = Log::default();
    /// here.append(said("of-this-tab"));
    /// here.merge(vec![said("of-another"), said("of-this-tab")]);
    /// assert_eq!(here.entries().len(), 2);
    /// ```
    pub fn merge(&mut self, stored: Vec<Entry>) {
        let own = std::mem::take(&mut self.entries);
        for entry in stored.into_iter().chain(own) {
            self.append(entry);
        }
    }

    /// The assistant's state after all of it.
    pub fn tracker(&self) -> Tracker {
        self.entries.iter().fold(Tracker::default(), |tracker, entry| tracker.after_event(&entry.event))
    }
}

/// Entries that asked for a person and have no outcome yet, oldest first: what is to be done after a restart, too.
pub fn pending(entries: &[Entry]) -> Vec<&Entry> {
    let asks =
        |e: &&Entry| matches!(&e.event, Event::Turned { facts, .. } if facts.iter().any(|f| matches!(f, Fact::HandoffRequested { .. })));
    let is_done = |id: &EntryId| entries.iter().any(|e| matches!(&e.event, Event::Done { effect, .. } if effect == id));
    entries.iter().filter(asks).filter(|e| !is_done(&e.id)).collect()
}

/// A line that people read.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// The entry that it shows.
    pub id: EntryId,
    /// Whose it is; of the system's own, [`note`](Self::note) has the meaning.
    pub by: Author,
    /// Milliseconds since 1970-01-01 UTC.
    pub at_ms: i64,
    /// The words; none for the system's own.
    pub text: String,
    /// The article that the words come from.
    pub source: Option<Source>,
    /// What may be chosen.
    pub choices: Vec<QuickReply>,
    /// The visitor's judgement.
    pub helpful: Option<bool>,
    /// What the chat says by itself.
    pub note: Option<LineNote>,
}

/// What a line of the system's own says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineNote {
    /// Something about the chat.
    Note(Note),
    /// How an effect ended.
    Outcome(Outcome),
}

/// What is to be seen of a conversation, in order.
pub fn transcript(entries: &[Entry]) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for entry in entries {
        let line = |text: &str| Line {
            id: entry.id.clone(),
            by: entry.by,
            at_ms: entry.at_ms,
            text: text.to_owned(),
            source: None,
            choices: Vec::new(),
            helpful: None,
            note: None,
        };
        match &entry.event {
            Event::Said { text } => lines.push(line(text)),
            Event::Chose { label, .. } => lines.push(line(label)),
            Event::Replied { reply, .. } => {
                lines.push(Line { source: reply.source.clone(), choices: reply.quick_replies.clone(), ..line(&reply.text) });
            }
            Event::Judged { of, helpful, .. } => {
                if let Some(judged) = lines.iter_mut().find(|l| l.id == *of) {
                    judged.helpful = Some(*helpful);
                }
            }
            Event::Done { outcome, .. } => lines.push(Line { note: Some(LineNote::Outcome(*outcome)), ..line("") }),
            Event::Noted { note } => lines.push(Line { note: Some(LineNote::Note(*note)), ..line("") }),
            Event::Opened { .. } | Event::Turned { .. } | Event::Other => {}
        }
    }
    lines
}
