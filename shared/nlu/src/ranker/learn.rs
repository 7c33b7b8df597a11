//! Training a ranker.

use super::{Network, RANKER_VERSION, Ranker, StoredRanker};
use crate::rng::Rng;

/// A message with its candidates.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// `[n_candidates][numbers of a candidate]`
    pub candidates: Vec<Vec<f32>>,
    /// Its own numbers.
    pub own: Vec<f32>,
    /// Which candidates answer it; none where it is out of scope or its article is no candidate.
    pub right: Vec<usize>,
    /// How much it counts, positive.
    pub weight: f32,
}

/// Knobs of training.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LearnOptions {
    /// Hidden units, default 8; 0 is a linear model.
    pub hidden: usize,
    /// Passes over the messages, default 12.
    pub passes: usize,
    /// Step size at the beginning, default 0.01; it falls to nothing.
    pub rate: f32,
    /// How strongly weights are pulled to zero, default 0.01.
    pub decay: f32,
    /// Seed of weights and order.
    pub seed: u64,
}

impl Default for LearnOptions {
    fn default() -> Self {
        Self { hidden: 8, passes: 12, rate: 0.01, decay: 0.01, seed: 1 }
    }
}

/// Messages in a step.
const BATCH: usize = 64;

/// Trains by Adam (Kingma and Ba 2015) on the negative logarithm of the probability of a right candidate, or of "none of
/// them". `None` where there is no message with a candidate.
pub fn learn(messages: &[Message], options: LearnOptions) -> Option<Ranker> {
    let first = messages.iter().find(|m| !m.candidates.is_empty())?;
    let (inputs, own) = (first.candidates[0].len(), first.own.len());
    let mut rng = Rng::new(options.seed);
    let candidates = || messages.iter().flat_map(|m| m.candidates.iter().map(move |c| (&c[..], m.weight / m.candidates.len() as f32)));
    let mut nets = [
        Trained::new(inputs, options.hidden, candidates(), &mut rng),
        Trained::new(own, options.hidden / 2, messages.iter().map(|m| (&m.own[..], m.weight)), &mut rng),
    ];
    let mut order: Vec<usize> = (0..messages.len()).collect();
    let steps = options.passes * messages.len().div_ceil(BATCH);
    let mut step = 0usize;
    for _ in 0..options.passes {
        rng.shuffle(&mut order);
        for batch in order.chunks(BATCH) {
            let total: f32 = batch.iter().map(|&at| messages[at].weight).sum();
            for &at in batch {
                backward(&mut nets, &messages[at], messages[at].weight / total.max(1e-9));
            }
            step += 1;
            let rate = options.rate * (1.0 - step as f32 / (steps + 1) as f32);
            nets.iter_mut().for_each(|net| net.step(rate, options.decay, step));
        }
    }
    let [candidate, none] = nets.map(|net| net.network);
    Some(Ranker { stored: StoredRanker { version: RANKER_VERSION, candidate, none } })
}

fn backward(nets: &mut [Trained; 2], message: &Message, weight: f32) {
    let [candidate, none] = nets;
    let mut scores: Vec<f32> = message.candidates.iter().map(|c| candidate.network.score(c)).collect();
    scores.push(none.network.score(&message.own));
    let most = scores.iter().copied().fold(f32::MIN, f32::max);
    let mut shares: Vec<f32> = scores.iter().map(|s| libm::expf(s - most)).collect();
    let all: f32 = shares.iter().sum();
    shares.iter_mut().for_each(|s| *s /= all);
    let none_at = message.candidates.len();
    let is_right = |at: usize| if message.right.is_empty() { at == none_at } else { message.right.contains(&at) };
    let right: f32 = shares.iter().enumerate().filter(|(at, _)| is_right(*at)).map(|(_, s)| s).sum::<f32>().max(1e-9);
    for (at, &share) in shares.iter().enumerate() {
        let slope = weight * (share - if is_right(at) { share / right } else { 0.0 });
        match message.candidates.get(at) {
            Some(inputs) => candidate.backward(inputs, slope),
            None => none.backward(&message.own, slope),
        }
    }
}

