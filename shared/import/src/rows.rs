//! Rows of a table into articles.

use std::collections::BTreeMap;

use crate::fields::Role;
use crate::html::note_on_images;
use crate::page::asks;
use crate::records::{Field, Gathered, is_formula};
use crate::table::Table;
use crate::{Import, Note};

/// Up to so many different short values a column is a set of tags.
const CATEGORIES: usize = 30;

/// Names that say little.
const WEAK: &[&str] = &["name", "description", "summary", "subject", "user", "text", "title"];

/// An answer of so many characters that stands under two questions is one article.
const SHARED: usize = 40;

/// Reads the articles of a table; `unit` is what its rows are called.
///
/// # Errors
/// A note where no column can be the question or the answer.
pub(crate) fn read(path: &str, table: &Table, group: Option<&str>) -> Result<Import, Vec<Note>> {
    let width = table.header.as_ref().map_or_else(|| table.rows.first().map_or(0, |r| r.cells.len()), Vec::len);
    if table.rows.is_empty() {
        return Err(vec![Note::whole(path, "a header and no rows below it")]);
    }
    if width < 2 {
        return Err(vec![Note::whole(path, "one column: expected a question and an answer; is the separator one of , ; tab or |?")]);
    }
    if let Some(found) = by_language(path, table, group) {
        return found;
    }
    let mut roles = table.roles();
    roles.resize(width, None);
    let mut found = Gathered::default();
    guess(path, table, &mut roles, &mut found.notes)?;
    found.notes.extend(unknown(path, table, &mut roles));
    for row in &table.rows {
        let named = roles.iter().zip(&row.cells).enumerate();
        let mut fields: Vec<Field> = named
            .filter_map(|(at, (role, cell))| {
                let name = table.header.as_ref().map_or(String::new(), |h| h[at].clone());
                Some(Field { role: (*role)?, name, values: vec![cell.clone()] })
            })
            .collect();
        if let Some(group) = group {
            fields.push(Field { role: Role::Tags, name: String::new(), values: vec![group.to_owned()] });
        }
        found.add(path, row.line, "row", &fields);
    }
    let formulas: Vec<&crate::table::Row> =
        table.rows.iter().filter(|r| r.cells.iter().any(|c| is_formula(c) && !c.starts_with("=HYPERLINK("))).collect();
    if let Some(first) = formulas.first() {
        found.notes.push(Note::new(path, first.line, format!("{} row(s) with a formula, taken as the text that it is", formulas.len())));
    }
    found.notes.extend(note_on_images(path, found.left_out));
    Ok(Import { articles: merged(path, found.articles, &mut found.notes), notes: found.notes })
}

/// A table with columns for each language (`question_en, answer_en, question_de, answer_de`) is a table for each; `None` for
/// others.
fn by_language(path: &str, table: &Table, group: Option<&str>) -> Option<Result<Import, Vec<Note>>> {
    let header = table.header.as_ref()?;
    let language = |name: &str| {
        let last = name.rsplit(|c: char| !c.is_alphanumeric()).find(|w| !w.is_empty())?.to_lowercase();
        let is_text = crate::fields::role_of(name).is_some_and(|(role, _)| matches!(role, Role::Question | Role::Answer | Role::Wordings));
        (is_text && name.len() > last.len() && nearside_text::Language::ALL.iter().any(|l| l.tag() == last)).then_some(last)
    };
    let languages: std::collections::BTreeSet<String> = header.iter().filter_map(|name| language(name)).collect();
    let is_answer = |name: &str| crate::fields::role_of(name).is_some_and(|(role, _)| role == Role::Answer);
    let answers = header.iter().filter(|name| is_answer(name) && language(name).is_some()).count();
    if languages.len() < 2 || answers < 2 {
        return None;
    }
    let mut all = Import::default();
    for own in languages {
        let columns: Vec<usize> = (0..header.len()).filter(|at| language(&header[*at]).is_none_or(|l| l == own)).collect();
        let keep = |cells: &[String]| columns.iter().map(|at| cells[*at].clone()).collect::<Vec<_>>();
        let mut part = Table {
            header: Some(keep(header)),
            rows: table.rows.iter().map(|r| crate::table::Row { line: r.line, cells: keep(&r.cells) }).collect(),
        };
        let is_own = |at: &usize| language(&header[*at]).is_some();
        // A row that has nothing in this language is another language's alone.
        part.rows.retain(|row| columns.iter().zip(&row.cells).any(|(at, cell)| is_own(at) && !cell.is_empty()));
        match read(path, &part, group) {
            Ok(mut found) => {
                found.articles.iter_mut().for_each(|a| a.language = Some(own.clone()));
                all.articles.extend(found.articles);
                all.notes.extend(found.notes);
            }
            Err(notes) => return Some(Err(notes)),
        }
    }
    Some(Ok(all))
}

