//! The layers, and what their derivatives are on paper.

use std::f64::consts::{FRAC_1_SQRT_2, PI};
use std::ops::Range;

use super::{Cells, Plain, attention, windows};
use crate::error::Error;
use crate::kernels::{
    AttentionGrad, AttentionInput, AttentionShape, FrozenMatrix, Layers, LinearOn, NormOn, Role,
    WindowGrad, WindowInput,
};

/// `Phi(x)` of a normal distribution, and its slope.
fn normal(x: f64) -> (f64, f64) {
    (0.5 * libm::erfc(-x * FRAC_1_SQRT_2), (-0.5 * x * x).exp() / (2.0 * PI).sqrt())
}

impl Layers for Plain {
    type Weight = Cells;

    fn pack(&self, matrix: FrozenMatrix, _: Role) -> Result<Cells, Error> {
        Ok(Cells::new(&matrix.values))
    }

    fn repack(&self, weight: &mut Cells, values: &[f32], _: usize, _: usize) {
        *weight = Cells::new(values);
    }

    fn linear(&self, y: &mut Cells, x: &Cells, w: &LinearOn<Self>, rows: usize) {
        for row in 0..rows {
            for output in 0..w.outputs {
                let mut sum = w.bias[output];
                for input in 0..w.inputs {
                    sum += w.weight[output * w.inputs + input] * x[row * w.inputs + input];
                }
                y[row * w.outputs + output] = sum;
            }
        }
    }

    fn linear_grad(
        &self,
        dx: &mut Cells,
        dy: &Cells,
        w: &LinearOn<Self>,
        rows: usize,
        accumulate: bool,
    ) {
        for row in 0..rows {
            for input in 0..w.inputs {
                let mut sum = if accumulate { dx[row * w.inputs + input] } else { 0.0 };
                for output in 0..w.outputs {
                    sum += w.weight[output * w.inputs + input] * dy[row * w.outputs + output];
                }
                dx[row * w.inputs + input] = sum;
            }
        }
    }

    fn linear_weight_grad(
        &self,
        dw: &mut Cells,
        x: &Cells,
        dy: &Cells,
        rows: usize,
        [inputs, outputs]: [usize; 2],
        of: Range<usize>,
    ) {
        for row in 0..rows {
            for output in of.clone() {
                for input in 0..inputs {
                    dw[(output - of.start) * inputs + input] +=
                        dy[row * outputs + output] * x[row * inputs + input];
                }
            }
        }
    }

    fn norm(&self, y: &mut Cells, stats: &mut Cells, x: &Cells, w: &NormOn<Self>, rows: usize) {
        let n = w.width as f64;
        for row in 0..rows {
            let at = row * w.width;
            let mean = (0..w.width).map(|i| x[at + i]).sum::<f64>() / n;
            let variance = (0..w.width).map(|i| (x[at + i] - mean).powi(2)).sum::<f64>() / n;
            let scale = 1.0 / (variance + f64::from(w.eps)).sqrt();
            for i in 0..w.width {
                y[at + i] = (x[at + i] - mean) * scale * w.weight[i] + w.bias[i];
            }
            stats[2 * row] = mean;
            stats[2 * row + 1] = scale;
        }
    }

    fn norm_grad(
        &self,
        dx: &mut Cells,
        dy: &Cells,
        x: &Cells,
        stats: &Cells,
        w: &NormOn<Self>,
        rows: usize,
    ) {
        let n = w.width as f64;
        for row in 0..rows {
            let (at, mean, scale) = (row * w.width, stats[2 * row], stats[2 * row + 1]);
            let g = |i: usize| dy[at + i] * w.weight[i];
            let normed = |i: usize| (x[at + i] - mean) * scale;
            let g_mean = (0..w.width).map(g).sum::<f64>() / n;
            let along = (0..w.width).map(|i| g(i) * normed(i)).sum::<f64>() / n;
            for i in 0..w.width {
                dx[at + i] += scale * (g(i) - g_mean - normed(i) * along);
            }
        }
    }

    fn norm_weight_grad(
        &self,
        dw: &mut Cells,
        dy: &Cells,
        x: &Cells,
        stats: &Cells,
        rows: usize,
        width: usize,
    ) {
        for row in 0..rows {
            let (mean, scale) = (stats[2 * row], stats[2 * row + 1]);
            for i in 0..width {
                dw[i] += dy[row * width + i] * (x[row * width + i] - mean) * scale;
            }
        }
    }

    fn gelu(&self, y: &mut Cells, x: &Cells, len: usize) {
        for i in 0..len {
            y[i] = x[i] * normal(x[i]).0;
        }
    }

    fn gelu_grad(&self, d: &mut Cells, x: &Cells, len: usize) {
        for i in 0..len {
            let (phi, density) = normal(x[i]);
            d[i] *= phi + x[i] * density;
        }
    }

    fn residual(
        &self,
        y: &mut Cells,
        x: &Cells,
        branch: &Cells,
        scale: Option<&Cells>,
        rows: usize,
        width: usize,
    ) {
        for i in 0..rows * width {
            y[i] = x[i] + scale.map_or(1.0, |scale| scale[i % width]) * branch[i];
        }
    }

    fn residual_grad(
        &self,
        d_branch: &mut Cells,
        dy: &Cells,
        scale: Option<&Cells>,
        rows: usize,
        width: usize,
    ) {
        for i in 0..rows * width {
            d_branch[i] = scale.map_or(1.0, |scale| scale[i % width]) * dy[i];
        }
    }

    fn scale_shift(
        &self,
        y: &mut Cells,
        scale: &Cells,
        shift: Option<&Cells>,
        rows: usize,
        width: usize,
    ) {
        for i in 0..rows * width {
            y[i] = scale[i % width] * y[i] + shift.map_or(0.0, |shift| shift[i % width]);
        }
    }

    fn add(&self, sum: &mut Cells, part: &Cells, len: usize) {
        for i in 0..len {
            sum[i] += part[i];
        }
    }

    fn column_sums(&self, sum: &mut Cells, x: &Cells, rows: usize, width: usize) {
        for i in 0..rows * width {
            sum[i % width] += x[i];
        }
    }

    fn product_sums(&self, sum: &mut Cells, x: &Cells, y: &Cells, rows: usize, width: usize) {
        for i in 0..rows * width {
            sum[i % width] += x[i] * y[i];
        }
    }

    fn attention(
        &self,
        out: &mut Cells,
        log_sum: &mut Cells,
        input: AttentionInput<'_, Cells>,
        shape: AttentionShape,
    ) {
        attention::forward(out, log_sum, &input, shape);
    }

    fn attention_grad(
        &self,
        grad: AttentionGrad<'_, Cells>,
        d_out: &Cells,
        input: AttentionInput<'_, Cells>,
        log_sum: &Cells,
        shape: AttentionShape,
    ) {
        attention::backward(grad, d_out, &input, log_sum, shape);
    }

    fn window_attention(
        &self,
        out: &mut Cells,
        log_sum: &mut Cells,
        input: WindowInput<'_, Cells>,
        shape: AttentionShape,
    ) {
        windows::forward(out, log_sum, &input, shape);
    }

    fn window_attention_grad(
        &self,
        grad: WindowGrad<'_, Cells>,
        d_out: &Cells,
        input: WindowInput<'_, Cells>,
        log_sum: &Cells,
        shape: AttentionShape,
    ) {
        windows::backward(grad, d_out, &input, log_sum, shape);
    }
}
