//! The operations on a CPU, each on the calling thread. Matrix products come from the `gemm`
//! crate; loops are vectorized with run-time dispatch.

mod attention;
mod elementwise;
mod gemm;
mod linear;
mod math;
mod norm;
mod pair;
mod scratch;
pub(crate) mod simd;
mod softmax;
#[cfg(test)]
mod tests;
mod tokens;
mod transpose;
#[cfg(target_arch = "x86_64")]
mod transpose_avx;
mod vectorized;

use super::{
    AttentionGrad, AttentionInput, AttentionShape, InsertShape, Kernels, Linear, Norm, Rows,
};
use simd::arch;

#[cfg(feature = "bench")]
pub(crate) use gemm::bench::{Operands, product};

/// The CPU kernels.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cpu;

impl Kernels for Cpu {
    type Buffer = Vec<f32>;

    fn zeros(&self, len: usize) -> Vec<f32> {
        vec![0.0; len]
    }

    fn upload(&self, values: &[f32]) -> Vec<f32> {
        values.to_vec()
    }

    fn download(&self, from: &Vec<f32>, to: &mut [f32]) {
        to.copy_from_slice(&from[..to.len()]);
    }

    fn copy(&self, to: &mut Vec<f32>, from: &Vec<f32>, len: usize) {
        to[..len].copy_from_slice(&from[..len]);
    }

    fn clear(&self, buffer: &mut Vec<f32>, len: usize) {
        buffer[..len].fill(0.0);
    }

    fn linear(&self, y: &mut Vec<f32>, x: &Vec<f32>, w: &Linear<Vec<f32>>, rows: usize) {
        linear::forward(y, x, w, rows);
    }

    fn linear_grad(
        &self,
        dx: &mut Vec<f32>,
        dy: &Vec<f32>,
        w: &Linear<Vec<f32>>,
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
        w: &Norm<Vec<f32>>,
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
        w: &Norm<Vec<f32>>,
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

    fn attention(
        &self,
        out: &mut Vec<f32>,
        log_sum: &mut Vec<f32>,
        input: AttentionInput<'_, Vec<f32>>,
        shape: AttentionShape,
    ) {
        attention::forward(out, log_sum, &input, shape);
    }

    fn attention_grad(
        &self,
        grad: AttentionGrad<'_, Vec<f32>>,
        d_out: &Vec<f32>,
        input: AttentionInput<'_, Vec<f32>>,
        log_sum: &Vec<f32>,
        shape: AttentionShape,
    ) {
        attention::backward(grad, d_out, &input, log_sum, shape);
    }

    fn patches(
        &self,
        rows: &mut Vec<f32>,
        pixels: &Vec<f32>,
        images: usize,
        side: usize,
        patch: usize,
    ) {
        tokens::patches(rows, pixels, images, side, patch);
    }

    fn assemble(
        &self,
        x: &mut Vec<f32>,
        patches: &Vec<f32>,
        position: &Vec<f32>,
        images: usize,
        tokens: usize,
        width: usize,
    ) {
        tokens::assemble(x, patches, position, images, tokens, width);
    }

    fn insert_rows(&self, y: &mut Vec<f32>, x: &Vec<f32>, rows: Rows<'_, Vec<f32>>) {
        tokens::insert(y, x, rows.values, rows.shape);
    }

    fn insert_rows_grad(
        &self,
        dx: &mut Vec<f32>,
        d_rows: &mut Vec<f32>,
        dy: &Vec<f32>,
        shape: InsertShape,
    ) {
        tokens::insert_grad(dx, d_rows, dy, shape);
    }

    fn first_rows(
        &self,
        y: &mut Vec<f32>,
        x: &Vec<f32>,
        images: usize,
        tokens: usize,
        width: usize,
    ) {
        tokens::first(y, x, images, tokens, width);
    }

    fn first_rows_grad(
        &self,
        dx: &mut Vec<f32>,
        dy: &Vec<f32>,
        images: usize,
        tokens: usize,
        width: usize,
    ) {
        tokens::first_grad(dx, dy, images, tokens, width);
    }

    fn mean_rows(
        &self,
        y: &mut Vec<f32>,
        x: &Vec<f32>,
        images: usize,
        tokens: usize,
        width: usize,
    ) {
        tokens::mean(y, x, images, tokens, width);
    }

    fn mean_rows_grad(
        &self,
        dx: &mut Vec<f32>,
        dy: &Vec<f32>,
        images: usize,
        tokens: usize,
        width: usize,
    ) {
        tokens::mean_grad(dx, dy, images, tokens, width);
    }
}
