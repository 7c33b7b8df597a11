//! Multinomial logistic regression: all classes compete for each vector.

use crate::rng::Rng;
use crate::svm::{Dense, SolverOptions};
use crate::vectorize::SparseVec;

/// Steps of less than this, as a share of probability moved, end the training.
const TOLERANCE: f32 = 0.01;

/// Trains by stochastic dual coordinate ascent (Shalev-Shwartz and Zhang 2014, "Accelerated Proximal Stochastic Dual
/// Coordinate Ascent for Regularized Loss Minimization", procedure I), which needs no learning rate: `half the squared
/// weights + c * log loss` falls to its least. `label(i)` is the class of vector `i`, below `classes`.
pub(crate) fn train(
    vectors: &[&SparseVec],
    label: &impl Fn(usize) -> usize,
    features: usize,
    classes: usize,
    options: SolverOptions,
) -> Dense {
    let mut dense = Dense { classes, weights: vec![0.0f32; (features + 1) * classes] };
    // For each vector a distribution over the classes: at first its own class, at the end what the model says.
    let mut duals = vec![0.0f32; vectors.len() * classes];
    (0..vectors.len()).for_each(|i| duals[i * classes + label(i)] = 1.0);
    let norms: Vec<f32> = vectors.iter().map(|v| v.iter().map(|(_, x)| x * x).sum::<f32>() + 1.0).collect();
    let mut order: Vec<usize> = (0..vectors.len()).collect();
    let mut rng = Rng::new(options.seed);
    for _ in 0..options.passes {
        rng.shuffle(&mut order);
        let mut largest = 0.0f32;
        for &i in &order {
            let own = &mut duals[i * classes..][..classes];
            let mut moves = dense.scores(vectors[i]);
            let log_sum = log_sum_exp(&moves);
            let (mut divergence, mut moved, mut square) = (0.0f32, 0.0f32, 0.0f32);
            for (to, &dual) in moves.iter_mut().zip(&*own) {
                let log_probability = *to - log_sum;
                if dual > 0.0 {
                    divergence += dual * (libm::logf(dual) - log_probability);
                }
                *to = libm::expf(log_probability) - dual;
                moved += to.abs();
                square += *to * *to;
            }
            let step = (divergence + 0.5 * moved * moved) / (moved * moved + options.c * norms[i] * square);
            // Not a number where nothing moves.
            if step.is_nan() {
                continue;
            }
            let step = step.clamp(0.0, 1.0);
            largest = largest.max(step * moved);
            moves.iter_mut().for_each(|m| *m *= step);
            own.iter_mut().zip(&moves).for_each(|(dual, m)| *dual += m);
            for &(feature, value) in vectors[i].iter().chain(std::iter::once(&(features as u32, 1.0))) {
                let row = &mut dense.weights[feature as usize * classes..][..classes];
                row.iter_mut().zip(&moves).for_each(|(w, m)| *w -= options.c * value * m);
            }
        }
        if largest < TOLERANCE {
            break;
        }
    }
    dense
}

fn log_sum_exp(scores: &[f32]) -> f32 {
    let most = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    most + libm::logf(scores.iter().map(|s| libm::expf(s - most)).sum())
}
