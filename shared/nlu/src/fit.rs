//! Fitting models to examples, and to all but those held out.

use std::borrow::Cow;
use std::fmt;

use crate::classifier::Views;
use crate::encoded::{StoredEncoded, VectorKind, join};
use crate::held_out::Seen;
use crate::neighbours::Neighbours;
use crate::rng::Rng;
use crate::softmax;
use crate::svm::{self, Dense, SolverOptions};
use crate::train::{TrainOptions, folds};
use crate::vectorize::{SparseVec, known_share};

/// What a linear model is trained to make small. N-grams alone take the hinge loss: with the log loss and pruned as they
/// are, they found 0.3 points less on CLINC150's validation part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Loss {
    /// Squared hinge, each class against the rest.
    Hinge,
    /// Logarithmic, all classes against one another.
    Log,
}

/// How a linear model is fitted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Manner {
    /// What an example costs that is not found, against the length of the weights; the log loss counts [`LOG_LOSS`] times.
    pub(crate) c: f32,
    /// Of the sentence vectors, where there are any.
    pub(crate) length: f32,
    pub(crate) loss: Loss,
    /// How many of their entries are read, from the first on.
    pub(crate) read: usize,
}

impl fmt::Display for Manner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let loss = match self.loss {
            Loss::Hinge => "hinge loss",
            Loss::Log => "log loss",
        };
        write!(f, "{loss}, penalty {}", self.c)?;
        if self.read > 0 {
            write!(f, ", {} numbers of the vector at length {}", self.read, self.length)?;
        }
        Ok(())
    }
}

/// How much the log loss counts against the squared hinge loss.
const LOG_LOSS: f32 = 100.0;

/// From log-odds to about what margins are, beside which neighbours count.
const TO_MARGIN: f32 = 0.15;

/// Examples in the form in which models are fitted to them.
pub(crate) struct Setting<'a> {
    pub(crate) vectors: &'a [SparseVec],
    pub(crate) encoded: Option<(VectorKind, &'a [Vec<f32>])>,
    pub(crate) truths: &'a [Option<usize>],
    pub(crate) classes: usize,
    pub(crate) features: usize,
    pub(crate) options: TrainOptions,
}

pub(crate) struct Fitted {
    pub(crate) dense: Dense,
    pub(crate) neighbours: Neighbours,
    pub(crate) encoded: Option<StoredEncoded>,
    pub(crate) trained: Vec<bool>,
    pub(crate) holds: Vec<bool>,
}

