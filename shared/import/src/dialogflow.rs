//! An agent exported from Dialogflow ES: `intents/NAME.json` has the responses, `intents/NAME_usersays_LANG.json` how
//! visitors ask.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::records::{body, line};
use crate::{Import, Imported, InputFile, Note};

/// Whether these files are an agent's.
pub(crate) fn is_agent(files: &[InputFile]) -> bool {
    files.iter().any(|f| is_intent(&f.path)) && files.iter().any(|f| f.path.contains("_usersays_") || f.path.ends_with("agent.json"))
}

fn is_intent(path: &str) -> bool {
    (path.starts_with("intents/") || path.contains("/intents/")) && path.ends_with(".json")
}

/// Reads an agent's files.
///
/// # Errors
/// A note for each file that is no JSON, or that no intent has both a question and an answer.
pub(crate) fn read(files: &[InputFile]) -> Result<Import, Vec<Note>> {
    let (mut intents, mut phrases, mut faults) = (BTreeMap::new(), BTreeMap::<(String, String), Vec<String>>::new(), Vec::new());
    for file in files.iter().filter(|f| is_intent(&f.path)) {
        let value: Value = match serde_json::from_slice(&file.bytes) {
            Ok(value) => value,
            Err(error) => {
                faults.push(Note::new(&file.path, error.line(), format!("not JSON: {error}")));
                continue;
            }
        };
        let stem = file.path.trim_end_matches(".json");
        match stem.rsplit_once("_usersays_") {
            Some((name, language)) => {
                let said = value.as_array().into_iter().flatten().filter_map(|v| v["data"].as_array());
                let said = said.map(|parts| parts.iter().filter_map(|p| p["text"].as_str()).collect::<String>());
                phrases
                    .insert((name.to_owned(), language.to_owned()), said.map(|s| s.trim().to_owned()).filter(|s| !s.is_empty()).collect());
            }
            None => {
                intents.insert(stem.to_owned(), (file.path.clone(), value));
            }
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let mut found = Import::default();
    let mut without = Vec::new();
    for (stem, (path, intent)) in &intents {
        let name = intent["name"].as_str().unwrap_or(stem);
        let mut count = 0;
        for ((_, language), said) in phrases.range((stem.clone(), String::new())..).take_while(|((s, _), _)| s == stem) {
            let answer = answer(intent, language);
            let (Some(first), false) = (said.first(), answer.is_empty()) else { continue };
            let title = said.iter().take(5).find(|s| crate::page::asks(s)).unwrap_or(first).clone();
            let wordings = said.iter().filter(|s| **s != title).cloned().collect();
            count += 1;
            found.articles.push(Imported {
                place: path.clone(),
                external_id: name.to_owned(),
                title: line(&title),
                body: body(&answer).0,
                wordings,
                language: Some(language.clone()),
                is_published: true,
                ..Imported::default()
            });
        }
        if count == 0 {
            without.push(name.to_owned());
        }
    }
    if found.articles.is_empty() {
        return Err(vec![Note::whole("intents", "a Dialogflow agent in which no intent has both training phrases and a text response")]);
    }
    if !without.is_empty() {
        found.notes.push(Note::whole(
            "intents",
            format!("{} intent(s) without phrases or a text response left out: {}", without.len(), without.join(", ")),
        ));
    }
    Ok(found)
}

/// The text responses of an intent in a language: one of the variants of each message.
fn answer(intent: &Value, language: &str) -> String {
    let messages = intent["responses"].as_array().into_iter().flatten().flat_map(|r| r["messages"].as_array().into_iter().flatten());
    let fits = |m: &&Value| m["lang"].as_str().is_none_or(|l| l.is_empty() || l.eq_ignore_ascii_case(language));
    let text = |m: &Value| match &m["speech"] {
        Value::String(s) => Some(s.clone()),
        Value::Array(variants) => variants.first().and_then(|v| v.as_str()).map(str::to_owned),
        _ => None,
    };
    messages.filter(fits).filter_map(text).filter(|t| !t.trim().is_empty()).collect::<Vec<_>>().join("\n\n")
}
