//! Distilling static word vectors from a sentence encoder, for one domain.
//!
//! Each word begins with the encoder's vector of it standing alone (as in model2vec, Tulkens and van Dongen 2024) and is
//! then moved so that the sums over the domain's sentences come near the encoder's vectors of them: a ridge regression
//! whose prior is where the words began. The space is that of the sentences' first principal components.

use nalgebra::{DMatrix, SymmetricEigen};

use crate::model::ModelError;
use crate::rng::Rng;
use crate::static_vectors::{StaticVectors, StoredVectors, unit, word_hash, words_of};

/// Knobs of distillation; the defaults serve every domain.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DistilOptions {
    /// Numbers in a vector, default 64. In trials 64, 128 and 256 came out alike; narrower was not tried.
    pub width: usize,
    /// How strongly words are held to where they began, default 5. Between 1 and 10 little changes.
    pub ridge: f32,
    /// Seed of the folds.
    pub seed: u64,
}

impl Default for DistilOptions {
    fn default() -> Self {
        Self { width: 64, ridge: 5.0, seed: 1 }
    }
}

/// What the encoder says: of each sentence, and of each word by itself.
#[derive(Clone, Copy, Debug)]
pub struct Teacher<'a> {
    /// The domain's sentences.
    pub sentences: &'a [&'a str],
    /// Their vectors, all of one width.
    pub sentence_vectors: &'a [Vec<f32>],
    /// Words, each once; sentences' words that are missing here get no vector.
    pub words: &'a [&'a str],
    /// Their vectors.
    pub word_vectors: &'a [Vec<f32>],
}

/// The words to ask the encoder about: those of `sentences` and `common` ones, sorted, each once.
pub fn word_list(sentences: &[&str], common: &[String]) -> Vec<String> {
    let mut words: Vec<String> = sentences.iter().flat_map(|text| words_of(text)).chain(common.iter().cloned()).collect();
    words.sort_unstable();
    words.dedup();
    words
}

/// What came out.
#[derive(Clone, Debug)]
pub struct Distilled {
    /// The table of words.
    pub vectors: StaticVectors,
    /// Each sentence's vector from words that were moved without it, `[n_sentences][width]`: what a classifier must be
    /// trained with, or it takes the vectors to be better than they are.
    pub held_out: Vec<Vec<f32>>,
}

/// How often a word may occur before it counts half (Arora et al. 2017).
const FREQUENT: f32 = 1e-3;
const FOLDS: usize = 5;
const STEPS: usize = 40;

/// Distils word vectors.
///
/// # Errors
/// [`ModelError`] where there are fewer than two sentences, no words, or vectors of different widths.
pub fn distil(teacher: &Teacher<'_>, options: DistilOptions) -> Result<Distilled, ModelError> {
    let Teacher { sentences, sentence_vectors, words, word_vectors } = *teacher;
    let full = sentence_vectors.first().map_or(0, Vec::len);
    let paired = sentences.len() == sentence_vectors.len() && words.len() == word_vectors.len();
    let all = || sentence_vectors.iter().chain(word_vectors);
    if !paired || sentences.len() < 2 || words.is_empty() || full == 0 || all().any(|v| v.len() != full) {
        return Err(ModelError("distillation: expected two sentences, a word, and vectors of one width"));
    }
    let width = options.width.clamp(1, full);
    let mut order: Vec<(u32, usize)> = words.iter().enumerate().map(|(at, word)| (word_hash(word), at)).collect();
    order.sort_unstable();
    order.dedup_by_key(|(hash, _)| *hash);
    let slot = |word: &str| order.binary_search_by_key(&word_hash(word), |o| o.0).ok();

    let bags: Vec<Vec<usize>> = sentences.iter().map(|text| words_of(text).iter().filter_map(|w| slot(w)).collect()).collect();
    let mut counts = vec![0u32; order.len()];
    bags.iter().flatten().for_each(|&word| counts[word] += 1);
    let total = counts.iter().sum::<u32>().max(1) as f32;
    let weights: Vec<f32> = counts.iter().map(|&n| FREQUENT / (FREQUENT + n as f32 / total)).collect();
    let rows: Vec<Vec<(usize, f32)>> = bags.iter().map(|bag| row(bag, &weights)).collect();

    let space = Space::of(sentence_vectors, width);
    let targets: Vec<f32> = sentence_vectors.iter().flat_map(|v| space.project(v)).collect();
    let middle = mean(word_vectors, full);
    let mut prior: Vec<f32> = order.iter().flat_map(|&(_, at)| space.turn(&word_vectors[at], &middle)).collect();
    let chosen: Vec<usize> = (0..rows.len()).collect();
    let first = Ridge { rows: &rows, chosen: &chosen, width };
    let sums = first.apply(&prior);
    let (along, square) = sums.iter().zip(&targets).fold((0.0f64, 1e-12f64), |(a, s), (x, t)| (a + f64::from(x * t), s + f64::from(x * x)));
    let scale = (along / square) as f32;
    prior.iter_mut().for_each(|p| *p *= scale);

    let moved = first.solve(&prior, &targets, options.ridge);
    let mut shuffled = chosen.clone();
    Rng::new(options.seed).shuffle(&mut shuffled);
    let mut held_out = vec![Vec::new(); rows.len()];
    for fold in 0..FOLDS {
        let kept: Vec<usize> = shuffled.iter().enumerate().filter(|(at, _)| at % FOLDS != fold).map(|(_, &i)| i).collect();
        let blind = Ridge { rows: &rows, chosen: &kept, width }.solve(&prior, &targets, options.ridge);
        for &i in shuffled.iter().skip(fold).step_by(FOLDS) {
            held_out[i] = sum(&rows[i], &blind, width);
            unit(&mut held_out[i]);
        }
    }
    Ok(Distilled { vectors: StaticVectors::load(quantise(&order, &weights, &moved, width))?, held_out })
}

