//! A linear support vector machine, one against the rest, for all classes at once.

use crate::rng::Rng;
use crate::vectorize::SparseVec;

/// Dense weights `[n_features + 1, n_classes]` row by row; the last row is the bias.
#[derive(Clone, Debug)]
pub(crate) struct Dense {
    pub(crate) classes: usize,
    pub(crate) weights: Vec<f32>,
}

/// Knobs of a solver.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SolverOptions {
    /// Penalty of a margin violation. Larger fits closer. 1.0 is LIBLINEAR's default.
    pub(crate) c: f32,
    /// The most passes over the data; it ends sooner once no dual variable moves by more than the tolerance.
    pub(crate) passes: usize,
    pub(crate) seed: u64,
}

const TOLERANCE: f32 = 0.05;

/// Trains by dual coordinate descent on the squared hinge loss (Hsieh et al. 2008, "A Dual Coordinate Descent Method
/// for Large-scale Linear SVM", as in LIBLINEAR), all classes side by side so that each feature's row of weights is
/// read once for all of them. `owns(i, class)` says whether vector `i` is of the class.
pub(crate) fn train(
    vectors: &[&SparseVec],
    owns: &impl Fn(usize, usize) -> bool,
    features: usize,
    classes: usize,
    options: SolverOptions,
) -> Dense {
    let mut weights = vec![0.0f32; (features + 1) * classes];
    let mut alphas = vec![0.0f32; vectors.len() * classes];
    let diagonal = 0.5 / options.c;
    let norms: Vec<f32> = vectors.iter().map(|v| v.iter().map(|(_, x)| x * x).sum::<f32>() + 1.0 + diagonal).collect();
    let mut order: Vec<usize> = (0..vectors.len()).collect();
    let mut rng = Rng::new(options.seed);
    let mut scores = vec![0.0f32; classes];
    let mut moves: Vec<(usize, f32)> = Vec::with_capacity(classes);
    for _ in 0..options.passes {
        rng.shuffle(&mut order);
        let mut largest = 0.0f32;
        for &i in &order {
            scores.copy_from_slice(&weights[features * classes..]);
            for &(feature, value) in vectors[i] {
                let row = &weights[feature as usize * classes..][..classes];
                for (score, w) in scores.iter_mut().zip(row) {
                    *score += value * w;
                }
            }
            moves.clear();
            let own = &mut alphas[i * classes..][..classes];
            for (class, alpha) in own.iter_mut().enumerate() {
                let y = if owns(i, class) { 1.0 } else { -1.0 };
                let gradient = y * scores[class] - 1.0 + diagonal * *alpha;
                if *alpha == 0.0 && gradient >= 0.0 {
                    continue;
                }
                let next = (*alpha - gradient / norms[i]).max(0.0);
                let delta = next - *alpha;
                if delta != 0.0 {
                    largest = largest.max(gradient.abs());
                    *alpha = next;
                    moves.push((class, delta * y));
                }
            }
            apply(&mut weights, classes, vectors[i], features, &moves);
        }
        if largest < TOLERANCE {
            break;
        }
    }
    Dense { classes, weights }
}

fn apply(weights: &mut [f32], classes: usize, vector: &SparseVec, features: usize, moves: &[(usize, f32)]) {
    if moves.is_empty() {
        return;
    }
    for &(feature, value) in vector.iter().chain(std::iter::once(&(features as u32, 1.0))) {
        let row = &mut weights[feature as usize * classes..][..classes];
        for &(class, delta) in moves {
            row[class] += value * delta;
        }
    }
}

impl Dense {
    /// The score of each class.
    pub(crate) fn scores(&self, vector: &SparseVec) -> Vec<f32> {
        let bias = self.weights.len() - self.classes;
        let mut scores = self.weights[bias..].to_vec();
        for &(feature, value) in vector {
            let row = &self.weights[feature as usize * self.classes..][..self.classes];
            for (score, w) in scores.iter_mut().zip(row) {
                *score += value * w;
            }
        }
        scores
    }
}
