//! A pack's vectors: one of 8-bit numbers for each unit of its articles.

use nearside_nlu::ModelError;
use serde::{Deserialize, Serialize};

/// Where the vectors come from, and so whose vector a message needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum VectorSource {
    /// A language's table of token vectors, by its hash.
    Tokens(String),
    /// A sentence encoder, by its name.
    Encoder(String),
}

/// Vectors of all units of an index, as stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UnitVectors {
    /// Where they come from.
    pub source: VectorSource,
    width: u16,
    /// `[n_units * width]`, each unit's largest number at 127; all 0 where a unit has no vector.
    values: Vec<i8>,
}

/// A message's vector, rounded in the same way, and its length.
pub(crate) struct Rounded {
    values: Vec<i8>,
    length: f32,
}

impl Rounded {
    pub(crate) fn of(vector: &[f32]) -> Self {
        let values = rounded(vector);
        let length = length(&values);
        Self { values, length }
    }
}

fn rounded(vector: &[f32]) -> Vec<i8> {
    let most = vector.iter().fold(0.0f32, |most, v| most.max(v.abs()));
    let scale = if most > 0.0 { 127.0 / most } else { 0.0 };
    vector.iter().map(|v| libm::roundf(v * scale) as i8).collect()
}

fn length(values: &[i8]) -> f32 {
    (dot(values, values) as f32).sqrt()
}

/// In integers, so that every target has the same.
fn dot(a: &[i8], b: &[i8]) -> i32 {
    a.iter().zip(b).map(|(&x, &y)| i32::from(x) * i32::from(y)).sum()
}

impl UnitVectors {
    /// Vectors of all units, `[n_units][width]`, empty ones for units without; `None` where no unit has one.
    #[cfg(feature = "build")]
    pub(crate) fn new(source: VectorSource, vectors: &[Vec<f32>]) -> Option<Self> {
        let width = vectors.iter().map(Vec::len).max().filter(|&w| w > 0)?;
        let full = |v: &Vec<f32>| if v.len() == width { rounded(v) } else { vec![0; width] };
        Some(Self { source, width: width as u16, values: vectors.iter().flat_map(full).collect() })
    }

    /// Those of `units` alone, in this order.
    #[cfg(feature = "build")]
    pub(crate) fn of_units(&self, units: &[usize]) -> Self {
        let rows = units.iter().flat_map(|unit| self.values[unit * self.width()..][..self.width()].iter().copied());
        Self { source: self.source.clone(), width: self.width, values: rows.collect() }
    }

    /// That of `unit`.
    #[cfg(feature = "build")]
    pub(crate) fn row(&self, unit: usize) -> Vec<f32> {
        self.values[unit * self.width()..][..self.width()].iter().map(|&v| f32::from(v)).collect()
    }

    /// Checks that there is one vector for each of `units`.
    pub(crate) fn check(&self, units: usize) -> Result<(), ModelError> {
        let fits = self.width > 0 && self.values.len() as u64 == units as u64 * u64::from(self.width);
        if fits { Ok(()) } else { Err(ModelError("one vector for each unit of the index expected")) }
    }

    /// Numbers in a vector.
    pub fn width(&self) -> usize {
        usize::from(self.width)
    }

    /// Cosine of each unit to each of `messages`' vectors, `[n_messages][n_units]`; 0 where the widths differ.
    pub(crate) fn cosines(&self, messages: &[Rounded]) -> Vec<Vec<f32>> {
        let mut all = vec![Vec::with_capacity(self.values.len() / self.width().max(1)); messages.len()];
        for unit in self.values.chunks_exact(self.width()) {
            let own = length(unit);
            for (message, cosines) in messages.iter().zip(&mut all) {
                let lengths = own * message.length;
                let fits = lengths > 0.0 && unit.len() == message.values.len();
                cosines.push(if fits { dot(unit, &message.values) as f32 / lengths } else { 0.0 });
            }
        }
        all
    }
}
