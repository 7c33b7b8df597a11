use std::ops::Range;

/// Turns an utterance into a vector of fixed width in which what means alike lies near.
pub trait Encoder {
    /// Numbers in a vector.
    fn width(&self) -> usize;

    /// The vector of `text`, `[width]`, of unit length where the encoder normalises.
    ///
    /// # Errors
    /// [`EncodeError`] where the model cannot be run.
    fn encode(&self, text: &str) -> Result<Vec<f32>, EncodeError>;

    /// The vector of a text that answers, `[width]`, where an encoder was trained to read answers another way than
    /// questions; else that of [`encode`](Self::encode).
    ///
    /// # Errors
    /// As [`encode`](Self::encode).
    fn encode_passage(&self, text: &str) -> Result<Vec<f32>, EncodeError> {
        self.encode(text)
    }

    /// The vectors of `text`'s tokens as its neighbours colour them, in order; none where the encoder gives only a text's.
    ///
    /// # Errors
    /// As [`encode`](Self::encode).
    fn encode_tokens(&self, text: &str) -> Result<Vec<TokenVector>, EncodeError> {
        let _ = text;
        Ok(Vec::new())
    }
}

/// A token of an encoder, a word or a part of one.
#[derive(Clone, Debug, PartialEq)]
pub struct TokenVector {
    /// Bytes of the text; may hold white space before the word, and be empty.
    pub span: Range<usize>,
    /// `[width]`, the same for all tokens of an encoder.
    pub vector: Vec<f32>,
}

/// Why there is no vector: which part failed, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncodeError(pub String);

impl std::fmt::Display for EncodeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for EncodeError {}
