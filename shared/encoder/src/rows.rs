//! Embeddings of 4 bits, unpacked row by row as they are looked up: a table of 80,000 rows takes 17 MB, as floats 123.

use std::sync::Arc;

use half::f16;
use tract_onnx::tract_hir::internal::*;
use tract_onnx::tract_hir::ops::expandable::Expansion;

use crate::int8::{INT4_BLOCK, nibble};

/// What `linear::rewrite` writes: ids, `[n_rows, width / 2]` bytes with two numbers each, scales `[n_rows, width / 32]`.
pub(crate) const OP: &str = "Int4Rows";

/// The operator as it stands in a parsed file, the table still a constant beside it.
#[derive(Clone, Debug)]
pub(crate) struct Parsed;

impl Expansion for Parsed {
    fn name(&self) -> StaticName {
        OP.into()
    }

    fn rules<'r, 'p: 'r, 's: 'r>(&'s self, s: &mut Solver<'r>, inputs: &'p [TensorProxy], outputs: &'p [TensorProxy]) -> InferenceResult {
        check_input_arity(inputs, 3)?;
        check_output_arity(outputs, 1)?;
        s.equals(&inputs[0].datum_type, i64::datum_type())?;
        s.equals(&outputs[0].datum_type, f32::datum_type())?;
        s.given_2(&inputs[0].shape, &inputs[1].shape, move |s, mut shape, table| {
            shape.extend(table.get(1).map(|half| half.clone() * 2));
            s.equals(&outputs[0].shape, shape)
        })
    }

    fn wire(&self, prefix: &str, model: &mut TypedModel, inputs: &[OutletId]) -> TractResult<TVec<OutletId>> {
        let constant = |at: usize| model.outlet_fact(inputs[at])?.konst.clone().context("embeddings must be constants");
        let rows = Int4Rows::new(constant(1)?, constant(2)?)?;
        model.wire_node(prefix, rows, &inputs[..1])
    }
}

/// The operator as it runs: `[…]` ids to `[…, width]`.
#[derive(Clone, Debug)]
struct Int4Rows {
    packed: Arc<Tensor>,
    scales: Arc<Tensor>,
    width: usize,
}

impl PartialEq for Int4Rows {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.packed, &other.packed) && Arc::ptr_eq(&self.scales, &other.scales)
    }
}
impl Eq for Int4Rows {}

impl Int4Rows {
    fn new(packed: Arc<Tensor>, scales: Arc<Tensor>) -> TractResult<Self> {
        let (&[n_rows, bytes], &[n_scaled, blocks]) = (packed.shape(), scales.shape()) else { bail!("tables of two axes expected") };
        ensure!(n_rows == n_scaled && bytes * 2 == blocks * INT4_BLOCK, "embeddings and scales of fitting sizes expected");
        ensure!(packed.datum_type() == u8::datum_type() && scales.datum_type() == f16::datum_type(), "bytes and halves expected");
        let finite = scales.try_as_plain_ram()?.as_slice::<f16>()?.iter().all(|s| s.is_finite());
        ensure!(finite, "a scale is no number");
        Ok(Self { packed, scales, width: bytes * 2 })
    }
}

impl Op for Int4Rows {
    fn name(&self) -> StaticName {
        OP.into()
    }

    op_as_typed_op!();
}

impl EvalOp for Int4Rows {
    op_out_of_plan!();

    fn eval(&self, _context: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let ids = args_1!(inputs);
        let (packed, scales) = (self.packed.try_as_plain_ram()?, self.scales.try_as_plain_ram()?);
        let (packed, scales) = (packed.as_slice::<u8>()?, scales.as_slice::<f16>()?);
        let n_rows = self.packed.shape()[0];
        let mut shape: TVec<usize> = ids.shape().into();
        shape.push(self.width);
        let mut output = Tensor::zero::<f32>(&shape)?;
        let mut to = output.try_as_plain_ram_mut()?;
        let rows = to.as_slice_mut::<f32>()?.chunks_exact_mut(self.width);
        for (row, &id) in rows.zip(ids.try_as_plain_ram()?.as_slice::<i64>()?) {
            let at = usize::try_from(id).ok().filter(|at| *at < n_rows).with_context(|| format!("token {id} of {n_rows}"))?;
            let bytes = &packed[at * self.width / 2..][..self.width / 2];
            let scales = &scales[at * self.width / INT4_BLOCK..][..self.width / INT4_BLOCK];
            for ((to, bytes), scale) in row.chunks_exact_mut(INT4_BLOCK).zip(bytes.chunks_exact(INT4_BLOCK / 2)).zip(scales) {
                let scale = scale.to_f32();
                to.iter_mut().enumerate().for_each(|(n, to)| *to = nibble(bytes[n / 2], n) * scale);
            }
        }
        Ok(tvec!(output.into_tvalue()))
    }
}

impl TypedOp for Int4Rows {
    fn output_facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        let mut shape: TVec<TDim> = inputs[0].shape.to_tvec();
        shape.push(self.width.to_dim());
        Ok(tvec!(f32::fact(shape)))
    }

    as_op!();
}
