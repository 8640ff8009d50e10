//! The arrays on a device. All of them learn, so each call brings its own.

use std::sync::Arc;

use super::Plan;
use super::plan::Step;
use crate::error::Error;
use crate::kernels::{FrozenMatrix, Kernels, LinearOn, Role};
use crate::learn::SideArrays;

/// The convolutions as linear layers on unfolded rows, and the projection behind them.
pub(crate) struct Filled<K: Kernels> {
    pub(super) layers: [LinearOn<K>; 5],
    pub(super) projection: LinearOn<K>,
}

impl<K: Kernels> Filled<K> {
    /// Room for the arrays of a network whose features are projected to `width` values.
    ///
    /// # Errors
    /// There is none.
    pub(crate) fn zeros(k: &K, plan: &Plan, width: usize) -> Result<Self, Error> {
        let linear = |inputs: usize, outputs: usize, role| -> Result<LinearOn<K>, Error> {
            let matrix = FrozenMatrix { values: vec![0.0; inputs * outputs], inputs, outputs };
            let (weight, bias) = (Arc::new(k.pack(matrix, role)?), Arc::new(k.zeros(outputs)?));
            Ok(LinearOn::<K> { weight, bias, inputs, outputs })
        };
        let layer = |index: usize| {
            let step = &plan.steps[index];
            // Nobody asks for the gradient of pixels.
            let role = if index == 0 { Role::Forward } else { Role::ForwardAndBackward };
            linear(step.width(), step.after.channels, role)
        };
        let layers = [layer(0)?, layer(1)?, layer(2)?, layer(3)?, layer(4)?];
        let projection = linear(plan.features, width, Role::ForwardAndBackward)?;
        Ok(Self { layers, projection })
    }

    /// Takes these arrays.
    pub(crate) fn put(&mut self, k: &K, plan: &Plan, arrays: &SideArrays<'_>) {
        let layers = self.layers.iter_mut().zip(&plan.steps).zip(arrays.layers);
        for ((layer, step), [weight, bias]) in layers {
            put(k, layer, &turned(weight, step), Some(bias));
        }
        put(k, &mut self.projection, arrays.projection, None);
    }
}

fn put<K: Kernels>(k: &K, layer: &mut LinearOn<K>, weight: &[f32], bias: Option<&[f32]>) {
    let (inputs, outputs) = (layer.inputs, layer.outputs);
    // Nobody else has them.
    if let Some(own) = Arc::get_mut(&mut layer.weight) {
        k.repack(own, weight, inputs, outputs);
    }
    if let (Some(own), Some(bias)) = (Arc::get_mut(&mut layer.bias), bias) {
        k.write(own, bias);
    }
}

/// A kernel `[outputs, channels, rows, columns]` in the order of unfolded rows, `[outputs, rows,
/// columns, channels]`.
fn turned(weight: &[f32], step: &Step) -> Vec<f32> {
    let (cells, channels) = (step.window.size.pow(2), step.before.channels);
    let kernels = weight.chunks_exact(cells * channels);
    let turn = |kernel: &[f32]| -> Vec<f32> {
        (0..cells * channels).map(|i| kernel[i % channels * cells + i / channels]).collect()
    };
    kernels.flat_map(turn).collect()
}

/// The gradient of a kernel, in the order of checkpoints again.
pub(super) fn turned_back(weight: &[f32], step: &Step) -> Vec<f32> {
    let (cells, channels) = (step.window.size.pow(2), step.before.channels);
    let kernels = weight.chunks_exact(cells * channels);
    let turn = |kernel: &[f32]| -> Vec<f32> {
        (0..cells * channels).map(|i| kernel[i % cells * channels + i / cells]).collect()
    };
    kernels.flat_map(turn).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alexnet::AlexNetShape;

    #[test]
    fn channels_of_a_place_come_to_stand_together_and_go_back() {
        let plan = Plan::new(AlexNetShape::new([2, 3, 1, 1, 1]), 64).unwrap();
        let step = &plan.steps[1];
        let weight: Vec<f32> = (0..3 * 2 * 25).map(|i| i as f32).collect();
        let turned = turned(&weight, step);
        assert_eq!(turned[..4], [0.0, 25.0, 1.0, 26.0]);
        assert_eq!(turned_back(&turned, step), weight);
    }
}
