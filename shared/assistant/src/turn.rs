//! One turn of the conversation.

use std::sync::Arc;

use nearside_conversation::{Effect, Fact, HandoffReason, Input, QuickReply, Reply, ReplyKind, Rung, Source, Tracker};
use nearside_dialogue::{Decision, Policy, Remark, SmallTalk, Understanding, decide};
use nearside_knowledge::{Article, best_passage, suggest};
use nearside_nlu::{Encoder, StaticVectors};
use nearside_text::{Language, detect_expecting, normalize, romanised};
use serde::{Deserialize, Serialize};

use crate::hear::{Part, hear};
use crate::pack::Pack;
use crate::understand::{Sources, entities};

/// What a host knows and the core may not find out by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TurnContext {
    /// Milliseconds since 1970-01-01 UTC; decides which articles are valid.
    pub now_ms: i64,
    /// The page's or browser's BCP 47 tag, used where the message gives no hint of its language.
    pub locale: String,
    /// Languages that the site has packs for, by primary subtag, loaded here or not.
    pub site_languages: Vec<String>,
    /// Languages in which the next rung understands more than this one, by primary subtag: it has an encoder, and this one
    /// has it not, or not yet. Where this one is unsure, it says so ([`Turn::edge`]).
    pub edge_languages: Vec<String>,
    /// Where the turn runs.
    pub rung: Rung,
}

/// How far a turn has come.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// It is taken.
    Done(Box<Turn>),
    /// It cannot be taken yet: bring this, and take it again with the same state.
    Needs(Need),
}

/// What a turn cannot be taken without.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Need {
    /// Any pack at all; none is loaded.
    AnyPack,
    /// The pack of the language that the visitor writes in, which the site has.
    Pack {
        /// Primary subtag.
        language: String,
    },
}

/// What a turn comes to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Turn {
    /// The state after the turn.
    pub tracker: Tracker,
    /// What came of it, in order.
    pub facts: Vec<Fact>,
    /// What the visitor sees, in order.
    pub replies: Vec<Reply>,
    /// What the host is asked to do, in order.
    pub effects: Vec<Effect>,
    /// How it came about.
    pub explanation: Explanation,
    /// Whether the next rung may know what this one is unsure of ([`TurnContext::edge_languages`]).
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub edge: bool,
}

/// How a turn came about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Explanation {
    /// Where it ran.
    pub rung: Rung,
    /// The pack that answered.
    pub pack: String,
    /// The language in which it answered.
    pub language: String,
    /// Whether the vectors that the pack ranks with were there: until they have come, words and n-grams rank alone.
    #[serde(default)]
    pub vectors: bool,
    /// Articles considered, best first.
    pub candidates: Vec<CandidateInfo>,
    /// What the message mentions, in order; those that lie in a part belong to it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub entities: Vec<EntityInfo>,
    /// The parts of a message that wants several things, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<PartInfo>,
    /// Least confidence for an answer.
    pub answer_at: f32,
    /// Least confidence for a clarifying question.
    pub clarify_at: f32,
}

/// A part of a message and the article that answers it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PartInfo {
    /// The part, as typed.
    pub part: String,
    /// Where it begins, in bytes of the message.
    pub start: usize,
    /// Where it ends, in bytes of the message.
    pub end: usize,
    /// Its article.
    pub article: CandidateInfo,
}

/// Something that a message mentions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntityInfo {
    /// A pattern's name (`order_number`, `date` …), a list's or a slot's.
    pub kind: String,
    /// As typed, or a list's canonical entry.
    pub value: String,
    /// Where it begins, in bytes of the message.
    pub start: usize,
    /// Where it ends, in bytes of the message.
    pub end: usize,
}

/// An article that was considered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CandidateInfo {
    /// Its id.
    pub article: String,
    /// Its version.
    pub version: u32,
    /// The probability that it is the right one, in `0.0..=1.0`.
    pub confidence: f32,
}

/// The assistant of one site: its packs, the first one being the default language. Clones share them.
#[derive(Clone, Default)]
pub struct Assistant {
    packs: Vec<Arc<Pack>>,
    /// By language.
    tokens: Vec<(String, Arc<StaticVectors>)>,
    encoder: Option<Arc<dyn Encoder + Send + Sync>>,
}

impl Assistant {
    /// An assistant over these packs.
    pub fn new(packs: Vec<Pack>) -> Self {
        Self { packs: packs.into_iter().map(Arc::new).collect(), tokens: Vec::new(), encoder: None }
    }

    /// With the sentence encoder that its packs were trained for, where a host has one.
    pub fn with_encoder(self, encoder: Arc<dyn Encoder + Send + Sync>) -> Self {
        Self { encoder: Some(encoder), ..self }
    }

