use nearside_conversation::{HandoffReason, Handover, Input, Tracker};

/// What understanding and retrieval made of the visitor's message.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Understanding {
    /// Small talk recognised in the message.
    pub small_talk: Option<SmallTalk>,
    /// A message that is answered from the conversation and not from an article.
    pub reply: Option<ShortReply>,
    /// Articles that may answer, best first.
    pub options: Vec<Suggestion>,
    /// Where the message has several parts, each of which surely wants an article of its own: those, in order of the parts.
    pub wishes: Vec<Suggestion>,
    /// Where one part is sure and another one asks for something too: what that one may want, best first.
    pub other: Vec<Suggestion>,
}

/// An article that may answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Suggestion {
    /// Its id.
    pub article: String,
    /// The probability that it is the right one, in `0.0..=1.0`.
    pub confidence: f32,
}

/// Messages that want no article.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmallTalk {
    /// "Are you a bot?" One that is asked says so.
    BotChallenge,
    /// "Hello."
    Greet,
    /// "Thank you."
    Thank,
    /// "Bye."
    Leave,
    /// "I want to talk to a person."
    WantPerson,
}

/// A message of a word or two that answers something said before, or says what is not wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShortReply {
    /// "Yes."
    Affirm,
    /// "No."
    Deny,
    /// "The second one", by number from 1; 0 is the last one.
    Choice(u8),
    /// "OK."
    Acknowledge,
    /// "What?", or politeness that leads to nothing.
    Vague,
    /// "Do not cancel it."
    Refuse,
}

/// What the assistant says in a sentence of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remark {
    /// "Alright. Is there anything else?"
    Acknowledged,
    /// "Nothing has been done."
    Refused,
    /// "None of these": say it in other words, or talk to a person.
    NoneOfThese,
    /// "Please say what it is about."
    SayMore,
}

/// Knobs of the policy.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Policy {
    /// Least confidence for an answer, `0.0..=1.0`, learned when the pack is built. 0 answers everything.
    pub answer_at: f32,
    /// Least confidence for a clarifying question; between this and `answer_at` the visitor is asked.
    pub clarify_at: f32,
    /// Unresolved turns in a row after which a person is brought in, default 3.
    pub handoff_after: u32,
}

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Greet or answer small talk.
    SmallTalk(SmallTalk),
    /// Show an article.
    Answer(String),
    /// Show several, in this order.
    Answers(Vec<String>),
    /// Show this article, and ask which of those the rest of the message means.
    AnswerAndAsk(String, Vec<String>),
    /// Say a sentence of the assistant's own.
    Remark(Remark),
    /// Ask which of these articles is meant.
    Clarify(Vec<String>),
    /// Say that no answer is known and offer a person.
    Unknown,
    /// Bring a person in.
    Handoff(HandoffReason),
    /// Take note of a judgement; `bool` is whether the visitor should be offered more help.
    Note {
        /// The article judged.
        article: String,
        /// Thumbs up or down.
        helpful: bool,
    },
    /// A person is asked for already, and nobody knows of it yet: say so, claim nothing.
    StillRequested,
    /// The request has arrived already: say so once more, ask for nothing.
    StillHandedOff,
}

/// How many articles a clarifying question offers.
const OFFERED: usize = 3;

/// Decides what to do with `input`, given the state and what was understood of its text.
pub fn decide(tracker: &Tracker, input: &Input, understood: &Understanding, policy: &Policy) -> Decision {
    match input {
        Input::Open => Decision::SmallTalk(SmallTalk::Greet),
        Input::Choose { article } => Decision::Answer(article.clone()),
        Input::Feedback { article, helpful } => Decision::Note { article: article.clone(), helpful: *helpful },
        Input::RequestPerson => hand_off(tracker, HandoffReason::Requested),
        Input::Text { .. } => match understood.small_talk {
            Some(SmallTalk::WantPerson) => hand_off(tracker, HandoffReason::Requested),
            Some(talk) => Decision::SmallTalk(talk),
            None => understood.reply.map_or_else(|| answer(tracker, understood, policy), |reply| short_reply(tracker, reply)),
        },
    }
}

fn short_reply(tracker: &Tracker, reply: ShortReply) -> Decision {
    let offered = &tracker.offered;
    match reply {
        ShortReply::Choice(number) => {
            let chosen = if number == 0 { offered.last() } else { offered.get(usize::from(number) - 1) };
            chosen.map_or(Decision::Remark(Remark::SayMore), |id| Decision::Answer(id.clone()))
        }
        ShortReply::Affirm => match &offered[..] {
            [] => Decision::Remark(Remark::Acknowledged),
            [only] => Decision::Answer(only.clone()),
            several => Decision::Clarify(several.to_vec()),
        },
        ShortReply::Deny if !offered.is_empty() => Decision::Remark(Remark::NoneOfThese),
        ShortReply::Deny | ShortReply::Acknowledge => Decision::Remark(Remark::Acknowledged),
        ShortReply::Vague => Decision::Remark(Remark::SayMore),
        ShortReply::Refuse => Decision::Remark(Remark::Refused),
    }
}

fn hand_off(tracker: &Tracker, reason: HandoffReason) -> Decision {
    match tracker.handover {
        Handover::None => Decision::Handoff(reason),
        Handover::Requested => Decision::StillRequested,
        Handover::Delivered => Decision::StillHandedOff,
    }
}

fn answer(tracker: &Tracker, understood: &Understanding, policy: &Policy) -> Decision {
    if understood.wishes.len() > 1 {
        return Decision::Answers(understood.wishes.iter().map(|w| w.article.clone()).collect());
    }
    if let Some(best) = understood.options.first().filter(|best| best.confidence >= policy.answer_at) {
        let other: Vec<String> = understood.other.iter().take(OFFERED).map(|o| o.article.clone()).collect();
        return if other.is_empty() { Decision::Answer(best.article.clone()) } else { Decision::AnswerAndAsk(best.article.clone(), other) };
    }
    let last_chance = tracker.unresolved.saturating_add(1) >= policy.handoff_after;
    if last_chance && tracker.handover == Handover::None {
        return Decision::Handoff(HandoffReason::Unresolved);
    }
    match understood.options.first() {
        Some(best) if best.confidence >= policy.clarify_at => {
            Decision::Clarify(understood.options.iter().take(OFFERED).map(|o| o.article.clone()).collect())
        }
        _ => Decision::Unknown,
    }
}
