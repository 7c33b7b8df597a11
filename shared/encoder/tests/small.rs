//! A small BERT with made-up weights: conversion, loading and running agree with the arithmetic done by hand.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test may")]

use std::collections::BTreeMap;

use nearside_encoder::convert::{Weights, bert};
use nearside_encoder::{Encoder, Pooling, Settings};
use nearside_nlu::Encoder as _;
use safetensors::tensor::{Dtype, TensorView, serialize};

const WIDTH: usize = 32;
const INNER: usize = 64;
const HEADS: usize = 4;
const LAYERS: usize = 2;
const WORDS: [&str; 9] = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "the", "card", "is", "lost", "##s"];

const CONFIG: &str =
    r#"{"model_type":"bert","hidden_size":32,"num_hidden_layers":2,"num_attention_heads":4,"layer_norm_eps":1e-12,"hidden_act":"gelu"}"#;

fn tokenizer() -> Vec<u8> {
    let vocabulary: Vec<String> = WORDS.iter().enumerate().map(|(id, word)| format!("\"{word}\":{id}")).collect();
    format!(
        r###"{{"version":"1.0","truncation":null,"padding":null,"added_tokens":[],
        "normalizer":{{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":null,"lowercase":true}},
        "pre_tokenizer":{{"type":"BertPreTokenizer"}},
        "post_processor":{{"type":"TemplateProcessing","single":[{{"SpecialToken":{{"id":"[CLS]","type_id":0}}}},{{"Sequence":{{"id":"A","type_id":0}}}},{{"SpecialToken":{{"id":"[SEP]","type_id":0}}}}],
        "pair":[],"special_tokens":{{"[CLS]":{{"id":"[CLS]","ids":[2],"tokens":["[CLS]"]}},"[SEP]":{{"id":"[SEP]","ids":[3],"tokens":["[SEP]"]}}}}}},
        "decoder":null,"model":{{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##","max_input_chars_per_word":100,"vocab":{{{}}}}}}}"###,
        vocabulary.join(",")
    )
    .into_bytes()
}

/// Weights by name, from a fixed sequence of numbers.
fn weights() -> BTreeMap<String, (Vec<usize>, Vec<f32>)> {
    let mut state = 7u64;
    let mut next = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1u64 << 24) as f32 - 0.5
    };
    let mut all = BTreeMap::new();
    let mut put = |name: String, shape: Vec<usize>, plus: f32| {
        let values = (0..shape.iter().product()).map(|_| next() * 0.4 + plus).collect();
        all.insert(name, (shape, values));
    };
    put("embeddings.word_embeddings.weight".into(), vec![WORDS.len(), WIDTH], 0.0);
    put("embeddings.position_embeddings.weight".into(), vec![16, WIDTH], 0.0);
    put("embeddings.token_type_embeddings.weight".into(), vec![2, WIDTH], 0.0);
    let mut norms = vec!["embeddings.LayerNorm".to_owned()];
    for layer in 0..LAYERS {
        let name = |part: &str| format!("encoder.layer.{layer}.{part}");
        let linears = [
            ("attention.self.query", WIDTH, WIDTH),
            ("attention.self.key", WIDTH, WIDTH),
            ("attention.self.value", WIDTH, WIDTH),
            ("attention.output.dense", WIDTH, WIDTH),
            ("intermediate.dense", INNER, WIDTH),
            ("output.dense", WIDTH, INNER),
        ];
        for (part, outputs, inputs) in linears {
            put(name(&format!("{part}.weight")), vec![outputs, inputs], 0.0);
            put(name(&format!("{part}.bias")), vec![outputs], 0.0);
        }
        norms.extend([name("attention.output.LayerNorm"), name("output.LayerNorm")]);
    }
    for norm in norms {
        put(format!("{norm}.weight"), vec![WIDTH], 1.0);
        put(format!("{norm}.bias"), vec![WIDTH], 0.0);
    }
    all
}

fn checkpoint() -> Vec<u8> {
    let all = weights();
    let bytes: Vec<(String, Vec<usize>, Vec<u8>)> =
        all.into_iter().map(|(name, (shape, values))| (name, shape, values.iter().flat_map(|v| v.to_le_bytes()).collect())).collect();
    let views = bytes.iter().map(|(name, shape, bytes)| (name.as_str(), TensorView::new(Dtype::F32, shape.clone(), bytes).unwrap()));
    serialize(views, None).unwrap()
}

/// The same encoder in plain loops.
struct ByHand(BTreeMap<String, (Vec<usize>, Vec<f32>)>);

impl ByHand {
    fn get(&self, name: &str) -> &[f32] {
        &self.0[name].1
    }

    fn linear(&self, x: &[Vec<f32>], name: &str) -> Vec<Vec<f32>> {
        let (weights, bias) = (self.get(&format!("{name}.weight")), self.get(&format!("{name}.bias")));
        let row =
            |x: &Vec<f32>| weights.chunks(x.len()).zip(bias).map(|(w, b)| w.iter().zip(x).map(|(w, x)| w * x).sum::<f32>() + b).collect();
        x.iter().map(row).collect()
    }

    fn norm(&self, x: &[Vec<f32>], name: &str) -> Vec<Vec<f32>> {
        let (scale, bias) = (self.get(&format!("{name}.weight")), self.get(&format!("{name}.bias")));
        let row = |x: &Vec<f32>| {
            let mean = x.iter().sum::<f32>() / x.len() as f32;
            let variance = x.iter().map(|v| (v - mean).powi(2)).sum::<f32>() / x.len() as f32;
            x.iter().zip(scale).zip(bias).map(|((v, s), b)| (v - mean) / (variance + 1e-12).sqrt() * s + b).collect()
        };
        x.iter().map(row).collect()
    }

    fn run(&self, ids: &[usize], layers: usize) -> Vec<Vec<f32>> {
        let row = |table: &str, at: usize| self.get(&format!("embeddings.{table}_embeddings.weight"))[at * WIDTH..][..WIDTH].to_vec();
        let embedded: Vec<Vec<f32>> = ids
            .iter()
            .enumerate()
            .map(|(at, &id)| {
                let (word, place, kind) = (row("word", id), row("position", at), row("token_type", 0));
                (0..WIDTH).map(|i| word[i] + place[i] + kind[i]).collect()
            })
            .collect();
        let add = |a: &[Vec<f32>], b: &[Vec<f32>]| -> Vec<Vec<f32>> {
            a.iter().zip(b).map(|(a, b)| a.iter().zip(b).map(|(a, b)| a + b).collect()).collect()
        };
        let mut x = self.norm(&embedded, "embeddings.LayerNorm");
        for layer in 0..layers {
            let name = |part: &str| format!("encoder.layer.{layer}.{part}");
            let [q, k, v] = ["query", "key", "value"].map(|part| self.linear(&x, &name(&format!("attention.self.{part}"))));
            let size = WIDTH / HEADS;
            let mut mixed = vec![vec![0.0f32; WIDTH]; ids.len()];
            for head in 0..HEADS {
                let part = |x: &[f32]| x[head * size..][..size].to_vec();
                for (to, query) in q.iter().enumerate() {
                    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
                    let scores: Vec<f32> = k.iter().map(|key| (dot(&part(query), &part(key)) / (size as f32).sqrt()).exp()).collect();
                    let sum: f32 = scores.iter().sum();
                    for (from, score) in scores.iter().enumerate() {
                        part(&v[from]).iter().enumerate().for_each(|(i, v)| mixed[to][head * size + i] += score / sum * v);
                    }
                }
            }
            let attended = self.norm(&add(&self.linear(&mixed, &name("attention.output.dense")), &x), &name("attention.output.LayerNorm"));
            // Abramowitz and Stegun, 7.1.26.
            let erf = |x: f32| {
                let t = 1.0 / (1.0 + 0.327_591_1 * x.abs());
                let poly = t * (0.254_829_6 + t * (-0.284_496_74 + t * (1.421_413_8 + t * (-1.453_152_1 + t * 1.061_405_4))));
                (1.0 - poly * (-x * x).exp()).copysign(x)
            };
            let mut inner = self.linear(&attended, &name("intermediate.dense"));
            inner.iter_mut().flatten().for_each(|v| *v = *v / 2.0 * (1.0 + erf(*v / 2.0f32.sqrt())));
            x = self.norm(&add(&self.linear(&inner, &name("output.dense")), &attended), &name("output.LayerNorm"));
        }
        x
    }
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

#[test]
fn gives_what_the_arithmetic_gives() {
    // [CLS] the card ##s is lost [SEP]
    let [tokens, inner] = [LAYERS, LAYERS * 2 / 3].map(|layers| ByHand(weights()).run(&[2, 4, 5, 8, 6, 7, 3], layers));
    let mean = |tokens: &[Vec<f32>]| (0..WIDTH).map(|i| tokens.iter().map(|t| t[i]).sum::<f32>() / tokens.len() as f32).collect();
    let (mean, inner_mean): (Vec<f32>, Vec<f32>) = (mean(&tokens), mean(&inner));
    for (weights, least) in [(Weights::Float, 0.999_999), (Weights::Int8, 0.999), (Weights::Int4, 0.98)] {
        let model = bert(CONFIG.as_bytes(), &checkpoint(), weights).unwrap();
        let settings = Settings { normalize: false, ..Settings::default() };
        let encoder = Encoder::load(model.clone(), &tokenizer(), settings.clone()).unwrap();
        assert_eq!((encoder.width(), encoder.leading()), (2 * WIDTH, WIDTH as u16));
        let seen = encoder.encode("The CARDS is lost").unwrap();
        for (part, expected) in [(&seen[..WIDTH], &mean), (&seen[WIDTH..], &inner_mean)] {
            assert!(cosine(part, expected) > least, "{weights:?}: {}", cosine(part, expected));
        }
        let first = Encoder::load(model.clone(), &tokenizer(), Settings { pooling: Pooling::Cls, ..settings }).unwrap();
        assert!(cosine(&first.encode("The cards is lost").unwrap()[..WIDTH], &tokens[0]) > least, "{weights:?}");
        // A text alone gives the same vector whatever came before it.
        encoder.encode("card").unwrap();
        assert_eq!(encoder.encode("The CARDS is lost").unwrap(), seen);
    }
}

#[test]
fn takes_any_text_and_cuts_long_ones() {
    let model = bert(CONFIG.as_bytes(), &checkpoint(), Weights::Int8).unwrap();
    let encoder = Encoder::load(model.clone(), &tokenizer(), Settings { max_tokens: 12, ..Settings::default() }).unwrap();
    for text in ["", " ", "\u{0}", "🂡", "card ".repeat(1000).as_str()] {
        let vector = encoder.encode(text).unwrap();
        for part in vector.chunks(WIDTH) {
            let length: f32 = part.iter().map(|v| v * v).sum();
            assert!(vector.len() == 2 * WIDTH && (length - 1.0).abs() < 1e-4, "{text:?}: {length}");
        }
    }
}

#[test]
fn says_which_file_is_wrong() {
    let model = bert(CONFIG.as_bytes(), &checkpoint(), Weights::Float).unwrap();
    let said = |model: &[u8], tokenizer: &[u8]| {
        Encoder::load(model.to_vec(), tokenizer, Settings::default()).err().map(|e| e.to_string()).unwrap_or_default()
    };
    assert!(said(b"nonsense", &tokenizer()).starts_with("model.onnx: "));
    assert!(said(&model[..model.len() / 2], &tokenizer()).starts_with("model.onnx: "));
    assert!(said(&model, b"{}").starts_with("tokenizer.json: "));
    let convert =
        |config: &str, tensors: &[u8]| bert(config.as_bytes(), tensors, Weights::Float).err().map(|e| e.to_string()).unwrap_or_default();
    assert!(convert("{}", &checkpoint()).starts_with("config.json: "));
    assert!(convert(&CONFIG.replace("bert", "gpt2"), &checkpoint()).contains("expected bert"));
    assert!(convert(CONFIG, b"nonsense").starts_with("model.safetensors: "));
    let more = CONFIG.replace("\"num_hidden_layers\":2", "\"num_hidden_layers\":3");
    assert!(convert(&more, &checkpoint()).contains("encoder.layer.2.attention"), "{}", convert(&more, &checkpoint()));
}

#[test]
fn damaged_files_are_refused_and_never_panic() {
    let model = bert(CONFIG.as_bytes(), &checkpoint(), Weights::Int4).unwrap();
    for cut in (0..model.len()).step_by(model.len() / 60) {
        let error = Encoder::load(model[..cut].to_vec(), &tokenizer(), Settings::default()).err().map(|e| e.to_string());
        assert!(error.is_some_and(|e| e.starts_with("model.onnx: ")), "cut at {cut}");
    }
    // Tokens that the model has no rows for, and a mean of another width.
    let more = String::from_utf8(tokenizer()).unwrap().replace("\"card\":5", "\"card\":4096");
    let encoder = Encoder::load(model.clone(), more.as_bytes(), Settings::default()).unwrap();
    assert!(encoder.encode("card").err().unwrap().to_string().contains("token 4096 of 9"));
    let settings = Settings { mean: vec![0.0; 3], ..Settings::default() };
    let error = Encoder::load(model, &tokenizer(), settings).err().unwrap().to_string();
    assert_eq!(error, "encoder.json: mean of 3 numbers, expected none or the model's 64");
}

#[test]
fn questions_and_passages_have_prefixes_and_lose_the_mean() {
    let model = bert(CONFIG.as_bytes(), &checkpoint(), Weights::Int4).unwrap();
    let load = |settings: Settings| Encoder::load(model.clone(), &tokenizer(), settings).unwrap();
    let plain = load(Settings { normalize: false, ..Settings::default() });
    let (question, passage) = (plain.encode("the card").unwrap(), plain.encode("is card").unwrap());
    assert_eq!(plain.encode_passage("the card").unwrap(), question);
    let (prefix, passage_prefix) = ("the ".to_owned(), Some("is ".to_owned()));
    let mean = vec![0.25; 2 * WIDTH];
    let encoder = load(Settings { normalize: false, prefix, passage_prefix, mean, ..Settings::default() });
    let less = |vector: &[f32]| vector.iter().map(|v| v - 0.25).collect::<Vec<_>>();
    assert_eq!(encoder.encode("card").unwrap(), less(&question));
    assert_eq!(encoder.encode_passage("card").unwrap(), less(&passage));
}

#[test]
fn tokens_have_vectors_and_places() {
    let model = bert(CONFIG.as_bytes(), &checkpoint(), Weights::Float).unwrap();
    let by_hand = ByHand(weights());
    // [CLS] the card ##s is lost [SEP]
    let [last, inner] = [LAYERS, LAYERS * 2 / 3].map(|layers| by_hand.run(&[2, 4, 5, 8, 6, 7, 3], layers));
    let settings = Settings { normalize: false, prefix: "the ".into(), mean: vec![0.25; 2 * WIDTH], ..Settings::default() };
    let encoder = Encoder::load(model, &tokenizer(), settings).unwrap();
    let text = "Cards  is lost";
    let seen = encoder.encode_tokens(text).unwrap();
    let parts: Vec<&str> = seen.iter().map(|t| text[t.span.clone()].trim()).collect();
    assert_eq!(parts, ["Card", "s", "is", "lost"]);
    for (at, token) in seen.iter().enumerate() {
        let expected = last[at + 2].iter().chain(&inner[at + 2]);
        assert_eq!(token.vector.len(), 2 * WIDTH);
        let furthest = token.vector.iter().zip(expected).map(|(v, e)| (v + 0.25 - e).abs()).fold(0.0f32, f32::max);
        assert!(furthest < 1e-3, "{at}: {furthest}");
    }
    assert!(encoder.encode_tokens("").unwrap().is_empty());
}
