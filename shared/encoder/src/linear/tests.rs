#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test may")]

use half::f16;
use prost::Message;
use tract_onnx::pb::{ModelProto, tensor_proto::DataType};
use tract_onnx::prelude::*;

use super::{OP, onnx, rewrite};
use crate::onnx::{Attribute, Graph};
use crate::rows;

const WEIGHTS: [i8; 6] = [100, -3, 7, 90, -127, 1];
const SCALES: [f32; 2] = [0.02, 0.5];

/// A graph that takes ids, turns them into rows of three numbers, and puts them through one linear layer.
fn model(layer: impl Fn(&mut Graph, &str) -> String) -> ModelProto {
    let mut g = Graph::default();
    let table = g.floats(&[3, 3], &[0.5, -1.0, 2.0, 0.1, 0.2, 0.3, -4.0, 0.0, 1.0]);
    let rows = g.node("Gather", &[&table, "input_ids"], vec![Attribute::Int("axis", 0)]);
    let out = layer(&mut g, &rows);
    ModelProto::decode(&*g.finish(&[&out], 2)).unwrap()
}

fn unpacked(g: &mut Graph, input: &str) -> String {
    let (weights, scales) = (g.int8(&[3, 2], &WEIGHTS), g.floats(&[2], &SCALES));
    let weights = g.node("DequantizeLinear", &[&weights, &scales], vec![Attribute::Int("axis", 1)]);
    g.node("MatMul", &[input, &weights], vec![])
}

/// As onnxruntime's `quantize_dynamic` writes it.
fn dynamic(g: &mut Graph, input: &str) -> String {
    let (weights, scales) = (g.int8(&[3, 2], &WEIGHTS), g.floats(&[2], &SCALES));
    let zero = g.int8(&[2], &[0, 0]);
    let quantised = g.nodes("DynamicQuantizeLinear", &[input], 3, vec![]);
    let sums = g.node("MatMulInteger", &[&quantised[0], &weights, &quantised[2], &zero], vec![]);
    let sums = g.node("Cast", &[&sums], vec![Attribute::Int("to", DataType::Float as i64)]);
    let both = g.node("Mul", &[&quantised[1], &scales], vec![]);
    g.node("Mul", &[&sums, &both], vec![])
}

fn ops(model: &ModelProto) -> Vec<&str> {
    model.graph.iter().flat_map(|g| &g.node).map(|n| n.op_type.as_str()).collect()
}

#[test]
fn both_forms_become_one_operator_that_gives_the_same() {
    for layer in [unpacked as fn(&mut Graph, &str) -> String, dynamic] {
        let mut model = model(layer);
        rewrite(&mut model);
        assert_eq!(ops(&model), ["Gather", OP]);
        let mut graph = onnx().model_for_proto_model(&model).unwrap();
        graph.set_input_fact(0, i64::fact([1, 3]).into()).unwrap();
        let ids = Tensor::from_shape(&[1, 3], &[0i64, 1, 2]).unwrap();
        let out = graph.into_optimized().unwrap().into_runnable().unwrap().run(tvec!(ids.into_tvalue())).unwrap();
        let out: Vec<f32> = out[0].to_plain_array_view::<f32>().unwrap().iter().copied().collect();
        let expected = [-4.22, -44.75, -0.534, 9.0, -10.54, 6.5];
        assert!(out.iter().zip(expected).all(|(a, b)| (a - b).abs() < 2e-3), "{out:?}");
    }
}

#[test]
fn other_graphs_stay_as_they_are() {
    // Weights with a zero point, by row, or of sizes that do not fit: tract's own way, or its own error.
    let shifted = |g: &mut Graph, input: &str| {
        let (weights, scales, zero) = (g.int8(&[3, 2], &WEIGHTS), g.floats(&[2], &SCALES), g.int8(&[2], &[1, 0]));
        let weights = g.node("DequantizeLinear", &[&weights, &scales, &zero], vec![Attribute::Int("axis", 1)]);
        g.node("MatMul", &[input, &weights], vec![])
    };
    let by_row = |g: &mut Graph, input: &str| {
        let (weights, scales) = (g.int8(&[3, 2], &WEIGHTS), g.floats(&[3], &[1.0; 3]));
        let weights = g.node("DequantizeLinear", &[&weights, &scales], vec![Attribute::Int("axis", 0)]);
        g.node("MatMul", &[input, &weights], vec![])
    };
    for mut model in [model(shifted), model(by_row)] {
        let before = model.clone();
        rewrite(&mut model);
        assert!(model == before && ops(&model).contains(&"MatMul"));
    }
}

