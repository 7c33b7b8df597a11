//! Rasa's training data: `nlu.yml` says how an intent is asked, rules and stories which response follows it, `domain.yml`
//! what the response says.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::records::{self, line};
use crate::{Import, Imported, InputFile, Note, yaml};

/// What the files of a bot say together.
#[derive(Default)]
struct Bot {
    /// Examples by intent, with the place of the first.
    examples: BTreeMap<String, (String, Vec<String>)>,
    /// Texts by response.
    responses: BTreeMap<String, Vec<String>>,
    /// The response that follows an intent.
    follows: BTreeMap<String, BTreeSet<String>>,
    faults: Vec<Note>,
    language: Option<String>,
}

/// Whether YAML is a file of a Rasa bot.
pub(crate) fn is_rasa(text: &str) -> bool {
    let heads = ["nlu:", "responses:", "rules:", "stories:", "intents:", "pipeline:"];
    text.lines().any(|line| heads.contains(&line.trim_end()))
}

/// Reads all YAML files of a bot together.
///
/// # Errors
/// A note for each file that is no YAML, or that no intent is answered.
pub(crate) fn read(files: &[(&InputFile, String)]) -> Result<Import, Vec<Note>> {
    let mut bot = Bot::default();
    for (file, text) in files {
        match yaml::documents(&file.path, text, 1) {
            Ok(documents) => documents.iter().for_each(|document| bot.take(&file.path, text, document)),
            Err(notes) => bot.faults.extend(notes),
        }
    }
    if !bot.faults.is_empty() {
        return Err(bot.faults);
    }
    let place = files.first().map_or("nlu.yml", |(file, _)| file.path.as_str());
    bot.articles(place)
}

impl Bot {
    fn take(&mut self, path: &str, text: &str, document: &Value) {
        let list = |name: &str| document[name].as_array().cloned().unwrap_or_default();
        for entry in list("nlu") {
            let Some(intent) = entry["intent"].as_str() else { continue };
            let examples = entry["examples"].as_str().unwrap_or_default();
            let examples: Vec<String> = examples
                .lines()
                .filter_map(|l| l.trim().strip_prefix('-'))
                .map(|l| without_marks(l.trim()))
                .filter(|l| !l.is_empty())
                .collect();
            let at = text.lines().position(|l| l.contains("intent:") && l.trim_end().ends_with(intent)).map_or(1, |at| at + 1);
            self.examples.entry(intent.to_owned()).or_insert_with(|| (format!("{path}:{at}"), Vec::new())).1.extend(examples);
        }
        if let Some(responses) = document["responses"].as_object() {
            for (name, variants) in responses {
                let texts = variants.as_array().into_iter().flatten().filter_map(|v| v["text"].as_str().map(str::to_owned));
                self.responses.entry(name.clone()).or_default().extend(texts);
            }
        }
        for story in list("rules").into_iter().chain(list("stories")) {
            let steps = story["steps"].as_array().cloned().unwrap_or_default();
            for pair in steps.windows(2) {
                if let (Some(intent), Some(action)) = (pair[0]["intent"].as_str(), pair[1]["action"].as_str()) {
                    self.follows.entry(intent.to_owned()).or_default().insert(action.to_owned());
                }
            }
        }
        self.language = self.language.take().or(document["language"].as_str().map(str::to_owned));
    }

    fn articles(mut self, place: &str) -> Result<Import, Vec<Note>> {
        let mut found = Import::default();
        let mut without = Vec::new();
        for (intent, (place, examples)) in std::mem::take(&mut self.examples) {
            // "faq/opening_hours" is answered by "utter_faq/opening_hours".
            let own = format!("utter_{intent}");
            let named = self.follows.get(&intent).into_iter().flatten().find(|action| self.responses.contains_key(*action));
            let answer = named.or(Some(&own)).and_then(|action| self.responses.get(action)).and_then(|texts| texts.first());
            let (Some(answer), Some(first)) = (answer, examples.first()) else {
                without.push(intent);
                continue;
            };
            // The longest of the first few says most clearly what is asked.
            let title = examples.iter().take(5).find(|e| crate::page::asks(e)).unwrap_or(first).clone();
            let mut wordings = examples;
            wordings.retain(|w| *w != title);
            wordings.dedup();
            let body = records::body(answer).0;
            let language = self.language.clone();
            found.articles.push(Imported {
                place,
                external_id: intent,
                title: line(&title),
                body,
                wordings,
                language,
                is_published: true,
                ..Imported::default()
            });
        }
        if found.articles.is_empty() {
            return Err(vec![Note::whole(
                place,
                "Rasa files in which no intent is followed by a response: give nlu.yml, domain.yml and rules.yml together",
            )]);
        }
        if !without.is_empty() {
            found.notes.push(Note::whole(
                place,
                format!("{} intent(s) without a response of their own left out: {}", without.len(), without.join(", ")),
            ));
        }
        Ok(found)
    }
}

/// An example without Rasa's marks of entities: `[Berlin](city)`, `[Berlin]{"entity": "city"}`.
fn without_marks(example: &str) -> String {
    let mut out = String::new();
    let mut rest = example;
    while let Some(open) = rest.find('[') {
        let Some(close) = rest[open..].find(']').map(|at| open + at) else { break };
        let after = &rest[close + 1..];
        let ends = match after.chars().next() {
            Some('(') => after.find(')'),
            Some('{') => after.find('}'),
            _ => None,
        };
        out.push_str(&rest[..open]);
        match ends {
            Some(end) => {
                out.push_str(&rest[open + 1..close]);
                rest = &after[end + 1..];
            }
            None => {
                out.push_str(&rest[open..=close]);
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}