/// A network, its gradient, and Adam's two means of it.
struct Trained {
    network: Network,
    gradient: Vec<f32>,
    means: [Vec<f32>; 2],
}

impl Trained {
    fn new<'a>(inputs: usize, hidden: usize, rows: impl Iterator<Item = (&'a [f32], f32)> + Clone, rng: &mut Rng) -> Self {
        let (mut sums, mut squares, mut all) = (vec![0.0f64; inputs], vec![0.0f64; inputs], 0.0f64);
        for (row, weight) in rows {
            all += f64::from(weight);
            for ((sum, square), &x) in sums.iter_mut().zip(&mut squares).zip(row) {
                *sum += f64::from(x * weight);
                *square += f64::from(x * x * weight);
            }
        }
        let means: Vec<f64> = sums.iter().map(|s| s / all.max(1e-9)).collect();
        let deviation = |at: usize| (squares[at] / all.max(1e-9) - means[at] * means[at]).max(0.0).sqrt();
        let scales = (0..inputs).map(|at| if deviation(at) > 1e-4 { (1.0 / deviation(at)) as f32 } else { 0.0 }).collect();
        let spread = (2.0 / inputs as f32).sqrt();
        let hidden: Vec<f32> = (0..hidden * (inputs + 1)).map(|_| (uniform(rng) - 0.5) * spread).collect();
        let units = hidden.len() / (inputs + 1);
        let output = (0..units + inputs + 1).map(|_| (uniform(rng) - 0.5) * 0.1).collect();
        let network = Network { means: means.iter().map(|&m| m as f32).collect(), scales, hidden, output };
        let size = network.hidden.len() + network.output.len();
        Self { network, gradient: vec![0.0; size], means: [vec![0.0; size], vec![0.0; size]] }
    }

    fn backward(&mut self, inputs: &[f32], slope: f32) {
        let net = &self.network;
        let scaled: Vec<f32> = inputs.iter().zip(&net.means).zip(&net.scales).map(|((x, mean), scale)| (x - mean) * scale).collect();
        let (units, width) = (net.units(), inputs.len() + 1);
        let (of_hidden, of_output) = self.gradient.split_at_mut(net.hidden.len());
        for (unit, row) in net.hidden.chunks_exact(width).enumerate() {
            let value = row.iter().zip(&scaled).map(|(w, x)| w * x).sum::<f32>() + row[width - 1];
            if value > 0.0 {
                of_output[unit] += slope * value;
                let back = slope * net.output[unit];
                let target = &mut of_hidden[unit * width..][..width];
                target.iter_mut().zip(scaled.iter().chain(&[1.0])).for_each(|(g, x)| *g += back * x);
            }
        }
        of_output[units..].iter_mut().zip(scaled.iter().chain(&[1.0])).for_each(|(g, x)| *g += slope * x);
    }

    fn step(&mut self, rate: f32, decay: f32, step: usize) {
        let correction = |beta: f32| 1.0 - libm::powf(beta, step as f32);
        let (first, second) = (correction(0.9), correction(0.999));
        let [mean, square] = &mut self.means;
        let weights = self.network.hidden.iter_mut().chain(&mut self.network.output);
        for (((weight, gradient), mean), square) in weights.zip(&mut self.gradient).zip(mean).zip(square) {
            *mean = 0.9 * *mean + 0.1 * *gradient;
            *square = 0.999 * *square + 0.001 * *gradient * *gradient;
            *weight -= rate * (*mean / first / ((*square / second).sqrt() + 1e-8) + decay * *weight);
            *gradient = 0.0;
        }
    }
}

fn uniform(rng: &mut Rng) -> f32 {
    rng.below(1 << 24) as f32 / (1 << 24) as f32
}
