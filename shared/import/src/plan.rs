//! What an import changes in a domain: the same files a second time change nothing.
//!
//! An article knows by its `import` line where it came from, and what it said then. So each field that was changed there
//! since comes in anew, each that was edited here stays, and where both happened the one here stays and is told. What is
//! gone there is named and kept.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{Imported, Note, detected};

/// A file of the domain's folder `articles`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArticleFile {
    /// Its path within the domain: `articles/en/returns.md`.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// How articles are filed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filing {
    /// The folder of articles whose file says no language, as `en`; `None`: the language that most of them are in.
    pub language: Option<String>,
    /// Whether each such article goes by its own words instead.
    pub by_words: bool,
    /// Whether what is gone from its source is taken out.
    pub prune: bool,
}

/// What happens to one article.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// It is new.
    New,
    /// Fields of it were changed in its source.
    Changed,
    /// Nothing was.
    Same,
    /// It is no longer in its source.
    Gone,
}

/// One article's part of the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What happens.
    pub change: Change,
    /// The file's path within the domain.
    pub path: String,
    /// The article's title.
    pub title: String,
    /// The fields that change.
    pub fields: Vec<&'static str>,
    /// The file's text before; empty where it is new.
    pub before: String,
    /// Its text afterwards; equal to `before` where nothing is to be written, `None` where the file is to be deleted.
    pub after: Option<String>,
}

/// What is to be done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// A step for each article of the import and for each that is gone.
    pub steps: Vec<Step>,
    /// What was left as it is here though it changed there, and languages that were guessed.
    pub notes: Vec<Note>,
    /// The language that most articles were filed under.
    pub language: String,
}

/// An article's file as it is read and written.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Front {
    title: String,
    #[serde(default)]
    wordings: Vec<String>,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    source: String,
    #[serde(default = "yes")]
    published: bool,
    #[serde(default = "one")]
    version: u32,
    import: Option<Origin>,
    /// What an editor added, kept as it is.
    #[serde(flatten)]
    others: toml::Table,
}

fn yes() -> bool {
    true
}

fn one() -> u32 {
    1
}

/// Where an article came from, and a digest of each field as it was then.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Origin {
    from: String,
    id: String,
    was: String,
}

const FIELDS: [&str; 6] = ["title", "body", "wordings", "tags", "source", "published"];

#[derive(Clone, Debug, Default, PartialEq)]
struct File {
    front: Front,
    body: String,
}

/// What the import of `articles` into a domain with `files` comes to.
pub fn plan(articles: &[Imported], files: &[ArticleFile], filing: &Filing) -> Plan {
    let mut known: BTreeMap<&str, File> = BTreeMap::new();
    let mut by_origin: BTreeMap<(String, String, String), &str> = BTreeMap::new();
    let mut by_title: BTreeMap<(String, String), &str> = BTreeMap::new();
    for file in files {
        // A file that cannot be read is told when the domain is; here it only keeps its name to itself.
        let parsed = File::parse(&file.text).unwrap_or_default();
        let language = language_of(&file.path).to_owned();
        if let Some(origin) = &parsed.front.import {
            by_origin.insert((language.clone(), origin.from.clone(), origin.id.clone()), &file.path);
        }
        by_title.entry((language, folded(&parsed.front.title))).or_insert(&file.path);
        known.insert(&file.path, parsed);
    }
    let mut plan = Plan::default();
    let main = main_language(articles, filing);
    let mut taken: BTreeSet<String> = files.iter().map(|f| f.path.clone()).collect();
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let mut ids: BTreeMap<(String, String, String), usize> = BTreeMap::new();
    let mut slugs: BTreeMap<String, usize> = BTreeMap::new();
    let older = older_names(articles, &known);
    plan.notes.extend(older.iter().map(|name| Note::whole(name, "taken for an older name of what is imported: it says the same")));
    for article in articles {
        let own = || detected(&article.title, &article.body).map(str::to_owned);
        let language = article.language.clone().or_else(|| if filing.by_words { own() } else { None }).unwrap_or_else(|| main.clone());
        let from = scope(&article.place).to_owned();
        let named = if article.external_id.is_empty() { folded(&article.title) } else { article.external_id.clone() };
        // Several with one title, and no id to tell them apart: by their order.
        let count = ids.entry((language.clone(), from.clone(), named.clone())).or_default();
        *count += 1;
        let id = if *count > 1 { format!("{named}#{count}") } else { named };
        let there = File::of(article, from.clone(), id.clone());
        let here = by_origin.get(&(language.clone(), from, id)).copied();
        // What was written by hand, or came from the same source under an older name.
        let is_ours = |path: &&str| known.get(path).and_then(|f| f.front.import.as_ref()).is_none_or(|o| older.contains(&o.from));
        let same_title = by_title.get(&(language.clone(), folded(&article.title))).copied().filter(|_| *count == 1);
        let here = here.or_else(|| same_title.filter(is_ours)).filter(|path| !seen.contains(*path));
        let step = match here.and_then(|path| Some((path, known.get(path)?))) {
            Some((path, file)) => merged(path, file, &there, &mut plan.notes),
            None => {
                if let Some(other) = same_title.filter(|path| !seen.contains(*path)) {
                    let told = format!(
                        "its title stands in {} as well, from another file: both are kept, and a visitor cannot tell them apart",
                        article.place
                    );
                    plan.notes.push(Note::whole(other, told));
                }
                let path = unused_path(&language, &article.title, &taken, &mut slugs);
                Step {
                    change: Change::New,
                    path,
                    title: article.title.clone(),
                    fields: Vec::new(),
                    before: String::new(),
                    after: Some(there.text()),
                }
            }
        };
        taken.insert(step.path.clone());
        seen.insert(step.path.clone());
        plan.steps.push(step);
    }
    let scopes: BTreeSet<&str> = articles.iter().map(|a| scope(&a.place)).chain(older.iter().map(String::as_str)).collect();
    for (path, file) in &known {
        let is_gone = file.front.import.as_ref().is_some_and(|o| scopes.contains(o.from.as_str())) && !seen.contains(*path);
        if is_gone {
            let before = file.text();
            let after = (!filing.prune).then(|| before.clone());
            plan.steps.push(Step {
                change: Change::Gone,
                path: (*path).to_owned(),
                title: file.front.title.clone(),
                fields: Vec::new(),
                before,
                after,
            });
        }
    }
    let is_guessed = filing.language.is_none() && articles.iter().any(|a| a.language.is_none());
    if is_guessed && !filing.by_words {
        plan.notes.push(Note::whole("import", format!("filed under {main}, which their words look like: --lang names another language")));
    }
    plan.language = main;
    plan
}