/// Fills in the roles of question and answer where the header does not name them.
fn guess(path: &str, table: &Table, roles: &mut [Option<Role>], notes: &mut Vec<Note>) -> Result<(), Vec<Note>> {
    let has = |roles: &[Option<Role>], role| roles.contains(&Some(role));
    let free = |roles: &[Option<Role>]| -> Vec<usize> { (0..roles.len()).filter(|at| roles[*at].is_none()).collect() };
    let cells = |at: usize| table.rows.iter().take(500).map(move |r| r.cells[at].as_str());
    let mean = |at: usize| cells(at).map(|c| c.chars().count()).sum::<usize>() as f64 / table.rows.len().min(500) as f64;
    let asking = |at: usize| cells(at).filter(|c| asks(c)).count() as f64 / table.rows.len().min(500) as f64;
    let worded = |at: usize| cells(at).filter(|c| c.contains(char::is_alphabetic)).count() * 2 > table.rows.len().min(500);
    let by = |values: Vec<usize>, key: &dyn Fn(usize) -> f64| values.into_iter().max_by(|a, b| key(*a).total_cmp(&key(*b)).then(b.cmp(a)));
    // "name" and "description" stand in tables of everything.
    let names = table.header.as_deref().unwrap_or_default();
    let named = names
        .iter()
        .zip(roles.iter())
        .any(|(name, role)| matches!(role, Some(Role::Question | Role::Answer)) && !WEAK.contains(&name.to_lowercase().as_str()));
    let known = has(roles, Role::Question) && has(roles, Role::Answer);
    if known {
        return Ok(());
    }
    if !has(roles, Role::Question) {
        // What asks; else the first column of words that differ from row to row.
        let mut candidates = free(roles);
        candidates.retain(|at| worded(*at));
        let asked = by(candidates.clone(), &asking).filter(|at| asking(*at) >= 0.2);
        let distinct = |at: usize| cells(at).collect::<std::collections::BTreeSet<_>>().len() * 2 > table.rows.len().min(500);
        let first = candidates
            .iter()
            .copied()
            .find(|at| distinct(*at) && mean(*at) >= 8.0)
            .or_else(|| candidates.iter().copied().find(|at| distinct(*at)));
        if let Some(at) = asked.or(first).filter(|_| candidates.len() > usize::from(!has(roles, Role::Answer))) {
            roles[at] = Some(Role::Question);
        }
    }
    // "keyword, answer": what was taken for a tag is what visitors say.
    if !has(roles, Role::Question)
        && let Some(at) = roles
            .iter()
            .position(|r| *r == Some(Role::Tags))
            .filter(|at| worded(*at) && has(roles, Role::Answer) && free(roles).is_empty() && *at < table.rows[0].cells.len())
    {
        roles[at] = Some(Role::Question);
    }
    if !has(roles, Role::Answer)
        && let Some(at) = by(free(roles), &mean).filter(|at| worded(*at))
    {
        roles[at] = Some(Role::Answer);
        // A few short values over and over are labels.
        let different = cells(at).collect::<std::collections::BTreeSet<_>>().len();
        if different * 5 < table.rows.len().min(500) && mean(at) < 40.0 {
            return Err(vec![Note::whole(
                path,
                format!("questions with labels ({different} different ones), not with answers: expected a column of answers"),
            )]);
        }
    }
    if !(has(roles, Role::Question) && has(roles, Role::Answer)) {
        let columns = table.header.as_ref().map_or("columns without names".to_owned(), |h| h.join(", "));
        return Err(vec![Note::whole(
            path,
            format!("no columns for question and answer: it has {columns}; name them question and answer in the first row"),
        )]);
    }
    let at = roles.iter().position(|r| *r == Some(Role::Question)).unwrap_or_default();
    // Where no name says what the columns are, what stands in them must.
    if table.header.is_some() && !named && asking(at) < 0.2 {
        let columns = table.header.as_ref().map_or_else(String::new, |h| h.join(", "));
        return Err(vec![Note::whole(
            path,
            format!("which of its columns ({columns}) is the question and which the answer? Call them question and answer"),
        )]);
    }
    let name = |role: Role| {
        let at = roles.iter().position(|r| *r == Some(role)).unwrap_or_default();
        table.header.as_ref().and_then(|h| h.get(at)).filter(|n| !n.is_empty()).map_or(format!("column {}", at + 1), |n| format!("{n:?}"))
    };
    let why = if table.header.is_some() { "by what stands in them" } else { "no header; by what stands in them" };
    notes
        .push(Note::whole(path, format!("{} taken for the question, {} for the answer ({why})", name(Role::Question), name(Role::Answer))));
    Ok(())
}

