//! A hidden layer of the head: a linear map, ReLU, batch normalization, dropout (the MLP heads of Jia
//! et al., VPT, ECCV 2022).

use rand::RngExt;

use super::kaiming;
use crate::learn::set::{Param, Set};
use crate::math::vector::{axpy, dot};
use provpt_base::{Purpose, Stream, stream};

/// Of batch normalization.
const EPS: f64 = 1e-5;
/// How much of a batch's statistics enters the running ones.
const MOMENTUM: f32 = 0.1;
/// Share of values that a training step drops.
const DROP: f64 = 0.1;

/// A view of learned arrays, and of running statistics.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Hidden<'a> {
    /// `[d, d]`.
    weight: &'a [f32],
    /// `[d]`, as all below.
    bias: &'a [f32],
    scale: &'a [f32],
    shift: &'a [f32],
    mean: &'a [f32],
    var: &'a [f32],
}

/// Whether statistics are those of the batch, with dropout, or the running ones, without.
pub(super) enum Mode<'a> {
    Batch { dropout: &'a HeadDropout<'a>, layer: usize },
    Running,
}

/// The dropout of one training step: a function of seed, epoch, image and layer alone.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HeadDropout<'a> {
    pub(crate) seed: u64,
    pub(crate) epoch: u64,
    /// The batch: places in the training split.
    pub(crate) indices: &'a [usize],
    /// None is dropped where this is false.
    pub(crate) drops: bool,
}

/// What a forward pass keeps.
#[derive(Debug)]
pub(super) struct Pass {
    /// `[b, d]`.
    pub(super) output: Vec<f32>,
    /// Behind ReLU and normalization, `[b, d]`.
    normalized: Vec<f32>,
    /// Whether the linear map was above zero.
    active: Vec<bool>,
    /// `1 / std`, `[d]`.
    inverse: Vec<f32>,
    /// Dropout multipliers `[b, d]`; none: no dropout.
    mask: Vec<f32>,
    /// Mean and unbiased variance of the batch, `[d]`, if normalized by it.
    statistics: Option<[Vec<f32>; 2]>,
}

/// Gradients of a hidden layer's arrays, and what its running statistics become.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct HiddenGradients {
    /// Of weight, bias, scale and shift.
    pub(crate) arrays: [Vec<f32>; 4],
    /// Running mean and variance after this step, if it changes them.
    pub(crate) running: Option<[Vec<f32>; 2]>,
}

/// Name, shape, and whether it learns, of every array of a layer.
pub(super) fn arrays(layer: usize, width: usize) -> [(String, Vec<usize>, bool); 6] {
    let name = |part: &str, array: &str| format!("head.{part}.{layer}.{array}");
    [
        (name("hidden", "weight"), vec![width, width], true),
        (name("hidden", "bias"), vec![width], true),
        (name("bn", "weight"), vec![width], true),
        (name("bn", "bias"), vec![width], true),
        (name("bn", "mean"), vec![width], false),
        (name("bn", "var"), vec![width], false),
    ]
}

impl<'a> Hidden<'a> {
    /// The layer of this number; none if there are not so many.
    pub(super) fn of(set: &'a Set, layer: usize) -> Option<Self> {
        let [weight, bias, scale, shift, mean, var] =
            arrays(layer, 0).map(|(name, ..)| set.values(&name));
        (!weight.is_empty()).then_some(Self { weight, bias, scale, shift, mean, var })
    }

    /// The arrays of a new layer.
    pub(super) fn init(layer: usize, width: usize, rng: &mut Stream) -> Vec<Param> {
        let weight = kaiming(width, width * width, rng);
        let spread = 1.0 / (width as f32).sqrt();
        let bias = (0..width).map(|_| rng.random_range(-spread..spread)).collect();
        let filled = |value: f32| vec![value; width];
        let values = [weight, bias, filled(1.0), filled(0.0), filled(0.0), filled(1.0)];
        let made = arrays(layer, width).into_iter().zip(values);
        let made = made.map(|((name, shape, learns), values)| {
            Param::new(&name, &shape, values).learning(learns)
        });
        made.collect()
    }

    fn width(&self) -> usize {
        self.bias.len()
    }

    /// `x[b, d]` through the layer.
    pub(super) fn forward(&self, x: &[f32], mode: &Mode<'_>) -> Pass {
        let d = self.width();
        let rows = || x.chunks_exact(d);
        let linear = |row: &[f32]| -> Vec<f32> {
            let outputs = self.weight.chunks_exact(d).zip(self.bias);
            outputs.map(|(weight, bias)| dot(weight, row) + bias).collect()
        };
        let linear: Vec<f32> = rows().flat_map(linear).collect();
        let active: Vec<bool> = linear.iter().map(|&z| z > 0.0).collect();
        let relu: Vec<f32> = linear.into_iter().map(|z| z.max(0.0)).collect();
        let (mean, inverse, statistics) = self.statistics(&relu, mode);
        let normalize = |(i, value): (usize, &f32)| (value - mean[i % d]) * inverse[i % d];
        let normalized: Vec<f32> = relu.iter().enumerate().map(normalize).collect();
        let affine = |(i, n): (usize, &f32)| n * self.scale[i % d] + self.shift[i % d];
        let mut output: Vec<f32> = normalized.iter().enumerate().map(affine).collect();
        let mask = mode.mask(d);
        output.iter_mut().zip(&mask).for_each(|(value, multiplier)| *value *= multiplier);
        Pass { output, normalized, active, inverse, mask, statistics }
    }

