//! Articles and how they are found.
//!
//! What always holds: an article's number is its position in the list it was indexed from; ranking is total (ties keep
//! the order of articles). Deliberately absent: intents and dialogue; the caller brings the classifier's view as plain
//! numbers.

mod article;
mod index;
mod passage;
mod postings;
mod suggest;
mod units;

pub use article::Article;
pub use index::{Index, IndexError, Look, Match, Shared, StoredIndex, best};
pub use passage::best_passage;
pub use suggest::suggest;
pub use units::{Field, Unit, embedded, passages, units};

#[cfg(test)]
mod tests;
