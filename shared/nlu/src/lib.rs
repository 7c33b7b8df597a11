//! Understanding one utterance: its intent, whether it is in scope at all, and the entities in it.
//!
//! What always holds: training is deterministic (seeded, no hash-map order, `libm` for logarithms), so the same
//! examples give the same bytes natively and in WASM. A *confidence* is a calibrated probability in `0.0..=1.0`;
//! a *score* is unbounded. Deliberately absent: dialogue, articles, files.

pub mod acts;
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
pub mod ranker;
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
pub use encoder::{EncodeError, Encoder, TokenVector};
pub use held_out::{HeldOut, sure_from};
pub use model::ModelError;
pub use rng::Rng;
pub use static_vectors::{StaticVectors, words_of};
pub use train::{Example, ThresholdRule, TrainError, TrainOptions, Trained, folds, train, train_encoded};

/// The token vectors of a language (`shared/nlu/vectors`), by its primary subtag; `None` for one that has none.
#[cfg(feature = "vectors")]
pub fn language_vectors(language: &str) -> Option<&'static [u8]> {
    Some(match language {
        "ar" => include_bytes!("../vectors/ar.bin"),
        "de" => include_bytes!("../vectors/de.bin"),
        "en" => include_bytes!("../vectors/en.bin"),
        "es" => include_bytes!("../vectors/es.bin"),
        "fr" => include_bytes!("../vectors/fr.bin"),
        "id" => include_bytes!("../vectors/id.bin"),
        "it" => include_bytes!("../vectors/it.bin"),
        "ja" => include_bytes!("../vectors/ja.bin"),
        "ko" => include_bytes!("../vectors/ko.bin"),
        "pt" => include_bytes!("../vectors/pt.bin"),
        "tr" => include_bytes!("../vectors/tr.bin"),
        "zh" => include_bytes!("../vectors/zh.bin"),
        _ => return None,
    })
}

#[cfg(test)]
mod learned_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod vector_tests;
