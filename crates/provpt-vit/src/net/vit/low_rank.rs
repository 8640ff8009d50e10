//! Matrices of low rank beside those of a block.

use std::sync::Arc;

use super::block::Block;
use super::weight_sums::BlockSums;
use crate::error::Error;
use crate::kernels::{FrozenMatrix, Kernels, Linear, LinearOn, Role};
use crate::learn::{Array, Low, Part};

/// `x B' A'` beside `x W` (Hu et al., ICLR 2022), without a bias of its own.
pub(super) struct LowRank<K: Kernels> {
    part: Part,
    low: Low,
    /// `A`, from the map's inputs.
    down: LinearOn<K>,
    /// `B` the other way round, from the map's outputs: it adds to them on *its* way back.
    up: LinearOn<K>,
}

impl<K: Kernels> Clone for LowRank<K> {
    fn clone(&self) -> Self {
        let Self { part, low, down, up } = self;
        Self { part: *part, low: *low, down: down.clone(), up: up.clone() }
    }
}

impl<K: Kernels> LowRank<K> {
    /// One that changes nothing.
    fn zero(k: &K, part: Part, low: Low, [inputs, outputs]: [usize; 2]) -> Result<Self, Error> {
        let linear = |inputs: usize| -> Result<LinearOn<K>, Error> {
            let values = vec![0.0; inputs * low.rank];
            let matrix = FrozenMatrix { values, inputs, outputs: low.rank };
            let weight = Arc::new(k.pack(matrix, Role::ForwardAndBackward)?);
            Ok(Linear { weight, bias: Arc::new(k.zeros(low.rank)?), inputs, outputs: low.rank })
        };
        Ok(Self { part, low, down: linear(inputs)?, up: linear(outputs)? })
    }
}

impl<K: Kernels> Block<K> {
    /// The largest rank; 0 if there are no such matrices.
    pub(super) fn rank(&self) -> usize {
        self.low.iter().map(|own| own.low.rank).max().unwrap_or_default()
    }

    /// Whether there is one beside this map.
    pub(super) fn has_low(&self, part: Part) -> bool {
        self.low.iter().any(|own| own.part == part)
    }

    fn low(&self, part: Part) -> impl Iterator<Item = &LowRank<K>> {
        self.low.iter().filter(move |own| own.part == part)
    }

    /// Where a factor is put, and whether that is `A`.
    pub(super) fn low_factor(
        &mut self,
        k: &K,
        part: Part,
        low: Low,
        sizes: [usize; 2],
        is_a: bool,
    ) -> Result<&mut LinearOn<K>, Error> {
        let known = self.low.iter().position(|own| own.part == part && own.low == low);
        let index = match known {
            Some(index) => index,
            None => {
                self.low.push(LowRank::zero(k, part, low, sizes)?);
                self.low.len() - 1
            }
        };
        let LowRank { down, up, .. } = &mut self.low[index];
        Ok(if is_a { down } else { up })
    }

    /// `y += ` what they make of the map's input; `narrow [rows, rank]` is worked in.
    pub(super) fn add_low(
        &self,
        k: &K,
        part: Part,
        y: &mut K::Buffer,
        x: &K::Buffer,
        narrow: &mut K::Buffer,
        rows: usize,
    ) {
        for LowRank { down, up, .. } in self.low(part) {
            k.linear(narrow, x, down, rows);
            k.linear_grad(y, narrow, up, rows, true);
        }
    }

    /// Adds the gradients of their factors, given the map's input and the gradient of its output.
    pub(super) fn low_sums(
        &self,
        k: &K,
        part: Part,
        (x, dy): (&K::Buffer, &K::Buffer),
        narrow: &mut K::Buffer,
        weights: &mut BlockSums<'_, K>,
        rows: usize,
    ) {
        for LowRank { low, down, up, .. } in self.low(part) {
            if let Some(sum) = weights.of(part, Array::LowB(*low)) {
                k.linear(narrow, x, down, rows);
                k.linear_weight_grad(sum, narrow, dy, rows, [low.rank, up.inputs], 0..up.inputs);
            }
            if let Some(sum) = weights.of(part, Array::LowA(*low)) {
                k.linear(narrow, dy, up, rows);
                k.linear_weight_grad(sum, x, narrow, rows, [down.inputs, low.rank], 0..low.rank);
            }
        }
    }

    /// `dx += ` the gradient through them.
    pub(super) fn low_grad(
        &self,
        k: &K,
        part: Part,
        dx: &mut K::Buffer,
        dy: &K::Buffer,
        narrow: &mut K::Buffer,
        rows: usize,
    ) {
        for LowRank { down, up, .. } in self.low(part) {
            k.linear(narrow, dy, up, rows);
            k.linear_grad(dx, narrow, down, rows, true);
        }
    }
}