/// The language that an import goes to where its articles do not say one.
fn main_language(articles: &[Imported], filing: &Filing) -> String {
    if let Some(language) = &filing.language {
        return language.clone();
    }
    let mut counts = BTreeMap::<String, usize>::new();
    for article in articles {
        let own = article.language.clone().or_else(|| detected(&article.title, &article.body).map(str::to_owned));
        *counts.entry(own.unwrap_or_default()).or_default() += 1;
    }
    counts.remove("");
    counts.into_iter().max_by_key(|(_, count)| *count).map_or_else(|| "en".to_owned(), |(language, _)| language)
}

/// Sources of articles here that are not among those imported now, and half of whose articles are: exports with a date in
/// their name.
fn older_names(articles: &[Imported], known: &BTreeMap<&str, File>) -> BTreeSet<String> {
    let scopes: BTreeSet<&str> = articles.iter().map(|a| scope(&a.place)).collect();
    let now: BTreeSet<(String, &str)> = articles.iter().map(|a| (folded(&a.title), a.body.trim())).collect();
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for file in known.values() {
        let Some(origin) = file.front.import.as_ref().filter(|o| !scopes.contains(o.from.as_str())) else { continue };
        let (all, same) = counts.entry(&origin.from).or_default();
        *all += 1;
        *same += usize::from(now.contains(&(folded(&file.front.title), file.body.as_str())));
    }
    counts.into_iter().filter(|(_, (all, same))| same * 2 >= *all).map(|(name, _)| name.to_owned()).collect()
}

/// Field by field: what changed there comes in, what was edited here stays.
fn merged(path: &str, here: &File, there: &File, notes: &mut Vec<Note>) -> Step {
    let mut file = here.clone();
    // What was never imported was all written here.
    let was: Vec<&str> = here.front.import.as_ref().map(|o| o.was.split('-').collect()).unwrap_or_default();
    let nothing = File { front: Front { published: true, ..Front::default() }, ..File::default() }.digests();
    let (mine, theirs) = (here.digests(), there.digests());
    let (mut fields, mut clash) = (Vec::new(), Vec::new());
    for (at, field) in FIELDS.into_iter().enumerate() {
        let before = was.get(at).copied().unwrap_or_default();
        if theirs[at] == mine[at] || theirs[at] == before {
            continue;
        }
        if mine[at] != before && mine[at] != nothing[at] {
            clash.extend((theirs[at] != nothing[at]).then_some(field));
            continue;
        }
        fields.push(field);
        match field {
            "title" => file.front.title.clone_from(&there.front.title),
            "body" => file.body.clone_from(&there.body),
            "wordings" => file.front.wordings.clone_from(&there.front.wordings),
            "tags" => file.front.tags.clone_from(&there.front.tags),
            "source" => file.front.source.clone_from(&there.front.source),
            _ => file.front.published = there.front.published,
        }
    }
    if !clash.is_empty() {
        let told = format!("{} changed in its source and was edited here: left as it is here", clash.join(", "));
        notes.push(Note::whole(path, told));
    }
    file.front.import.clone_from(&there.front.import);
    let before = here.text();
    let is_changed = !fields.is_empty();
    file.front.version += u32::from(is_changed);
    let after = file.text();
    let change = if is_changed { Change::Changed } else { Change::Same };
    Step { change, path: path.to_owned(), title: file.front.title.clone(), fields, before, after: Some(after) }
}

