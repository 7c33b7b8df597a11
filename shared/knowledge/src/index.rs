//! An inverted index over the units of articles: what each one shares with a message.

use nearside_text::{Term, hash_grams, hash_term, in_order, terms};
use serde::{Deserialize, Serialize};

use crate::article::Article;
use crate::postings::{Postings, StoredPostings};
use crate::units::{Field, units};

/// The index as stored.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StoredIndex {
    /// How many units each article has.
    units: Vec<u32>,
    /// What each unit is.
    fields: Vec<Field>,
    words: StoredPostings,
    grams: StoredPostings,
    /// Hashes of words that say little in this language, sorted, as differences.
    common_deltas: Vec<u32>,
}

/// Why stored bytes are no usable index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IndexError(pub &'static str);

impl std::fmt::Display for IndexError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for IndexError {}

/// An index ready to search.
#[derive(Clone, Debug)]
pub struct Index {
    /// `[n_articles + 1]`: where each article's units begin.
    starts: Vec<u32>,
    /// `[n_units]`
    article_of: Vec<u32>,
    fields: Vec<Field>,
    words: Postings,
    grams: Postings,
    common: Vec<u32>,
    /// `[n_units]`: the weight of all its words.
    word_weights: Vec<f32>,
    /// `[n_units]`: the length of its n-grams' vector.
    gram_lengths: Vec<f32>,
}

/// An article that matches a query.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Match {
    /// The article's number.
    pub article: usize,
    /// The share of the query's weight that it holds, in `0.0..=1.0`.
    pub score: f32,
}

/// What a message and an article share, each in `0.0..=1.0`. The weight of a word is how rare it is among the articles
/// (inverse document frequency).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Shared {
    /// The share of the message's weight that stands in the article's phrase (title or wording) with the best `phrase`.
    pub cover: f32,
    /// The share of that phrase's weight that stands in the message; a little less than 1 even where the words are the same,
    /// since parts of words weigh less in a message.
    pub covered: f32,
    /// Geometric mean of the two.
    pub phrase: f32,
    /// Cosine of the character n-grams of the message and of the nearest phrase.
    pub grams: f32,
    /// The share of the message's weight that stands in the best passage.
    pub passage: f32,
    /// The share of the message's weight that stands anywhere in the article.
    pub whole: f32,
    /// The weight of the rarest shared word, against the rarest word of the message.
    pub rarest: f32,
    /// 1 where all codes of the message (`e102`) stand in the article, 0 where none does or it has none.
    pub codes: f32,
}

/// The weight of a word that says little, against any other.
const COMMON: f32 = 0.2;
/// N-grams have so many characters.
const GRAM: std::ops::RangeInclusive<usize> = 3..=4;
/// In a larger index, n-grams that more than one phrase in so many holds are left out: they tell nothing apart.
const FREQUENT: usize = 10;
const LARGE: usize = 400;

fn word_hash(term: &str) -> u32 {
    (hash_term(term) >> 32) as u32
}

