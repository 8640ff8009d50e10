//! What was learned, put into a backbone's arrays for good.

use super::low::{self, Factor};
use super::{Pieces, Weight};
use crate::error::Error;
use crate::weights::{Backbone, Tensor};

impl Backbone {
    /// The backbone that computes by itself what this one computes with these arrays: its own in
    /// their places, and matrices of low rank added to those that they stand beside.
    ///
    /// # Errors
    /// The backbone has no array of such a name, or of another size, or there is no place in it for
    /// what an array does, as for adapters.
    pub fn merged(&self, weights: &[Weight<'_>]) -> Result<Self, Error> {
        let pieces = Pieces::new(weights, &self.architecture)?;
        let mut merged = self.clone();
        for weight in weights {
            if self.architecture.array_len(weight.name).is_some() {
                merged.put(weight);
            } else if weight.name != low::SCALE && Factor::of(weight.name).is_none() {
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
        Ok(merged)
    }

    /// Puts an array in the place of the backbone's own. The norm behind mean pooling may be one
    /// that the backbone has not got.
    fn put(&mut self, weight: &Weight<'_>) {
        let data = weight.values.to_vec();
        if let Some(own) = self.tensors.get_mut(weight.name) {
            own.data = data;
            return;
        }
        let width = self.architecture.width;
        for (name, value) in [("fc_norm.weight", 1.0), ("fc_norm.bias", 0.0)] {
            let usual = || Tensor { shape: vec![width], data: vec![value; width] };
            self.tensors.entry(name.to_owned()).or_insert_with(usual);
        }
        self.tensors.insert(weight.name.to_owned(), Tensor { shape: vec![data.len()], data });
    }

    /// Adds `scale B A` to the matrix that it stands beside.
    fn add(&mut self, factor: &Factor<'_>, (a, b): (&[f32], &[f32]), scale: f32) {
        let Some(matrix) = self.tensors.get_mut(&factor.matrix()) else { return };
        let width = self.architecture.width;
        let inputs = if factor.map == "mlp.fc2" { self.architecture.mlp_width } else { width };
        let rank = a.len() / inputs;
        let rows = matrix.data.chunks_exact_mut(inputs).skip(factor.third * width);
        for (row, b) in rows.zip(b.chunks_exact(rank)) {
            for (input, value) in row.iter_mut().enumerate() {
                let factors = b.iter().zip(a.iter().skip(input).step_by(inputs));
                let product: f64 = factors.map(|(&b, &a)| f64::from(b) * f64::from(a)).sum();
                *value = (f64::from(*value) + f64::from(scale) * product) as f32;
            }
        }
    }
}
