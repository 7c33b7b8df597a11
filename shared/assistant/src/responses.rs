//! The assistant's own sentences, where no article speaks.

#[cfg(feature = "build")]
use std::collections::BTreeMap;

use nearside_dialogue::SmallTalk;
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
    /// A person is being brought in because the visitor asked.
    pub handoff: String,
    /// A person is being brought in because three turns went unanswered.
    pub handoff_unresolved: String,
    /// A person has been asked for already.
    pub handoff_again: String,
    /// After a thumbs up.
    pub helpful: String,
    /// After a thumbs down.
    pub unhelpful: String,
    /// The article that was chosen is gone.
    pub gone: String,
    /// The label of the button that brings a person.
    pub person_label: String,
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

    /// Examples of each of [`SMALL_TALK`], in its order.
    pub(crate) fn small_talk(&self) -> [&[String]; 5] {
        let Talk { bot_challenge, greet, leave, person, thank } = &self.small_talk;
        [bot_challenge, greet, leave, person, thank]
    }
}

#[cfg(feature = "build")]
const ENGLISH: &str = include_str!("../languages/en.toml");

#[cfg(feature = "build")]
const LANGUAGES: [(&str, &str); 12] = [
    ("ar", include_str!("../languages/ar.toml")),
    ("de", include_str!("../languages/de.toml")),
    ("en", ENGLISH),
    ("es", include_str!("../languages/es.toml")),
    ("fr", include_str!("../languages/fr.toml")),
    ("id", include_str!("../languages/id.toml")),
    ("it", include_str!("../languages/it.toml")),
    ("ja", include_str!("../languages/ja.toml")),
    ("ko", include_str!("../languages/ko.toml")),
    ("pt", include_str!("../languages/pt.toml")),
    ("tr", include_str!("../languages/tr.toml")),
    ("zh", include_str!("../languages/zh.toml")),
];

/// Small talk as classes of the classifier; `@` keeps them apart from articles' ids.
pub(crate) const SMALL_TALK: [(&str, SmallTalk); 5] = [
    ("@bot_challenge", SmallTalk::BotChallenge),
    ("@greet", SmallTalk::Greet),
    ("@leave", SmallTalk::Leave),
    ("@person", SmallTalk::WantPerson),
    ("@thank", SmallTalk::Thank),
];

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
