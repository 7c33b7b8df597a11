//! Understanding one utterance: its intent, whether it is in scope at all, and the entities in it.
//!
//! What always holds: training is deterministic (seeded, no hash-map order, `libm` for logarithms), so the same
//! examples give the same bytes natively and in WASM. A *confidence* is a calibrated probability in `0.0..=1.0`;
//! a *score* is unbounded. Deliberately absent: dialogue, articles, files.

pub mod calibrate;
mod choice;
mod classifier;
#[cfg(feature = "distil")]
pub mod distil;
mod encoded;
mod encoder;
pub mod entities;
mod fit;
mod held_out;
pub mod labels;
pub mod metrics;
mod model;
mod neighbours;
mod rng;
pub mod slots;
mod softmax;
mod static_vectors;
mod svm;
#[cfg(feature = "tone")]
pub mod tone;
mod train;
mod vectorize;

pub use choice::Compared;
pub use classifier::{Candidate, Classification, IntentClassifier, StoredClassifier};
pub use encoded::{StoredEncoded, VectorKind};
pub use encoder::{EncodeError, Encoder};
pub use held_out::{HeldOut, sure_from};
pub use model::ModelError;
pub use rng::Rng;
pub use static_vectors::{StaticVectors, StoredVectors, words_of};
pub use train::{Example, ThresholdRule, TrainError, TrainOptions, Trained, folds, train, train_encoded};

#[cfg(test)]
mod learned_tests;
#[cfg(test)]
mod tests;
