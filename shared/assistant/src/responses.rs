//! The assistant's own sentences, where no article speaks.

#[cfg(feature = "build")]
use std::collections::BTreeMap;

use nearside_dialogue::SmallTalk;
#[cfg(feature = "build")]
use nearside_nlu::acts::{Act, StoredActs};
use serde::{Deserialize, Serialize};

/// One sentence for each occasion; a domain may replace any of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Responses {
    /// The first words of a conversation, which say that an assistant speaks.
    pub greet: String,
    /// A greeting returned later on.
    pub greet_again: String,
    /// What asks whether it is a bot gets to hear: it is.
    pub identity: String,
    /// "You are welcome."
    pub welcome: String,
    /// "Good-bye."
    pub leave: String,
    /// Before the choices of a clarifying question.
    pub clarify: String,
    /// "I do not know", with the offer of a person.
    pub unknown: String,
    /// A person can be brought in because the visitor asked. Nobody knows of it yet: whether it may be shared is asked next.
    pub handoff: String,
    /// A person can be brought in because three turns went unanswered.
    pub handoff_unresolved: String,
    /// A person was asked for already, and the request has not gone out.
    pub handoff_pending: String,
    /// A person has the request already.
    pub handoff_again: String,
    /// After a thumbs up.
    pub helpful: String,
    /// After a thumbs down.
    pub unhelpful: String,
    /// The article that was chosen is gone.
    pub gone: String,
    /// The label of the button that brings a person.
    pub person_label: String,
    /// After "OK" or "no" where nothing was asked.
    pub acknowledged: String,
    /// After "do not cancel it".
    pub refused: String,
    /// After "none of these".
    pub none_of_these: String,
    /// After a message that says nothing.
    pub say_more: String,
    /// Before choices for a second wish.
    pub other_wish: String,
    /// Asks for the language's own script, where visitors may write it in Latin letters.
    pub romanised: Option<String>,
}

/// What the assistant says of itself in a language, how visitors greet it, ask what it is, thank it, leave, and ask for a person, and what
/// they write where articles write another word.
#[cfg(feature = "build")]
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sayings {
    pub(crate) responses: Responses,
    small_talk: Talk,
    pub(crate) slang: BTreeMap<String, String>,
    /// Words that say little by themselves, between spaces.
    common: String,
    acts: Phrases,
}

#[cfg(feature = "build")]
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Phrases {
    greeting: Vec<String>,
    thanks: Vec<String>,
    farewell: Vec<String>,
    polite: Vec<String>,
    affirm: Vec<String>,
    deny: Vec<String>,
    acknowledge: Vec<String>,
    repeat: Vec<String>,
    wait: Vec<String>,
    ordinal: Ordinals,
    refuse: Vec<String>,
    question: Vec<String>,
    joins: Vec<String>,
    person: Vec<String>,
    bot: Vec<String>,
}

#[cfg(feature = "build")]
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ordinals {
    first: Vec<String>,
    second: Vec<String>,
    third: Vec<String>,
    last: Vec<String>,
}

#[cfg(feature = "build")]
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Talk {
    bot_challenge: Vec<String>,
    greet: Vec<String>,
    leave: Vec<String>,
    person: Vec<String>,
    thank: Vec<String>,
}

#[cfg(feature = "build")]
impl Sayings {
    /// Those of `language` (a primary subtag); English where it has none.
    pub(crate) fn of(language: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(LANGUAGES.iter().find(|(tag, _)| *tag == language).map_or(ENGLISH, |(_, file)| file))
    }

