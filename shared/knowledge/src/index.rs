//! An inverted index with field weights.

use nearside_text::{hash_term, in_order, terms};
use serde::{Deserialize, Serialize};

use crate::article::Article;

/// How much a term in a field counts against the same term in the body, and how strongly long fields are discounted.
struct Field {
    weight: f32,
    length_discount: f32,
}

const TITLE: Field = Field { weight: 2.0, length_discount: 0.5 };
const WORDINGS: Field = Field { weight: 1.5, length_discount: 0.6 };
const TAGS: Field = Field { weight: 1.5, length_discount: 0.3 };
const BODY: Field = Field { weight: 0.5, length_discount: 0.75 };
const FIELDS: [Field; 4] = [TITLE, WORDINGS, TAGS, BODY];

/// Saturation of term frequency; 1.2 is the customary value.
const K1: f32 = 1.2;

/// Term frequencies are stored in sixteenths.
const STEPS: f32 = 16.0;

/// The index as stored: per term, sorted by hash, the articles that hold it and how strongly.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StoredIndex {
    articles: u32,
    hash_deltas: Vec<u64>,
    list_lengths: Vec<u32>,
    article_deltas: Vec<u32>,
    frequencies: Vec<u8>,
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
    articles: u32,
    hashes: Vec<u64>,
    starts: Vec<u32>,
    postings: Vec<u32>,
    frequencies: Vec<u8>,
}

/// An article that matches a query.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Match {
    /// The article's number.
    pub article: usize,
    /// Higher is better; from [`Index::search`] the share of the best possible, in `0.0..=1.0`.
    pub score: f32,
}

