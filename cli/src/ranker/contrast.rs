//! Learning a projection of an encoder's vectors: the right article's nearest unit against those of all others of its FAQ.

use ndarray::{Array1, Array2, Axis, Zip};
use nearside_nlu::Rng;

use super::SceneVectors;
use super::scenes::Scene;

// Chosen on families left out, by the share of questions whose article has the nearest unit, in a trial outside this program:
// 14 passes, half the temperature or 256 numbers were up to 2 points worse on parts of the FAQs.
/// Passes over the scenes.
const PASSES: usize = 8;
/// Questions of a scene in a step, at most.
const QUESTIONS: usize = 200;
/// Step size at the beginning; it falls to nothing.
const RATE: f32 = 3e-4;
/// Pull towards leaving vectors as they are.
const PULL: f32 = 0.3;
/// Of the softmax over cosines.
const TEMPERATURE: f32 = 0.05;

/// A scene's vectors in length 1, and which documents answer.
pub struct Lesson {
    /// `[n_units, width]`, in the documents' order.
    units: Array2<f32>,
    /// `[n_documents]`: the first unit of each.
    starts: Vec<usize>,
    /// `[n_questions, width]`: those in scope.
    questions: Array2<f32>,
    right: Vec<Vec<usize>>,
}

impl Lesson {
    /// Of a scene and its vectors; `None` where too little is asked.
    pub fn new(scene: &Scene, vectors: &SceneVectors) -> Option<Self> {
        let counts: Vec<usize> = scene.documents.iter().map(|d| nearside_knowledge::units(d).len()).collect();
        let starts = counts.iter().scan(0, |next, count| Some(std::mem::replace(next, *next + count))).collect();
        let asked = scene.questions.iter().zip(&vectors.questions).filter(|(q, v)| !q.right.is_empty() && !v.is_empty());
        let (right, questions): (Vec<_>, Vec<_>) = asked.map(|(q, v)| (q.right.clone(), v[0].as_slice())).unzip();
        let units: Vec<&[f32]> = vectors.units.iter().map(Vec::as_slice).collect();
        (right.len() > 2).then_some(Self { units: matrix(&units)?, starts, questions: matrix(&questions)?, right })
    }
}

/// Rows in length 1.
fn matrix(rows: &[&[f32]]) -> Option<Array2<f32>> {
    let width = rows.first()?.len();
    let mut all = Array2::from_shape_vec((rows.len(), width), rows.concat()).ok()?;
    let lengths = lengths(&all);
    all /= &lengths.insert_axis(Axis(1));
    Some(all)
}

fn lengths(rows: &Array2<f32>) -> Array1<f32> {
    rows.map_axis(Axis(1), |row| row.dot(&row).sqrt().max(1e-9))
}

/// Learns from `lessons` by Adam (Kingma and Ba 2015); a square matrix, row by row.
pub fn learn(lessons: &[&Lesson]) -> Vec<f32> {
    let Some(width) = lessons.first().map(|l| l.units.ncols()) else { return Vec::new() };
    let mut rng = Rng::new(1);
    let identity = Array2::eye(width);
    let mut weights: Array2<f32> = identity.clone();
    let (mut means, mut squares) = (Array2::<f32>::zeros((width, width)), Array2::<f32>::zeros((width, width)));
    let mut order: Vec<usize> = (0..lessons.len()).collect();
    let steps = PASSES * lessons.len();
    let mut step = 0;
    for _ in 0..PASSES {
        rng.shuffle(&mut order);
        for &at in &order {
            let lesson = lessons[at];
            let mut asked: Vec<usize> = (0..lesson.right.len()).collect();
            rng.shuffle(&mut asked);
            asked.truncate(QUESTIONS);
            let gradient = gradient(&weights, lesson, &asked);
            step += 1;
            let rate = RATE * (1.0 - step as f32 / (steps + 1) as f32);
            let correction = |beta: f32| 1.0 - beta.powi(step);
            let (first, second) = (correction(0.9), correction(0.999));
            Zip::from(&mut weights).and(&gradient).and(&mut means).and(&mut squares).and(&identity).for_each(
                |w, &g, mean, square, &one| {
                    *mean = 0.9 * *mean + 0.1 * g;
                    *square = 0.999 * *square + 0.001 * g * g;
                    *w -= rate * (*mean / first / ((*square / second).sqrt() + 1e-8) + PULL * (*w - one));
                },
            );
        }
    }
    weights.into_raw_vec_and_offset().0
}

/// Of the mean cross-entropy over the questions `asked` of `lesson`.
fn gradient(weights: &Array2<f32>, lesson: &Lesson, asked: &[usize]) -> Array2<f32> {
    let questions = lesson.questions.select(Axis(0), asked);
    let (mut a, mut b) = (questions.dot(&weights.t()), lesson.units.dot(&weights.t()));
    let (of_a, of_b) = (lengths(&a), lengths(&b));
    a /= &of_a.view().insert_axis(Axis(1));
    b /= &of_b.view().insert_axis(Axis(1));
    let cosines = a.dot(&b.t());
    let mut slopes = Array2::<f32>::zeros(cosines.raw_dim());
    for (row, &question) in asked.iter().enumerate() {
        // Each document's nearest unit.
        let ends = lesson.starts.iter().skip(1).copied().chain([cosines.ncols()]);
        let nearest: Vec<(usize, f32)> = lesson
            .starts
            .iter()
            .zip(ends)
            .map(|(&start, end)| {
                (start..end).map(|u| (u, cosines[(row, u)])).fold((start, f32::MIN), |best, new| if new.1 > best.1 { new } else { best })
            })
            .collect();
        let most = nearest.iter().map(|n| n.1).fold(f32::MIN, f32::max);
        let mut shares: Vec<f32> = nearest.iter().map(|n| libm::expf((n.1 - most) / TEMPERATURE)).collect();
        let all: f32 = shares.iter().sum();
        shares.iter_mut().for_each(|s| *s /= all);
        let right = &lesson.right[question];
        let of_right: f32 = right.iter().map(|&d| shares[d]).sum::<f32>().max(f32::MIN_POSITIVE);
        for (document, ((unit, _), share)) in nearest.iter().zip(&shares).enumerate() {
            let wanted = if right.contains(&document) { share / of_right } else { 0.0 };
            slopes[(row, *unit)] = (share - wanted) / TEMPERATURE / asked.len() as f32;
        }
    }
    // Through the division by both lengths.
    let weighted = &slopes * &cosines;
    let back_a = (slopes.dot(&b) - &a * &weighted.sum_axis(Axis(1)).insert_axis(Axis(1))) / of_a.insert_axis(Axis(1));
    let back_b = (slopes.t().dot(&a) - &b * &weighted.sum_axis(Axis(0)).insert_axis(Axis(1))) / of_b.insert_axis(Axis(1));
    back_a.t().dot(&questions) + back_b.t().dot(&lesson.units)
}
