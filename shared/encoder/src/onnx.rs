//! Writing ONNX graphs (opset 17, or 21 where there are 4-bit weights), node by node.

use half::f16;
use prost::Message;
use tract_onnx::pb::tensor_proto::DataType;
use tract_onnx::pb::{
    AttributeProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto, TensorShapeProto, TypeProto, ValueInfoProto,
    attribute_proto::AttributeType, tensor_shape_proto, type_proto,
};

use crate::int8::INT4_BLOCK;

/// A graph under construction. Each method gives the name of the value that it made.
#[derive(Default)]
pub(crate) struct Graph {
    graph: GraphProto,
    has_int4: bool,
}

/// A node's attribute.
pub(crate) enum Attribute {
    Int(&'static str, i64),
    Ints(&'static str, Vec<i64>),
    Float(&'static str, f32),
}

impl Graph {
    fn fresh(&self) -> String {
        format!("v{}", self.graph.node.len() + self.graph.initializer.len())
    }

    fn constant(&mut self, data_type: DataType, dims: &[usize], raw_data: Vec<u8>) -> String {
        let name = self.fresh();
        let dims = dims.iter().map(|&d| d as i64).collect();
        self.graph.initializer.push(TensorProto { dims, data_type: data_type as i32, name: name.clone(), raw_data, ..Default::default() });
        name
    }

    pub(crate) fn floats(&mut self, dims: &[usize], values: &[f32]) -> String {
        self.constant(DataType::Float, dims, values.iter().flat_map(|v| v.to_le_bytes()).collect())
    }

    pub(crate) fn ints(&mut self, values: &[i64]) -> String {
        self.constant(DataType::Int64, &[values.len()], values.iter().flat_map(|v| v.to_le_bytes()).collect())
    }

    pub(crate) fn int8(&mut self, dims: &[usize], values: &[i8]) -> String {
        self.constant(DataType::Int8, dims, values.iter().map(|&v| v as u8).collect())
    }

    /// 4-bit numbers, -8 to 7, and their scales, one for each block of 32 along `axis`, as one value of 32-bit floats.
    pub(crate) fn int4(&mut self, dims: [usize; 2], axis: usize, values: &[i8], scales: &[f16]) -> String {
        self.has_int4 = true;
        let nibble = |v: Option<&i8>| v.copied().unwrap_or_default() as u8 & 15;
        let packed = values.chunks(2).map(|two| nibble(two.first()) | nibble(two.get(1)) << 4).collect();
        let mut scaled = dims;
        scaled[axis] /= INT4_BLOCK;
        let values = self.constant(DataType::Int4, &dims, packed);
        let scales = self.constant(DataType::Float16, &scaled, scales.iter().flat_map(|s| s.to_le_bytes()).collect());
        let attributes = vec![Attribute::Int("axis", axis as i64), Attribute::Int("block_size", INT4_BLOCK as i64)];
        let floats = self.node("DequantizeLinear", &[&values, &scales], attributes);
        self.node("Cast", &[&floats], vec![Attribute::Int("to", DataType::Float as i64)])
    }

    pub(crate) fn nodes(&mut self, op: &str, inputs: &[&str], outputs: usize, attributes: Vec<Attribute>) -> Vec<String> {
        let name = self.fresh();
        let output: Vec<String> = (0..outputs).map(|n| if n == 0 { name.clone() } else { format!("{name}.{n}") }).collect();
        let attribute = attributes
            .into_iter()
            .map(|attribute| match attribute {
                Attribute::Int(name, i) => AttributeProto { name: name.into(), i, r#type: AttributeType::Int as i32, ..Default::default() },
                Attribute::Ints(name, ints) => {
                    AttributeProto { name: name.into(), ints, r#type: AttributeType::Ints as i32, ..Default::default() }
                }
                Attribute::Float(name, f) => {
                    AttributeProto { name: name.into(), f, r#type: AttributeType::Float as i32, ..Default::default() }
                }
            })
            .collect();
        let input = inputs.iter().map(|&i| i.to_owned()).collect();
        self.graph.node.push(NodeProto { input, output: output.clone(), name, op_type: op.into(), attribute, ..Default::default() });
        output
    }

    pub(crate) fn node(&mut self, op: &str, inputs: &[&str], attributes: Vec<Attribute>) -> String {
        self.nodes(op, inputs, 1, attributes).swap_remove(0)
    }

    /// Gives a value another name beside its own.
    pub(crate) fn name(&mut self, value: &str, name: &str) {
        let (input, output) = (vec![value.to_owned()], vec![name.to_owned()]);
        self.graph.node.push(NodeProto { input, output, name: name.into(), op_type: "Identity".into(), ..Default::default() });
    }

    /// The file: `input_ids` of `[1, tokens]` in, `outputs` of `[1, tokens, width]` out.
    pub(crate) fn finish(mut self, outputs: &[&str], width: usize) -> Vec<u8> {
        let dim = |value| tensor_shape_proto::Dimension { value: Some(value), ..Default::default() };
        let tokens = || dim(tensor_shape_proto::dimension::Value::DimParam("tokens".into()));
        let fixed = |n: usize| dim(tensor_shape_proto::dimension::Value::DimValue(n as i64));
        let info = |name: &str, data_type: DataType, dim: Vec<_>| ValueInfoProto {
            name: name.into(),
            r#type: Some(TypeProto {
                value: Some(type_proto::Value::TensorType(type_proto::Tensor {
                    elem_type: data_type as i32,
                    shape: Some(TensorShapeProto { dim }),
                })),
                ..Default::default()
            }),
            ..Default::default()
        };
        self.graph.name = "encoder".into();
        self.graph.input = vec![info("input_ids", DataType::Int64, vec![fixed(1), tokens()])];
        self.graph.output = outputs.iter().map(|name| info(name, DataType::Float, vec![fixed(1), tokens(), fixed(width)])).collect();
        let (ir_version, version) = if self.has_int4 { (10, 21) } else { (8, 17) };
        let opset_import = vec![OperatorSetIdProto { domain: String::new(), version }];
        ModelProto { ir_version, opset_import, producer_name: "nearside".into(), graph: Some(self.graph), ..Default::default() }
            .encode_to_vec()
    }
}
