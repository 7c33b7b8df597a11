//! Products with 8-bit weights, by integer arithmetic.
//!
//! A row of inputs is scaled to 16-bit integers (15 bits and a sign, or what keeps its sums within 32 bits), weights stay
//! 8-bit with one scale an output. Sums are exact, so that every target gives the same bits; only the two scales round.
//! Keeping the inputs' bits costs nothing, since WebAssembly's (`i32x4.dot_i16x8_s`) and x86's (`pmaddwd`) multipliers take
//! 16 bits anyway. Each row has its own scale (Dettmers and others, "LLM.int8()", 2022).

use half::f16;
use wide::{f32x8, i16x8, i32x4};

/// 4-bit weights that share a scale.
pub(crate) const INT4_BLOCK: usize = 32;

/// The lower half of a byte for an even `at`, the higher one for an odd one: -8 to 7.
pub(crate) fn nibble(byte: u8, at: usize) -> f32 {
    let bits = if at.is_multiple_of(2) { byte & 15 } else { byte >> 4 };
    f32::from(bits ^ 8) - 8.0
}

/// Numbers that are multiplied at once.
const LANES: usize = 8;
/// Rows of inputs that share one pass over two rows of weights: their sums fill half of the registers.
const BLOCK: usize = 4;

/// A matrix of 8-bit weights, `n_outputs` rows of `n_inputs`.
#[derive(Clone, PartialEq)]
pub(crate) struct Int8Matrix {
    n_inputs: usize,
    /// Two rows at a time, one in the lower and one in the higher bytes, filled up with zeros: two shifts unpack them.
    pairs: Vec<i16x8>,
    scales: Vec<f32>,
}

impl std::fmt::Debug for Int8Matrix {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Int8Matrix[{}, {}]", self.scales.len(), self.n_inputs)
    }
}

impl Int8Matrix {
    /// From weights `[n_inputs, n_outputs]` as ONNX has them and a scale for each output. `None` where the sizes disagree
    /// or a scale is no number.
    pub(crate) fn new(weights: &[i8], scales: &[f32]) -> Option<Self> {
        let n_outputs = scales.len();
        if n_outputs == 0 || weights.is_empty() || !weights.len().is_multiple_of(n_outputs) || !scales.iter().all(|s| s.is_finite()) {
            return None;
        }
        let n_inputs = weights.len() / n_outputs;
        let columns = scales.iter().enumerate().map(|(o, &scale)| ((0..n_inputs).map(|i| weights[i * n_outputs + o]).collect(), scale));
        Some(Self::from_columns(n_inputs, columns))
    }

    /// From 4-bit weights `[n_inputs, n_outputs]`, two a byte, and a scale for each [`INT4_BLOCK`] inputs of an output,
    /// `[n_inputs / INT4_BLOCK, n_outputs]`. Here they become 8-bit with one scale an output. `None` where the sizes
    /// disagree or a scale is no number.
    pub(crate) fn from_int4(packed: &[u8], scales: &[f16], n_outputs: usize) -> Option<Self> {
        let n_inputs = (packed.len() * 2).checked_div(n_outputs)?;
        let fits = n_outputs.is_multiple_of(2) && n_inputs > 0 && n_inputs.is_multiple_of(INT4_BLOCK);
        if !fits || n_inputs * n_outputs != packed.len() * 2 || scales.len() != n_inputs / INT4_BLOCK * n_outputs {
            return None;
        }
        if !scales.iter().all(|s| s.is_finite()) {
            return None;
        }
        let columns = (0..n_outputs).map(|o| {
            let weight = |i: usize| nibble(packed[(i * n_outputs + o) / 2], o) * scales[i / INT4_BLOCK * n_outputs + o].to_f32();
            let column: Vec<f32> = (0..n_inputs).map(weight).collect();
            let largest = column.iter().fold(0.0f32, |l, w| l.max(w.abs()));
            let scale = if largest > 0.0 { largest / 127.0 } else { 1.0 };
            (column.iter().map(|w| (w / scale).round() as i8).collect(), scale)
        });
        Some(Self::from_columns(n_inputs, columns))
    }

    fn from_columns(n_inputs: usize, mut columns: impl Iterator<Item = (Vec<i8>, f32)>) -> Self {
        let (mut pairs, mut scales) = (Vec::new(), Vec::new());
        while let Some((low, scale)) = columns.next() {
            scales.push(scale);
            let (high, scale) = columns.next().map_or_else(|| (vec![0; n_inputs], None), |(high, scale)| (high, Some(scale)));
            scales.extend(scale);
            if pairs.is_empty() {
                let rest = columns.size_hint().0.div_ceil(2);
                pairs.reserve_exact((rest + 1) * n_inputs.div_ceil(LANES));
            }
            let row: Vec<i16> = low.iter().zip(&high).map(|(&l, &h)| i16::from_le_bytes([l as u8, h as u8])).collect();
            pairs.extend(row.chunks(LANES).map(|part| i16x8::new(filled(part))));
        }
        Self { n_inputs, pairs, scales }
    }

