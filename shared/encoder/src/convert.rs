//! From a published BERT checkpoint (`config.json`, `model.safetensors`) to `model.onnx`.
//!
//! Int8 weights have one scale a column, embeddings one a row; 4-bit weights one for each 32. Norms, softmax and sums are
//! floats.

use half::f16;
use nearside_nlu::EncodeError;
use safetensors::{Dtype, SafeTensors};
use serde::Deserialize;

use crate::INNER;
use crate::int8::INT4_BLOCK;
use crate::onnx::{Attribute, Graph};

/// How weights are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weights {
    /// 32-bit floats.
    Float,
    /// 8-bit integers with scales: a quarter of the file and of the memory.
    Int8,
    /// 4-bit integers with a scale for each 32: an eighth of the file, and of the embeddings' memory.
    Int4,
}

#[derive(Deserialize)]
struct Config {
    model_type: String,
    hidden_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    layer_norm_eps: f32,
    hidden_act: String,
}

/// The sizes of a BERT.
pub(crate) struct Shape {
    pub width: usize,
    pub layers: usize,
    pub heads: usize,
    pub epsilon: f32,
}

/// A checkpoint's tensors by the names that transformers gives them.
pub(crate) trait Tensors {
    /// A tensor's shape and values.
    ///
    /// # Errors
    /// [`EncodeError`] naming the file and the tensor.
    fn read(&self, name: &str) -> Result<(Vec<usize>, Vec<f32>), EncodeError>;
}

fn fail(why: impl std::fmt::Display) -> EncodeError {
    EncodeError(why.to_string())
}

struct Checkpoint<'a> {
    tensors: SafeTensors<'a>,
}

impl Tensors for Checkpoint<'_> {
    /// Checkpoints name a tensor with or without `bert.` before.
    fn read(&self, name: &str) -> Result<(Vec<usize>, Vec<f32>), EncodeError> {
        let found = self.tensors.tensor(name).or_else(|_| self.tensors.tensor(&format!("bert.{name}")));
        let view = found.map_err(|e| fail(format!("model.safetensors: {name}: {e}")))?;
        let bytes = view.data();
        let values: Vec<f32> = match view.dtype() {
            Dtype::F32 => bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect(),
            Dtype::F16 => bytes.chunks_exact(2).map(|b| f16::from_le_bytes([b[0], b[1]]).to_f32()).collect(),
            Dtype::BF16 => bytes.chunks_exact(2).map(|b| half::bf16::from_le_bytes([b[0], b[1]]).to_f32()).collect(),
            other => return Err(fail(format!("model.safetensors: {name} of type {other:?}, expected F32, F16 or BF16"))),
        };
        Ok((view.shape().to_vec(), values))
    }
}

struct Linear {
    inputs: usize,
    outputs: usize,
    weights: Vec<f32>,
    bias: Vec<f32>,
}

impl Linear {
    /// A linear layer as `[n_inputs, n_outputs]`: checkpoints store it the other way round.
    fn read(checkpoint: &dyn Tensors, name: &str) -> Result<Self, EncodeError> {
        let (shape, weights) = checkpoint.read(&format!("{name}.weight"))?;
        let (_, bias) = checkpoint.read(&format!("{name}.bias"))?;
        let [outputs, inputs] = shape[..] else { return Err(fail(format!("{name} of shape {shape:?}, expected two axes"))) };
        let mut turned = vec![0.0; inputs * outputs];
        for (o, row) in weights.chunks_exact(inputs).enumerate() {
            row.iter().enumerate().for_each(|(i, &w)| turned[i * outputs + o] = w);
        }
        Ok(Self { inputs, outputs, weights: turned, bias })
    }

    fn scaled(mut self, by: f32) -> Self {
        self.weights.iter_mut().chain(&mut self.bias).for_each(|w| *w *= by);
        self
    }
}

/// Scales that take the largest value of each of `n` groups to 127; `group` gives a value's group.
fn quantise(values: &[f32], n: usize, group: impl Fn(usize) -> usize) -> (Vec<i8>, Vec<f32>) {
    let mut scales = vec![0.0f32; n];
    values.iter().enumerate().for_each(|(at, v)| scales[group(at)] = scales[group(at)].max(v.abs()));
    scales.iter_mut().for_each(|s| *s = if *s > 0.0 { *s / 127.0 } else { 1.0 });
    let quantised = values.iter().enumerate().map(|(at, v)| (v / scales[group(at)]).round() as i8).collect();
    (quantised, scales)
}

/// Numbers of -8 to 7 and their scales, which take the largest of each 32 values to -8; `at` says where the nth value of
/// a block lies (GGML's Q4_0).
fn quantise4(values: &[f32], at: impl Fn(usize, usize) -> usize) -> (Vec<i8>, Vec<f16>) {
    let mut quantised = vec![0; values.len()];
    let mut scales = Vec::with_capacity(values.len() / INT4_BLOCK);
    for block in 0..values.len() / INT4_BLOCK {
        let largest = (0..INT4_BLOCK).map(|n| values[at(block, n)]).fold(0.0f32, |l, v| if v.abs() > l.abs() { v } else { l });
        let scale = f16::from_f32(largest / -8.0);
        let up = if scale.to_f32() == 0.0 { 0.0 } else { 1.0 / scale.to_f32() };
        (0..INT4_BLOCK).map(|n| at(block, n)).for_each(|at| quantised[at] = (values[at] * up).round().clamp(-8.0, 7.0) as i8);
        scales.push(scale);
    }
    (quantised, scales)
}

