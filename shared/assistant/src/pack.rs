//! The pack: everything that a rung needs to answer in one language, in one immutable file.
//!
//! Layout, little-endian: magic `NEARPACK`, format version `u32`, section count `u32`; per section tag `[u8; 4]`,
//! offset `u32`, length `u32`, CRC-32 `u32`; CRC-32 of all that came before; then the sections, one after another.
//! A section's bytes are postcard. The pack's name is the SHA-256 of its bytes.

use crc::{CRC_32_ISO_HDLC, Crc};
use nearside_knowledge::{Article, Index, IndexError, StoredIndex};
use nearside_nlu::ModelError;
use nearside_nlu::acts::{Acts, StoredActs};
use nearside_nlu::entities::{EntityFinder, EntityRules};
use nearside_nlu::slots::{SlotTagger, StoredSlots};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::classes::{Classes, StoredClasses};
use crate::ranked::{Ranked, StoredRanked};
use crate::responses::{Responses, SMALL_TALK};
use crate::spelling::{LoadedSpelling, Spelling};
use crate::vectors::VectorSource;

const MAGIC: &[u8; 8] = b"NEARPACK";
/// The format that this code writes and the only one that it reads: packs are built from sources that stay.
pub(crate) const FORMAT: u32 = 10;
const ENTRY: usize = 16;
const TAGS: [&[u8; 4]; 5] = [b"META", b"ARTS", b"INDX", b"RANK", b"SLOT"];

/// Why bytes are no usable pack.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// The bytes do not begin like a pack.
    #[error("not a pack: expected it to begin with NEARPACK")]
    NotAPack,
    /// A newer format.
    #[error("pack format {found}, expected at most {newest}: update this program")]
    TooNew {
        /// The format found.
        found: u32,
        /// The newest that can be read.
        newest: u32,
    },
    /// An older format.
    #[error("pack format {found}, expected {newest}: build the pack again with this version (nearside pack build)")]
    TooOld {
        /// The format found.
        found: u32,
        /// The format that can be read.
        newest: u32,
    },
    /// The file ends too early, or a section lies outside it.
    #[error("pack cut short: {what}")]
    Truncated {
        /// What was missing.
        what: &'static str,
    },
    /// A checksum is wrong.
    #[error("pack damaged: checksum of section {section} is wrong")]
    Checksum {
        /// The section's tag.
        section: String,
    },
    /// A section holds something impossible.
    #[error("pack damaged: section {section}: {what}")]
    Invalid {
        /// The section's tag.
        section: &'static str,
        /// What was wrong.
        what: &'static str,
    },
}

/// What a pack says of itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Meta {
    /// The domain's name.
    pub name: String,
    /// Primary language subtag.
    pub language: String,
    /// The assistant's own sentences.
    pub responses: Responses,
    /// The sentence encoder that it was trained with, by name, and without which it understands less.
    pub encoder: Option<String>,
    /// What visitors write and what stands for it, normalised, the longest first.
    pub slang: Vec<(String, String)>,
    /// Phrases by what they do.
    pub acts: StoredActs,
    /// Which words are mistakes.
    pub spelling: Spelling,
    /// What entities look like here.
    pub entities: EntityRules,
    /// Unresolved turns after which a person is brought in.
    pub handoff_after: u32,
}

/// A loaded pack.
#[derive(Clone, Debug)]
pub struct Pack {
    /// SHA-256 of the file, 64 hexadecimal digits.
    pub hash: String,
    /// What it says of itself.
    pub meta: Meta,
    /// Articles by number.
    pub articles: Vec<Article>,
    pub(crate) index: Index,
    pub(crate) engine: Engine,
    pub(crate) acts: Acts,
    pub(crate) spelling: LoadedSpelling,
    pub(crate) finder: EntityFinder,
    /// Finds slots, where the domain marks some.
    pub(crate) slots: Option<SlotTagger>,
}

/// What puts articles in order.
#[derive(Clone, Debug)]
pub(crate) enum Engine {
    /// A classifier of the domain's own: many wordings for each article. The index holds the articles alone.
    Classes(Box<Classes>),
    /// The universal ranker. The index holds the articles and, after them, small talk.
    Ranked(Box<Ranked>),
}