    pub(crate) fn n_inputs(&self) -> usize {
        self.n_inputs
    }

    pub(crate) fn n_outputs(&self) -> usize {
        self.scales.len()
    }

    /// Inputs `[n_rows, n_inputs]` to outputs `[n_rows, n_outputs]`.
    pub(crate) fn multiply(&self, inputs: &[f32], outputs: &mut [f32]) {
        let (n_inputs, n_outputs) = (self.n_inputs, self.n_outputs());
        // 128 · most · n_inputs must fit 31 bits: files of others have weights of -128, too.
        let most = (i32::MAX as usize / (128 * n_inputs)).min(i16::MAX as usize) as f32;
        let blocks: Vec<Block> = inputs.chunks(BLOCK * n_inputs).map(|rows| Block::new(rows, n_inputs, most)).collect();
        for (pair, (weights, scales)) in self.pairs.chunks_exact(n_inputs.div_ceil(LANES)).zip(self.scales.chunks(2)).enumerate() {
            for (block, outputs) in blocks.iter().zip(outputs.chunks_mut(BLOCK * n_outputs)) {
                let sums = block.dots(weights);
                for ((output, sums), row_scale) in outputs.chunks_exact_mut(n_outputs).zip(sums).zip(block.scales) {
                    for ((output, sum), scale) in output[2 * pair..].iter_mut().zip(sums).zip(scales) {
                        *output = sum as f32 * (scale * row_scale);
                    }
                }
            }
        }
    }
}

/// Rows of inputs side by side, eight numbers of each in turn; those that a last block lacks are zero.
struct Block {
    n_rows: usize,
    rows: Vec<[i16x8; BLOCK]>,
    scales: [f32; BLOCK],
}

impl Block {
    fn new(inputs: &[f32], n_inputs: usize, most: f32) -> Self {
        let mut rows = vec![[i16x8::ZERO; BLOCK]; n_inputs.div_ceil(LANES)];
        let mut scales = [0.0; BLOCK];
        for (at, input) in inputs.chunks_exact(n_inputs).enumerate() {
            let parts = || input.chunks(LANES).map(|part| f32x8::new(filled(part)));
            let largest = parts().fold(f32x8::ZERO, |m, v| m.fast_max(v.abs())).to_array().into_iter().fold(0.0, f32::max);
            if largest > 0.0 && largest.is_finite() {
                scales[at] = largest / most;
                let up = f32x8::splat(most / largest);
                parts().zip(&mut rows).for_each(|(part, to)| to[at] = i16x8::from_i32x8_saturate((part * up).fast_round_int()));
            }
        }
        Self { n_rows: inputs.len() / n_inputs, rows, scales }
    }

    /// The dot products of two rows of weights with each row.
    fn dots(&self, weights: &[i16x8]) -> [[i32; 2]; BLOCK] {
        match self.n_rows {
            1 => dots::<1>(weights, &self.rows),
            2 => dots::<2>(weights, &self.rows),
            3 => dots::<3>(weights, &self.rows),
            _ => dots::<BLOCK>(weights, &self.rows),
        }
    }
}

/// `part` with zeros after it.
fn filled<T: Copy + Default>(part: &[T]) -> [T; LANES] {
    part.try_into().unwrap_or_else(|_| {
        let mut whole = [T::default(); LANES];
        whole.iter_mut().zip(part).for_each(|(to, &from)| *to = from);
        whole
    })
}

