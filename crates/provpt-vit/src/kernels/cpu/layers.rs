//! The layers, each by the loops of a file of its own.

use std::ops::Range;

use super::pack::{PackedMatrix, Products};
use super::{Cpu, attention, bf16, elementwise, linear, norm, sums, window_attention};
use crate::error::Error;
use crate::kernels::{
    AttentionGrad, AttentionInput, AttentionShape, FrozenMatrix, Layers, LinearOn, Mlp, NormOn,
    Residual, Role, WindowGrad, WindowInput, mlp,
};

impl Layers for Cpu {
    type Weight = PackedMatrix;

    fn pack(&self, matrix: FrozenMatrix, role: Role) -> Result<PackedMatrix, Error> {
        PackedMatrix::new(&matrix, role, self.products)
    }

    fn repack(&self, weight: &mut PackedMatrix, values: &[f32], inputs: usize, outputs: usize) {
        weight.refill(values, inputs, outputs);
    }

    fn linear(&self, y: &mut Vec<f32>, x: &Vec<f32>, w: &LinearOn<Self>, rows: usize) {
        linear::forward(y, x, w, rows);
    }

    fn linear_grad(
        &self,
        dx: &mut Vec<f32>,
        dy: &Vec<f32>,
        w: &LinearOn<Self>,
        rows: usize,
        accumulate: bool,
    ) {
        linear::backward(dx, dy, w, rows, accumulate);
    }

    fn linear_weight_grad(
        &self,
        dw: &mut Vec<f32>,
        x: &Vec<f32>,
        dy: &Vec<f32>,
        rows: usize,
        sizes: [usize; 2],
        of: Range<usize>,
    ) {
        linear::weight_grad(dw, x, dy, rows, sizes, of);
    }

    fn norm(
        &self,
        y: &mut Vec<f32>,
        stats: &mut Vec<f32>,
        x: &Vec<f32>,
        w: &NormOn<Self>,
        rows: usize,
    ) {
        let len = rows * w.width;
        norm::norm(&mut y[..len], &mut stats[..2 * rows], &x[..len], &w.weight, &w.bias, w.eps);
    }

    fn norm_grad(
        &self,
        dx: &mut Vec<f32>,
        dy: &Vec<f32>,
        x: &Vec<f32>,
        stats: &Vec<f32>,
        w: &NormOn<Self>,
        rows: usize,
    ) {
        let len = rows * w.width;
        norm::norm_grad(&mut dx[..len], &dy[..len], &x[..len], &stats[..2 * rows], &w.weight);
    }

    fn norm_weight_grad(
        &self,
        dw: &mut Vec<f32>,
        dy: &Vec<f32>,
        x: &Vec<f32>,
        stats: &Vec<f32>,
        rows: usize,
        width: usize,
    ) {
        let len = rows * width;
        sums::normalized(&mut dw[..width], &dy[..len], &x[..len], &stats[..2 * rows]);
    }

    fn gelu(&self, y: &mut Vec<f32>, x: &Vec<f32>, len: usize) {
        elementwise::gelu(&mut y[..len], &x[..len]);
    }

    fn gelu_grad(&self, d: &mut Vec<f32>, x: &Vec<f32>, len: usize) {
        elementwise::gelu_grad(&mut d[..len], &x[..len]);
    }

    fn residual(
        &self,
        y: &mut Vec<f32>,
        x: &Vec<f32>,
        branch: &Vec<f32>,
        scale: Option<&Vec<f32>>,
        rows: usize,
        width: usize,
    ) {
        let len = rows * width;
        let (y, x, branch) = (&mut y[..len], &x[..len], &branch[..len]);
        match scale {
            Some(scale) => elementwise::scaled_sum(y, x, branch, scale),
            None => elementwise::sum(y, x, branch),
        }
    }

    fn residual_grad(
        &self,
        d_branch: &mut Vec<f32>,
        dy: &Vec<f32>,
        scale: Option<&Vec<f32>>,
        rows: usize,
        width: usize,
    ) {
        let len = rows * width;
        match scale {
            Some(scale) => elementwise::scale_columns(&mut d_branch[..len], &dy[..len], scale),
            None => d_branch[..len].copy_from_slice(&dy[..len]),
        }
    }

    fn scale_shift(
        &self,
        y: &mut Vec<f32>,
        scale: &Vec<f32>,
        shift: Option<&Vec<f32>>,
        rows: usize,
        width: usize,
    ) {
        let (y, scale) = (&mut y[..rows * width], &scale[..width]);
        match shift {
            Some(shift) => elementwise::scale_and_shift(y, scale, &shift[..width]),
            None => elementwise::scale_in_place(y, scale),
        }
    }

