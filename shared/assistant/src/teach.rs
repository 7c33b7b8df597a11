//! What a pack's classifier learns from: n-grams, or a sentence encoder beside them, chosen by evidence.

use nearside_nlu::distil::{DistilOptions, Teacher, distil, word_list};
use nearside_nlu::{Example, StaticVectors, TrainOptions, Trained, VectorKind, train, train_encoded};

/// What a pack may learn from beside n-grams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tier {
    /// Nothing: n-grams alone.
    Ngram,
    /// Word vectors distilled from the encoder.
    Static,
    /// The encoder's own vectors; every turn needs the encoder then.
    Encoder,
    /// Whichever of n-grams and word vectors cross-validation finds better.
    Auto,
}

/// Texts to vectors, in their order; or what went wrong.
pub type EncodeAll<'a> = dyn Fn(&[&str]) -> Result<Vec<Vec<f32>>, String> + 'a;

/// A sentence encoder at hand while a pack is built.
pub struct Teaching<'a> {
    /// Its name.
    pub encoder: String,
    /// Vectors of many texts, in their order.
    pub encode: &'a EncodeAll<'a>,
    /// The same of what answers, where the encoder tells it from questions.
    pub encode_passages: &'a EncodeAll<'a>,
    /// How many entries of a vector, from the first on, are the sentence vector proper; others are of an inner layer.
    pub leading: u16,
    /// Words that visitors may use although no question has them.
    pub common_words: Vec<String>,
    /// How word vectors are made.
    pub options: DistilOptions,
    /// Which tier to build.
    pub tier: Tier,
}

pub(crate) struct Learned {
    pub(crate) trained: Trained,
    pub(crate) words: Option<StaticVectors>,
    pub(crate) tried: Vec<(&'static str, f64)>,
    pub(crate) taken: &'static str,
}

pub(crate) fn learn(examples: &[Example<'_>], teaching: Option<&Teaching<'_>>) -> Result<Learned, String> {
    let plain = train(examples, TrainOptions::default()).map_err(|e| e.to_string())?;
    let mut tried = vec![("n-grams", plain.right())];
    let Some(teaching) = teaching.filter(|t| t.tier != Tier::Ngram) else {
        return Ok(Learned { trained: plain, words: None, tried, taken: "n-grams" });
    };
    let texts: Vec<&str> = examples.iter().map(|e| e.text).collect();
    let mut vectors = (teaching.encode)(&texts)?;
    if teaching.tier == Tier::Encoder {
        let kind = VectorKind::Encoder { leading: teaching.leading };
        let trained = train_encoded(examples, (kind, &vectors), TrainOptions::default()).map_err(|e| e.to_string())?;
        tried.push(("encoder", trained.right()));
        return Ok(Learned { trained, words: None, tried, taken: "encoder" });
    }
    let words = word_list(&texts, &teaching.common_words);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let mut word_vectors = (teaching.encode)(&words)?;
    vectors.iter_mut().chain(&mut word_vectors).for_each(|vector| vector.truncate(teaching.leading.into()));
    let teacher = Teacher { sentences: &texts, sentence_vectors: &vectors, words: &words, word_vectors: &word_vectors };
    let made = distil(&teacher, teaching.options).map_err(|e| e.to_string())?;
    let taught = train_encoded(examples, (VectorKind::Words, &made.held_out), TrainOptions::default()).map_err(|e| e.to_string())?;
    tried.push(("word vectors", taught.right()));
    if teaching.tier == Tier::Auto && taught.right() < plain.right() + WORTH_ITS_BYTES {
        return Ok(Learned { trained: plain, words: None, tried, taken: "n-grams" });
    }
    Ok(Learned { trained: taught, words: Some(made.vectors), tried, taken: "word vectors" })
}

/// Word vectors make a pack half as large again; they must bring this share of held-out questions.
const WORTH_ITS_BYTES: f64 = 0.005;