    /// Adds a language's token vectors, or replaces them. Until they are there, its packs answer by words and n-grams.
    pub fn add_tokens(&mut self, language: &str, vectors: Arc<StaticVectors>) {
        self.tokens.retain(|(of, _)| of != language);
        self.tokens.push((language.to_owned(), vectors));
    }

    /// Adds a pack, or replaces the one of its language.
    pub fn add(&mut self, pack: Pack) {
        match self.packs.iter_mut().find(|p| p.meta.language == pack.meta.language) {
            Some(old) => *old = Arc::new(pack),
            None => self.packs.push(Arc::new(pack)),
        }
    }

    /// The packs, the default language's first.
    pub fn packs(&self) -> &[Arc<Pack>] {
        &self.packs
    }

    /// Takes one turn with the packs that are there. `None` where none is, or another one is needed.
    ///
    /// ```
    /// use nearside_assistant::{Assistant, TurnContext};
    /// use nearside_conversation::{Input, Rung, Tracker};
    /// let ctx = TurnContext {
    ///     now_ms: 0, locale: "en".into(), site_languages: vec![], edge_languages: vec![], rung: Rung::Native,
    /// };
    /// assert!(Assistant::default().turn(&Tracker::default(), &Input::Open, &ctx).is_none());
    /// ```
    pub fn turn(&self, state: &Tracker, input: &Input, ctx: &TurnContext) -> Option<Turn> {
        match self.step(state, input, ctx) {
            Step::Done(turn) => Some(*turn),
            Step::Needs(_) => None,
        }
    }

    /// Takes one turn, or says what it cannot be taken without.
    pub fn step(&self, state: &Tracker, input: &Input, ctx: &TurnContext) -> Step {
        let latin = latin(input, ctx);
        let wanted = latin.clone().or_else(|| wanted_language(input, state, ctx));
        let found = wanted.as_deref().and_then(|w| self.packs.iter().find(|p| p.meta.language == w));
        let Some(pack) = found.or(self.packs.first()) else { return Step::Needs(Need::AnyPack) };
        if let Some(language) = wanted.filter(|w| found.is_none() && ctx.site_languages.contains(w)) {
            return Step::Needs(Need::Pack { language });
        }
        let mut step = Taking::new(pack, state, ctx);
        let in_latin = latin.is_some() && pack.meta.responses.romanised.is_some();
        let understood = match input {
            Input::Text { .. } if in_latin => {
                step.fact(Fact::UserUttered);
                Understanding::default()
            }
            Input::Text { text } => {
                step.fact(Fact::UserUttered);
                if state.language != pack.meta.language {
                    step.fact(Fact::Speaks { language: pack.meta.language.clone() });
                }
                let sources = self.sources(&pack.meta.language);
                step.turn.explanation.vectors = sources.tokens.is_some() || sources.encoder.is_some();
                let heard = hear(pack, text, ctx.now_ms, sources);
                let part = |p: &Part| PartInfo {
                    part: text[p.span.clone()].to_owned(),
                    start: p.span.start,
                    end: p.span.end,
                    article: info(&pack.articles[p.article], p.confidence),
                };
                let told = &mut step.turn.explanation;
                (told.answer_at, told.clarify_at) = (heard.answer_at, heard.clarify_at);
                told.parts = heard.parts.iter().map(part).collect();
                told.candidates = heard.candidates.iter().map(|&(a, confidence)| info(&pack.articles[a], confidence)).collect();
                told.entities = entities(pack, text);
                heard.understanding
            }
            _ => Understanding::default(),
        };
        let (answer_at, clarify_at) = (step.turn.explanation.answer_at, step.turn.explanation.clarify_at);
        let policy = Policy { answer_at, clarify_at, handoff_after: pack.meta.handoff_after };
        let query = if let Input::Text { text } = input { text } else { "" };
        let decision = match decide(state, input, &understood, &policy) {
            Decision::Unknown if in_latin => Decision::Clarify(vec![]),
            decision => decision,
        };
        step.perform(decision, query);
        let unsure = |reply: &Reply| matches!(reply.kind, ReplyKind::Clarify | ReplyKind::Unknown);
        step.turn.edge = ctx.edge_languages.contains(&pack.meta.language) && step.turn.replies.iter().any(unsure);
        Step::Done(Box::new(step.turn))
    }

