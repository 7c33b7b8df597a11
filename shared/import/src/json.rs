//! JSON of help desks, bots and lists made by hand: objects that have a question and an answer, wherever they lie.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::fields::{Role, role_of};
use crate::html::note_on_images;
use crate::page::asks;
use crate::records::{Field, Gathered};
use crate::{Import, Note, yaml};

/// Reads a JSON document, or one document a line.
///
/// # Errors
/// A note for each line that is no JSON, or that nothing in it is an article.
pub(crate) fn read(path: &str, text: &str) -> Result<Import, Vec<Note>> {
    let value: Value = match serde_json::from_str(text) {
        Ok(value) => value,
        Err(error) => lines(path, text).unwrap_or_else(|| Err(vec![Note::new(path, error.line(), format!("not JSON: {error}"))]))?,
    };
    of_value(path, text, &value)
}

/// Reads YAML that is no bot's: what JSON may say, YAML may.
///
/// # Errors
/// A note: no YAML, or nothing in it is an article.
pub(crate) fn read_yaml(path: &str, text: &str) -> Result<Import, Vec<Note>> {
    of_value(path, text, &Value::Array(yaml::documents(path, text, 1)?))
}

fn of_value(path: &str, text: &str, value: &Value) -> Result<Import, Vec<Note>> {
    let mut walk = Walk { path, text, found: Gathered::default(), at: 0 };
    walk.value(value, &[], false);
    walk.end()
}

/// JSON Lines: each line an object of its own. `None` where the text is something else.
fn lines(path: &str, text: &str) -> Option<Result<Value, Vec<Note>>> {
    let lines = || text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let parsed: Vec<(usize, Result<Value, serde_json::Error>)> = lines().map(|(at, line)| (at + 1, serde_json::from_str(line))).collect();
    let good = parsed.iter().filter(|(_, value)| matches!(value, Ok(Value::Object(_)))).count();
    if good < 2 || good * 2 < parsed.len() {
        return None;
    }
    let bad: Vec<Note> =
        parsed.iter().filter_map(|(at, value)| value.as_ref().err().map(|e| Note::new(path, *at, format!("not JSON: {e}")))).collect();
    Some(if bad.is_empty() { Ok(Value::Array(parsed.into_iter().filter_map(|(_, v)| v.ok()).collect())) } else { Err(bad) })
}

/// schema.org's questions in JSON-LD; `None` where there are none.
pub(crate) fn of_schema(path: &str, value: &Value) -> Option<Import> {
    let is_question = value_has_type(value, "Question") || value_has_type(value, "FAQPage") || value_has_type(value, "QAPage");
    let mut walk = Walk { path, text: "", found: Gathered::default(), at: 0 };
    if is_question {
        walk.value(value, &[], false);
    }
    walk.end().ok()
}

fn value_has_type(value: &Value, name: &str) -> bool {
    match value {
        Value::Array(list) => list.iter().any(|v| value_has_type(v, name)),
        Value::Object(fields) => {
            let own = match fields.get("@type") {
                Some(Value::String(s)) => s == name,
                Some(Value::Array(list)) => list.iter().any(|v| v == name),
                _ => false,
            };
            own || fields.values().any(|v| value_has_type(v, name))
        }
        _ => false,
    }
}

struct Walk<'a> {
    path: &'a str,
    text: &'a str,
    found: Gathered,
    /// Articles seen, by which a place is told.
    at: usize,
}

