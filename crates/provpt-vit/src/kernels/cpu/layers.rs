//! The layers, each by the loops of a file of its own.

use super::memory::zeros;
use super::pack::PackedMatrix;
use super::{Cpu, attention, elementwise, linear, norm};
use crate::error::Error;
use crate::kernels::{
    AttentionGrad, AttentionInput, AttentionShape, FrozenMatrix, Layers, LinearOn, NormOn, Role,
};

impl Layers for Cpu {
    type Weight = PackedMatrix;

    fn pack(&self, matrix: FrozenMatrix, role: Role) -> Result<PackedMatrix, Error> {
        PackedMatrix::new(&matrix, role, self.products)
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

    fn add(&self, sum: &mut Vec<f32>, part: &Vec<f32>, len: usize) {
        elementwise::add(&mut sum[..len], &part[..len]);
    }

    fn attention_room(&self, tokens: usize, backward: bool) -> Result<(), Error> {
        // Scores, and their gradient. Pages are not touched.
        let squares = if backward { 2_usize } else { 1 };
        zeros(tokens.saturating_mul(tokens).saturating_mul(squares)).map(drop)
    }

    fn attention(
        &self,
        out: &mut Vec<f32>,
        log_sum: &mut Vec<f32>,
        input: AttentionInput<'_, Vec<f32>>,
        shape: AttentionShape,
    ) {
        attention::forward(self.products, out, log_sum, &input, shape);
    }

    fn attention_grad(
        &self,
        grad: AttentionGrad<'_, Vec<f32>>,
        d_out: &Vec<f32>,
        input: AttentionInput<'_, Vec<f32>>,
        log_sum: &Vec<f32>,
        shape: AttentionShape,
    ) {
        attention::backward(self.products, grad, d_out, &input, log_sum, shape);
    }
}
