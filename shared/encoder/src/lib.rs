//! Sentence encoders: any BERT-like ONNX file with its `tokenizer.json`, run by tract in WASM and natively.
//!
//! An encoder is three files: `model.onnx` (inputs `input_ids` and, where it has them, `attention_mask` and
//! `token_type_ids`, each `[1, n_tokens]`; output the last hidden state `[1, n_tokens, width]` or a pooled `[1, width]`, and in an output `inner_state`,
//! where it has one, an earlier layer's state), `tokenizer.json`, and [`Settings`] as `encoder.json`. What always holds: one text at a time, so that a vector does not
//! depend on its neighbours in a batch. Deliberately absent: files and downloads.

#[cfg(feature = "convert")]
pub mod convert;
mod int8;
mod linear;
#[cfg(feature = "convert")]
pub mod nano;
#[cfg(feature = "convert")]
mod onnx;
mod pieces;
mod rows;
mod tokens;

use std::sync::Arc;

use nearside_nlu::{EncodeError, TokenVector};
use prost::Message;
use serde::{Deserialize, Serialize};
use tract_onnx::pb::ModelProto;
use tract_onnx::prelude::*;

use crate::tokens::Tokens;

/// How token vectors become one sentence vector.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pooling {
    /// The mean of all tokens (Reimers and Gurevych, "Sentence-BERT", 2019).
    #[default]
    Mean,
    /// The first token.
    Cls,
}

/// What an encoder's files do not say themselves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// What it is called.
    pub name: String,
    /// How token vectors become one.
    pub pooling: Pooling,
    /// Whether the sentence vector is scaled to unit length.
    pub normalize: bool,
    /// Put before each text, as some encoders were trained (`query: `).
    pub prefix: String,
    /// Put before a text that answers (`passage: `); default: the same as before a question.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub passage_prefix: Option<String>,
    /// Subtracted from what pooling gives: nothing, or a number for each of a vector's. Vectors of some encoders lie in a
    /// narrow cone around their mean, where all cosines are high (Ethayarajh, "How contextual are contextualized word
    /// representations?", 2019).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mean: Vec<f32>,
    /// The most tokens that are read, the special ones included.
    pub max_tokens: usize,
}

impl Default for Settings {
    fn default() -> Self {
        let (name, prefix) = (String::new(), String::new());
        Self { name, pooling: Pooling::Mean, normalize: true, prefix, passage_prefix: None, mean: Vec::new(), max_tokens: 128 }
    }
}

/// What a model takes, in the order of its inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Takes {
    Ids,
    Mask,
    Types,
}

/// A loaded encoder.
pub struct Encoder {
    tokens: Tokens,
    model: Arc<TypedRunnableModel>,
    takes: Vec<Takes>,
    settings: Settings,
    /// Which output is an earlier layer's state.
    inner: Option<usize>,
    leading: usize,
    width: usize,
}

/// The output that is an earlier layer's state.
const INNER: &str = "inner_state";

fn wrong(what: &str) -> impl Fn(&dyn std::fmt::Display) -> EncodeError + '_ {
    move |why| EncodeError(format!("{what}: {why}"))
}

