//! Linear layers with 8-bit weights as an operator of tract's, and the pass that puts it into ONNX graphs.
//!
//! Three forms are found, whoever wrote the file: weights that the graph unpacks to floats (`DequantizeLinear`, then
//! `MatMul`), the same of 4 bits in blocks (with a `Cast` between, and with `Gather` for embeddings, see `rows.rs`), and
//! what dynamic quantisation makes (`DynamicQuantizeLinear`, `MatMulInteger`, `Cast`, and a product with both scales). They
//! would cost tract four times the memory or ten times the time.

use std::collections::HashMap;
use std::sync::Arc;

use tract_onnx::pb::tensor_proto::DataType;
use tract_onnx::pb::{GraphProto, ModelProto, NodeProto, TensorProto};
use tract_onnx::tract_hir::internal::*;
use tract_onnx::tract_hir::ops::expandable::{Expansion, expand};

use crate::int8::{INT4_BLOCK, Int8Matrix};
use crate::rows;

/// What the pass writes: inputs, weights `[n_inputs, n_outputs]`, their scales; or `[n_inputs, n_outputs / 2]` bytes with two
/// weights each, and scales `[n_inputs / 32, n_outputs]`.
const OP: &str = "Int8Linear";

/// ONNX with the operator that [`rewrite`] writes.
pub(crate) fn onnx() -> tract_onnx::Onnx {
    let mut onnx = tract_onnx::onnx();
    onnx.op_register.insert(OP, |_, _| Ok((expand(Parsed), vec![])));
    onnx.op_register.insert(rows::OP, |_, _| Ok((expand(rows::Parsed), vec![])));
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
        s.given_2(&inputs[0].shape, &inputs[2].shape, move |s, mut shape, scales| {
            if let (Some(last), Some(n_outputs)) = (shape.last_mut(), scales.last()) {
                *last = n_outputs.clone();
            }
            s.equals(&outputs[0].shape, shape)
        })
    }

    fn wire(&self, prefix: &str, model: &mut TypedModel, inputs: &[OutletId]) -> TractResult<TVec<OutletId>> {
        let constant = |at: usize| model.outlet_fact(inputs[at])?.konst.clone().context("weights and scales must be constants");
        let (weights, scales) = (constant(1)?, constant(2)?);
        let (packed, plain) = (weights.try_as_plain_ram()?, scales.try_as_plain_ram()?);
        let matrix = if weights.datum_type() == u8::datum_type() {
            Int8Matrix::from_int4(packed.as_slice()?, plain.as_slice()?, *scales.shape().last().context("scales of no axis")?)
        } else {
            Int8Matrix::new(packed.as_slice()?, plain.as_slice()?)
        };
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

/// Puts [`Int8Linear`] into a model wherever its weights are 8-bit or 4-bit constants, and [`rows`] where embeddings are
/// 4-bit; what fits no form stays as it is.
pub(crate) fn rewrite(model: &mut ModelProto) {
    let Some(graph) = &mut model.graph else { return };
    let found: Vec<(usize, &str, [String; 3])> = {
        let graph = Graph::new(graph);
        let linear = |node: &NodeProto| graph.unpacked(node).or_else(|| graph.dynamic(node)).or_else(|| graph.int4(node, "MatMul"));
        let new = |node| linear(node).map(|input| (OP, input)).or_else(|| Some((rows::OP, graph.int4(node, "Gather")?)));
        graph.nodes.iter().enumerate().filter_map(|(at, node)| new(node).map(|(op, input)| (at, op, input))).collect()
    };
    if found.is_empty() {
        return;
    }
    for (at, op, input) in found {
        let node = &mut graph.node[at];
        node.op_type = op.into();
        node.input = input.into();
        node.attribute.clear();
    }
    prune(graph);
    // tract knows no numbers of 4 bits: those that are left are for us, as bytes.
    let int4 = |constant: &&mut TensorProto| constant.data_type == DataType::Int4 as i32;
    for constant in graph.initializer.iter_mut().filter(int4) {
        constant.data_type = DataType::Uint8 as i32;
        constant.dims.last_mut().into_iter().for_each(|last| *last /= 2);
    }
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

    /// `MatMul` of a value with 4-bit weights, or `Gather` of rows from them: the blocks lie along the axis that is summed
    /// over, or along the rows.
    fn int4(&self, node: &NodeProto, op: &str) -> Option<[String; 3]> {
        let table = usize::from(op == "MatMul");
        let cast = self.maker(node, table, "Cast").filter(|_| node.op_type == op)?;
        let unpack = self.maker(cast, 0, "DequantizeLinear")?;
        let number = |node: &NodeProto, name: &str, default| node.attribute.iter().find(|a| a.name == name).map_or(default, |a| a.i);
        let (axis, block) = (number(unpack, "axis", 1), number(unpack, "block_size", 0));
        let [weights, scales] = [unpack.input.first()?, unpack.input.get(1)?];
        let (w, s) = (self.constants.get(weights.as_str())?, self.constants.get(scales.as_str())?);
        let blocks = |n: i64, along: bool| if along { n / INT4_BLOCK as i64 } else { n };
        let [n, m] = w.dims[..] else { return None };
        let fits = w.data_type == DataType::Int4 as i32
            && s.data_type == DataType::Float16 as i32
            && n > 0
            && m > 0
            && m % 2 == 0
            && if axis == 0 { n } else { m } % INT4_BLOCK as i64 == 0
            && s.dims == [blocks(n, axis == 0), blocks(m, axis == 1)]
            && (axis, block) == (1 - table as i64, INT4_BLOCK as i64)
            && number(cast, "to", 0) == DataType::Float as i64
            && number(node, "axis", 0) == 0
            && unpack.input.get(2).is_none_or(String::is_empty);
        let other = node.input.get(1 - table)?.clone();
        fits.then(|| [other, weights.clone(), scales.clone()])
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
mod tests;