/// The engine as stored.
#[derive(Serialize, Deserialize)]
pub(crate) enum StoredEngine {
    Classes(Box<StoredClasses>),
    Ranked(Box<StoredRanked>),
}

/// One section, for those who want to see where the bytes go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SectionInfo {
    /// Its tag.
    pub tag: String,
    /// Its length in bytes.
    pub bytes: usize,
}

/// The name of a pack: SHA-256 of its bytes in hexadecimal.
pub fn content_hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

impl Pack {
    /// Reads a pack.
    ///
    /// # Errors
    /// [`LoadError`] for bytes that are no pack, newer, cut short, damaged or inconsistent.
    pub fn load(bytes: &[u8]) -> Result<Self, LoadError> {
        let [meta, articles, index, engine, slots] = sections(bytes)?;
        let meta: Meta = decode("META", meta)?;
        let articles: Vec<Article> = decode("ARTS", articles)?;
        let stored: StoredIndex = decode("INDX", index)?;
        let index = Index::load(stored).map_err(|IndexError(what)| LoadError::Invalid { section: "INDX", what })?;
        let stored: Option<StoredSlots> = decode("SLOT", slots)?;
        let slots = stored.as_ref().map(SlotTagger::load).transpose();
        let slots = slots.map_err(|ModelError(what)| LoadError::Invalid { section: "SLOT", what })?;
        let engine = match decode("RANK", engine)? {
            StoredEngine::Classes(stored) => {
                Classes::load(*stored, |id| articles.iter().position(|a| a.id == id)).map(|classes| Engine::Classes(Box::new(classes)))
            }
            StoredEngine::Ranked(stored) => Ranked::load(*stored, &index).map(|ranked| Engine::Ranked(Box::new(ranked))),
        };
        let engine = engine.map_err(|ModelError(what)| LoadError::Invalid { section: "RANK", what })?;
        let documents = articles.len() + if matches!(engine, Engine::Ranked(_)) { SMALL_TALK.len() } else { 0 };
        if index.len() != documents {
            return Err(LoadError::Invalid { section: "INDX", what: "as many articles as in ARTS expected" });
        }
        if meta.slang.iter().any(|(said, meant)| !is_slang(said, meant)) {
            return Err(LoadError::Invalid { section: "META", what: "slang is empty or too long" });
        }
        let (acts, spelling) = (Acts::load(&meta.acts), meta.spelling.load());
        let finder = EntityFinder::new(&meta.entities);
        Ok(Self { hash: content_hash(bytes), meta, articles, index, engine, acts, spelling, finder, slots })
    }

    /// Where a pack's bytes go, without reading what is in them.
    ///
    /// # Errors
    /// [`LoadError`] as for [`Pack::load`].
    pub fn layout(bytes: &[u8]) -> Result<Vec<SectionInfo>, LoadError> {
        let found = sections(bytes)?;
        Ok(TAGS
            .iter()
            .zip(found)
            .map(|(tag, part)| SectionInfo { tag: String::from_utf8_lossy(*tag).into_owned(), bytes: part.len() })
            .collect())
    }

    /// The article with this id.
    pub fn article(&self, id: &str) -> Option<&Article> {
        self.articles.iter().find(|a| a.id == id)
    }

    /// Where the vectors come from that a message needs beside its words; `None` where it needs none.
    pub fn vectors(&self) -> Option<&VectorSource> {
        match &self.engine {
            Engine::Ranked(ranked) => ranked.vectors.as_ref().map(|v| &v.source),
            Engine::Classes(_) => None,
        }
    }

    /// Least confidence for an answer and for a clarifying question, where nothing that the pack wants is missing.
    pub fn thresholds(&self) -> (f32, f32) {
        match &self.engine {
            Engine::Classes(classes) => (classes.answer_at, classes.clarify_at),
            Engine::Ranked(ranked) => ranked.thresholds(),
        }
    }

