//! Linear layers with 8-bit weights as an operator of tract's, and the pass that puts it into ONNX graphs.
//!
//! Two forms are found, whoever wrote the file: weights that the graph unpacks to floats (`DequantizeLinear`, then
//! `MatMul`), and what dynamic quantisation makes (`DynamicQuantizeLinear`, `MatMulInteger`, `Cast`, and a product with
//! both scales). Either would cost tract four times the memory or ten times the time.

use std::collections::HashMap;
use std::sync::Arc;

use tract_onnx::pb::tensor_proto::DataType;
use tract_onnx::pb::{GraphProto, ModelProto, NodeProto, TensorProto};
use tract_onnx::tract_hir::internal::*;
use tract_onnx::tract_hir::ops::expandable::{Expansion, expand};

use crate::int8::Int8Matrix;

/// What the pass writes: inputs, weights `[n_inputs, n_outputs]`, their scales.
const OP: &str = "Int8Linear";

/// ONNX with the operator that [`rewrite`] writes.
pub(crate) fn onnx() -> tract_onnx::Onnx {
    let mut onnx = tract_onnx::onnx();
    onnx.op_register.insert(OP, |_, _| Ok((expand(Parsed), vec![])));
    onnx
}

/// The operator as it stands in a parsed file, weights still constants beside it.
#[derive(Clone, Debug)]
struct Parsed;

impl Expansion for Parsed {
    fn name(&self) -> StaticName {
        OP.into()
    }

    fn rules<'r, 'p: 'r, 's: 'r>(&'s self, s: &mut Solver<'r>, inputs: &'p [TensorProxy], outputs: &'p [TensorProxy]) -> InferenceResult {
        check_input_arity(inputs, 3)?;
        check_output_arity(outputs, 1)?;
        s.equals(&inputs[0].datum_type, f32::datum_type())?;
        s.equals(&outputs[0].datum_type, f32::datum_type())?;
        s.equals(&inputs[0].rank, &outputs[0].rank)?;
        s.given_2(&inputs[0].shape, &inputs[1].shape, move |s, mut shape, weights| {
            if let (Some(last), Some(n_outputs)) = (shape.last_mut(), weights.get(1)) {
                *last = n_outputs.clone();
            }
            s.equals(&outputs[0].shape, shape)
        })
    }

    fn wire(&self, prefix: &str, model: &mut TypedModel, inputs: &[OutletId]) -> TractResult<TVec<OutletId>> {
        let constant = |at: usize| model.outlet_fact(inputs[at])?.konst.clone().context("weights and scales must be constants");
        let (weights, scales) = (constant(1)?, constant(2)?);
        let matrix = Int8Matrix::new(weights.try_as_plain_ram()?.as_slice()?, scales.try_as_plain_ram()?.as_slice()?);
        let matrix = matrix.context("weights and scales of fitting sizes expected")?;
        model.wire_node(prefix, Int8Linear(Arc::new(matrix)), &inputs[..1])
    }
}

/// The operator as it runs: `[…, n_inputs]` to `[…, n_outputs]`.
#[derive(Clone, Debug)]
struct Int8Linear(Arc<Int8Matrix>);

impl PartialEq for Int8Linear {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}
impl Eq for Int8Linear {}

impl Op for Int8Linear {
    fn name(&self) -> StaticName {
        OP.into()
    }

    op_as_typed_op!();
}

impl EvalOp for Int8Linear {
    op_out_of_plan!();

    fn eval(&self, _context: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let input = args_1!(inputs);
        let mut shape: TVec<usize> = input.shape().into();
        let last = shape.last_mut().context("no axis")?;
        ensure!(*last == self.0.n_inputs(), "{last} inputs, expected {}", self.0.n_inputs());
        *last = self.0.n_outputs();
        let mut output = Tensor::zero::<f32>(&shape)?;
        self.0.multiply(input.try_as_plain_ram()?.as_slice()?, output.try_as_plain_ram_mut()?.as_slice_mut()?);
        Ok(tvec!(output.into_tvalue()))
    }
}

impl TypedOp for Int8Linear {
    fn output_facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        let mut shape: TVec<TDim> = inputs[0].shape.to_tvec();
        *shape.last_mut().context("no axis")? = self.0.n_outputs().to_dim();
        Ok(tvec!(f32::fact(shape)))
    }

    as_op!();
}