/// 4-bit embeddings of 32 numbers, and a linear layer of 4-bit weights after them; `change` spoils the file.
fn int4(change: impl Fn(&mut ModelProto)) -> ModelProto {
    let mut g = Graph::default();
    let rows: Vec<i8> = (0..96).map(|n| (n % 16 - 8) as i8).collect();
    let table = g.int4([3, 32], 1, &rows, &[0.5, 1.0, 2.0].map(f16::from_f32));
    let rows = g.node("Gather", &[&table, "input_ids"], vec![Attribute::Int("axis", 0)]);
    let weights: Vec<i8> = (0..64).map(|n| (n % 5 - 2) as i8).collect();
    let weights = g.int4([32, 2], 0, &weights, &[0.25, 1.0].map(f16::from_f32));
    let out = g.node("MatMul", &[&rows, &weights], vec![]);
    let mut model = ModelProto::decode(&*g.finish(&[&out], 2)).unwrap();
    change(&mut model);
    model
}

/// What the graph gives for rows 0 and 2, or why not.
fn run(mut model: ModelProto) -> Result<Vec<f32>, String> {
    rewrite(&mut model);
    let said = |e: TractError| format!("{e:#}");
    let mut graph = onnx().with_ignore_value_info(true).model_for_proto_model(&model).map_err(said)?;
    graph.set_input_fact(0, i64::fact([1, 2]).into()).map_err(said)?;
    let ids = Tensor::from_shape(&[1, 2], &[0i64, 2]).map_err(said)?;
    let out = graph.into_optimized().and_then(|g| g.into_runnable()).and_then(|g| g.run(tvec!(ids.into_tvalue()))).map_err(said)?;
    Ok(out[0].to_plain_array_view::<f32>().map_err(said)?.iter().copied().collect())
}

#[test]
fn weights_and_rows_of_4_bits_stay_packed() {
    let mut model = int4(|_| {});
    rewrite(&mut model);
    assert_eq!(ops(&model), [rows::OP, OP]);
    let row = |scale: f32| (0..32).map(move |n| (n % 16 - 8) as f32 * scale);
    let column = |o: usize, scale: f32| (0..32).map(move |i| ((2 * i + o) % 5) as f32 * scale - 2.0 * scale);
    let dot = |r: f32, o: usize, s: f32| row(r).zip(column(o, s)).map(|(a, b)| a * b).sum::<f32>();
    let expected = [dot(0.5, 0, 0.25), dot(0.5, 1, 1.0), dot(2.0, 0, 0.25), dot(2.0, 1, 1.0)];
    let seen = run(int4(|_| {})).unwrap();
    assert!(seen.iter().zip(expected).all(|(a, b)| (a - b).abs() < 0.02 * b.abs() + 0.05), "{seen:?}, expected {expected:?}");
}

#[test]
fn spoilt_weights_of_4_bits_are_an_error() {
    let constant = |at: usize, change: fn(&mut tract_onnx::pb::TensorProto)| {
        run(int4(|model| change(&mut model.graph.as_mut().unwrap().initializer[at])))
    };
    for at in 0..4 {
        assert!(constant(at, |c| c.raw_data.truncate(c.raw_data.len() - 1)).is_err(), "{at}: cut");
        assert!(constant(at, |c| c.raw_data.clear()).is_err(), "{at}: empty");
        assert!(constant(at, |c| c.dims[0] += 1).is_err(), "{at}: more rows");
        assert!(constant(at, |c| c.dims.clear()).is_err(), "{at}: no axes");
        assert!(constant(at, |c| c.dims[1] = -2).is_err(), "{at}: no number");
    }
    for at in [1, 3] {
        assert!(constant(at, |c| c.raw_data.fill(0x7f)).is_err(), "{at}: scales that are no numbers");
    }
}