impl Index {
    /// Indexes `articles`. `common` are words that say little in their language, normalised.
    pub fn build<'a>(articles: impl IntoIterator<Item = &'a Article>, common: &[&str]) -> Self {
        let (mut words, mut grams) = (Vec::new(), Vec::new());
        let (mut counts, mut fields) = (Vec::new(), Vec::new());
        for article in articles {
            let before = fields.len();
            for unit in units(article) {
                let number = fields.len() as u32;
                words.extend(terms(&unit.text).iter().map(|term| (word_hash(&term.text), number)));
                if unit.field.is_phrase() {
                    hash_grams(&unit.text, GRAM, |hash| grams.push((hash, number)));
                }
                fields.push(unit.field);
            }
            counts.push((fields.len() - before) as u32);
        }
        let phrases = fields.iter().filter(|f| f.is_phrase()).count();
        let mut grams = Postings::build(grams);
        if phrases > LARGE {
            grams.retain(|list| list.len() <= phrases / FREQUENT);
        }
        let mut common: Vec<u32> = common.iter().flat_map(|word| terms(word)).map(|term| word_hash(&term.text)).collect();
        common.sort_unstable();
        common.dedup();
        Self::assemble(counts, fields, Postings::build(words), grams, common)
    }

    /// The same without character n-grams, which only [`Look::shared`] and [`Look::best`] read: a third of the bytes.
    #[must_use]
    pub fn without_grams(mut self) -> Self {
        self.grams = Postings::build(Vec::new());
        self.gram_lengths.fill(0.0);
        self
    }

    fn assemble(counts: Vec<u32>, fields: Vec<Field>, words: Postings, grams: Postings, common: Vec<u32>) -> Self {
        let mut starts = vec![0u32];
        let mut article_of = Vec::with_capacity(fields.len());
        for (article, &count) in counts.iter().enumerate() {
            article_of.extend(std::iter::repeat_n(article as u32, count as usize));
            starts.push(article_of.len() as u32);
        }
        let mut index = Self {
            word_weights: vec![0.0; fields.len()],
            gram_lengths: vec![0.0; fields.len()],
            starts,
            article_of,
            fields,
            words,
            grams,
            common,
        };
        let mut weights = vec![0.0f32; index.fields.len()];
        for (hash, list) in index.words.lists() {
            let weight = index.weight(hash, list);
            list.iter().for_each(|&unit| weights[unit as usize] += weight);
        }
        let mut lengths = vec![0.0f32; index.fields.len()];
        for (_, list) in index.grams.lists() {
            let weight = index.gram_weight(list);
            list.iter().for_each(|&unit| lengths[unit as usize] += weight * weight);
        }
        lengths.iter_mut().for_each(|length| *length = length.sqrt());
        (index.word_weights, index.gram_lengths) = (weights, lengths);
        index
    }

    /// Checks stored parts against one another and makes them ready.
    ///
    /// # Errors
    /// [`IndexError`] where a length or a number is impossible; no stored bytes make this panic.
    pub fn load(stored: StoredIndex) -> Result<Self, IndexError> {
        if stored.units.iter().map(|&n| u64::from(n)).sum::<u64>() != stored.fields.len() as u64 {
            return Err(IndexError("index: units do not add up"));
        }
        let words = Postings::load(&stored.words, stored.fields.len())?;
        let grams = Postings::load(&stored.grams, stored.fields.len())?;
        let common = stored.common_deltas.iter().scan(0u32, |last, delta| {
            *last = last.wrapping_add(*delta);
            Some(*last)
        });
        Ok(Self::assemble(stored.units, stored.fields, words, grams, common.collect()))
    }

    /// The parts to store.
    pub fn store(&self) -> StoredIndex {
        let mut last = 0;
        let common_deltas = self.common.iter().map(|&hash| hash - std::mem::replace(&mut last, hash)).collect();
        StoredIndex {
            units: self.starts.windows(2).map(|range| range[1] - range[0]).collect(),
            fields: self.fields.clone(),
            words: self.words.store(),
            grams: self.grams.store(),
            common_deltas,
        }
    }

    /// Bytes that the loaded index takes.
    pub fn memory_bytes(&self) -> usize {
        self.words.memory_bytes() + self.grams.memory_bytes() + 4 * self.starts.len() + 13 * self.fields.len()
    }

    /// How many articles are indexed.
    pub fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// Whether no article is indexed.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The numbers of an article's units; none where it has no such number.
    pub fn units_of(&self, article: usize) -> std::ops::Range<usize> {
        match (self.starts.get(article), self.starts.get(article + 1)) {
            (Some(&start), Some(&end)) => start as usize..end as usize,
            _ => 0..0,
        }
    }

    /// What a unit is, `[n_units]`.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    fn idf(&self, holders: usize) -> f32 {
        let (n, df) = (self.len() as f32, holders as f32);
        libm::logf(1.0 + (n - df + 0.5) / (df + 0.5))
    }

    /// How many articles hold a list's term.
    fn holders(&self, list: &[u32]) -> usize {
        let mut count = 0;
        let mut before = u32::MAX;
        for &unit in list {
            let article = self.article_of[unit as usize];
            count += usize::from(article != before);
            before = article;
        }
        count
    }

    fn weight(&self, hash: u32, list: &[u32]) -> f32 {
        let idf = self.idf(self.holders(list));
        if self.common.binary_search(&hash).is_ok() { COMMON * idf } else { idf }
    }

    fn gram_weight(&self, list: &[u32]) -> f32 {
        libm::logf(1.0 + self.fields.len() as f32 / (1.0 + list.len() as f32))
    }

    /// Whether any unit holds a term as `nearside_text::terms` gives it.
    pub fn holds(&self, term: &str) -> bool {
        !self.words.get(word_hash(term)).is_empty()
    }

    /// Articles of which a phrase has the words of raw `message` and no others, in order.
    pub fn with_same_words(&self, message: &str) -> Vec<usize> {
        let mut wanted: Vec<u32> = terms(message).iter().map(|term| word_hash(&term.text)).collect();
        wanted = in_order(&wanted, u32::cmp);
        wanted.dedup();
        // The rarest first, so that few units are left to look for.
        wanted = in_order(&wanted, |&a, &b| self.words.get(a).len().cmp(&self.words.get(b).len()));
        let mut lists = wanted.iter().map(|&hash| self.words.get(hash));
        let mut held: Vec<u32> = lists.next().map(<[u32]>::to_vec).unwrap_or_default();
        for list in lists {
            held.retain(|unit| list.binary_search(unit).is_ok());
        }
        let all: f32 = wanted.iter().map(|&hash| self.weight(hash, self.words.get(hash))).sum();
        held.retain(|&unit| self.fields[unit as usize].is_phrase() && self.word_weights[unit as usize] <= all * 1.001);
        let mut articles: Vec<usize> = held.into_iter().map(|unit| self.article_of[unit as usize] as usize).collect();
        articles.dedup();
        articles
    }

    /// How many phrases of the first `articles` articles hold a term as `nearside_text::terms` gives it.
    pub fn phrases_with(&self, term: &str, articles: usize) -> usize {
        let counts = |unit: &&u32| self.fields[**unit as usize].is_phrase() && (self.article_of[**unit as usize] as usize) < articles;
        self.words.get(word_hash(term)).iter().filter(counts).count()
    }

    /// How rare a term is among the articles: 0 for one that all hold, about `ln(n)` for one that none does.
    pub fn rarity(&self, term: &str) -> f32 {
        let hash = word_hash(term);
        self.weight(hash, self.words.get(hash))
    }

    /// What raw `message` shares with the articles.
    pub fn look(&self, message: &str) -> Look<'_> {
        let mut wanted: Vec<(u32, Term)> = terms(message).into_iter().map(|term| (word_hash(&term.text), term)).collect();
        wanted = in_order(&wanted, |a, b| a.0.cmp(&b.0));
        wanted.dedup_by_key(|term| term.0);
        let mut look = Look {
            index: self,
            units: vec![0.0; self.fields.len()],
            grams: vec![0.0; self.fields.len()],
            whole: vec![0.0; self.len()],
            rarest: vec![0.0; self.len()],
            codes: vec![0; self.len()],
            weight: 0.0,
            top: 0.0,
            asked_codes: 0,
            known: 0.0,
            words: wanted.len(),
        };
        for (hash, term) in &wanted {
            let hash = *hash;
            let list = self.words.get(hash);
            let weight = term.share * self.weight(hash, list);
            let is_code = is_code(&term.text);
            look.weight += weight;
            look.top = look.top.max(weight);
            look.asked_codes += u32::from(is_code);
            look.known += if list.is_empty() { 0.0 } else { weight };
            let mut before = u32::MAX;
            for &unit in list {
                look.units[unit as usize] += weight;
                let article = self.article_of[unit as usize];
                if article != before {
                    look.whole[article as usize] += weight;
                    look.rarest[article as usize] = look.rarest[article as usize].max(weight);
                    look.codes[article as usize] += u32::from(is_code);
                    before = article;
                }
            }
        }
        look.grams_of(message);
        look
    }

    /// The share of the message's weight that each article holds, `[n_articles]` in `0.0..=1.0`.
    pub fn scores(&self, message: &str) -> Vec<f32> {
        let look = self.look(message);
        look.whole.iter().map(|&weight| if look.weight > 0.0 { weight / look.weight } else { 0.0 }).collect()
    }

    /// The `limit` best articles for raw `query`, best first, only those that hold at least one of its terms.
    pub fn search(&self, query: &str, limit: usize) -> Vec<Match> {
        best(self.scores(query).into_iter(), limit)
    }
}

