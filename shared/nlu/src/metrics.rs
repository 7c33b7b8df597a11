//! Figures by which classifiers are compared.

/// Area under the ROC curve: the probability that a random positive scores above a random negative, ties half
/// (Mann–Whitney). `None` where either side is empty.
pub fn auroc(positives: &[f32], negatives: &[f32]) -> Option<f64> {
    if positives.is_empty() || negatives.is_empty() {
        return None;
    }
    let mut all: Vec<(f32, bool)> = positives.iter().map(|&s| (s, true)).chain(negatives.iter().map(|&s| (s, false))).collect();
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut below, mut wins) = (0.0f64, 0.0f64);
    for group in all.chunk_by(|a, b| a.0 == b.0) {
        let up = group.iter().filter(|g| g.1).count() as f64;
        let down = group.len() as f64 - up;
        wins += up * (below + down / 2.0);
        below += down;
    }
    Some(wins / (positives.len() as f64 * negatives.len() as f64))
}

/// Mean F1 over the classes that occur as truth or prediction; pairs are `(truth, prediction)` below `classes`.
pub fn macro_f1(pairs: &[(usize, usize)], classes: usize) -> f64 {
    let mut counts = vec![(0u32, 0u32, 0u32); classes];
    for &(truth, predicted) in pairs {
        if truth == predicted {
            counts[truth].0 += 1;
        } else {
            counts[predicted].1 += 1;
            counts[truth].2 += 1;
        }
    }
    let seen: Vec<f64> = counts
        .iter()
        .filter(|c| c.0 + c.1 + c.2 > 0)
        .map(|&(hit, extra, missed)| 2.0 * f64::from(hit) / f64::from(2 * hit + extra + missed))
        .collect();
    if seen.is_empty() { 0.0 } else { seen.iter().sum::<f64>() / seen.len() as f64 }
}

/// One point of a risk–coverage curve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RiskPoint {
    /// The share of utterances answered.
    pub coverage: f64,
    /// The share of wrong answers among them.
    pub risk: f64,
    /// The least confidence answered at this point.
    pub threshold: f32,
}

/// Risk at coverages of 10 %, 20 % … 100 %, from `(confidence, right)` (El-Yaniv and Wiener 2010).
pub fn risk_coverage(outcomes: &[(f32, bool)]) -> Vec<RiskPoint> {
    let mut sorted = outcomes.to_vec();
    sorted.sort_by(|a, b| b.0.total_cmp(&a.0));
    (1..=10)
        .filter_map(|tenth| {
            let n = sorted.len() * tenth / 10;
            let wrong = sorted[..n].iter().filter(|o| !o.1).count();
            (n > 0).then(|| RiskPoint {
                coverage: n as f64 / sorted.len() as f64,
                risk: wrong as f64 / n as f64,
                threshold: sorted[n - 1].0,
            })
        })
        .collect()
}
