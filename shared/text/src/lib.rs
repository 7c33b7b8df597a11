//! Text as every other crate sees it: normalised, cut up and counted in one way.
//!
//! What always holds: index and query, training and prediction go through the same functions here, and the same
//! string gives the same bytes on every target. Deliberately absent: stemmers and dictionaries per language;
//! character n-grams and truncated words do their work for all twelve languages at no download.

mod features;
mod language;
mod normalize;
mod order;
pub mod rich;
mod romanised;
mod segment;
mod sentence;
mod simplified;
mod slang;

pub use features::{FeatureKind, features, hash_chars, hash_grams, hash_term, is_negated};
pub use language::{Language, detect, detect_expecting};
pub use normalize::normalize;
pub use order::in_order;
pub use romanised::romanised;
pub use segment::{Piece, Term, Token, is_unspaced, pieces, terms, tokens};
pub use sentence::{ends_sentence, sentences};
pub use slang::{slang, standard};

#[cfg(test)]
mod rich_tests;
#[cfg(test)]
mod tests;
