//! A linear map of a sentence encoder's vectors under which questions lie nearer to the articles that answer them.
//!
//! Encoders are trained for likeness of any kind. A square matrix, learned over many domains by the cross-entropy of the right
//! article among all of its FAQ (contrastive, as in Karpukhin and others, "Dense Passage Retrieval", 2020), turns that into
//! likeness of question and answer. It costs one product a message.

use serde::{Deserialize, Serialize};

use crate::model::ModelError;

/// A projection as it is stored: 8-bit weights of one scale, which cosines do not see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Projection {
    width: u16,
    /// `[width, width]`, a row for each number that comes out.
    weights: Vec<i8>,
}

impl Projection {
    /// From a square matrix, row by row.
    ///
    /// # Errors
    /// [`ModelError`] where it is not square or has other than finite numbers.
    pub fn new(weights: &[f32]) -> Result<Self, ModelError> {
        let width = weights.len().isqrt();
        if width == 0 || width * width != weights.len() || !weights.iter().all(|w| w.is_finite()) {
            return Err(ModelError("projection: a square matrix of finite numbers expected"));
        }
        let largest = weights.iter().fold(f32::MIN_POSITIVE, |most, w| most.max(w.abs()));
        let weights = weights.iter().map(|w| libm::roundf(w / largest * 127.0) as i8).collect();
        let projection = Self { width: u16::try_from(width).map_err(|_| ModelError("projection: too wide"))?, weights };
        Ok(projection)
    }

    /// Checks stored parts.
    ///
    /// # Errors
    /// [`ModelError`] where their sizes disagree.
    pub fn check(&self) -> Result<(), ModelError> {
        let width = usize::from(self.width);
        if width > 0 && width * width == self.weights.len() { Ok(()) } else { Err(ModelError("projection: its parts do not fit")) }
    }

    /// Numbers that go in and come out.
    pub fn width(&self) -> usize {
        self.width.into()
    }

    /// `vector` projected, of length 1; empty where it is of another width or all zero.
    ///
    /// ```
    /// use nearside_nlu::ranker::Projection;
    /// let swap = Projection::new(&[0.0, 1.0, 1.0, 0.0]).unwrap();
    /// assert_eq!(swap.apply(&[0.0, 3.0]), [1.0, 0.0]);
    /// ```
    pub fn apply(&self, vector: &[f32]) -> Vec<f32> {
        if vector.len() != self.width() {
            return Vec::new();
        }
        let row = |row: &[i8]| row.iter().zip(vector).map(|(&w, x)| f32::from(w) * x).sum::<f32>();
        let mut out: Vec<f32> = self.weights.chunks_exact(self.width()).map(row).collect();
        let length = out.iter().map(|x| x * x).sum::<f32>().sqrt();
        if length == 0.0 {
            return Vec::new();
        }
        out.iter_mut().for_each(|x| *x /= length);
        out
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may")]
mod tests {
    use super::Projection;

    #[test]
    fn other_sizes_are_refused_and_other_vectors_come_out_empty() {
        assert!(Projection::new(&[1.0, 2.0, 3.0]).is_err());
        assert!(Projection::new(&[f32::NAN]).is_err());
        assert!(Projection { width: 3, weights: vec![1; 8] }.check().is_err());
        let two = Projection::new(&[1.0, 0.5, 0.0, 1.0]).unwrap();
        assert!(two.check().is_ok());
        assert!(two.apply(&[1.0]).is_empty());
        assert!(two.apply(&[0.0, 0.0]).is_empty());
    }
}
