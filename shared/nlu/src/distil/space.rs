//! The space of word vectors: the first principal components of sentences' vectors.

use nalgebra::{DMatrix, SymmetricEigen};

pub(super) fn mean(vectors: &[Vec<f32>], full: usize) -> Vec<f32> {
    let mut sum = vec![0.0f64; full];
    for vector in vectors {
        sum.iter_mut().zip(vector).for_each(|(s, &v)| *s += f64::from(v));
    }
    sum.into_iter().map(|s| (s / vectors.len().max(1) as f64) as f32).collect()
}

/// The first principal components of the sentences' vectors.
pub(super) struct Space {
    mean: Vec<f32>,
    /// `[width][full]`
    axes: Vec<Vec<f32>>,
}

impl Space {
    pub(super) fn of(sentences: &[Vec<f32>], width: usize) -> Self {
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

    pub(super) fn project(&self, vector: &[f32]) -> Vec<f32> {
        self.turn(vector, &self.mean)
    }

    pub(super) fn turn(&self, vector: &[f32], middle: &[f32]) -> Vec<f32> {
        let centred: Vec<f32> = vector.iter().zip(middle).map(|(v, m)| v - m).collect();
        self.axes.iter().map(|axis| axis.iter().zip(&centred).map(|(a, c)| a * c).sum()).collect()
    }
}