impl Index {
    /// Indexes `articles`: title, wordings, tags and body (BM25F, Robertson, Zaragoza and Taylor 2004).
    pub fn build<'a>(articles: impl IntoIterator<Item = &'a Article>) -> Self {
        let mut entries: Vec<(u64, u32, u8, u16)> = Vec::new();
        let mut totals = [0u64; FIELDS.len()];
        let mut lengths: Vec<[u32; FIELDS.len()]> = Vec::new();
        for (number, article) in articles.into_iter().enumerate() {
            let mut own = [0u32; FIELDS.len()];
            let mut add = |field: usize, text: &str| {
                for term in terms(text) {
                    entries.push((hash_term(&term), number as u32, field as u8, 1));
                    own[field] += 1;
                }
            };
            add(0, &article.title);
            article.wordings.iter().for_each(|w| add(1, w));
            article.tags.iter().for_each(|t| add(2, t));
            add(3, &article.body);
            totals.iter_mut().zip(own).for_each(|(total, n)| *total += u64::from(n));
            lengths.push(own);
        }
        entries.sort_unstable();
        let averages = totals.map(|total| (total as f32 / lengths.len().max(1) as f32).max(1.0));
        let mut index =
            Self { articles: lengths.len() as u32, hashes: Vec::new(), starts: Vec::new(), postings: Vec::new(), frequencies: Vec::new() };
        for term in entries.chunk_by(|a, b| a.0 == b.0) {
            index.hashes.push(term[0].0);
            index.starts.push(index.postings.len() as u32);
            for article in term.chunk_by(|a, b| a.1 == b.1) {
                let number = article[0].1;
                let weighted: f32 = article
                    .iter()
                    .map(|&(_, _, field, count)| {
                        let Field { weight, length_discount } = FIELDS[usize::from(field)];
                        let length = lengths[number as usize][usize::from(field)] as f32;
                        weight * f32::from(count) / (1.0 - length_discount + length_discount * length / averages[usize::from(field)])
                    })
                    .sum();
                index.postings.push(number);
                index.frequencies.push((weighted * STEPS).round().clamp(1.0, 255.0) as u8);
            }
        }
        index.starts.push(index.postings.len() as u32);
        for part in [&mut index.starts, &mut index.postings] {
            part.shrink_to_fit();
        }
        index.hashes.shrink_to_fit();
        index.frequencies.shrink_to_fit();
        index
    }

    /// Checks stored parts against one another and makes them ready.
    ///
    /// # Errors
    /// [`IndexError`] where a length or a number is impossible; no stored bytes make this panic.
    pub fn load(stored: StoredIndex) -> Result<Self, IndexError> {
        if stored.hash_deltas.len() != stored.list_lengths.len() || stored.article_deltas.len() != stored.frequencies.len() {
            return Err(IndexError("index: lengths of the parts disagree"));
        }
        if stored.list_lengths.iter().map(|&n| u64::from(n)).sum::<u64>() != stored.frequencies.len() as u64 {
            return Err(IndexError("index: lists do not add up"));
        }
        let mut index = Self {
            articles: stored.articles,
            hashes: Vec::with_capacity(stored.hash_deltas.len()),
            starts: Vec::with_capacity(stored.hash_deltas.len() + 1),
            postings: Vec::with_capacity(stored.frequencies.len()),
            frequencies: stored.frequencies,
        };
        let (mut hash, mut at) = (0u64, 0usize);
        for (&delta, &length) in stored.hash_deltas.iter().zip(&stored.list_lengths) {
            hash = hash.checked_add(delta).ok_or(IndexError("index: hash above 64 bits"))?;
            index.hashes.push(hash);
            index.starts.push(at as u32);
            let mut article = 0u32;
            for &step in &stored.article_deltas[at..at + length as usize] {
                article = article.saturating_add(step);
                index.postings.push(article);
            }
            if length > 0 && article >= stored.articles {
                return Err(IndexError("index: article out of range"));
            }
            at += length as usize;
        }
        index.starts.push(at as u32);
        Ok(index)
    }

    /// The parts to store.
    pub fn store(&self) -> StoredIndex {
        let mut stored = StoredIndex { articles: self.articles, frequencies: self.frequencies.clone(), ..Default::default() };
        let mut last = 0;
        for (&hash, range) in self.hashes.iter().zip(self.starts.windows(2)) {
            stored.hash_deltas.push(hash - last);
            last = hash;
            stored.list_lengths.push(range[1] - range[0]);
            let mut before = 0;
            for &article in &self.postings[range[0] as usize..range[1] as usize] {
                stored.article_deltas.push(article - before);
                before = article;
            }
        }
        stored
    }

    /// Bytes that the loaded index takes.
    pub fn memory_bytes(&self) -> usize {
        8 * self.hashes.len() + 4 * (self.starts.len() + self.postings.len()) + self.frequencies.len()
    }

    /// How many articles are indexed.
    pub fn len(&self) -> usize {
        self.articles as usize
    }

    /// Whether no article is indexed.
    pub fn is_empty(&self) -> bool {
        self.articles == 0
    }

    fn idf(&self, holders: usize) -> f32 {
        let (n, df) = (self.articles as f32, holders as f32);
        libm::logf(1.0 + (n - df + 0.5) / (df + 0.5))
    }

    fn list(&self, term: &str) -> std::ops::Range<usize> {
        match self.hashes.binary_search(&hash_term(term)) {
            Ok(at) => self.starts[at] as usize..self.starts[at + 1] as usize,
            Err(_) => 0..0,
        }
    }

    /// How rare a term is among the articles: 0 for one that all hold, about `ln(n)` for one that none does.
    pub fn rarity(&self, term: &str) -> f32 {
        self.idf(self.list(term).len())
    }

    /// The score of every article for raw `query`, `[n_articles]`, each the share of the best possible in `0.0..=1.0`:
    /// 1 where an article holds every term of the query overwhelmingly often.
    pub fn scores(&self, query: &str) -> Vec<f32> {
        let mut wanted = terms(query);
        wanted.sort_unstable();
        wanted.dedup();
        let mut scores = vec![0.0f32; self.len()];
        let mut possible = 0.0f32;
        for term in &wanted {
            let range = self.list(term);
            let idf = self.idf(range.len());
            possible += idf;
            for (&article, &frequency) in self.postings[range.clone()].iter().zip(&self.frequencies[range]) {
                let tf = f32::from(frequency) / STEPS;
                scores[article as usize] += idf * tf / (K1 + tf);
            }
        }
        if possible > 0.0 {
            scores.iter_mut().for_each(|s| *s /= possible);
        }
        scores
    }

    /// The `limit` best articles for raw `query`, best first, only those that hold at least one of its terms.
    pub fn search(&self, query: &str, limit: usize) -> Vec<Match> {
        best(&self.scores(query), limit)
    }
}

/// Adds `weight` times the index's view to another view of the same articles (a classifier's scores, say) and ranks.
/// Both are `[n_articles]`; where `other` is shorter, what it lacks counts as its least.
pub fn fuse(index_scores: &[f32], other: &[f32], weight: f32) -> Vec<Match> {
    let least = other.iter().copied().fold(0.0f32, f32::min);
    let sums: Vec<f32> = index_scores.iter().enumerate().map(|(i, s)| weight * s + other.get(i).copied().unwrap_or(least)).collect();
    let matches: Vec<Match> = sums.into_iter().enumerate().map(|(article, score)| Match { article, score }).collect();
    in_order(&matches, order)
}

fn best(scores: &[f32], limit: usize) -> Vec<Match> {
    let mut matches: Vec<Match> =
        scores.iter().enumerate().filter(|(_, s)| **s > 0.0).map(|(article, &score)| Match { article, score }).collect();
    if matches.len() > limit && limit > 0 {
        matches.select_nth_unstable_by(limit - 1, order);
        matches.truncate(limit);
    }
    matches.sort_unstable_by(order);
    matches.truncate(limit);
    matches
}

fn order(a: &Match, b: &Match) -> std::cmp::Ordering {
    b.score.total_cmp(&a.score).then(a.article.cmp(&b.article))
}