/// Columns that nobody knows: few short values are tags, others are told.
fn unknown(path: &str, table: &Table, roles: &mut [Option<Role>]) -> Option<Note> {
    let mut left = Vec::new();
    for (at, role) in roles.iter_mut().enumerate().filter(|(_, role)| role.is_none()) {
        let cells: Vec<&str> = table.rows.iter().map(|r| r.cells[at].as_str()).filter(|c| !c.is_empty()).collect();
        let different: std::collections::BTreeSet<&&str> = cells.iter().collect();
        // A category is a word or two that stands again and again; yes and no are answers to a question that nobody knows.
        let is_word = |c: &&str| {
            c.chars().count() <= 40
                && c.split_whitespace().count() <= 4
                && c.chars().next().is_some_and(char::is_alphabetic)
                && !c.contains(['@', '\n', ':'])
        };
        let is_switch = cells.iter().all(|c| ["yes", "no", "true", "false", "ja", "nein", "x"].contains(&c.to_lowercase().as_str()));
        if cells.iter().all(is_word) && !is_switch && different.len() <= CATEGORIES && different.len() * 2 <= cells.len() {
            *role = Some(Role::Tags);
        } else if !cells.is_empty() {
            left.push(table.header.as_ref().map_or(format!("column {}", at + 1), |h| h[at].clone()));
        }
    }
    (!left.is_empty()).then(|| Note::whole(path, format!("left out, since nobody knows what they are to an article: {}", left.join(", "))))
}

/// Questions with one long answer are one article and its wordings, as tables for QnA services have them.
fn merged(path: &str, articles: Vec<crate::Imported>, notes: &mut Vec<Note>) -> Vec<crate::Imported> {
    let mut first: BTreeMap<(String, Option<String>, bool), usize> = BTreeMap::new();
    let mut kept: Vec<crate::Imported> = Vec::new();
    let (mut same, mut twice) = (0, 0);
    for article in articles {
        let key = (article.body.clone(), article.language.clone(), article.is_published);
        match first.get(&key) {
            Some(&at) if kept[at].title == article.title => {
                twice += 1;
                let tags = article.tags.into_iter();
                let new: Vec<String> = tags.filter(|t| !kept[at].tags.contains(t)).collect();
                kept[at].tags.extend(new);
            }
            Some(&at)
                if article.body.chars().count() >= SHARED
                    && (article.external_id.is_empty() || article.external_id == kept[at].external_id) =>
            {
                same += 1;
                let wordings = std::iter::once(article.title).chain(article.wordings);
                let new: Vec<String> = wordings.filter(|w| *w != kept[at].title && !kept[at].wordings.contains(w)).collect();
                kept[at].wordings.extend(new);
            }
            _ => {
                first.insert(key, kept.len());
                kept.push(article);
            }
        }
    }
    if same > 0 {
        notes.push(Note::whole(path, format!("{same} row(s) with the very answer of another became wordings of it")));
    }
    if twice > 0 {
        notes.push(Note::whole(path, format!("{twice} row(s) say again what another says, word for word: duplicates left out")));
    }
    kept
}
