//! In the place of `encoder.rs` in a program that is built without sentence encoders (feature `encoder`), which is how
//! `cargo xtask dev` builds it: what needs one says so.

use std::path::Path;

use anyhow::{Result, bail};
use nearside_nlu::EncodeError;

/// An encoder that cannot be had: no value of this type exists.
pub enum Encoder {}

impl nearside_nlu::Encoder for Encoder {
    fn width(&self) -> usize {
        match *self {}
    }

    fn encode(&self, _text: &str) -> Result<Vec<f32>, EncodeError> {
        match *self {}
    }
}

impl Encoder {
    pub fn name(&self) -> &str {
        match *self {}
    }

    pub fn leading(&self) -> u16 {
        match *self {}
    }

    pub fn common_words(&self, _most: usize) -> Vec<String> {
        match *self {}
    }
}

/// What an encoder's folder holds.
pub const FILES: [&str; 3] = ["model.onnx", "tokenizer.json", "encoder.json"];

/// An encoder's files, as `encoder.rs` has them.
pub struct Files {
    pub contents: [Vec<u8>; 3],
    absent: Encoder,
}

impl Files {
    pub fn name(&self) -> Result<String> {
        match self.absent {}
    }
}

pub fn files(_named: Option<&Path>) -> Result<Files> {
    bail!("this program was built without sentence encoders: the whole one has them (cargo build -p nearside-cli)")
}

/// As [`files`].
pub fn load(named: Option<&Path>) -> Result<Encoder> {
    files(named).map(|files| files.absent)
}