/// Letters and digits in one word, or three digits and more.
fn is_code(term: &str) -> bool {
    let digits = term.chars().filter(char::is_ascii_digit).count();
    digits >= 3 || digits > 0 && term.chars().any(char::is_alphabetic) && !term.ends_with('~')
}

/// One message against all articles.
#[derive(Clone, Debug)]
pub struct Look<'a> {
    index: &'a Index,
    /// `[n_units]`: the weight of the message's words in each.
    units: Vec<f32>,
    /// `[n_units]`: cosine of n-grams, phrases alone.
    grams: Vec<f32>,
    /// `[n_articles]`
    whole: Vec<f32>,
    rarest: Vec<f32>,
    codes: Vec<u32>,
    weight: f32,
    top: f32,
    asked_codes: u32,
    known: f32,
    words: usize,
}

impl Look<'_> {
    fn grams_of(&mut self, message: &str) {
        let mut own = Vec::new();
        hash_grams(message, GRAM, |hash| own.push(hash));
        own = in_order(&own, u32::cmp);
        own.dedup();
        let mut square = 0.0f32;
        for hash in own {
            let list = self.index.grams.get(hash);
            let weight = self.index.gram_weight(list);
            square += weight * weight;
            list.iter().for_each(|&unit| self.grams[unit as usize] += weight * weight);
        }
        let length = square.sqrt();
        for (gram, own) in self.grams.iter_mut().zip(&self.index.gram_lengths) {
            *gram = if *gram > 0.0 { (*gram / (length * own)).min(1.0) } else { 0.0 };
        }
    }

    /// What the message shares with an article.
    pub fn shared(&self, article: usize) -> Shared {
        let mut shared = Shared::default();
        let part = |weight: f32, of: f32| if of > 0.0 { (weight / of).min(1.0) } else { 0.0 };
        for unit in self.index.units_of(article) {
            let cover = part(self.units[unit], self.weight);
            if self.index.fields[unit].is_phrase() {
                let covered = part(self.units[unit], self.index.word_weights[unit]);
                let phrase = (cover * covered).sqrt();
                if phrase > shared.phrase {
                    (shared.cover, shared.covered, shared.phrase) = (cover, covered, phrase);
                }
                shared.grams = shared.grams.max(self.grams[unit]);
            } else {
                shared.passage = shared.passage.max(cover);
            }
        }
        shared.whole = part(self.whole.get(article).copied().unwrap_or(0.0), self.weight);
        shared.rarest = part(self.rarest.get(article).copied().unwrap_or(0.0), self.top);
        shared.codes = part(self.codes.get(article).copied().unwrap_or(0) as f32, self.asked_codes as f32);
        shared
    }

    /// The `limit` articles that share most, best first.
    pub fn best(&self, limit: usize) -> Vec<usize> {
        let score = |article: usize| {
            let phrase = self.index.units_of(article).map(|unit| self.grams[unit]).fold(0.0f32, f32::max);
            phrase + if self.weight > 0.0 { self.whole[article] / self.weight } else { 0.0 }
        };
        best((0..self.index.len()).map(score), limit).into_iter().map(|m| m.article).collect()
    }

    /// The share of the message's weight that stands in any article, in `0.0..=1.0`.
    pub fn known(&self) -> f32 {
        if self.weight > 0.0 { self.known / self.weight } else { 0.0 }
    }

    /// How many different terms the message has.
    pub fn words(&self) -> usize {
        self.words
    }

    /// Whether it names a code.
    pub fn has_code(&self) -> bool {
        self.asked_codes > 0
    }
}

/// The `limit` highest of `scores` above 0, the highest first, ties in order. By insertion: a sort of its own would take
/// kilobytes of a module that every visitor downloads, and `limit` is small.
pub fn best(scores: impl Iterator<Item = f32>, limit: usize) -> Vec<Match> {
    let mut found: Vec<Match> = Vec::with_capacity(limit.saturating_add(1).min(64));
    for (article, score) in scores.enumerate() {
        let is_full = found.len() == limit;
        if score > 0.0 && !(is_full && found.last().is_none_or(|last| last.score >= score)) {
            let at = found.iter().rposition(|m| m.score >= score).map_or(0, |at| at + 1);
            found.insert(at, Match { article, score });
            found.truncate(limit);
        }
    }
    found
}