impl Setting<'_> {
    /// The n-grams with the sentence vectors' entries after them, where there are any.
    pub(crate) fn joined(&self, manner: Manner) -> Cow<'_, [SparseVec]> {
        match self.encoded {
            None => Cow::Borrowed(self.vectors),
            Some((kind, all)) => {
                let join = |(ngrams, vector): (&SparseVec, &Vec<f32>)| {
                    join((kind, manner.length), ngrams, &vector[..manner.read.min(vector.len())], self.features)
                };
                self.vectors.iter().zip(all).map(join).collect()
            }
        }
    }

    /// Fits to the `chosen` examples of the classes that are allowed.
    pub(crate) fn fit(&self, all_joined: &[SparseVec], manner: Manner, chosen: &[usize], class_allowed: &dyn Fn(usize) -> bool) -> Fitted {
        let mut trained = vec![false; self.classes];
        let mut vectors = Vec::with_capacity(chosen.len());
        let (mut joined, mut encoded) = (Vec::with_capacity(chosen.len()), Vec::new());
        let mut labels = Vec::with_capacity(chosen.len());
        for &i in chosen {
            if let Some(truth) = self.truths[i].filter(|&t| class_allowed(t)) {
                trained[truth] = true;
                vectors.push(&self.vectors[i]);
                joined.push(&all_joined[i]);
                encoded.extend(self.encoded.map(|(_, all)| all[i].as_slice()));
                labels.push(truth);
            }
        }
        // What belongs to no intent is an example against each.
        let outside: Vec<usize> = chosen.iter().copied().filter(|&i| self.truths[i].is_none()).collect();
        joined.extend(outside.iter().map(|&i| &all_joined[i]));
        let mut holds = vec![false; self.features];
        vectors.iter().flat_map(|v| v.iter()).for_each(|(feature, _)| holds[*feature as usize] = true);
        let options = SolverOptions { c: manner.c, passes: self.options.passes.clamp(1, 1000), seed: self.options.seed };
        let features = self.features + manner.read;
        let dense = match manner.loss {
            Loss::Hinge => svm::train(&joined, &|i, class| labels.get(i) == Some(&class), features, self.classes, options),
            Loss::Log => self.competing(&joined, &labels, features, options),
        };
        let neighbours = Neighbours::build(&vectors, &labels, self.features, self.classes);
        let encoded = self.encoded.map(|(kind, _)| StoredEncoded::build(kind, manner, &encoded, &labels, self.classes));
        Fitted { dense, neighbours, encoded, trained, holds }
    }

    /// The weights of a multinomial regression. What belongs to no intent is a class of its own there, which is not kept.
    fn competing(&self, joined: &[&SparseVec], labels: &[usize], features: usize, options: SolverOptions) -> Dense {
        let all = self.classes + 1;
        let options = SolverOptions { c: options.c * LOG_LOSS, ..options };
        let dense = softmax::train(joined, &|i| labels.get(i).copied().unwrap_or(self.classes), features, all, options);
        let kept = dense.weights.chunks_exact(all).flat_map(|row| row[..self.classes].iter().map(|w| w * TO_MARGIN));
        Dense { classes: self.classes, weights: kept.collect() }
    }

    /// Each example as seen by a model fitted without its fold, fold by fold.
    pub(crate) fn hold_out_examples(&self, joined: &[SparseVec], manner: Manner) -> Vec<Seen> {
        let folds = folds(self.truths.len());
        let mut order: Vec<usize> = (0..self.truths.len()).collect();
        Rng::new(self.options.seed ^ 0x00c0_ffee).shuffle(&mut order);
        let mut fold_of = vec![0usize; self.truths.len()];
        let mut next = vec![0usize; self.classes + 1];
        for i in order {
            let slot = &mut next[self.truths[i].unwrap_or(self.classes)];
            // Each intent begins at another fold, so that intents with few examples spread evenly.
            fold_of[i] = (*slot + self.truths[i].unwrap_or(self.classes)) % folds;
            *slot += 1;
        }
        let all: Vec<usize> = (0..self.truths.len()).collect();
        let mut out = Vec::new();
        for fold in 0..folds {
            let rest: Vec<usize> = all.iter().copied().filter(|&i| fold_of[i] != fold).collect();
            let fitted = self.fit(joined, manner, &rest, &|_| true);
            let tested = all.iter().filter(|&&i| fold_of[i] == fold);
            out.extend(tested.map(|&i| self.observe(&fitted, joined, i, fold, false)));
        }
        out
    }

    /// The examples of each fold's intents as seen by a model that never saw those intents; nothing where there are too
    /// few intents to leave any out.
    pub(crate) fn hold_out_intents(&self, joined: &[SparseVec], manner: Manner) -> Vec<Seen> {
        let folds = folds(self.truths.len());
        let mut out = Vec::new();
        if self.classes < 2 * folds {
            return out;
        }
        let all: Vec<usize> = (0..self.truths.len()).collect();
        for fold in 0..folds {
            let fitted = self.fit(joined, manner, &all, &|class| class % folds != fold);
            let unseen = all.iter().filter(|&&i| self.truths[i].is_some_and(|t| t % folds == fold));
            out.extend(unseen.map(|&i| self.observe(&fitted, joined, i, fold, true)));
        }
        out
    }

    fn observe(&self, fitted: &Fitted, joined: &[SparseVec], example: usize, fold: usize, whole_intent: bool) -> Seen {
        let vector = &self.vectors[example];
        let mut scores = fitted.dense.scores(&joined[example]);
        scores.iter_mut().zip(&fitted.trained).filter(|(_, trained)| !**trained).for_each(|(score, _)| *score = f32::NEG_INFINITY);
        let encoded = fitted.encoded.as_ref().zip(self.encoded).and_then(|(neighbours, (_, all))| neighbours.look(&all[example]));
        Seen {
            example,
            truth: self.truths[example].filter(|&t| fitted.trained[t]),
            fold,
            whole_intent,
            views: Views {
                scores,
                ngrams: fitted.neighbours.look(vector),
                encoded,
                known: known_share(vector, |feature| fitted.holds[feature as usize]),
            },
        }
    }
}
