//! Ridge regression with a prior: which vectors of units make the sums over texts come near what they should be.

/// Of conjugate gradients; more changed nothing.
const STEPS: usize = 40;

pub(super) fn sum(row: &[(usize, f32)], words: &[f32], width: usize) -> Vec<f32> {
    let mut sum = vec![0.0f32; width];
    for &(word, weight) in row {
        sum.iter_mut().zip(&words[word * width..][..width]).for_each(|(s, v)| *s += weight * v);
    }
    sum
}

/// Least squares over some of the rows.
pub(super) struct Ridge<'a> {
    pub(super) rows: &'a [Vec<(usize, f32)>],
    pub(super) chosen: &'a [usize],
    pub(super) width: usize,
}

impl Ridge<'_> {
    /// `[n_chosen * width]`: each chosen row's sum of `words`.
    pub(super) fn apply(&self, words: &[f32]) -> Vec<f32> {
        self.chosen.iter().flat_map(|&i| sum(&self.rows[i], words, self.width)).collect()
    }

    /// By what `words` are best multiplied for the rows' sums to come near their targets.
    pub(super) fn fit(&self, words: &[f32], targets: &[f32]) -> f32 {
        let sums = self.apply(words);
        let wanted = self.chosen.iter().flat_map(|&i| &targets[i * self.width..][..self.width]);
        let (along, square) =
            sums.iter().zip(wanted).fold((0.0f64, 1e-12f64), |(a, s), (x, t)| (a + f64::from(x * t), s + f64::from(x * x)));
        (along / square) as f32
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
    pub(super) fn solve(&self, prior: &[f32], targets: &[f32], ridge: f32) -> Vec<f32> {
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