impl Encoder {
    /// Loads an encoder from the bytes of its files.
    ///
    /// # Errors
    /// [`EncodeError`] naming the file and what is wrong with it.
    pub fn load(model: Vec<u8>, tokenizer: &[u8], settings: Settings) -> Result<Self, EncodeError> {
        let read = Tokens::load(tokenizer, settings.max_tokens)?;
        let failed = wrong("model.onnx");
        let mut proto = ModelProto::decode(&*model).map_err(|e| failed(&e))?;
        // Where memory is short (an isolate has 128 MB), the file may not lie beside what is made of it.
        drop(model);
        linear::rewrite(&mut proto);
        // Shapes that the exporter noted stand in the way of ours.
        let onnx = linear::onnx().with_ignore_value_info(true);
        let mut graph = onnx.model_for_proto_model(&proto).map_err(|e| failed(&format!("{e:#}")))?;
        drop(proto);
        let tokens = graph.symbols.sym("tokens");
        let mut takes = Vec::new();
        for (at, outlet) in graph.input_outlets().map_err(|e| failed(&e))?.to_vec().iter().enumerate() {
            let name = graph.node(outlet.node).name.clone();
            takes.push(match name.as_str() {
                "input_ids" => Takes::Ids,
                "attention_mask" => Takes::Mask,
                "token_type_ids" => Takes::Types,
                other => return Err(failed(&format!("input {other:?}, expected input_ids, attention_mask or token_type_ids"))),
            });
            graph.set_input_fact(at, i64::fact([1.to_dim(), tokens.clone().into()]).into()).map_err(|e| failed(&e))?;
        }
        if !takes.contains(&Takes::Ids) {
            return Err(failed(&"no input input_ids"));
        }
        let outputs = graph.output_outlets().map_err(|e| failed(&e))?;
        let inner = outputs.iter().position(|&outlet| graph.outlet_label(outlet) == Some(INNER) || graph.node(outlet.node).name == INNER);
        let model = graph.into_optimized().and_then(|m| m.into_runnable()).map_err(|e| failed(&format!("{e:#}")))?;
        let mut encoder = Self { tokens: read, model, takes, settings, inner, leading: 0, width: 0 };
        let states = encoder.run("a")?;
        encoder.leading = states[0].len();
        encoder.width = states.iter().map(Vec::len).sum();
        let mean = encoder.settings.mean.len();
        if mean != 0 && mean != encoder.width {
            return Err(wrong("encoder.json")(&format!("mean of {mean} numbers, expected none or the model's {}", encoder.width)));
        }
        if encoder.width > u16::MAX.into() {
            return Err(failed(&format!("{} numbers a vector, expected at most 65,535", encoder.width)));
        }
        Ok(encoder)
    }

    /// What the encoder is called.
    pub fn name(&self) -> &str {
        &self.settings.name
    }

    /// How many entries of a vector, from the first on, are the sentence vector proper. The others are of an earlier layer,
    /// where the model gives one: pooled and scaled alike, it knows the words better and the meaning less.
    pub fn leading(&self) -> u16 {
        self.leading as u16
    }

    /// The first `most` whole words of the vocabulary, letters alone: vocabularies begin with what is frequent.
    pub fn common_words(&self, most: usize) -> Vec<String> {
        let words = self.tokens.words().into_iter();
        let mut words: Vec<(u32, String)> =
            words.filter(|(w, _)| w.chars().count() > 1 && w.chars().all(char::is_alphabetic)).map(|(word, id)| (id, word)).collect();
        words.sort_unstable();
        words.into_iter().take(most).map(|(_, word)| word).collect()
    }

    /// What the model gives for tokens: the last layer's state and, where there is one, the inner layer's.
    fn states(&self, tokens: &[u32]) -> Result<Vec<State>, EncodeError> {
        let failed = wrong("encoder");
        let ids: Vec<i64> = tokens.iter().copied().map(i64::from).collect();
        let n = ids.len();
        let row = |values: &[i64]| Tensor::from_shape(&[1, n], values).map(Tensor::into_tvalue);
        let inputs = self.takes.iter().map(|takes| match takes {
            Takes::Ids => row(&ids),
            Takes::Mask => row(&vec![1; n]),
            Takes::Types => row(&vec![0; n]),
        });
        let inputs = inputs.collect::<TractResult<TVec<TValue>>>().map_err(|e| failed(&e))?;
        let outputs = self.model.run(inputs).map_err(|e| failed(&format!("{e:#}")))?;
        let used = std::iter::once(0).chain(self.inner);
        used.map(|at| State::read(outputs.get(at).ok_or_else(|| failed(&"the model gives nothing"))?)).collect()
    }

