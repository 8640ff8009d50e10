//! What was learned, put into a backbone's arrays for good.

use super::low::{self, Factor};
use super::shift;
use super::{Pieces, Weight, is_side};
use crate::error::Error;
use crate::weights::{Backbone, Tensor};

impl Backbone {
    /// The backbone that computes by itself what this one computes with these arrays: its own in
    /// their places, matrices of low rank added to those that they stand beside, scales and shifts
    /// multiplied with and added to those of the layers that they stand behind.
    ///
    /// # Errors
    /// The backbone has no array of such a name, or of another size, or there is no place in it for
    /// what an array does, as for adapters.
    pub fn merged(&self, weights: &[Weight<'_>]) -> Result<Self, Error> {
        if let Some(weight) = weights.iter().find(|weight| is_side(weight.name)) {
            return Err(Error::NotMerged { name: weight.name.to_owned() });
        }
        let pieces = Pieces::new(weights, &self.architecture)?;
        let mut merged = self.clone();
        for weight in weights {
            let name = weight.name;
            let is_beside = name == low::SCALE || Factor::of(name).is_some();
            if is_beside || shift::layer(name).is_some() {
                continue;
            }
            if self.architecture.array_len(name).is_some() {
                merged.put(weight);
            } else {
                return Err(Error::NotMerged { name: weight.name.to_owned() });
            }
        }
        for weight in weights {
            let Some(factor) = Factor::of(weight.name).filter(|factor| !factor.is_a) else {
                continue;
            };
            let name = factor.other();
            if let Some(a) = weights.iter().find(|weight| weight.name == name) {
                merged.add(&factor, (a.values, weight.values), pieces.low_scale());
            }
        }
        // Scales go before shifts, as they do in the network.
        for (end, shifts) in [(shift::SCALE, false), (shift::SHIFT, true)] {
            for weight in weights.iter().filter(|weight| weight.name.ends_with(end)) {
                merged.scale_or_shift(weight, shifts);
            }
        }
        Ok(merged)
    }

    /// Multiplies a layer's arrays with a scale, or adds a shift to its bias.
    fn scale_or_shift(&mut self, weight: &Weight<'_>, shifts: bool) {
        let Some(layer) = shift::layer(weight.name) else { return };
        if layer.ends_with("qkv") {
            self.architecture.qkv_bias = true;
        } else if layer == "fc_norm" {
            self.have_fc_norm();
        }
        let arrays = if shifts { &["bias"][..] } else { &["weight", "bias"] };
        for array in arrays {
            let Some(own) = self.tensors.get_mut(&format!("{layer}.{array}")) else { continue };
            let inputs = own.data.len() / weight.values.len();
            for (row, value) in own.data.chunks_exact_mut(inputs.max(1)).zip(weight.values) {
                row.iter_mut().for_each(|own| if shifts { *own += value } else { *own *= value });
            }
        }
    }

    /// Puts an array in the place of the backbone's own. The norm behind mean pooling may be one
    /// that the backbone has not got.
    fn put(&mut self, weight: &Weight<'_>) {
        let data = weight.values.to_vec();
        if let Some(own) = self.tensors.get_mut(weight.name) {
            own.data = data;
            return;
        }
        self.have_fc_norm();
        self.tensors.insert(weight.name.to_owned(), Tensor { shape: vec![data.len()], data });
    }

    /// Makes the norm behind mean pooling one of the backbone's own.
    fn have_fc_norm(&mut self) {
        let width = self.architecture.width;
        for (name, value) in [("fc_norm.weight", 1.0), ("fc_norm.bias", 0.0)] {
            let usual = || Tensor { shape: vec![width], data: vec![value; width] };
            self.tensors.entry(name.to_owned()).or_insert_with(usual);
        }
    }

    /// Adds `scale B A` to the matrix that it stands beside.
    fn add(&mut self, factor: &Factor<'_>, (a, b): (&[f32], &[f32]), scale: f32) {
        let Some(inputs) = factor.inputs(&self.architecture) else { return };
        let Some(matrix) = self.tensors.get_mut(&factor.matrix()) else { return };
        let rank = a.len() / inputs;
        // Where queries, keys and values are one matrix, it has as many outputs each as inputs.
        let rows = matrix.data.chunks_exact_mut(inputs).skip(factor.third * inputs);
        for (row, b) in rows.zip(b.chunks_exact(rank)) {
            for (input, value) in row.iter_mut().enumerate() {
                let factors = b.iter().zip(a.iter().skip(input).step_by(inputs));
                let product: f64 = factors.map(|(&b, &a)| f64::from(b) * f64::from(a)).sum();
                *value = (f64::from(*value) + f64::from(scale) * product) as f32;
            }
        }
    }
}
