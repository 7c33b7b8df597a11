//! Static word vectors: what a sentence encoder knows of words, in a table instead of a transformer.
//!
//! A text's vector is the sum of its units' vectors, scaled to unit length. A unit is a word, or, where the word is not in
//! the table, each of the longest units that it is made of: that is how compounds, endings and clitics are met, and how
//! text without spaces is cut. How often a unit occurs is in the length of its vector ("smooth inverse frequency", Arora
//! et al. 2017).
//!
//! One format serves two ends: a file a language, which all sites share, and the table of one domain's words in its pack.
//! The bytes, little-endian, with no gaps:
//!
//! | bytes | what |
//! | --- | --- |
//! | 4 | `NVEC` |
//! | 1 | version, 1 |
//! | 2 | language (`de`); zeros for a domain's own table |
//! | 1 | whether unknown words are cut into units, 0 or 1 |
//! | 1 | bits a value, 1 to 8 |
//! | 1 | zero |
//! | 2 | width |
//! | 4 | units |
//! | 4 | checksum of all that follows |
//! | 4 × width | for each dimension the size of a step, `f32` |
//! | 4 × units | the rising hashes as differences: all lowest bytes, then all second ones, and so on |
//! | units | how long the vectors are: `k` stands for 2^(−k/16) |
//! | units × width × bits / 8 | values, the first in the lowest bits; `v` stands for `v − (2^bits − 1) / 2` steps |
//!
//! Deliberately absent: decompression, which is the network's work; the planes of bytes are laid out for it.

use nearside_text::{Token, hash_chars, normalize, tokens};

use crate::model::ModelError;

const MAGIC: &[u8; 4] = b"NVEC";
const VERSION: u8 = 1;
const HEAD: usize = 20;
/// Units longer than this many characters are found as whole words only.
const LONGEST: usize = 14;

/// Word vectors ready to use.
#[derive(Clone, Debug)]
pub struct StaticVectors {
    bytes: Vec<u8>,
    pieces: bool,
    bits: u32,
    hashes: Vec<u32>,
    steps: Vec<f32>,
    /// `[256]`: what the sizes' bytes stand for.
    sizes: Vec<f32>,
    values_at: usize,
}

/// The words of raw `text`, as the table has them.
pub fn words_of(text: &str) -> Vec<String> {
    tokens(&normalize(text)).map(|token| token.text.to_owned()).collect()
}

/// What a table knows a unit of normalised text by.
pub(crate) fn unit_hash(chars: impl Iterator<Item = char>) -> u32 {
    (hash_chars(chars) >> 32) as u32
}

/// Gives each of a token's units that `find` knows to `found`: the token itself, or, with `pieces`, the longest unit that
/// begins it, the longest that begins the rest, and so on; what no unit begins is left out.
pub(crate) fn units_of(token: &Token<'_>, pieces: bool, find: impl Fn(u32) -> Option<usize>, mut found: impl FnMut(usize)) {
    if let Some(unit) = find(unit_hash(token.text.chars())) {
        return found(unit);
    }
    if !pieces {
        return;
    }
    let chars: Vec<char> = token.text.chars().collect();
    let mut at = 0;
    while let Some(&first) = chars.get(at) {
        // A letter says nothing alone; a syllable of Hangul, kana and Han do.
        let least = if first < '\u{1100}' { 2 } else { 1 };
        let ends = (at + least)..=chars.len().min(at + LONGEST);
        let longest = ends.rev().find_map(|end| find(unit_hash(chars[at..end].iter().copied())).map(|unit| (unit, end)));
        at = longest.map_or(at + 1, |(unit, end)| {
            found(unit);
            end
        });
    }
}

impl StaticVectors {
    /// Checks stored bytes and makes them ready; see the module for their layout.
    ///
    /// # Errors
    /// [`ModelError`] where they are damaged, cut short or of another version; no bytes make this panic.
    pub fn load(bytes: impl Into<Vec<u8>>) -> Result<Self, ModelError> {
        Self::read(bytes.into()).ok_or(ModelError("word vectors: damaged, cut short or of another version"))
    }