/// The words of a sentence with their weights, the sentence of length 1.
fn row(bag: &[usize], weights: &[f32]) -> Vec<(usize, f32)> {
    let length = bag.iter().map(|&w| weights[w] * weights[w]).sum::<f32>().sqrt().max(1e-9);
    bag.iter().map(|&word| (word, weights[word] / length)).collect()
}

fn sum(row: &[(usize, f32)], words: &[f32], width: usize) -> Vec<f32> {
    let mut sum = vec![0.0f32; width];
    for &(word, weight) in row {
        sum.iter_mut().zip(&words[word * width..][..width]).for_each(|(s, v)| *s += weight * v);
    }
    sum
}

fn mean(vectors: &[Vec<f32>], full: usize) -> Vec<f32> {
    let mut sum = vec![0.0f64; full];
    for vector in vectors {
        sum.iter_mut().zip(vector).for_each(|(s, &v)| *s += f64::from(v));
    }
    sum.into_iter().map(|s| (s / vectors.len().max(1) as f64) as f32).collect()
}

/// The first principal components of the sentences' vectors.
struct Space {
    mean: Vec<f32>,
    /// `[width][full]`
    axes: Vec<Vec<f32>>,
}

impl Space {
    fn of(sentences: &[Vec<f32>], width: usize) -> Self {
        let full = sentences.first().map_or(0, Vec::len);
        let mean = mean(sentences, full);
        let mut covariance = DMatrix::<f64>::zeros(full, full);
        for vector in sentences {
            let centred: Vec<f64> = vector.iter().zip(&mean).map(|(v, m)| f64::from(v - m)).collect();
            for (column, &y) in centred.iter().enumerate() {
                covariance.column_mut(column).iter_mut().zip(&centred).for_each(|(cell, x)| *cell += x * y);
            }
        }
        let eigen = SymmetricEigen::new(covariance);
        let mut order: Vec<usize> = (0..full).collect();
        order.sort_by(|&a, &b| eigen.eigenvalues[b].total_cmp(&eigen.eigenvalues[a]));
        let axes = order.iter().take(width).map(|&at| eigen.eigenvectors.column(at).iter().map(|&v| v as f32).collect()).collect();
        Self { mean, axes }
    }

    fn project(&self, vector: &[f32]) -> Vec<f32> {
        self.turn(vector, &self.mean)
    }

    fn turn(&self, vector: &[f32], middle: &[f32]) -> Vec<f32> {
        let centred: Vec<f32> = vector.iter().zip(middle).map(|(v, m)| v - m).collect();
        self.axes.iter().map(|axis| axis.iter().zip(&centred).map(|(a, c)| a * c).sum()).collect()
    }
}