impl Walk<'_> {
    /// Looks for articles in `value`, which lies below the keys `above`.
    fn value(&mut self, value: &Value, above: &[&str], is_listed: bool) {
        // serde_json refuses more than 128 levels, so that this ends.
        match value {
            Value::Array(list) => {
                let is_one = |item: &Value| item.as_object().is_some_and(is_article);
                let among = list.iter().any(is_one);
                for item in list {
                    let holds_others = item.as_object().is_some_and(|o| o.values().any(|v| v.is_array() || v.is_object()));
                    if among && !is_one(item) && !holds_others {
                        self.at += 1;
                        let shown: String = item.to_string().chars().take(60).collect();
                        self.found.notes.push(Note::new(
                            self.path,
                            self.at,
                            format!("entry {shown} has no question or no answer: skipped"),
                        ));
                    }
                    self.value(item, above, true);
                }
            }
            // A page's own title and description stand alone.
            Value::Object(fields)
                if is_article(fields) && (is_listed || !fields.contains_key("description") || fields.contains_key("id")) =>
            {
                self.article(fields, above)
            }
            Value::Object(fields) if conversation(fields).is_some() => {
                let (question, answer) = conversation(fields).unwrap_or_default();
                let record = [field(Role::Question, "", vec![question.clone()]), field(Role::Answer, "", vec![answer])];
                self.record(&record, above, &question);
            }
            Value::Object(fields) => match question_map(fields).or_else(|| paired(fields)) {
                Some(pairs) => pairs.into_iter().for_each(|(question, answer)| {
                    let fields = [field(Role::Question, "", vec![question.to_owned()]), field(Role::Answer, "", vec![answer.to_owned()])];
                    self.record(&fields, above, question);
                }),
                None => {
                    // A named list ("name": "Payments", "articles": […]) is a category.
                    let own = ["name", "title"]
                        .iter()
                        .filter_map(|k| fields.get(*k)?.as_str())
                        .next()
                        .filter(|_| fields.values().any(Value::is_array));
                    for (key, item) in fields.iter().filter(|(_, item)| item.is_array() || item.is_object()) {
                        let mut below = above.to_vec();
                        below.push(own.unwrap_or(key));
                        self.value(item, &below, false);
                    }
                }
            },
            _ => {}
        }
    }

    fn article(&mut self, object: &Map<String, Value>, above: &[&str]) {
        let languages = languages_of(object);
        if languages.len() > 1 {
            // One entry of several languages is an article in each.
            for language in languages {
                let own = object.iter().map(|(name, value)| (name.clone(), value.get(&language).unwrap_or(value).clone()));
                let mut own: Map<String, Value> = own.collect();
                own.insert("language".to_owned(), Value::String(language));
                self.article(&own, above);
            }
            return;
        }
        // Translations that lie within the article as articles of their own, under their languages.
        for translations in object.values().filter_map(Value::as_object) {
            for (language, translation) in translations.iter().filter(|(name, _)| is_language(name)) {
                if let Some(mut own) = translation.as_object().filter(|t| is_article(t)).cloned() {
                    own.entry("language").or_insert_with(|| Value::String(language.clone()));
                    self.article(&own, above);
                }
            }
        }
        let vendor = Vendor::of(object);
        let mut fields: Vec<(usize, Field)> = Vec::new();
        for (name, value) in object {
            let known = role_of(name);
            match known {
                Some((Role::Ignored, _)) | None => {}
                Some((Role::State, _)) => fields.push((0, field(Role::State, name, vec![vendor.state(name, value)]))),
                Some((role, rank)) => {
                    let mut values = texts(value, role);
                    // A bot's responses are variants of one answer; other lists are its paragraphs.
                    if role == Role::Answer && name.to_lowercase() == "responses" {
                        values.truncate(1);
                    }
                    if values.iter().any(|v| !v.trim().is_empty()) {
                        fields.push((rank, field(role, name, values)));
                    }
                }
            }
        }
        // Of several questions, answers, ids the best name counts; what else is called a question words it.
        for role in [Role::Question, Role::Answer, Role::Id, Role::Language] {
            let best = fields.iter().filter(|(_, f)| f.role == role).map(|(rank, _)| *rank).min();
            fields.retain(|(rank, f)| f.role != role || Some(*rank) == best);
        }
        let title = fields.iter().find(|(_, f)| f.role == Role::Question).and_then(|(_, f)| f.values.first().cloned()).unwrap_or_default();
        let fields: Vec<Field> = fields.into_iter().map(|(_, f)| f).collect();
        self.record(&fields, above, &title);
    }

    fn record(&mut self, fields: &[Field], above: &[&str], title: &str) {
        self.at += 1;
        let mut fields = fields.to_vec();
        // A key that only says what lies below it is no category.
        let group = above
            .iter()
            .rev()
            .find(|key| role_of(key).is_none() && !CONTAINERS.contains(&key.to_lowercase().as_str()) && !key.starts_with('@'));
        if let Some(group) = group.filter(|_| !fields.iter().any(|f| f.role == Role::Tags)) {
            fields.push(field(Role::Tags, "", vec![(*group).to_owned()]));
        }
        let quoted = serde_json::to_string(title).unwrap_or_default();
        let line = self.text.lines().position(|l| !title.is_empty() && l.contains(&quoted)).map_or(self.at, |at| at + 1);
        self.found.add(self.path, line, "entry", &fields);
    }

    fn end(self) -> Result<Import, Vec<Note>> {
        let Self { path, found: Gathered { articles, mut notes, left_out }, .. } = self;
        if articles.is_empty() && notes.is_empty() {
            return Err(vec![Note::whole(
                path,
                "no question with an answer in it; expected for instance [{\"question\": …, \"answer\": …}]",
            )]);
        }
        notes.extend(note_on_images(path, left_out));
        Ok(Import { articles, notes })
    }
}