    fn read(bytes: Vec<u8>) -> Option<Self> {
        let (head, body) = bytes.split_at_checked(HEAD)?;
        let number = |at: usize| head.get(at..at + 4).and_then(|b| b.try_into().ok()).map(u32::from_le_bytes);
        let (bits, width) = (u32::from(head[8]), usize::from(u16::from_le_bytes([head[10], head[11]])));
        let units = number(12)? as usize;
        let row_bits = bits as usize * width;
        let length = (width * 4).checked_add(units.checked_mul(5 + row_bits / 8)?)?;
        let known = head.starts_with(MAGIC) && head[4] == VERSION && head[7] < 2 && (1..=8).contains(&bits);
        if !known || width == 0 || !row_bits.is_multiple_of(8) || body.len() != length || number(16) != Some(checksum(body)) {
            return None;
        }
        let (steps, rest) = body.split_at(width * 4);
        let steps: Vec<f32> = steps.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
        let mut hashes = Vec::with_capacity(units);
        let mut last = 0u32;
        for at in 0..units {
            let delta = u32::from_le_bytes([0, 1, 2, 3].map(|plane| rest[plane * units + at]));
            last = last.checked_add(delta).filter(|_| delta > 0 || at == 0)?;
            hashes.push(last);
        }
        // Whole powers of two are exact, and the steps between them one product each: the same bits on every target.
        let sizes = std::iter::successors(Some(1.0f32), |size| Some(size * SIXTEENTH)).take(256).collect();
        let values_at = HEAD + width * 4 + units * 5;
        let ready = Self { pieces: head[7] == 1, bits, hashes, steps, sizes, values_at, bytes };
        ready.steps.iter().all(|s| s.is_finite()).then_some(ready)
    }

    /// The bytes to store.
    pub fn store(&self) -> &[u8] {
        &self.bytes
    }

    /// The language that the table is of, two letters; nothing where it is of one domain's words.
    pub fn language(&self) -> Option<&str> {
        std::str::from_utf8(&self.bytes[5..7]).ok().filter(|tag| !tag.starts_with('\0'))
    }

    /// Numbers in a vector.
    pub fn width(&self) -> usize {
        self.steps.len()
    }

    /// Units in the table.
    pub fn units(&self) -> usize {
        self.hashes.len()
    }

    /// Whether the table has a unit for a whole word, normalised.
    pub fn knows(&self, word: &str) -> bool {
        self.hashes.binary_search(&unit_hash(word.chars())).is_ok()
    }

    /// The vector of raw `text`, `[width]`, of length 1, or 0 where the table has none of its words.
    pub fn encode(&self, text: &str) -> Vec<f32> {
        let mut sum = vec![0.0f32; self.width()];
        let find = |hash: u32| self.hashes.binary_search(&hash).ok();
        for token in tokens(&normalize(text)) {
            units_of(&token, self.pieces, find, |unit| self.add(unit, &mut sum));
        }
        unit(&mut sum);
        sum
    }

    fn add(&self, unit: usize, sum: &mut [f32]) {
        let row = self.width() * self.bits as usize / 8;
        let mut bytes = self.bytes[self.values_at + unit * row..].iter();
        let size = self.sizes[usize::from(self.bytes[self.values_at - self.units() + unit])];
        let middle = ((1u32 << self.bits) - 1) as f32 / 2.0;
        let (mut held, mut have) = (0u32, 0);
        for (sum, step) in sum.iter_mut().zip(&self.steps) {
            if have < self.bits {
                held |= u32::from(bytes.next().copied().unwrap_or(0)) << have;
                have += 8;
            }
            let value = held & ((1 << self.bits) - 1);
            *sum += (value as f32 - middle) * step * size;
            held >>= self.bits;
            have -= self.bits;
        }
    }
}

/// 2^(−1/16).
pub(crate) const SIXTEENTH: f32 = 0.957_603_3;

fn checksum(body: &[u8]) -> u32 {
    unit_hash(body.iter().map(|&b| char::from(b)))
}