    fn linear_residual(
        &self,
        y: &mut Vec<f32>,
        branch: &mut Vec<f32>,
        input: &Vec<f32>,
        w: &LinearOn<Self>,
        residual: &Residual<'_, Vec<f32>>,
        rows: usize,
    ) {
        linear::residual(y, branch, input, w, residual, rows);
    }

    fn mlp(
        &self,
        y: &mut Vec<f32>,
        hidden: &mut Vec<f32>,
        [wide, branch]: [&mut Vec<f32>; 2],
        normed: &Vec<f32>,
        w: &Mlp<'_, PackedMatrix, Vec<f32>>,
        rows: usize,
    ) {
        match (w.fc1.in_bf16(), w.fc2.in_bf16()) {
            (Some(fc1), Some(fc2)) => {
                bf16::mlp(y, hidden, normed, [fc1, fc2], (&w.residual).into(), rows);
            }
            _ => {
                linear::gelu(wide, hidden, normed, w.fc1, rows);
                linear::residual(y, branch, wide, w.fc2, &w.residual, rows);
            }
        }
    }

    fn mlp_grad(
        &self,
        d_normed: &mut Vec<f32>,
        wide: &mut Vec<f32>,
        dy: &Vec<f32>,
        hidden: &Vec<f32>,
        [fc1, fc2]: [&LinearOn<Self>; 2],
        rows: usize,
    ) {
        match (fc1.in_bf16(), fc2.in_bf16()) {
            (Some(fc1), Some(fc2)) => bf16::mlp_grad(d_normed, dy, hidden, [fc1, fc2], rows),
            _ => mlp::mlp_grad(self, d_normed, wide, dy, hidden, [fc1, fc2], rows),
        }
    }

    fn add(&self, sum: &mut Vec<f32>, part: &Vec<f32>, len: usize) {
        elementwise::add(&mut sum[..len], &part[..len]);
    }

    fn attention_values(&self, tokens: usize, backward: bool) -> usize {
        // Scores, and their gradient.
        let squares = if backward { 2_usize } else { 1 };
        tokens.saturating_mul(tokens).saturating_mul(squares)
    }

    fn column_sums(&self, sum: &mut Vec<f32>, x: &Vec<f32>, rows: usize, width: usize) {
        sums::columns(&mut sum[..width], &x[..rows * width]);
    }

    fn product_sums(
        &self,
        sum: &mut Vec<f32>,
        x: &Vec<f32>,
        y: &Vec<f32>,
        rows: usize,
        width: usize,
    ) {
        let len = rows * width;
        sums::products(&mut sum[..width], &x[..len], &y[..len]);
    }

    fn attention(
        &self,
        out: &mut Vec<f32>,
        log_sum: &mut Vec<f32>,
        input: AttentionInput<'_, Vec<f32>>,
        shape: AttentionShape,
    ) {
        match self.products {
            Products::F32 => attention::forward(out, log_sum, &input, shape),
            Products::Bf16(path) => {
                bf16::attention::forward(path, out, log_sum, &input, shape);
            }
        }
    }

    fn attention_grad(
        &self,
        grad: AttentionGrad<'_, Vec<f32>>,
        d_out: &Vec<f32>,
        input: AttentionInput<'_, Vec<f32>>,
        log_sum: &Vec<f32>,
        shape: AttentionShape,
    ) {
        match self.products {
            Products::F32 => attention::backward(grad, d_out, &input, log_sum, shape),
            Products::Bf16(path) => {
                bf16::attention::backward(path, grad, d_out, &input, log_sum, shape);
            }
        }
    }

    fn window_attention(
        &self,
        out: &mut Vec<f32>,
        log_sum: &mut Vec<f32>,
        input: WindowInput<'_, Vec<f32>>,
        shape: AttentionShape,
    ) {
        window_attention::forward(out, log_sum, &input, shape);
    }

    fn window_attention_grad(
        &self,
        grad: WindowGrad<'_, Vec<f32>>,
        d_out: &Vec<f32>,
        input: WindowInput<'_, Vec<f32>>,
        log_sum: &Vec<f32>,
        shape: AttentionShape,
    ) {
        window_attention::backward(grad, d_out, &input, log_sum, shape);
    }
}

impl LinearOn<Cpu> {
    /// The layer, if it is in bf16.
    fn in_bf16(&self) -> Option<bf16::Layer<'_>> {
        match &*self.weight {
            PackedMatrix::F32(_) => None,
            PackedMatrix::Bf16(matrix) => Some(bf16::Layer { matrix, bias: &self.bias }),
        }
    }
}

impl<'a> From<&Residual<'a, Vec<f32>>> for bf16::Base<'a> {
    fn from(residual: &Residual<'a, Vec<f32>>) -> Self {
        Self { x: residual.x, scale: residual.scale.map(|scale| &scale[..]) }
    }
}