/// Keys that say what kind of list follows.
const CONTAINERS: &[&str] = &[
    "articles",
    "data",
    "items",
    "payload",
    "results",
    "result",
    "entries",
    "records",
    "questions",
    "faqs",
    "faq",
    "qna",
    "qnas",
    "qnadocuments",
    "qnalist",
    "qa",
    "qas",
    "content",
    "contents",
    "list",
    "rows",
    "docs",
    "documents",
    "knowledge",
    "knowledgebase",
    "mainentity",
    "solution",
    "solutions",
    "intents",
    "collections",
    "categories",
    "sections",
    "folders",
    "children",
    "pages",
    "add",
    "update",
    "export",
    "response",
    "article",
    "helpcenter",
    "help_center",
    "edges",
    "node",
];

fn field(role: Role, name: &str, values: Vec<String>) -> Field {
    Field { role, name: name.to_owned(), values }
}

/// Whether an object is an article: it has a question and a place for its answer.
fn is_article(object: &Map<String, Value>) -> bool {
    // A category has a name and a description as well, and its articles below it.
    let holds_others = |v: &Value| v.as_array().is_some_and(|list| list.iter().any(|item| item.as_object().is_some_and(is_article_alone)));
    !object.values().any(holds_others) && is_article_alone(object)
}

fn is_article_alone(object: &Map<String, Value>) -> bool {
    let has = |role| object.iter().any(|(name, value)| role_of(name).is_some_and(|(r, _)| r == role) && !texts(value, role).is_empty());
    let keeps_answer = object.iter().any(|(name, value)| {
        role_of(name).is_some_and(|(r, rank)| r == Role::Answer && rank < 100) && (value.is_null() || value.is_string())
    });
    // "name" and "description" stand in everything; one of both names must say more.
    let is_plain = |role, name: &str| role_of(name).is_some_and(|(r, _)| r == role) && !WEAK.contains(&name.to_lowercase().as_str());
    let says_more = object.keys().any(|name| is_plain(Role::Question, name) || is_plain(Role::Answer, name));
    says_more && has(Role::Question) && (has(Role::Answer) || keeps_answer)
}

/// Names that stand in everything.
const WEAK: &[&str] = &["name", "description", "summary", "subject", "user", "excerpt"];

/// An object of questions and answers: `{"How do I pay?": "By card."}`.
fn question_map(object: &Map<String, Value>) -> Option<Vec<(&str, &str)>> {
    let pairs: Option<Vec<(&str, &str)>> = object.iter().map(|(key, value)| Some((key.as_str(), value.as_str()?))).collect();
    pairs.filter(|pairs| {
        let asking = pairs.iter().filter(|(key, _)| asks(key)).count();
        asking > 0 && asking * 2 >= pairs.len()
    })
}

/// The first question and answer of a conversation, as data for language models has them: `messages` of `role` and
/// `content`, or `conversations` of `from` and `value`.
fn conversation(object: &Map<String, Value>) -> Option<(String, String)> {
    let turns = object.get("messages").or(object.get("conversations"))?.as_array()?;
    let said = |who: &[&str]| {
        turns.iter().find_map(|turn| {
            let by = turn["role"].as_str().or(turn["from"].as_str())?;
            who.contains(&by).then(|| turn["content"].as_str().or(turn["value"].as_str()).map(str::to_owned))?
        })
    };
    said(&["user", "human"]).zip(said(&["assistant", "gpt", "bot"]))
}