    #[cfg(feature = "build")]
    pub(crate) fn write(
        meta: &Meta,
        articles: &[Article],
        index: &Index,
        engine: &StoredEngine,
        slots: Option<&SlotTagger>,
    ) -> Result<Vec<u8>, postcard::Error> {
        let parts = [
            postcard::to_allocvec(meta)?,
            postcard::to_allocvec(articles)?,
            postcard::to_allocvec(&index.store())?,
            postcard::to_allocvec(engine)?,
            postcard::to_allocvec(&slots.map(SlotTagger::store))?,
        ];
        let mut out = MAGIC.to_vec();
        out.extend(FORMAT.to_le_bytes());
        out.extend((parts.len() as u32).to_le_bytes());
        let mut offset = MAGIC.len() + 8 + ENTRY * parts.len() + 4;
        for (tag, part) in TAGS.iter().zip(&parts) {
            out.extend(*tag);
            out.extend((offset as u32).to_le_bytes());
            out.extend((part.len() as u32).to_le_bytes());
            out.extend(checksum(part).to_le_bytes());
            offset += part.len();
        }
        out.extend(checksum(&out).to_le_bytes());
        parts.iter().for_each(|part| out.extend(part));
        Ok(out)
    }
}

fn sections(bytes: &[u8]) -> Result<[&[u8]; TAGS.len()], LoadError> {
    if bytes.get(..MAGIC.len()) != Some(MAGIC) {
        return Err(LoadError::NotAPack);
    }
    let header = MAGIC.len() + 8;
    let format = number(bytes, MAGIC.len())?;
    if format < FORMAT {
        return Err(LoadError::TooOld { found: format, newest: FORMAT });
    }
    if format > FORMAT {
        return Err(LoadError::TooNew { found: format, newest: FORMAT });
    }
    let count = number(bytes, MAGIC.len() + 4)? as usize;
    if count != TAGS.len() {
        return Err(LoadError::Invalid { section: "header", what: "number of sections" });
    }
    let end = header + ENTRY * count;
    let head = bytes.get(..end).ok_or(LoadError::Truncated { what: "header" })?;
    if checksum(head) != number(bytes, end)? {
        return Err(LoadError::Checksum { section: "header".into() });
    }
    let mut found = [&bytes[..0]; TAGS.len()];
    for (slot, (tag, entry)) in found.iter_mut().zip(TAGS.iter().zip(head[header..].chunks_exact(ENTRY))) {
        if entry[..4] != tag[..] {
            return Err(LoadError::Invalid { section: "header", what: "order of sections" });
        }
        let (offset, length) = (number(entry, 4)? as usize, number(entry, 8)? as usize);
        let part = offset.checked_add(length).and_then(|stop| bytes.get(offset..stop)).ok_or(LoadError::Truncated { what: "section" })?;
        if checksum(part) != number(entry, 12)? {
            return Err(LoadError::Checksum { section: String::from_utf8_lossy(*tag).into_owned() });
        }
        *slot = part;
    }
    Ok(found)
}

/// An entry of a list of slang; longer ones would let a short message grow without bound.
pub(crate) fn is_slang(said: &str, meant: &str) -> bool {
    (1..=LONGEST_SLANG).contains(&said.len()) && meant.len() <= LONGEST_SLANG
}

/// The most bytes of either side of an entry.
pub(crate) const LONGEST_SLANG: usize = 100;

/// CRC-32 as in zlib. Its table is made where it is needed: every visitor would download it.
pub(crate) fn checksum(bytes: &[u8]) -> u32 {
    Crc::<u32>::new(&CRC_32_ISO_HDLC).checksum(bytes)
}

fn number(bytes: &[u8], at: usize) -> Result<u32, LoadError> {
    let four = bytes.get(at..at + 4).and_then(|b| b.try_into().ok()).ok_or(LoadError::Truncated { what: "header" })?;
    Ok(u32::from_le_bytes(four))
}

fn decode<T: DeserializeOwned>(section: &'static str, bytes: &[u8]) -> Result<T, LoadError> {
    postcard::from_bytes(bytes).map_err(|_| LoadError::Invalid { section, what: "content cannot be read" })
}
