//! `tokenizer.json`: from a text to the numbers of its tokens.

use std::collections::HashMap;

use nearside_nlu::EncodeError;
use serde::Deserialize;
use tokenizers::{
    DecoderWrapper, Encoding, NormalizerWrapper, PostProcessorWrapper, PreTokenizerWrapper, Tokenizer, TokenizerImpl, TruncationParams,
};

use crate::pieces::Pieces;

type Unigram = TokenizerImpl<Pieces, NormalizerWrapper, PreTokenizerWrapper, PostProcessorWrapper, DecoderWrapper>;

/// A loaded tokenizer.
pub(crate) enum Tokens {
    /// As the tokenizers crate has it.
    Any(Box<Tokenizer>),
    /// With a unigram model of ours in it.
    Unigram(Box<Unigram>),
}

fn wrong(why: impl std::fmt::Display) -> EncodeError {
    EncodeError(format!("tokenizer.json: {why}"))
}

/// What the file says about its model.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Kind {
    r#type: String,
    byte_fallback: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct File {
    model: Kind,
}

impl Tokens {
    /// Reads a file; texts are cut at `most` tokens. One text at a time needs no padding.
    ///
    /// # Errors
    /// [`EncodeError`] naming the file.
    pub(crate) fn load(file: &[u8], most: usize) -> Result<Self, EncodeError> {
        let kind = serde_json::from_slice::<File>(file).map_err(wrong)?.model;
        let cut = Some(TruncationParams { max_length: most.max(3), ..Default::default() });
        if kind.r#type == "Unigram" && !kind.byte_fallback {
            let mut tokenizer: Unigram = serde_json::from_slice(file).map_err(wrong)?;
            tokenizer.with_padding(None).with_truncation(cut).map_err(wrong)?;
            return Ok(Self::Unigram(Box::new(tokenizer)));
        }
        let mut tokenizer = Tokenizer::from_bytes(file).map_err(wrong)?;
        tokenizer.with_padding(None).with_truncation(cut).map_err(wrong)?;
        Ok(Self::Any(Box::new(tokenizer)))
    }

    /// The tokens of a text, the special ones included; their offsets are bytes of it.
    pub(crate) fn read(&self, text: &str) -> Result<Encoding, EncodeError> {
        let encoding = match self {
            Self::Any(tokenizer) => tokenizer.encode(text, true),
            Self::Unigram(tokenizer) => tokenizer.encode(text, true),
        };
        encoding.map_err(|e| EncodeError(format!("encoder: {e}")))
    }

    /// Whole words with their numbers: pieces that begin a word are marked in unigram vocabularies, others in those of
    /// word pieces.
    pub(crate) fn words(&self) -> HashMap<String, u32> {
        match self {
            Self::Any(tokenizer) => tokenizer.get_vocab(false),
            Self::Unigram(tokenizer) => {
                let all = tokenizer.get_vocab(false).into_iter();
                all.filter_map(|(piece, id)| Some((piece.strip_prefix('▁')?.to_owned(), id))).collect()
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test may")]
mod tests {
    use serde_json::json;

    use super::{Tokenizer, Tokens};

    fn file(vocab: &serde_json::Value, unknown: usize) -> Vec<u8> {
        let model = json!({"type": "Unigram", "unk_id": unknown, "vocab": vocab, "byte_fallback": false});
        let spaces = json!({"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true});
        let file = json!({"version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "normalizer": {"type": "NFKC"},
            "pre_tokenizer": spaces, "post_processor": null, "decoder": null, "model": model});
        serde_json::to_vec(&file).unwrap()
    }

    fn vocabulary() -> serde_json::Value {
        json!([
            ["<s>", 0.0],
            ["<unk>", 0.0],
            ["▁", -3.5],
            ["a", -5.0],
            ["b", -5.5],
            ["ab", -7.0],
            ["▁ab", -8.0],
            ["abc", -9.5],
            ["▁a", -6.0],
            ["bc", -9.0],
            ["日", -9.0],
            ["日本", -11.0],
            ["本語", -10.5],
            ["語", -9.5],
            ["é", -8.0]
        ])
    }

    #[test]
    fn chooses_what_the_crate_chooses() {
        let file = file(&vocabulary(), 1);
        let (ours, theirs) = (Tokens::load(&file, 64).unwrap(), Tokenizer::from_bytes(&file).unwrap());
        let Tokens::Unigram(unigram) = &ours else { panic!("a unigram model is ours") };
        for text in ["", " ", "ab", "abc abcab", "日本語", "xyz", "xayzb", "ａb é\u{301}", "🂡🂡 a", "bcbcbc c", "<s>", "\u{0}"] {
            let expected = theirs.encode(text, true).unwrap();
            assert_eq!(ours.read(text).unwrap().get_ids(), expected.get_ids(), "{text:?}");
            let seen = unigram.encode(text, true).unwrap();
            assert_eq!((seen.get_tokens(), seen.get_offsets()), (expected.get_tokens(), expected.get_offsets()), "{text:?}");
        }
        assert_eq!(unigram.get_vocab(false), theirs.get_vocab(false));
        assert_eq!(ours.words()["ab"], 6);
        for (piece, id) in theirs.get_vocab(false) {
            assert_eq!((unigram.token_to_id(&piece), unigram.id_to_token(id)), (Some(id), Some(piece)));
        }
    }

    #[test]
    fn says_what_is_wrong_with_the_pieces() {
        let said = |vocab: serde_json::Value, unknown| Tokens::load(&file(&vocab, unknown), 64).err().unwrap().to_string();
        assert!(said(vocabulary(), 15).starts_with("tokenizer.json: no piece for unk_id 15"));
        assert!(said(json!([["a", 0.0], ["a", 1.0]]), 0).contains("piece \"a\" stands there twice"));
        assert!(said(json!([]), 0).starts_with("tokenizer.json: "));
        assert!(said(json!([["a", "b"]]), 0).starts_with("tokenizer.json: "));
        let whole = file(&vocabulary(), 1);
        for cut in [0, 1, whole.len() / 2, whole.len() - 1] {
            assert!(Tokens::load(&whole[..cut], 64).err().unwrap().to_string().starts_with("tokenizer.json: "));
        }
    }
}