struct Writer {
    graph: Graph,
    weights: Weights,
    epsilon: f32,
    width: usize,
    heads: usize,
}

impl Writer {
    fn linear(&mut self, input: &str, layer: &Linear) -> String {
        let g = &mut self.graph;
        let bias = g.floats(&[layer.outputs], &layer.bias);
        let dims = [layer.inputs, layer.outputs];
        let product = match self.weights {
            Weights::Float => {
                let weights = g.floats(&dims, &layer.weights);
                g.node("MatMul", &[input, &weights], vec![])
            }
            Weights::Int8 => {
                let (quantised, scales) = quantise(&layer.weights, layer.outputs, |at| at % layer.outputs);
                let (weights, scales) = (g.int8(&dims, &quantised), g.floats(&[layer.outputs], &scales));
                let weights = g.node("DequantizeLinear", &[&weights, &scales], vec![Attribute::Int("axis", 1)]);
                g.node("MatMul", &[input, &weights], vec![])
            }
            Weights::Int4 => {
                let place = |block: usize, n: usize| (block / layer.outputs * INT4_BLOCK + n) * layer.outputs + block % layer.outputs;
                let (quantised, scales) = quantise4(&layer.weights, place);
                let weights = g.int4(dims, 0, &quantised, &scales);
                g.node("MatMul", &[input, &weights], vec![])
            }
        };
        g.node("Add", &[&product, &bias], vec![])
    }

    fn norm(&mut self, input: &str, checkpoint: &dyn Tensors, name: &str) -> Result<String, EncodeError> {
        let (_, scale) = checkpoint.read(&format!("{name}.weight"))?;
        let (_, bias) = checkpoint.read(&format!("{name}.bias"))?;
        let (scale, bias) = (self.graph.floats(&[self.width], &scale), self.graph.floats(&[self.width], &bias));
        let attributes = vec![Attribute::Int("axis", -1), Attribute::Float("epsilon", self.epsilon)];
        Ok(self.graph.node("LayerNormalization", &[input, &scale, &bias], attributes))
    }

    /// Word, position and type embeddings; a single text is all of type 0, which is added to the positions here.
    fn embeddings(&mut self, checkpoint: &dyn Tensors) -> Result<String, EncodeError> {
        let (shape, words) = checkpoint.read("embeddings.word_embeddings.weight")?;
        let (places, mut positions) = checkpoint.read("embeddings.position_embeddings.weight")?;
        let (_, types) = checkpoint.read("embeddings.token_type_embeddings.weight")?;
        let width = self.width;
        positions.iter_mut().enumerate().for_each(|(at, p)| *p += types[at % width]);
        let g = &mut self.graph;
        let gather = |g: &mut Graph, table: &str| g.node("Gather", &[table, "input_ids"], vec![Attribute::Int("axis", 0)]);
        let words = match self.weights {
            Weights::Float => {
                let table = g.floats(&shape, &words);
                gather(g, &table)
            }
            Weights::Int8 => {
                let (quantised, scales) = quantise(&words, shape[0], |at| at / width);
                let (table, scales) = (g.int8(&shape, &quantised), g.floats(&[shape[0], 1], &scales));
                let (rows, scales) = (gather(g, &table), gather(g, &scales));
                let rows = g.node("Cast", &[&rows], vec![Attribute::Int("to", 1)]);
                g.node("Mul", &[&rows, &scales], vec![])
            }
            Weights::Int4 => {
                let (quantised, scales) = quantise4(&words, |block, n| block * INT4_BLOCK + n);
                let table = g.int4([words.len() / width, width], 1, &quantised, &scales);
                gather(g, &table)
            }
        };
        let positions = g.floats(&places, &positions);
        let shape_of = g.node("Shape", &["input_ids"], vec![]);
        let (one, two, zero) = (g.ints(&[1]), g.ints(&[2]), g.ints(&[0]));
        let tokens = g.node("Slice", &[&shape_of, &one, &two, &zero], vec![]);
        let positions = g.node("Slice", &[&positions, &zero, &tokens, &zero], vec![]);
        let sum = g.node("Add", &[&words, &positions], vec![]);
        self.norm(&sum, checkpoint, "embeddings.LayerNorm")
    }

    /// `[1, tokens, width]` to `[1, heads, tokens, width / heads]`, or with the last two exchanged.
    fn split_heads(&mut self, input: &str, order: [i64; 4]) -> String {
        let shape = self.graph.ints(&[1, -1, self.heads as i64, (self.width / self.heads) as i64]);
        let split = self.graph.node("Reshape", &[input, &shape], vec![]);
        self.graph.node("Transpose", &[&split], vec![Attribute::Ints("perm", order.to_vec())])
    }

