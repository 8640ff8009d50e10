//! The layers, each by the shaders of a file of its own.

use std::ops::Range;

use super::Gpu;
use super::memory::Buffer;
use super::product::Matrix;
use super::shader::{Call, Shader, bits, word};
use crate::error::Error;
use crate::kernels::{
    AttentionGrad, AttentionInput, AttentionShape, FrozenMatrix, Layers, LinearOn, Memory, NormOn,
    Role, WindowGrad, WindowInput,
};

/// A shader that works on single values.
pub(super) const fn single(entry: &'static str) -> Shader {
    Shader { entry, source: include_str!("elementwise.wgsl") }
}

/// LayerNorm, where lanes add up by way of the workgroup's memory.
const NORM: &str = concat!(include_str!("lanes.wgsl"), include_str!("norm.wgsl"));
/// The same where subgroups add up.
const NORM_BY_SUBGROUPS: &str =
    concat!(include_str!("lanes_subgroups.wgsl"), include_str!("norm.wgsl"));

impl Gpu {
    fn norm_shader(&self, entry: &'static str) -> Shader {
        let source = if self.has_subgroups() { NORM_BY_SUBGROUPS } else { NORM };
        Shader { entry, source }
    }

    /// Works on `len` single values of `y`, which are in rows of `width`.
    pub(super) fn on_values(
        &self,
        shader: Shader,
        y: &Buffer,
        read: &[&Buffer],
        [len, width]: [usize; 2],
        has: bool,
    ) {
        self.call_on_each(shader, y, read, &[word(len), word(width), has.into()], len);
    }
}

impl Layers for Gpu {
    type Weight = Matrix;

    fn pack(&self, matrix: FrozenMatrix, _: Role) -> Result<Matrix, Error> {
        self.matrix(&matrix.values)
    }

    fn repack(&self, weight: &mut Matrix, values: &[f32], _: usize, _: usize) {
        self.refill(weight, values);
    }

    fn linear(&self, y: &mut Buffer, x: &Buffer, w: &LinearOn<Self>, rows: usize) {
        self.forward(y, x, w, rows);
    }

    fn linear_grad(
        &self,
        dx: &mut Buffer,
        dy: &Buffer,
        w: &LinearOn<Self>,
        rows: usize,
        accumulate: bool,
    ) {
        self.backward(dx, dy, w, rows, accumulate);
    }

    fn linear_weight_grad(
        &self,
        dw: &mut Buffer,
        x: &Buffer,
        dy: &Buffer,
        rows: usize,
        sizes: [usize; 2],
        of: Range<usize>,
    ) {
        self.weight_grad(dw, [x, dy], rows, sizes, of);
    }

    fn norm(&self, y: &mut Buffer, stats: &mut Buffer, x: &Buffer, w: &NormOn<Self>, rows: usize) {
        self.call(&Call {
            shader: self.norm_shader("norm"),
            constants: &[],
            written: &[y, stats],
            read: &[x, &w.weight, &w.bias],
            params: &[word(rows), word(w.width), bits(w.eps)],
            groups: rows,
        });
    }

    fn norm_grad(
        &self,
        dx: &mut Buffer,
        dy: &Buffer,
        x: &Buffer,
        stats: &Buffer,
        w: &NormOn<Self>,
        rows: usize,
    ) {
        self.call(&Call {
            shader: self.norm_shader("norm_grad"),
            constants: &[],
            written: &[dx],
            read: &[x, &w.weight, &w.bias, stats, dy],
            params: &[word(rows), word(w.width), bits(w.eps)],
            groups: rows,
        });
    }

    fn norm_weight_grad(
        &self,
        dw: &mut Buffer,
        dy: &Buffer,
        x: &Buffer,
        stats: &Buffer,
        rows: usize,
        width: usize,
    ) {
        self.normalized_sums(dw, [dy, x, stats], rows, width);
    }

    fn gelu(&self, y: &mut Buffer, x: &Buffer, len: usize) {
        self.on_values(single("gelu"), y, &[x], [len, 1], false);
    }

    fn gelu_grad(&self, d: &mut Buffer, x: &Buffer, len: usize) {
        self.on_values(single("gelu_grad"), d, &[x], [len, 1], false);
    }

    fn residual(
        &self,
        y: &mut Buffer,
        x: &Buffer,
        branch: &Buffer,
        scale: Option<&Buffer>,
        rows: usize,
        width: usize,
    ) {
        let read = [x, branch, scale.unwrap_or(x)];
        self.on_values(single("residual"), y, &read, [rows * width, width], scale.is_some());
    }

    fn residual_grad(
        &self,
        d_branch: &mut Buffer,
        dy: &Buffer,
        scale: Option<&Buffer>,
        rows: usize,
        width: usize,
    ) {
        let len = rows * width;
        match scale {
            Some(scale) => {
                let shader = single("scale_columns");
                self.on_values(shader, d_branch, &[dy, scale], [len, width], true);
            }
            None => self.copy(d_branch, dy, len),
        }
    }

    fn scale_shift(
        &self,
        y: &mut Buffer,
        scale: &Buffer,
        shift: Option<&Buffer>,
        rows: usize,
        width: usize,
    ) {
        let read = [scale, shift.unwrap_or(scale)];
        self.on_values(single("scale_shift"), y, &read, [rows * width, width], shift.is_some());
    }

    fn add(&self, sum: &mut Buffer, part: &Buffer, len: usize) {
        self.on_values(single("add"), sum, &[part], [len, 1], false);
    }

    fn column_sums(&self, sum: &mut Buffer, x: &Buffer, rows: usize, width: usize) {
        self.row_sums(sum, x, rows, width);
    }

    fn product_sums(&self, sum: &mut Buffer, x: &Buffer, y: &Buffer, rows: usize, width: usize) {
        self.row_product_sums(sum, [x, y], rows, width);
    }

    fn attention(
        &self,
        out: &mut Buffer,
        log_sum: &mut Buffer,
        input: AttentionInput<'_, Buffer>,
        shape: AttentionShape,
    ) {
        self.attend(out, log_sum, &input, shape);
    }

    fn attention_grad(
        &self,
        grad: AttentionGrad<'_, Buffer>,
        d_out: &Buffer,
        input: AttentionInput<'_, Buffer>,
        log_sum: &Buffer,
        shape: AttentionShape,
    ) {
        self.attend_back(grad, d_out, &input, log_sum, shape);
    }

    fn window_attention(
        &self,
        out: &mut Buffer,
        log_sum: &mut Buffer,
        input: WindowInput<'_, Buffer>,
        shape: AttentionShape,
    ) {
        self.attend_in_windows(out, log_sum, &input, shape);
    }

    fn window_attention_grad(
        &self,
        grad: WindowGrad<'_, Buffer>,
        d_out: &Buffer,
        input: WindowInput<'_, Buffer>,
        log_sum: &Buffer,
        shape: AttentionShape,
    ) {
        self.attend_in_windows_back(grad, d_out, &input, log_sum, shape);
    }
}