/// Least squares over some of the rows.
struct Ridge<'a> {
    rows: &'a [Vec<(usize, f32)>],
    chosen: &'a [usize],
    width: usize,
}

impl Ridge<'_> {
    /// `[n_chosen * width]`: each chosen row's sum of `words`.
    fn apply(&self, words: &[f32]) -> Vec<f32> {
        self.chosen.iter().flat_map(|&i| sum(&self.rows[i], words, self.width)).collect()
    }

    fn transposed(&self, sums: &[f32], words: usize) -> Vec<f32> {
        let mut out = vec![0.0f32; words];
        for (&i, sum) in self.chosen.iter().zip(sums.chunks_exact(self.width)) {
            for &(word, weight) in &self.rows[i] {
                out[word * self.width..][..self.width].iter_mut().zip(sum).for_each(|(o, s)| *o += weight * s);
            }
        }
        out
    }

    /// Words that bring the rows near their targets (`[n_rows * width]`) and stay near `prior`: conjugate gradients on the
    /// normal equations, each dimension by itself.
    fn solve(&self, prior: &[f32], targets: &[f32], ridge: f32) -> Vec<f32> {
        let width = self.width;
        let wanted = self.chosen.iter().flat_map(|&i| &targets[i * width..][..width]);
        let error: Vec<f32> = wanted.zip(self.apply(prior)).map(|(t, s)| t - s).collect();
        let mut moved = vec![0.0f32; prior.len()];
        let mut rest = self.transposed(&error, prior.len());
        let mut direction = rest.clone();
        let mut size = squares(&rest, width);
        for _ in 0..STEPS {
            let mut image = self.transposed(&self.apply(&direction), prior.len());
            image.iter_mut().zip(&direction).for_each(|(i, d)| *i += ridge * d);
            let along = dots(&direction, &image, width);
            let step: Vec<f32> = size.iter().zip(&along).map(|(s, a)| if *a > 1e-20 { (s / a) as f32 } else { 0.0 }).collect();
            let scaled = |to: &mut [f32], from: &[f32], sign: f32| {
                for (to, from) in to.chunks_exact_mut(width).zip(from.chunks_exact(width)) {
                    to.iter_mut().zip(from).zip(&step).for_each(|((t, f), s)| *t += sign * s * f);
                }
            };
            scaled(&mut moved, &direction, 1.0);
            scaled(&mut rest, &image, -1.0);
            let next = squares(&rest, width);
            let turn: Vec<f32> = next.iter().zip(&size).map(|(n, s)| if *s > 1e-20 { (n / s) as f32 } else { 0.0 }).collect();
            for (direction, rest) in direction.chunks_exact_mut(width).zip(rest.chunks_exact(width)) {
                direction.iter_mut().zip(rest).zip(&turn).for_each(|((d, r), t)| *d = r + t * *d);
            }
            size = next;
        }
        moved.iter().zip(prior).map(|(m, p)| m + p).collect()
    }
}

fn squares(values: &[f32], width: usize) -> Vec<f64> {
    dots(values, values, width)
}

/// Of each column of two `[n * width]` arrays.
fn dots(a: &[f32], b: &[f32], width: usize) -> Vec<f64> {
    let mut sums = vec![0.0f64; width];
    for (a, b) in a.chunks_exact(width).zip(b.chunks_exact(width)) {
        sums.iter_mut().zip(a.iter().zip(b)).for_each(|(s, (x, y))| *s += f64::from(x * y));
    }
    sums
}

fn quantise(order: &[(u32, usize)], weights: &[f32], moved: &[f32], width: usize) -> StoredVectors {
    let mut stored = StoredVectors { width: width as u16, ..Default::default() };
    let mut last = 0;
    for ((&(hash, _), vector), weight) in order.iter().zip(moved.chunks_exact(width)).zip(weights) {
        stored.hash_deltas.push(hash - last);
        last = hash;
        let largest = vector.iter().fold(0.0f32, |m, v| m.max(v.abs()));
        let step = if largest > 0.0 { largest / 127.0 } else { 1.0 };
        stored.scales.push(step * weight);
        stored.values.extend(vector.iter().map(|v| (v / step).round() as i8));
    }
    stored
}