/// The dot products of two rows of weights with the first `N` rows of a block.
fn dots<const N: usize>(weights: &[i16x8], rows: &[[i16x8; BLOCK]]) -> [[i32; 2]; BLOCK] {
    let mut sums = [[i32x4::ZERO; 2]; BLOCK];
    for (&both, rows) in weights.iter().zip(rows) {
        let (low, high): (i16x8, i16x8) = ((both << 8_i32) >> 8_i32, both >> 8_i32);
        for (row, sums) in rows[..N].iter().zip(&mut sums) {
            sums[0] += low.dot(*row);
            sums[1] += high.dot(*row);
        }
    }
    sums.map(|sums| sums.map(i32x4::reduce_add))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test may")]
mod tests {
    use half::f16;

    use super::Int8Matrix;

    fn numbers(n: usize, seed: u32) -> impl Iterator<Item = i32> {
        (0..n as u32).map(move |i| (i.wrapping_mul(2_654_435_761).wrapping_add(seed) >> 7) as i32)
    }

    #[test]
    fn multiplies_as_floats_do_for_all_sizes() {
        for (n_rows, n_inputs, n_outputs) in [(1, 1, 1), (3, 16, 2), (4, 17, 5), (5, 384, 7), (9, 33, 16), (2, 1536, 3)] {
            let weights: Vec<i8> = numbers(n_inputs * n_outputs, 1).map(|n| (n % 255 - 127) as i8).collect();
            let scales: Vec<f32> = (1..=n_outputs).map(|o| o as f32 * 0.01).collect();
            let inputs: Vec<f32> = numbers(n_rows * n_inputs, 9).map(|n| (n % 2001 - 1000) as f32 / 300.0).collect();
            let mut outputs = vec![f32::NAN; n_rows * n_outputs];
            Int8Matrix::new(&weights, &scales).unwrap().multiply(&inputs, &mut outputs);
            for (at, output) in outputs.iter().enumerate() {
                let (row, o) = (at / n_outputs, at % n_outputs);
                let terms = (0..n_inputs).map(|i| f64::from(inputs[row * n_inputs + i]) * f64::from(weights[i * n_outputs + o]));
                let size: f64 = terms.clone().map(f64::abs).sum::<f64>() * f64::from(scales[o]);
                let exact = terms.sum::<f64>() * f64::from(scales[o]);
                let off = (f64::from(*output) - exact).abs();
                assert!(off <= 2e-4 * size + 1e-6, "{n_rows}x{n_inputs}x{n_outputs} at {at}: {output}, expected {exact}");
            }
        }
    }

    #[test]
    fn sums_of_the_largest_numbers_do_not_overflow() {
        let matrix = Int8Matrix::new(&vec![-128; 4096], &[1.0]).unwrap();
        let mut outputs = [0.0];
        matrix.multiply(&vec![-3.0; 4096], &mut outputs);
        assert!((outputs[0] / (128.0 * 3.0 * 4096.0) - 1.0).abs() < 1e-3, "{}", outputs[0]);
    }

    #[test]
    fn rows_of_zeros_and_of_no_numbers_give_zeros() {
        let matrix = Int8Matrix::new(&[1, 2, 3, 4], &[1.0, 1.0]).unwrap();
        let mut outputs = [9.0; 6];
        matrix.multiply(&[0.0, 0.0, f32::INFINITY, 1.0, f32::NEG_INFINITY, 0.0], &mut outputs);
        assert_eq!(outputs, [0.0; 6]);
    }

    #[test]
    fn weights_of_4_bits_become_the_same_of_8() {
        let (n_inputs, n_outputs) = (64, 6);
        let packed: Vec<u8> = numbers(n_inputs * n_outputs / 2, 3).map(|n| n as u8).collect();
        let scales: Vec<f16> = (0..12).map(|n| f16::from_f32(n as f32 * 0.01 - 0.05)).collect();
        let inputs: Vec<f32> = numbers(n_inputs, 9).map(|n| (n % 2001 - 1000) as f32 / 300.0).collect();
        let mut outputs = vec![f32::NAN; n_outputs];
        Int8Matrix::from_int4(&packed, &scales, n_outputs).unwrap().multiply(&inputs, &mut outputs);
        for (o, output) in outputs.iter().enumerate() {
            let weight = |i: usize| {
                let byte = packed[(i * n_outputs + o) / 2];
                let bits = if o % 2 == 0 { byte & 15 } else { byte >> 4 };
                (f32::from(bits) - if bits > 7 { 16.0 } else { 0.0 }) * scales[i / 32 * n_outputs + o].to_f32()
            };
            let exact: f32 = (0..n_inputs).map(|i| weight(i) * inputs[i]).sum();
            let size: f32 = (0..n_inputs).map(|i| (weight(i) * inputs[i]).abs()).sum();
            assert!((output - exact).abs() < 0.01 * size, "{o}: {output}, expected {exact}");
        }
    }

    #[test]
    fn refuses_sizes_that_do_not_fit() {
        let one = f16::from_f32(1.0);
        assert!(Int8Matrix::from_int4(&[0; 32], &[one, one], 2).is_some());
        for (bytes, scales, n_outputs) in
            [(32, vec![one], 2), (31, vec![one; 2], 2), (32, vec![one; 2], 0), (0, vec![], 2), (48, vec![one; 3], 3)]
        {
            assert!(Int8Matrix::from_int4(&vec![0; bytes], &scales, n_outputs).is_none(), "{bytes} bytes, {n_outputs} outputs");
        }
        assert!(Int8Matrix::from_int4(&[0; 32], &[one, f16::NAN], 2).is_none());
        assert!(Int8Matrix::new(&[1, 2, 3], &[1.0, 1.0]).is_none());
        assert!(Int8Matrix::new(&[], &[1.0]).is_none() && Int8Matrix::new(&[1], &[]).is_none());
        assert!(Int8Matrix::new(&[1], &[f32::NAN]).is_none());
    }
}
