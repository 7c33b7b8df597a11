//! What a column of a table or a key of an object means, by its name in any of the twelve languages.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// What a field is to an article.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// The article's title.
    Question,
    /// Its body.
    Answer,
    /// Other ways to ask for it.
    Wordings,
    /// Tags, categories.
    Tags,
    /// The language that it is written in.
    Language,
    /// The id by which its system knows it.
    Id,
    /// Where it can be read.
    Source,
    /// Draft or published, for everybody or for some.
    State,
    /// Known, and of no use to a visitor.
    Ignored,
}

/// Each name with its role and its place in the list, from 0: the first of several that stand in one file is taken.
static NAMES: LazyLock<BTreeMap<String, (Role, usize)>> = LazyLock::new(|| {
    let roles = [
        ("question", Role::Question),
        ("answer", Role::Answer),
        ("wordings", Role::Wordings),
        ("tags", Role::Tags),
        ("language", Role::Language),
        ("id", Role::Id),
        ("source", Role::Source),
        ("state", Role::State),
        ("ignored", Role::Ignored),
    ];
    let mut names = BTreeMap::new();
    for line in include_str!("fields.txt").lines().filter(|l| !l.starts_with('#')) {
        let Some((role, list)) = line.split_once(':') else { continue };
        let Some((_, role)) = roles.iter().find(|(name, _)| *name == role) else { continue };
        for (at, name) in list.split(',').enumerate() {
            names.entry(plain(name)).or_insert((*role, at));
        }
    }
    names
});

/// What a field of this name means and its place among the names of that meaning; `None` for a name that nobody knows.
///
/// ```
/// use nearside_import::fields::{Role, role_of};
/// assert_eq!(role_of("Frage (DE)").map(|(role, _)| role), Some(Role::Question));
/// assert_eq!(role_of("colour"), None);
/// ```
pub fn role_of(name: &str) -> Option<(Role, usize)> {
    if let Some(found) = NAMES.get(&plain(name)) {
        return Some(*found);
    }
    // "Customer question", "Antwort DE", "faq_answer": one word of few says it.
    let words: Vec<&str> = name.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect();
    if words.len() > 4 {
        return None;
    }
    let of = |word: &&str| NAMES.get(&plain(word)).filter(|(role, _)| *role != Role::Ignored).map(|(role, at)| (*role, at + 100));
    words.iter().filter(|w| w.chars().count() > 1).filter_map(of).min_by_key(|(role, _)| matches!(role, Role::Id | Role::State))
}

/// A name without case and signs.
fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