    fn layer(&mut self, input: &str, checkpoint: &dyn Tensors, name: &str) -> Result<String, EncodeError> {
        // The attention's scale goes into the queries' weights.
        let scale = 1.0 / ((self.width / self.heads) as f32).sqrt();
        let query = Linear::read(checkpoint, &format!("{name}.attention.self.query"))?.scaled(scale);
        let key = Linear::read(checkpoint, &format!("{name}.attention.self.key"))?;
        let value = Linear::read(checkpoint, &format!("{name}.attention.self.value"))?;
        let (query, key, value) = (self.linear(input, &query), self.linear(input, &key), self.linear(input, &value));
        let query = self.split_heads(&query, [0, 2, 1, 3]);
        let key = self.split_heads(&key, [0, 2, 3, 1]);
        let value = self.split_heads(&value, [0, 2, 1, 3]);
        let scores = self.graph.node("MatMul", &[&query, &key], vec![]);
        let shares = self.graph.node("Softmax", &[&scores], vec![Attribute::Int("axis", -1)]);
        let mixed = self.graph.node("MatMul", &[&shares, &value], vec![]);
        let mixed = self.graph.node("Transpose", &[&mixed], vec![Attribute::Ints("perm", vec![0, 2, 1, 3])]);
        let shape = self.graph.ints(&[1, -1, self.width as i64]);
        let mixed = self.graph.node("Reshape", &[&mixed, &shape], vec![]);
        let out = self.linear(&mixed, &Linear::read(checkpoint, &format!("{name}.attention.output.dense"))?);
        let sum = self.graph.node("Add", &[&out, input], vec![]);
        let attended = self.norm(&sum, checkpoint, &format!("{name}.attention.output.LayerNorm"))?;

        let inner = self.linear(&attended, &Linear::read(checkpoint, &format!("{name}.intermediate.dense"))?);
        let inner = self.gelu(&inner);
        let out = self.linear(&inner, &Linear::read(checkpoint, &format!("{name}.output.dense"))?);
        let sum = self.graph.node("Add", &[&out, &attended], vec![]);
        self.norm(&sum, checkpoint, &format!("{name}.output.LayerNorm"))
    }

    /// x/2 · (1 + erf(x/√2)) (Hendrycks and Gimpel, "Gaussian Error Linear Units", 2016).
    fn gelu(&mut self, input: &str) -> String {
        let g = &mut self.graph;
        let (root, one, half) = (g.floats(&[], &[std::f32::consts::FRAC_1_SQRT_2]), g.floats(&[], &[1.0]), g.floats(&[], &[0.5]));
        let scaled = g.node("Mul", &[input, &root], vec![]);
        let erf = g.node("Erf", &[&scaled], vec![]);
        let sum = g.node("Add", &[&erf, &one], vec![]);
        // In this order tract knows it and takes it in one pass.
        let halved = g.node("Mul", &[input, &half], vec![]);
        g.node("Mul", &[&halved, &sum], vec![])
    }
}

/// The ONNX file of a BERT checkpoint: `input_ids` in, the last hidden state out, and that at two thirds of its depth.
///
/// # Errors
/// [`EncodeError`] naming the file and what is missing or of another kind.
pub fn bert(config: &[u8], safetensors: &[u8], weights: Weights) -> Result<Vec<u8>, EncodeError> {
    let config: Config = serde_json::from_slice(config).map_err(|e| fail(format!("config.json: {e}")))?;
    if config.model_type != "bert" || config.hidden_act != "gelu" {
        let (kind, act) = (config.model_type, config.hidden_act);
        return Err(fail(format!("config.json: {kind} with {act}, expected bert with gelu; export others to model.onnx yourself")));
    }
    if config.num_attention_heads == 0 || !config.hidden_size.is_multiple_of(config.num_attention_heads) {
        return Err(fail("config.json: hidden_size is no multiple of num_attention_heads"));
    }
    let tensors = SafeTensors::deserialize(safetensors).map_err(|e| fail(format!("model.safetensors: {e}")))?;
    let (width, layers, heads) = (config.hidden_size, config.num_hidden_layers, config.num_attention_heads);
    write(&Shape { width, layers, heads, epsilon: config.layer_norm_eps }, &Checkpoint { tensors }, weights)
}

/// The same of tensors from anywhere; `heads` divides `width`.
pub(crate) fn write(shape: &Shape, checkpoint: &dyn Tensors, weights: Weights) -> Result<Vec<u8>, EncodeError> {
    let &Shape { width, layers, heads, epsilon } = shape;
    if weights == Weights::Int4 && !width.is_multiple_of(INT4_BLOCK) {
        return Err(fail(format!("4-bit weights need a width that is a multiple of {INT4_BLOCK}, this model's is {width}")));
    }
    let mut writer = Writer { graph: Graph::default(), weights, epsilon, width, heads };
    let mut states = vec![writer.embeddings(checkpoint)?];
    for n in 0..layers {
        let state = writer.layer(&states[n], checkpoint, &format!("encoder.layer.{n}"))?;
        states.push(state);
    }
    writer.graph.name(&states[layers * 2 / 3], INNER);
    Ok(writer.graph.finish(&[&states[layers], INNER], width))
}
