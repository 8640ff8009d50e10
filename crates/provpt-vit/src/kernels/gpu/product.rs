//! Products with frozen matrices, and the gradients of matrices.

use std::ops::Range;

use super::Gpu;
use super::memory::Buffer;
use super::shader::{Call, Shader, word};
use crate::error::Error;
use crate::kernels::{LinearOn, Memory};

/// A matrix `[outputs, inputs]`, for both directions.
#[derive(Debug)]
pub(crate) struct Matrix {
    values: Buffer,
    /// Whether two values are in each word.
    is_half: bool,
}

/// Where an operand's values are.
struct Operand<'a> {
    buffer: &'a Buffer,
    /// From one row to the next, and from one column to the next.
    steps: [usize; 2],
    start: usize,
}

/// What is added to a product.
enum Adds<'a> {
    Nothing,
    Bias(&'a Buffer),
    /// To what is there.
    Itself,
}

/// Workgroups from which on they may be larger and fewer: they read less often then.
const MANY: usize = 256;

impl Gpu {
    /// Takes a matrix in, in f16 if it is to be and its values are in the range of that.
    pub(super) fn matrix(&self, values: &[f32]) -> Result<Matrix, Error> {
        let fits = |value: &f32| !half::f16::from_f32(*value).is_infinite();
        if self.0.is_half && values.iter().all(fits) {
            let packed = halves(values);
            let values = self.buffer(packed.len())?;
            self.write_bytes(&values, bytemuck::cast_slice(&packed));
            return Ok(Matrix { values, is_half: true });
        }
        let mut matrix = Matrix { values: self.buffer(values.len())?, is_half: false };
        self.write(&mut matrix.values, values);
        Ok(matrix)
    }

    /// Other values. A matrix that gets such learns: it is in f32 from then on.
    pub(super) fn refill(&self, matrix: &mut Matrix, values: &[f32]) {
        if matrix.is_half {
            let values = self.buffer_or_fault(values.len());
            *matrix = Matrix { values, is_half: false };
        }
        self.write(&mut matrix.values, values);
    }

    /// `y = x Wᵀ + b`.
    pub(super) fn forward(&self, y: &Buffer, x: &Buffer, w: &LinearOn<Self>, rows: usize) {
        let x = Operand { buffer: x, steps: [w.inputs, 1], start: 0 };
        let turned = Operand { buffer: &w.weight.values, steps: [1, w.inputs], start: 0 };
        let sizes = [rows, w.outputs, w.inputs];
        self.product(y, x, turned, sizes, w.weight.is_half, Adds::Bias(&w.bias));
    }

    /// `dx = dy W`.
    pub(super) fn backward(
        &self,
        dx: &Buffer,
        dy: &Buffer,
        w: &LinearOn<Self>,
        rows: usize,
        accumulate: bool,
    ) {
        let dy = Operand { buffer: dy, steps: [w.outputs, 1], start: 0 };
        let weight = Operand { buffer: &w.weight.values, steps: [w.inputs, 1], start: 0 };
        let adds = if accumulate { Adds::Itself } else { Adds::Nothing };
        let sizes = [rows, w.inputs, w.outputs];
        self.product(dx, dy, weight, sizes, w.weight.is_half, adds);
    }

    /// `dw += dyᵀ x`.
    pub(super) fn weight_grad(
        &self,
        dw: &Buffer,
        [x, dy]: [&Buffer; 2],
        rows: usize,
        [inputs, outputs]: [usize; 2],
        of: Range<usize>,
    ) {
        let turned = Operand { buffer: dy, steps: [1, outputs], start: of.start };
        let x = Operand { buffer: x, steps: [inputs, 1], start: 0 };
        self.product(dw, turned, x, [of.len(), inputs, rows], false, Adds::Itself);
    }

    /// `c[m, n] = a[m, k] b[k, n]`, and what is added.
    fn product(
        &self,
        c: &Buffer,
        a: Operand<'_>,
        b: Operand<'_>,
        [m, n, k]: [usize; 3],
        is_half: bool,
        adds: Adds<'_>,
    ) {
        let groups = |span: usize| m.div_ceil(64 * span) * n.div_ceil(64 * span);
        let span = if groups(2) >= MANY { 2 } else { 1 };
        let (adds, bias) = match adds {
            Adds::Nothing => (0, a.buffer),
            Adds::Bias(bias) => (1, bias),
            Adds::Itself => (2, a.buffer),
        };
        let ([a_row, a_column], [b_row, b_column]) = (a.steps, b.steps);
        let sizes = [m, n, k, a_row, a_column, b_row, b_column, a.start, adds];
        self.call(&Call {
            shader: Shader { entry: "product", source: include_str!("product.wgsl") },
            constants: &[("SPAN", span), ("HALF", is_half.into())],
            written: &[c],
            read: &[a.buffer, b.buffer, bias],
            params: &sizes.map(word),
            groups: groups(span),
        });
    }
}

/// Two values in f16 a word, as shaders unpack them.
fn halves(values: &[f32]) -> Vec<u32> {
    let half = |value: f32| u32::from(half::f16::from_f32(value).to_bits());
    let pair = |pair: &[f32]| half(pair[0]) | (pair.get(1).map_or(0, |value| half(*value)) << 16);
    values.chunks(2).map(pair).collect()
}
