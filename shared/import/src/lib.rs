//! A firm's own files into articles.
//!
//! One importer for the command line, the edge and the console: bytes in, values out, no I/O. What a file is, is told by
//! its content; its name counts only where content leaves it open. Nothing is taken wrongly in silence: a file either
//! becomes articles, with a note for each thing that was left out or guessed, or it is refused with every fault named at
//! once. Access never widens: drafts and what not everybody may read come in unpublished.

mod archive;
mod check;
mod decode;
mod dialogflow;
mod docx;
pub mod fields;
mod html;
mod json;
mod markdown;
mod page;
pub mod plan;
mod rasa;
mod records;
mod rich;
mod rows;
mod sheets;
mod sniff;
pub mod table;
mod yaml;

use std::fmt;

pub use check::{detected, normalised};
pub use decode::{Decoded, decode};
pub use sniff::read;

/// A file that was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputFile {
    /// Its path within what was given, with `/` between folders.
    pub path: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Whether somebody named it: what cannot be read is then refused. In a folder or an archive it is skipped and told.
    pub is_named: bool,
}

/// An article as it came out of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Where it stood: `faq.csv:7`.
    pub place: String,
    /// What its own system knows it by, or empty.
    pub external_id: String,
    /// One line of plain text.
    pub title: String,
    /// In the subset of Markdown that the chat shows.
    pub body: String,
    /// Other ways to ask for it.
    pub wordings: Vec<String>,
    /// Tags and categories.
    pub tags: Vec<String>,
    /// BCP 47 tag, where the file says it.
    pub language: Option<String>,
    /// Where it can be read, or empty.
    pub source: String,
    /// Whether everybody may read it.
    pub is_published: bool,
}

/// Something to tell about a place in a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Note {
    /// The file's path.
    pub file: String,
    /// Line or row, from 1, where there is one.
    pub line: Option<usize>,
    /// What was seen, and what was expected or done.
    pub told: String,
}

impl Note {
    /// About a line.
    pub fn new(file: &str, line: usize, told: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line: Some(line), told: told.into() }
    }

    /// About the file as a whole.
    pub fn whole(file: &str, told: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line: None, told: told.into() }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.file, self.told),
            None => write!(f, "{}: {}", self.file, self.told),
        }
    }
}

/// What came out of files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Import {
    /// In the order of the files and within them.
    pub articles: Vec<Imported>,
    /// What was left out or guessed.
    pub notes: Vec<Note>,
}

/// Files that cannot be imported: every fault at once.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", told(.0))]
pub struct ImportError(pub Vec<Note>);

/// So many faults are written out.
const TOLD: usize = 20;

fn told(notes: &[Note]) -> String {
    let mut lines: Vec<String> = notes.iter().take(TOLD).map(Note::to_string).collect();
    if notes.len() > TOLD {
        lines.push(format!("… and {} more like these", notes.len() - TOLD));
    }
    lines.join("\n")
}