impl File {
    fn of(article: &Imported, from: String, id: String) -> Self {
        let mut file = Self {
            front: Front {
                title: article.title.clone(),
                wordings: article.wordings.clone(),
                tags: article.tags.clone(),
                source: article.source.clone(),
                published: article.is_published,
                version: 1,
                import: None,
                others: toml::Table::new(),
            },
            body: article.body.trim().to_owned(),
        };
        file.front.import = Some(Origin { from, id, was: file.digests().join("-") });
        file
    }

    fn parse(text: &str) -> Option<Self> {
        let (head, body) = text.strip_prefix("+++")?.split_once("\n+++")?;
        Some(Self { front: toml::from_str(head).ok()?, body: body.trim().to_owned() })
    }

    fn digests(&self) -> [String; 6] {
        let Front { title, wordings, tags, source, published, .. } = &self.front;
        let of = |text: &str| Sha256::digest(text.as_bytes()).iter().take(4).map(|b| format!("{b:02x}")).collect::<String>();
        let list = |list: &[String]| of(&list.join("\0"));
        [of(title), of(&self.body), list(wordings), list(tags), of(source), of(&published.to_string())]
    }

    /// The file's text: front matter of one line a value, so that nothing in it can look like its end.
    fn text(&self) -> String {
        let Front { title, wordings, tags, source, published, version, import, others } = &self.front;
        let quoted = |text: &str| serde_json::to_string(text).unwrap_or_default().replace('\u{7f}', "\\u007F");
        let mut out = format!("+++\ntitle = {}\n", quoted(title));
        if !wordings.is_empty() {
            let lines: String = wordings.iter().map(|w| format!("  {},\n", quoted(w))).collect();
            out.push_str(&format!("wordings = [\n{lines}]\n"));
        }
        if !tags.is_empty() {
            out.push_str(&format!("tags = [{}]\n", tags.iter().map(|t| quoted(t)).collect::<Vec<_>>().join(", ")));
        }
        if !source.is_empty() {
            out.push_str(&format!("source = {}\n", quoted(source)));
        }
        if !published {
            out.push_str("published = false\n");
        }
        out.push_str(&format!("version = {version}\n"));
        if let Some(Origin { from, id, was }) = import {
            out.push_str(&format!("import = {{ from = {}, id = {}, was = {} }}\n", quoted(from), quoted(id), quoted(was)));
        }
        if !others.is_empty() {
            out.push_str(&others.to_string());
        }
        format!("{out}+++\n{}\n", self.body)
    }
}

/// What was given that an article came out of: the file, folder or archive.
fn scope(place: &str) -> &str {
    let first = place.split('/').next().unwrap_or(place);
    if first.len() < place.len() {
        return first;
    }
    first.rsplit_once(':').filter(|(_, line)| line.bytes().all(|b| b.is_ascii_digit())).map_or(first, |(file, _)| file)
}

fn language_of(path: &str) -> &str {
    path.split('/').nth(1).unwrap_or_default()
}

fn folded(title: &str) -> String {
    title.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A path that no file has; `next` is the number that each slug goes on with.
fn unused_path(language: &str, title: &str, taken: &BTreeSet<String>, next: &mut BTreeMap<String, usize>) -> String {
    let mut slug: String = title.to_lowercase().chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).collect();
    while slug.contains("--") {
        slug = slug.replace("--", "-");
    }
    let slug: String = slug.trim_matches('-').chars().take(48).collect();
    let slug = slug.trim_end_matches('-');
    let slug = if slug.is_empty() { "article" } else { slug };
    let path = |n: usize| if n == 1 { format!("articles/{language}/{slug}.md") } else { format!("articles/{language}/{slug}-{n}.md") };
    let from = next.entry(format!("{language}/{slug}")).or_insert(1);
    let found = (*from..).find(|n| !taken.contains(&path(*n))).unwrap_or(*from);
    *from = found + 1;
    path(found)
}