    /// Phrases by act.
    pub(crate) fn acts(&self) -> StoredActs {
        let Phrases { ordinal: Ordinals { first, second, third, last }, .. } = &self.acts;
        let all = &self.acts;
        // Whoever wants a person says so in English too, whatever the conversation's language.
        let english = Self::of("en").map(|english| english.acts.person).unwrap_or_default();
        StoredActs::from_lists([
            (Act::Greeting, &all.greeting[..]),
            (Act::Thanks, &all.thanks),
            (Act::Farewell, &all.farewell),
            (Act::Polite, &all.polite),
            (Act::Affirm, &all.affirm),
            (Act::Deny, &all.deny),
            (Act::Acknowledge, &all.acknowledge),
            (Act::Repeat, &all.repeat),
            (Act::Wait, &all.wait),
            (Act::Ordinal(1), first),
            (Act::Ordinal(2), second),
            (Act::Ordinal(3), third),
            (Act::Ordinal(0), last),
            (Act::Refuse, &all.refuse),
            (Act::Question, &all.question),
            (Act::Join, &all.joins),
            (Act::Person, &all.person),
            (Act::Person, &english),
            (Act::Bot, &all.bot),
        ])
    }

    /// Words that say little by themselves.
    pub(crate) fn common(&self) -> Vec<&str> {
        self.common.split_whitespace().collect()
    }

    /// Examples of each of [`SMALL_TALK`], in its order.
    pub(crate) fn small_talk(&self) -> [&[String]; 5] {
        let Talk { bot_challenge, greet, leave, person, thank } = &self.small_talk;
        [bot_challenge, greet, leave, person, thank]
    }
}

/// Words that say little by themselves in `language`; those of English where it is none of the twelve.
#[cfg(feature = "build")]
pub fn common_words(language: &str) -> Vec<String> {
    Sayings::of(language).map(|s| s.common().into_iter().map(str::to_owned).collect()).unwrap_or_default()
}

/// How visitors greet, thank, leave, ask for a person and what they talk to, in `language`: examples of each kind, in the
/// order in which an index holds them after its articles.
#[cfg(feature = "build")]
pub fn small_talk(language: &str) -> Vec<Vec<String>> {
    Sayings::of(language).map(|s| s.small_talk().map(<[String]>::to_vec).to_vec()).unwrap_or_default()
}

#[cfg(feature = "build")]
const ENGLISH: &str = include_str!("../../languages/en.toml");

#[cfg(feature = "build")]
const LANGUAGES: [(&str, &str); 12] = [
    ("ar", include_str!("../../languages/ar.toml")),
    ("de", include_str!("../../languages/de.toml")),
    ("en", ENGLISH),
    ("es", include_str!("../../languages/es.toml")),
    ("fr", include_str!("../../languages/fr.toml")),
    ("id", include_str!("../../languages/id.toml")),
    ("it", include_str!("../../languages/it.toml")),
    ("ja", include_str!("../../languages/ja.toml")),
    ("ko", include_str!("../../languages/ko.toml")),
    ("pt", include_str!("../../languages/pt.toml")),
    ("tr", include_str!("../../languages/tr.toml")),
    ("zh", include_str!("../../languages/zh.toml")),
];

/// Small talk as classes of the classifier; `@` keeps them apart from articles' ids.
pub(crate) const SMALL_TALK: [(&str, SmallTalk); 5] = [
    ("@bot_challenge", SmallTalk::BotChallenge),
    ("@greet", SmallTalk::Greet),
    ("@leave", SmallTalk::Leave),
    ("@person", SmallTalk::WantPerson),
    ("@thank", SmallTalk::Thank),
];

/// The small talk that a label names.
pub(crate) fn talk_of(label: &str) -> Option<SmallTalk> {
    SMALL_TALK.iter().find(|(name, _)| *name == label).map(|(_, talk)| *talk)
}

#[cfg(all(test, feature = "build"))]
mod tests {
    use super::*;

    #[test]
    fn every_language_has_all_sentences_of_its_own() {
        let english = Sayings::of("en").unwrap_or_else(|e| panic!("en: {e}"));
        for (tag, _) in LANGUAGES {
            let own = Sayings::of(tag).unwrap_or_else(|e| panic!("{tag}: {e}"));
            assert!(own.small_talk().iter().all(|examples| examples.len() >= 6), "{tag}");
            assert!(own.slang.len() >= 30, "{tag}");
            assert!(tag == "en" || own.responses != english.responses, "{tag}");
        }
    }
}
