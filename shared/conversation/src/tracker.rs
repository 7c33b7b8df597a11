use serde::{Deserialize, Serialize};

use crate::{Event, HandoffReason, Outcome};

/// The state of one conversation, as the assistant needs it. It never holds words of the visitor.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tracker {
    /// Messages of the visitor so far.
    pub turns: u32,
    /// Turns in a row that ended without an answer.
    pub unresolved: u32,
    /// Whether "I am an assistant" has been said.
    pub introduced: bool,
    /// How far a person is.
    pub handover: Handover,
    /// The article shown last.
    pub last_article: Option<String>,
    /// Articles offered by the last clarifying question.
    pub offered: Vec<String>,
    /// The language that the conversation is in, by its primary subtag; empty before the first message.
    pub language: String,
}

/// How far a conversation is on its way to a person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Handover {
    /// Nobody was asked for, or the visitor has thought better of it.
    #[default]
    None,
    /// A person is asked for; nobody knows of it yet.
    Requested,
    /// The request has arrived where people read it.
    Delivered,
}

/// What came of a turn; with the outcomes of effects the only way in which a tracker changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", try_from = "crate::flat::FlatFact")]
pub enum Fact {
    /// The visitor said something.
    UserUttered,
    /// The conversation is in this language from here on.
    Speaks {
        /// Primary subtag.
        language: String,
    },
    /// The assistant introduced itself.
    Introduced,
    /// Small talk was answered.
    SmallTalked,
    /// An article was shown.
    Answered {
        /// Its id.
        article: String,
        /// Its version.
        version: u32,
    },
    /// The visitor was asked which article is meant.
    Clarified {
        /// Their ids.
        offered: Vec<String>,
    },
    /// The assistant said that it does not know.
    Unanswered,
    /// An answer was judged.
    Judged {
        /// Its article's id.
        article: String,
        /// Thumbs up or down.
        helpful: bool,
    },
    /// A person was asked for.
    HandoffRequested {
        /// Why.
        reason: HandoffReason,
    },
    /// Something that a newer program knows.
    Other,
}

impl Tracker {
    /// The state after one more fact.
    ///
    /// ```
    /// use nearside_conversation::{Fact, Tracker};
    /// let tracker = Tracker::default().after(&Fact::UserUttered).after(&Fact::Unanswered);
    /// assert_eq!((tracker.turns, tracker.unresolved), (1, 1));
    /// ```
    #[must_use]
    pub fn after(mut self, fact: &Fact) -> Self {
        match fact {
            Fact::UserUttered => self.turns = self.turns.saturating_add(1),
            Fact::Speaks { language } => self.language.clone_from(language),
            Fact::Introduced => self.introduced = true,
            Fact::SmallTalked | Fact::Other => {}
            Fact::Answered { article, .. } => {
                self.unresolved = 0;
                self.last_article = Some(article.clone());
                self.offered.clear();
            }
            Fact::Clarified { offered } => {
                self.unresolved = self.unresolved.saturating_add(1);
                self.offered.clone_from(offered);
            }
            Fact::Unanswered => {
                self.unresolved = self.unresolved.saturating_add(1);
                self.offered.clear();
            }
            Fact::Judged { helpful, .. } => {
                if !helpful {
                    self.unresolved = self.unresolved.saturating_add(1);
                }
            }
            Fact::HandoffRequested { .. } => {
                self.handover = Handover::Requested;
                self.unresolved = 0;
                self.offered.clear();
            }
        }
        self
    }

    /// The state after an entry's event.
    #[must_use]
    pub fn after_event(mut self, event: &Event) -> Self {
        match event {
            Event::Turned { facts, .. } => facts.iter().fold(self, Self::after),
            // A greeting that answers nothing is the assistant's first word.
            Event::Replied { of: None, .. } => self.after(&Fact::Introduced),
            Event::Done { outcome, .. } => {
                match outcome {
                    Outcome::Delivered => self.handover = Handover::Delivered,
                    // Whoever did not let the conversation be shared, or could not be heard, may ask again.
                    Outcome::Declined | Outcome::Refused | Outcome::Withdrawn => self.handover = Handover::None,
                    Outcome::Other => {}
                }
                self
            }
            _ => self,
        }
    }
}