    fn sources(&self, language: &str) -> Sources<'_> {
        let tokens = self.tokens.iter().find(|(of, _)| of == language).map(|(_, vectors)| &**vectors);
        Sources { tokens, encoder: self.encoder.as_deref().map(|e| e as &dyn Encoder) }
    }

    /// Questions that a visitor may be typing, in the pack of the text's or the locale's language: article id and
    /// question.
    pub fn suggest(&self, typed: &str, ctx: &TurnContext, limit: usize) -> Vec<(String, String)> {
        let wanted = wanted_language(&Input::Text { text: typed.to_owned() }, &Tracker::default(), ctx);
        let pack = wanted.and_then(|w| self.packs.iter().find(|p| p.meta.language == w)).or(self.packs.first());
        pack.map_or_else(Vec::new, |p| {
            suggest(&p.articles, typed, limit).into_iter().map(|(a, text)| (a.id.clone(), text.to_owned())).collect()
        })
    }
}

/// The site's language that a message seems to be written in with Latin letters.
fn latin(input: &Input, ctx: &TurnContext) -> Option<String> {
    let Input::Text { text } = input else { return None };
    romanised(&normalize(text)).map(|l| l.base().to_owned()).filter(|l| ctx.site_languages.contains(l))
}

/// The language to answer in: that of the conversation, of the page before it, unless a message shows another one that the
/// site has packs for.
fn wanted_language(input: &Input, state: &Tracker, ctx: &TurnContext) -> Option<String> {
    let own = || Language::from_tag(&ctx.locale).map(|l| l.base().to_owned());
    let held = Some(state.language.clone()).filter(|l| !l.is_empty()).or_else(own);
    let Input::Text { text } = input else { return held };
    let said = without_addresses(text);
    let detected = detect_expecting(&said, held.as_deref().and_then(Language::from_tag)).filter(|l| held.is_none() || is_enough(&said, *l));
    // A language that the site does not speak is most often a wrong guess from a short message.
    detected.map(|l| l.base().to_owned()).filter(|d| ctx.site_languages.contains(d)).or(held)
}

/// Words that look like addresses or codes show no language.
fn without_addresses(text: &str) -> String {
    let is_word = |word: &&str| !word.contains(['@', '/', '_']) && !word.contains(|c: char| c.is_ascii_digit());
    text.split_whitespace().filter(is_word).collect::<Vec<_>>().join(" ")
}

/// Whether a message is long enough to change the conversation's language: product names and a word or two never do.
fn is_enough(said: &str, language: Language) -> bool {
    let has_own_script = matches!(language, Language::Ar | Language::Ja | Language::Ko | Language::ZhHans | Language::ZhHant);
    has_own_script || said.split(|c: char| !c.is_alphabetic()).filter(|word| word.chars().count() > 1).count() >= 3
}

fn info(article: &Article, confidence: f32) -> CandidateInfo {
    CandidateInfo { article: article.id.clone(), version: article.version, confidence }
}

struct Taking<'a> {
    pack: &'a Pack,
    now_ms: i64,
    turn: Turn,
}

impl<'a> Taking<'a> {
    fn new(pack: &'a Pack, state: &Tracker, ctx: &TurnContext) -> Self {
        let explanation = Explanation {
            rung: ctx.rung,
            pack: pack.hash.clone(),
            language: pack.meta.language.clone(),
            vectors: false,
            candidates: Vec::new(),
            entities: Vec::new(),
            parts: Vec::new(),
            answer_at: 0.0,
            clarify_at: 0.0,
        };
        let turn = Turn { tracker: state.clone(), facts: vec![], replies: vec![], effects: vec![], explanation, edge: false };
        Self { pack, now_ms: ctx.now_ms, turn }
    }

    fn fact(&mut self, fact: Fact) {
        self.turn.tracker = std::mem::take(&mut self.turn.tracker).after(&fact);
        self.turn.facts.push(fact);
    }

    fn say(&mut self, kind: ReplyKind, text: &str, quick_replies: Vec<QuickReply>) {
        self.turn.replies.push(Reply { kind, text: text.to_owned(), source: None, quick_replies });
    }

    fn person(&self) -> QuickReply {
        QuickReply { label: self.pack.meta.responses.person_label.clone(), input: Input::RequestPerson }
    }

