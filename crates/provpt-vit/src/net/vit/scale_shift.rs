//! Scales and shifts behind the layers (Lian et al., SSF, NeurIPS 2022).

use std::sync::Arc;

use super::replaced::put_buffer;
use super::weight_sums::WeightSums;
use crate::error::Error;
use crate::kernels::Kernels;
use crate::learn::{Array, Site};

/// `scale * z + shift` of what a layer puts out, `[rows, width]`.
pub(super) struct ScaleShift<K: Kernels> {
    /// `[width]`.
    scale: Arc<K::Buffer>,
    /// `[width]`.
    shift: Arc<K::Buffer>,
    width: usize,
}

impl<K: Kernels> Clone for ScaleShift<K> {
    fn clone(&self) -> Self {
        let (scale, shift) = (Arc::clone(&self.scale), Arc::clone(&self.shift));
        Self { scale, shift, width: self.width }
    }
}

impl<K: Kernels> ScaleShift<K> {
    /// One that changes nothing.
    pub(super) fn identity(k: &K, width: usize) -> Result<Self, Error> {
        let scale = Arc::new(k.upload(vec![1.0; width])?);
        Ok(Self { scale, shift: Arc::new(k.zeros(width)?), width })
    }

    pub(super) fn put(&mut self, k: &K, array: Array, values: &[f32]) -> Result<(), Error> {
        let target = if array == Array::Scale { &mut self.scale } else { &mut self.shift };
        put_buffer(k, target, values)
    }

    /// `z` becomes `scale * z + shift`.
    pub(super) fn apply(&self, k: &K, z: &mut K::Buffer, rows: usize) {
        k.scale_shift(z, &self.scale, Some(&self.shift), rows, self.width);
    }

    /// The same in another place.
    pub(super) fn apply_to(&self, k: &K, y: &mut K::Buffer, z: &K::Buffer, rows: usize) {
        k.copy(y, z, rows * self.width);
        self.apply(k, y, rows);
    }

    /// `d`, the gradient of what [`Self::apply`] made, becomes that of `z`; `site` says where sums
    /// of the scale's and the shift's gradients are, which are added to as far as they learn.
    pub(super) fn backward(
        &self,
        k: &K,
        d: &mut K::Buffer,
        z: &K::Buffer,
        sums: &mut WeightSums<K>,
        site: impl Fn(Array) -> Site,
        rows: usize,
    ) {
        if let Some(sum) = sums.of(site(Array::Scale)) {
            k.product_sums(sum, d, z, rows, self.width);
        }
        if let Some(sum) = sums.of(site(Array::Shift)) {
            k.column_sums(sum, d, rows, self.width);
        }
        k.scale_shift(d, &self.scale, None, rows, self.width);
    }
}
