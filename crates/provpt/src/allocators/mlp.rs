//! A small multilayer perceptron with its gradients written out: the allocator's actor and critic.

use rand::RngExt;
use serde::{Deserialize, Serialize};

use crate::math::vector::{axpy, dot};
use provpt_base::Stream;

/// `y = weight x + bias`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Linear {
    /// `[outputs, inputs]`.
    pub weight: Vec<f32>,
    /// `[outputs]`.
    pub bias: Vec<f32>,
}

impl Linear {
    /// PyTorch's default: weight and bias from U(-v, v), `v = 1 / sqrt(inputs)`.
    fn init(inputs: usize, outputs: usize, rng: &mut Stream) -> Self {
        let v = 1.0 / (inputs.max(1) as f32).sqrt();
        let mut draw = |n| (0..n).map(|_| rng.random_range(-v..=v)).collect();
        Self { weight: draw(outputs * inputs), bias: draw(outputs) }
    }

    fn rows(&self) -> std::slice::ChunksExact<'_, f32> {
        self.weight.chunks_exact(self.inputs())
    }

    fn inputs(&self) -> usize {
        (self.weight.len() / self.bias.len().max(1)).max(1)
    }

    fn forward(&self, x: &[f32]) -> Vec<f32> {
        self.rows().zip(&self.bias).map(|(row, bias)| dot(row, x) + bias).collect()
    }

    /// Adds to `gradient`, and returns the gradient of the input.
    fn backward(&self, x: &[f32], d_y: &[f32], gradient: &mut Self) -> Vec<f32> {
        let mut d_x = vec![0.0; x.len()];
        let d_rows = gradient.weight.chunks_exact_mut(self.inputs());
        for ((row, d_row), &d) in self.rows().zip(d_rows).zip(d_y) {
            axpy(d_row, d, x);
            axpy(&mut d_x, d, row);
        }
        axpy(&mut gradient.bias, 1.0, d_y);
        d_x
    }

    fn zeros_like(&self) -> Self {
        Self { weight: vec![0.0; self.weight.len()], bias: vec![0.0; self.bias.len()] }
    }
}

/// Linear layers with tanh between them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mlp {
    /// From input to output.
    pub layers: Vec<Linear>,
}

impl Mlp {
    /// `sizes` are the widths from input to output.
    pub(super) fn init(sizes: &[usize], rng: &mut Stream) -> Self {
        Self { layers: sizes.windows(2).map(|s| Linear::init(s[0], s[1], rng)).collect() }
    }

    /// Layer by layer.
    pub(super) fn has_shape_of(&self, other: &Self) -> bool {
        let sizes = |layer: &Linear| [layer.weight.len(), layer.bias.len()];
        self.layers.iter().map(sizes).eq(other.layers.iter().map(sizes))
    }

    pub(super) fn zeros_like(&self) -> Self {
        Self { layers: self.layers.iter().map(Linear::zeros_like).collect() }
    }

    /// The output for one input.
    pub(super) fn output(&self, x: &[f32]) -> Vec<f32> {
        self.forward(x).1
    }

    /// Every layer's input, and the output.
    pub(super) fn forward(&self, x: &[f32]) -> (Vec<Vec<f32>>, Vec<f32>) {
        let mut inputs = Vec::with_capacity(self.layers.len());
        let mut x = x.to_vec();
        for (i, layer) in self.layers.iter().enumerate() {
            if i > 0 {
                x.iter_mut().for_each(|v| *v = v.tanh());
            }
            let y = layer.forward(&x);
            inputs.push(std::mem::replace(&mut x, y));
        }
        (inputs, x)
    }

    /// Adds to `gradient` what a gradient of the output means for the parameters. `inputs` are
    /// those that [`Self::forward`] returned.
    pub(super) fn backward(&self, inputs: &[Vec<f32>], d_output: &[f32], gradient: &mut Self) {
        let mut d = d_output.to_vec();
        let layers = self.layers.iter().zip(&mut gradient.layers).zip(inputs).rev();
        for ((layer, gradient), x) in layers {
            d = layer.backward(x, &d, gradient);
            // What came in is tanh of what went before, whose derivative is 1 - tanh^2; for the
            // first layer nothing went before, and the result is not used.
            d.iter_mut().zip(x).for_each(|(d, x)| *d *= 1.0 - x * x);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use provpt_base::{Purpose, stream};

    fn mlp() -> Mlp {
        Mlp::init(&[5, 7, 6, 3], &mut stream(2, Purpose::PolicyInit, [0, 0]))
    }

    #[test]
    fn starts_within_the_default_range() {
        let layer = Linear::init(25, 40, &mut stream(2, Purpose::PolicyInit, [0, 0]));
        let all = || layer.weight.iter().chain(&layer.bias);
        assert_eq!(all().count(), 25 * 40 + 40);
        assert!(all().all(|w| w.abs() <= 0.2) && all().any(|w| w.abs() > 0.19));
    }

    #[test]
    fn gradients_agree_with_finite_differences() {
        let (mut mlp, x, direction) = (mlp(), [0.3, -1.0, 0.5, 2.0, -0.2], [1.0, -0.5, 2.0]);
        let loss = |mlp: &Mlp| f64::from(dot(&mlp.output(&x), &direction));
        let mut gradient = mlp.zeros_like();
        let (inputs, _) = mlp.forward(&x);
        mlp.backward(&inputs, &direction, &mut gradient);
        for layer in 0..3 {
            for i in 0..mlp.layers[layer].weight.len() {
                let old = mlp.layers[layer].weight[i];
                let mut at = |w| {
                    mlp.layers[layer].weight[i] = w;
                    loss(&mlp)
                };
                let numeric = (at(old + 1e-2) - at(old - 1e-2)) / 2e-2;
                at(old);
                let exact = f64::from(gradient.layers[layer].weight[i]);
                assert!((numeric - exact).abs() < 2e-4, "{layer} {i}: {numeric} and {exact}");
            }
            let old = mlp.layers[layer].bias[0];
            mlp.layers[layer].bias[0] = old + 1e-2;
            let up = loss(&mlp);
            mlp.layers[layer].bias[0] = old - 1e-2;
            let numeric = (up - loss(&mlp)) / 2e-2;
            mlp.layers[layer].bias[0] = old;
            let exact = f64::from(gradient.layers[layer].bias[0]);
            assert!((numeric - exact).abs() < 2e-4, "{layer}: {numeric} and {exact}");
        }
    }
}