/// Puts [`Int8Linear`] into a model wherever its weights are 8-bit constants; what fits no form stays as it is.
pub(crate) fn rewrite(model: &mut ModelProto) {
    let Some(graph) = &mut model.graph else { return };
    let linears: Vec<(usize, [String; 3])> = {
        let graph = Graph::new(graph);
        graph.nodes.iter().enumerate().filter_map(|(at, node)| Some((at, graph.unpacked(node).or_else(|| graph.dynamic(node))?))).collect()
    };
    if linears.is_empty() {
        return;
    }
    for (at, input) in linears {
        let node = &mut graph.node[at];
        node.op_type = OP.into();
        node.input = input.into();
        node.attribute.clear();
    }
    prune(graph);
}

/// Removes nodes that nothing reads, and constants that none of the others reads.
fn prune(graph: &mut GraphProto) {
    loop {
        let read: std::collections::HashSet<String> =
            graph.node.iter().flat_map(|n| n.input.clone()).chain(graph.output.iter().map(|o| o.name.clone())).collect();
        let before = graph.node.len();
        graph.node.retain(|node| node.output.iter().any(|o| read.contains(o)));
        if graph.node.len() == before {
            return graph.initializer.retain(|constant| read.contains(&constant.name));
        }
    }
}

/// Who makes what in a graph.
struct Graph<'a> {
    nodes: &'a [NodeProto],
    makers: HashMap<&'a str, &'a NodeProto>,
    constants: HashMap<&'a str, &'a TensorProto>,
}

impl<'a> Graph<'a> {
    fn new(graph: &'a GraphProto) -> Self {
        let makers = graph.node.iter().flat_map(|node| node.output.iter().map(move |name| (name.as_str(), node))).collect();
        let constants = graph.initializer.iter().map(|c| (c.name.as_str(), c)).collect();
        Self { nodes: &graph.node, makers, constants }
    }

    /// The node of kind `op` that makes `node`'s input `at`.
    fn maker(&self, node: &NodeProto, at: usize, op: &str) -> Option<&'a NodeProto> {
        self.makers.get(node.input.get(at)?.as_str()).copied().filter(|made| made.op_type == op)
    }

    /// Whether `weights` is an 8-bit matrix and `scales` has one number for each of its columns.
    fn fits(&self, weights: &str, scales: &str) -> bool {
        let (Some(weights), Some(scales)) = (self.constants.get(weights), self.constants.get(scales)) else { return false };
        let is = |tensor: &TensorProto, kind: DataType| tensor.data_type == kind as i32;
        let columns = scales.dims.iter().product::<i64>();
        is(weights, DataType::Int8) && is(scales, DataType::Float) && weights.dims.len() == 2 && weights.dims[1] == columns
    }

    /// No zero point, or one that is zero.
    fn symmetric(&self, node: &NodeProto, at: usize) -> bool {
        let Some(name) = node.input.get(at).filter(|name| !name.is_empty()) else { return true };
        self.constants.get(name.as_str()).is_some_and(|c| c.raw_data.iter().all(|b| *b == 0) && c.int32_data.iter().all(|v| *v == 0))
    }

    /// `MatMul` of a value with weights that `DequantizeLinear` unpacks by column.
    fn unpacked(&self, node: &NodeProto) -> Option<[String; 3]> {
        let unpack = self.maker(node, 1, "DequantizeLinear").filter(|_| node.op_type == "MatMul")?;
        let axis = unpack.attribute.iter().find(|a| a.name == "axis").map_or(1, |a| a.i);
        let [weights, scales] = [unpack.input.first()?, unpack.input.get(1)?];
        let fits = matches!(axis, 1 | -1) && self.fits(weights, scales) && self.symmetric(unpack, 2);
        fits.then(|| [node.input[0].clone(), weights.clone(), scales.clone()])
    }

    /// The product of a `MatMulInteger`'s sums with both scales, its input quantised as it comes.
    fn dynamic(&self, node: &NodeProto) -> Option<[String; 3]> {
        if node.op_type != "Mul" {
            return None;
        }
        let cast = (0..2).find_map(|at| self.maker(node, at, "Cast"))?;
        let product = self.maker(cast, 0, "MatMulInteger")?;
        let quantised = self.maker(product, 0, "DynamicQuantizeLinear")?;
        let both = (0..2).find_map(|at| self.maker(node, at, "Mul"))?;
        let scales = both.input.iter().find(|name| **name != quantised.output[1]).filter(|_| both.input.contains(&quantised.output[1]))?;
        let weights = product.input.get(1)?;
        let fits = self.fits(weights, scales) && self.symmetric(product, 3);
        fits.then(|| [quantised.input[0].clone(), weights.clone(), scales.clone()])
    }
}

#[cfg(all(test, feature = "convert"))]
#[allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test may")]
mod tests {
    use prost::Message;
    use tract_onnx::pb::{ModelProto, tensor_proto::DataType};
    use tract_onnx::prelude::*;

    use super::{OP, onnx, rewrite};
    use crate::onnx::{Attribute, Graph};

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
}