/// Questions and answers whose keys differ by that word alone, as a program's texts have them: `faq_question1`,
/// `faq_answer1`.
fn paired(object: &Map<String, Value>) -> Option<Vec<(&str, &str)>> {
    let mut found: BTreeMap<String, [Option<&str>; 2]> = BTreeMap::new();
    for (key, value) in object {
        let (Some(text), lower) = (value.as_str(), key.to_lowercase()) else { continue };
        let word = |words: &[&str]| words.iter().find_map(|w| lower.contains(w).then(|| lower.replace(w, "")));
        let (stem, at) = match (
            word(&["question", "title", "frage", "pregunta", "pergunta", "domanda"]),
            word(&["answer", "content", "antwort", "respuesta", "resposta", "risposta", "body", "text"]),
        ) {
            (Some(stem), None) => (stem, 0),
            (None, Some(stem)) => (stem, 1),
            _ => match (lower.strip_prefix('q'), lower.strip_prefix('a')) {
                (Some(n), _) if n.bytes().all(|b| b.is_ascii_digit()) => (n.to_owned(), 0),
                (_, Some(n)) if n.bytes().all(|b| b.is_ascii_digit()) => (n.to_owned(), 1),
                _ => continue,
            },
        };
        found.entry(stem).or_default()[at].get_or_insert(text);
    }
    let pairs: Vec<(&str, &str)> = found.into_values().filter_map(|[question, answer]| question.zip(answer)).collect();
    (pairs.len() >= 2).then_some(pairs)
}

/// The texts of a value. An answer may lie in an object (`{"text": …}`), by language, or in a list.
fn texts(value: &Value, role: Role) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Number(n) if matches!(role, Role::Id | Role::Answer | Role::Tags) => vec![n.to_string()],
        Value::Array(list) => list.iter().flat_map(|v| texts(v, role)).collect(),
        // Its text by name; else by language, of which `id` may be one.
        Value::Object(fields) if role == Role::Answer => {
            let named = ["text", "value", "html", "content", "answer", "body"].iter().find_map(|name| fields.get(*name));
            let own = named.or_else(|| fields.iter().find(|(name, v)| is_language(name) && !v.is_object()).map(|(_, v)| v));
            own.map(|v| texts(v, role)).unwrap_or_default()
        }
        Value::Object(fields) if matches!(role, Role::Question | Role::Wordings) => {
            let inner = fields.iter().filter(|(name, _)| is_language(name) || matches!(name.as_str(), "text" | "value" | "question"));
            inner.take(1).flat_map(|(_, v)| texts(v, role)).collect()
        }
        // Metadata of QnA services: {"name": "category", "value": "payment"}.
        Value::Object(fields) if role == Role::Tags => {
            fields.get("value").or(fields.get("name")).map(|v| texts(v, role)).unwrap_or_default()
        }
        _ => Vec::new(),
    }
}

/// The languages that an entry's answer is given in.
fn languages_of(object: &Map<String, Value>) -> Vec<String> {
    let answers = object.iter().filter(|(name, _)| role_of(name).is_some_and(|(role, _)| role == Role::Answer));
    let by_language = answers.filter_map(|(_, value)| value.as_object());
    by_language
        .flat_map(|o| o.iter())
        .filter(|(name, v)| is_language(name) && (v.is_string() || v.is_array()))
        .map(|(name, _)| name.clone())
        .collect()
}

fn is_language(name: &str) -> bool {
    let base = name.split(['-', '_']).next().unwrap_or_default();
    base.len() == 2 && name.len() <= 7 && base.bytes().all(|b| b.is_ascii_lowercase())
}

/// Whose numbers a state's are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Vendor {
    Freshdesk,
    Chatwoot,
    Other,
}

impl Vendor {
    fn of(object: &Map<String, Value>) -> Self {
        let has = |key: &str| object.contains_key(key);
        if has("description_text") || has("folder_id") || has("agent_id") || has("art_type") {
            Self::Freshdesk
        } else if has("portal") || has("account_id") || has("views") || has("associated_article_id") {
            Self::Chatwoot
        } else {
            Self::Other
        }
    }

    /// What a state's value says, in words. Freshdesk counts 1 draft, 2 published; Chatwoot 0 draft, 1 published, 2 archived.
    fn state(self, name: &str, value: &Value) -> String {
        let published = match self {
            Self::Freshdesk => 2,
            Self::Chatwoot => 1,
            Self::Other => return texts_of_state(value),
        };
        match value.as_u64() {
            Some(n) if name == "status" => if n == published { "published" } else { "draft" }.to_owned(),
            _ => texts_of_state(value),
        }
    }
}

fn texts_of_state(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(s) => s.clone(),
        Value::Array(list) if list.is_empty() => String::new(),
        other => other.to_string(),
    }
}