    /// Mean and `1 / std` to normalize by, and the batch's own mean and unbiased variance.
    fn statistics(
        &self,
        relu: &[f32],
        mode: &Mode<'_>,
    ) -> (Vec<f32>, Vec<f32>, Option<[Vec<f32>; 2]>) {
        let d = self.width();
        let inverse = |var: f64| (1.0 / (var + EPS).sqrt()) as f32;
        if matches!(mode, Mode::Running) {
            let inverse = self.var.iter().map(|&var| inverse(var.into())).collect();
            return (self.mean.to_vec(), inverse, None);
        }
        let images = (relu.len() / d) as f64;
        let column = |i: usize| relu.iter().skip(i).step_by(d).map(|&value| f64::from(value));
        let mean: Vec<f64> = (0..d).map(|i| column(i).sum::<f64>() / images).collect();
        let spread = |i: usize| column(i).map(|value| (value - mean[i]).powi(2)).sum::<f64>();
        let squares: Vec<f64> = (0..d).map(spread).collect();
        let unbiased = squares.iter().map(|sum| (sum / (images - 1.0)) as f32).collect();
        let inverse = squares.iter().map(|sum| inverse(sum / images)).collect();
        let mean: Vec<f32> = mean.into_iter().map(|mean| mean as f32).collect();
        (mean.clone(), inverse, Some([mean, unbiased]))
    }

    /// Turns `d`, the gradient of the layer's output `[b, d]`, into that of its input `x`.
    pub(super) fn backward(&self, x: &[f32], pass: &Pass, d: &mut Vec<f32>) -> HiddenGradients {
        let width = self.width();
        d.iter_mut().zip(&pass.mask).for_each(|(d, multiplier)| *d *= multiplier);
        let (mut d_scale, mut d_shift) = (vec![0.0; width], vec![0.0; width]);
        for (d, n) in d.chunks_exact(width).zip(pass.normalized.chunks_exact(width)) {
            axpy(&mut d_shift, 1.0, d);
            d_scale.iter_mut().zip(d).zip(n).for_each(|((sum, d), n)| *sum += d * n);
        }
        let images = (d.len() / width) as f32;
        for (i, d) in d.iter_mut().enumerate() {
            let column = i % width;
            // The statistics of a batch depend on each of its images.
            let shared = match pass.statistics {
                Some(_) => (d_shift[column] + pass.normalized[i] * d_scale[column]) / images,
                None => 0.0,
            };
            let slope = self.scale[column] * pass.inverse[column] * (*d - shared);
            *d = if pass.active[i] { slope } else { 0.0 };
        }
        let (mut d_x, mut d_bias) = (vec![0.0; x.len()], vec![0.0; width]);
        let mut d_weight = vec![0.0; self.weight.len()];
        let images = d.chunks_exact(width).zip(x.chunks_exact(width));
        for ((d, x), d_x) in images.zip(d_x.chunks_exact_mut(width)) {
            axpy(&mut d_bias, 1.0, d);
            let outputs = self.weight.chunks_exact(width).zip(d_weight.chunks_exact_mut(width));
            for ((weight, d_weight), &d) in outputs.zip(d) {
                axpy(d_x, d, weight);
                axpy(d_weight, d, x);
            }
        }
        *d = d_x;
        let arrays = [d_weight, d_bias, d_scale, d_shift];
        HiddenGradients { arrays, running: self.running(pass) }
    }

    fn running(&self, pass: &Pass) -> Option<[Vec<f32>; 2]> {
        let [mean, var] = pass.statistics.as_ref()?;
        let moved = |old: &[f32], new: &[f32]| {
            old.iter().zip(new).map(|(old, new)| old + MOMENTUM * (new - old)).collect()
        };
        Some([moved(self.mean, mean), moved(self.var, var)])
    }
}

impl Mode<'_> {
    /// Multipliers `[b, d]`; empty without dropout.
    fn mask(&self, width: usize) -> Vec<f32> {
        let Self::Batch { dropout, layer } = *self else { return Vec::new() };
        if !dropout.drops {
            return Vec::new();
        }
        let row = |&image: &usize| {
            let place = dropout.epoch << 32 | image as u64;
            let mut rng = stream(dropout.seed, Purpose::HeadDropout, [place, layer as u64]);
            let keep = move || rng.random_bool(1.0 - DROP);
            std::iter::repeat_with(keep)
                .take(width)
                .map(|keep| f32::from(keep) / (1.0 - DROP as f32))
        };
        dropout.indices.iter().flat_map(row).collect()
    }
}

#[cfg(test)]
mod tests;