pub(crate) fn unit(vector: &mut [f32]) {
    let length = vector.iter().map(|v| v * v).sum::<f32>().sqrt();
    if length > 0.0 {
        vector.iter_mut().for_each(|v| *v /= length);
    }
}

#[cfg(feature = "distil")]
pub(crate) mod write {
    use super::*;

    /// What a table is made of.
    pub(crate) struct Table<'a> {
        /// Two letters, or zeros.
        pub(crate) language: [u8; 2],
        pub(crate) pieces: bool,
        /// 1 to 8; `width * bits` must be whole bytes.
        pub(crate) bits: u32,
        pub(crate) width: usize,
        /// Rising.
        pub(crate) hashes: &'a [u32],
        /// `[n_units * width]`
        pub(crate) vectors: &'a [f32],
    }

    impl Table<'_> {
        /// The table's bytes. Vectors are scaled to unit length before values are rounded, so that rare and frequent units
        /// are stored equally well, and each dimension has the step that loses least.
        pub(crate) fn to_bytes(&self) -> Vec<u8> {
            let length = |row: &[f32]| row.iter().map(|v| v * v).sum::<f32>().sqrt();
            let longest = self.vectors.chunks_exact(self.width).map(length).fold(0.0f32, f32::max).max(1e-9);
            let sizes: Vec<u8> = self.vectors.chunks_exact(self.width).map(|row| size_code(length(row) / longest)).collect();
            let mut rows = self.vectors.to_vec();
            rows.chunks_exact_mut(self.width).for_each(unit);
            let steps: Vec<f32> = (0..self.width).map(|d| best_step(rows.iter().skip(d).step_by(self.width), self.bits)).collect();
            let mut body: Vec<u8> = steps.iter().flat_map(|s| s.to_le_bytes()).collect();
            let mut last = 0;
            let deltas: Vec<[u8; 4]> = self.hashes.iter().map(|&hash| (hash - std::mem::replace(&mut last, hash)).to_le_bytes()).collect();
            (0..4).for_each(|plane| body.extend(deltas.iter().map(|delta| delta[plane])));
            body.extend(sizes);
            let (mut held, mut have) = (0u32, 0);
            for (value, step) in rows.iter().zip(steps.iter().cycle()) {
                held |= level(*value, *step, self.bits) << have;
                have += self.bits;
                if have >= 8 {
                    body.push(held as u8);
                    held >>= 8;
                    have -= 8;
                }
            }
            let mut out = MAGIC.to_vec();
            out.extend([VERSION, self.language[0], self.language[1], self.pieces.into(), self.bits as u8, 0]);
            out.extend((self.width as u16).to_le_bytes());
            out.extend((self.hashes.len() as u32).to_le_bytes());
            out.extend(checksum(&body).to_le_bytes());
            out.extend(body);
            out
        }
    }

    fn size_code(size: f32) -> u8 {
        (-16.0 * libm::log2f(size.max(1e-9))).round().clamp(0.0, 255.0) as u8
    }

    fn level(value: f32, step: f32, bits: u32) -> u32 {
        let levels = (1u32 << bits) as f32;
        (value / step + levels / 2.0).floor().clamp(0.0, levels - 1.0) as u32
    }

    /// The step that loses least, among those of even ratio from a fine one to a coarse one.
    fn best_step<'a>(values: impl Iterator<Item = &'a f32> + Clone, bits: u32) -> f32 {
        let largest = values.clone().fold(0.0f32, |m, v| m.max(v.abs())).max(1e-9);
        let middle = ((1u32 << bits) - 1) as f32 / 2.0;
        let lost = |step: f32| -> f64 {
            let error = |v: &f32| f64::from(v - (level(*v, step, bits) as f32 - middle) * step);
            values.clone().step_by(7).map(|v| error(v) * error(v)).sum()
        };
        let coarsest = 2.0 * largest / (1u32 << bits) as f32;
        let tried = std::iter::successors(Some(coarsest), |step| Some(step * 0.9)).take(30);
        tried.map(|step| (lost(step), step)).min_by(|a, b| a.0.total_cmp(&b.0)).map_or(coarsest, |best| best.1)
    }
}