    fn perform(&mut self, decision: Decision, query: &str) {
        let responses = &self.pack.meta.responses;
        match decision {
            Decision::SmallTalk(talk) => self.small_talk(talk),
            Decision::Answer(id) => match self.pack.article(&id).filter(|a| a.is_valid_at(self.now_ms)) {
                Some(article) => self.answer(article, query),
                None => self.unknown(&responses.gone),
            },
            Decision::Answers(ids) => {
                let articles = ids.iter().filter_map(|id| self.pack.article(id));
                let passages: Vec<(&Article, String)> = articles
                    .map(|article| {
                        let part = self.turn.explanation.parts.iter().find(|p| p.article.article == article.id);
                        (article, part.map_or_else(|| query.to_owned(), |p| p.part.clone()))
                    })
                    .collect();
                passages.into_iter().for_each(|(article, part)| self.answer(article, &part));
            }
            Decision::AnswerAndAsk(id, other) => {
                if let Some(article) = self.pack.article(&id).filter(|a| a.is_valid_at(self.now_ms)) {
                    self.answer(article, query);
                }
                let choices = self.choices(&other);
                self.say(ReplyKind::Clarify, &responses.other_wish, choices);
                self.fact(Fact::Clarified { offered: other });
            }
            Decision::Remark(remark) => self.remark(remark),
            Decision::Clarify(ids) => {
                let choices = self.choices(&ids);
                // With nothing to choose from, it is the script that is unclear.
                let question = responses.romanised.as_ref().filter(|_| ids.is_empty()).unwrap_or(&responses.clarify);
                self.say(ReplyKind::Clarify, question, choices);
                self.fact(Fact::Clarified { offered: ids });
            }
            Decision::Unknown => self.unknown(&responses.unknown),
            Decision::Handoff(reason) => {
                let text = match reason {
                    HandoffReason::Requested => &responses.handoff,
                    HandoffReason::Unresolved => &responses.handoff_unresolved,
                };
                self.say(ReplyKind::Handoff, text, vec![]);
                self.turn.effects.push(Effect::RequestHandoff { reason });
                self.fact(Fact::HandoffRequested { reason });
            }
            Decision::StillRequested => self.say(ReplyKind::Handoff, &responses.handoff_pending, vec![]),
            Decision::StillHandedOff => self.say(ReplyKind::Handoff, &responses.handoff_again, vec![]),
            Decision::Note { article, helpful } => {
                let choices = if helpful { vec![] } else { vec![self.person()] };
                self.say(ReplyKind::SmallTalk, if helpful { &responses.helpful } else { &responses.unhelpful }, choices);
                self.fact(Fact::Judged { article, helpful });
            }
        }
    }

    /// Buttons for articles, and one for a person.
    fn choices(&self, ids: &[String]) -> Vec<QuickReply> {
        let offered = ids.iter().filter_map(|id| self.pack.article(id));
        let choose = |a: &Article| QuickReply { label: a.title.clone(), input: Input::Choose { article: a.id.clone() } };
        offered.map(choose).chain([self.person()]).collect()
    }

    fn remark(&mut self, remark: Remark) {
        let responses = &self.pack.meta.responses;
        let (text, fact) = match remark {
            Remark::Acknowledged => (&responses.acknowledged, Fact::SmallTalked),
            Remark::Refused => (&responses.refused, Fact::SmallTalked),
            Remark::SayMore => (&responses.say_more, Fact::SmallTalked),
            Remark::NoneOfThese => (&responses.none_of_these, Fact::Unanswered),
        };
        let choices = if remark == Remark::NoneOfThese { vec![self.person()] } else { vec![] };
        self.say(ReplyKind::SmallTalk, text, choices);
        self.fact(fact);
    }

    fn small_talk(&mut self, talk: SmallTalk) {
        let responses = &self.pack.meta.responses;
        let introduced = self.turn.tracker.introduced;
        let text = match talk {
            SmallTalk::Greet if introduced => &responses.greet_again,
            SmallTalk::Greet | SmallTalk::WantPerson => &responses.greet,
            SmallTalk::BotChallenge => &responses.identity,
            SmallTalk::Thank => &responses.welcome,
            SmallTalk::Leave => &responses.leave,
        };
        let choices = if talk == SmallTalk::BotChallenge { vec![self.person()] } else { vec![] };
        self.say(ReplyKind::SmallTalk, text, choices);
        self.fact(if talk == SmallTalk::Greet && !introduced { Fact::Introduced } else { Fact::SmallTalked });
    }

    fn answer(&mut self, article: &Article, query: &str) {
        let source =
            Source { article: article.id.clone(), version: article.version, title: article.title.clone(), url: article.source.clone() };
        let text = best_passage(&article.body, query, &self.pack.index).to_owned();
        self.turn.replies.push(Reply { kind: ReplyKind::Answer, text, source: Some(source), quick_replies: vec![] });
        self.fact(Fact::Answered { article: article.id.clone(), version: article.version });
    }

    fn unknown(&mut self, text: &str) {
        let person = self.person();
        self.say(ReplyKind::Unknown, text, vec![person]);
        self.fact(Fact::Unanswered);
    }
}