    /// The last layer's vector and, where there is one, the inner layer's; the prefix is in the text.
    fn run(&self, text: &str) -> Result<Vec<Vec<f32>>, EncodeError> {
        let states = self.states(self.tokens.read(text)?.get_ids())?;
        let mut mean = &self.settings.mean[..];
        let vectors = states.into_iter().map(|state| {
            let vector = self.settled(state.pooled(self.settings.pooling), mean);
            mean = mean.get(vector.len()..).unwrap_or_default();
            vector
        });
        Ok(vectors.collect())
    }

    /// With the mean subtracted, and scaled as the settings say.
    fn settled(&self, mut vector: Vec<f32>, mean: &[f32]) -> Vec<f32> {
        vector.iter_mut().zip(mean).for_each(|(v, m)| *v -= m);
        if self.settings.normalize {
            let length = vector.iter().map(|v| v * v).sum::<f32>().sqrt();
            if length > 0.0 {
                vector.iter_mut().for_each(|v| *v /= length);
            }
        }
        vector
    }
}

/// One output of the model.
struct State {
    /// `[n_tokens, width]`, or `[width]` where the model pools by itself.
    values: Vec<f32>,
    width: usize,
    pooled: bool,
}

impl State {
    fn read(output: &Tensor) -> Result<Self, EncodeError> {
        let failed = wrong("encoder");
        let output = output.cast_to::<f32>().map_err(|e| failed(&e))?;
        let values = output.to_plain_array_view::<f32>().map_err(|e| failed(&e))?;
        let shape = values.shape().to_vec();
        let (width, pooled) = match shape[..] {
            [1, width] => (width, true),
            [1, tokens, width] if tokens > 0 && width > 0 => (width, false),
            _ => return Err(failed(&format!("output of shape {shape:?}, expected [1, n_tokens, width] or [1, width]"))),
        };
        Ok(Self { values: values.iter().copied().collect(), width, pooled })
    }

    fn pooled(self, how: Pooling) -> Vec<f32> {
        let Self { mut values, width, pooled } = self;
        if !pooled && how == Pooling::Mean {
            let tokens = values.len() / width;
            let mut sum = vec![0.0f32; width];
            values.chunks_exact(width).for_each(|token| sum.iter_mut().zip(token).for_each(|(s, v)| *s += v));
            sum.iter_mut().for_each(|s| *s /= tokens as f32);
            return sum;
        }
        values.truncate(width);
        values
    }
}

impl nearside_nlu::Encoder for Encoder {
    fn width(&self) -> usize {
        self.width
    }

    fn encode(&self, text: &str) -> Result<Vec<f32>, EncodeError> {
        Ok(self.run(&format!("{}{text}", self.settings.prefix))?.concat())
    }

    fn encode_passage(&self, text: &str) -> Result<Vec<f32>, EncodeError> {
        let prefix = self.settings.passage_prefix.as_ref().unwrap_or(&self.settings.prefix);
        Ok(self.run(&format!("{prefix}{text}"))?.concat())
    }

    /// Each layer's part is centred and scaled as that of a text's vector is.
    fn encode_tokens(&self, text: &str) -> Result<Vec<TokenVector>, EncodeError> {
        let prefix = self.settings.prefix.len();
        let read = self.tokens.read(&format!("{}{text}", self.settings.prefix))?;
        let states = self.states(read.get_ids())?;
        if states.iter().any(|state| state.pooled || state.values.len() != read.len() * state.width) {
            return Ok(Vec::new());
        }
        let own = (0..read.len()).filter(|&at| read.get_special_tokens_mask()[at] == 0 && read.get_offsets()[at].1 > prefix);
        let tokens = own.map(|at| {
            let (start, end) = read.get_offsets()[at];
            let mut mean = &self.settings.mean[..];
            let mut vector = Vec::with_capacity(self.width);
            for state in &states {
                let row = state.values[at * state.width..][..state.width].to_vec();
                vector.extend(self.settled(row, mean));
                mean = mean.get(state.width..).unwrap_or_default();
            }
            TokenVector { span: start.saturating_sub(prefix)..end - prefix, vector }
        });
        Ok(tokens.collect())
    }
}
