//! Right sides of products in bf16.

use std::collections::BTreeMap;

use super::shapes::BlockShape;
use crate::kernels::cpu::{Bf16Matrix, Path};
use crate::kernels::{FrozenMatrix, Role};
use crate::{Architecture, Error};

/// Packed before they are multiplied with.
pub(super) struct Packed {
    pub(super) patches: Bf16Matrix,
    /// Of each block, in the order of its maps.
    pub(super) blocks: Vec<Vec<Bf16Matrix>>,
    /// Keys, values and scores, by their sizes.
    pub(super) attention: BTreeMap<(usize, usize), Bf16Matrix>,
}

impl Packed {
    pub(super) fn new(a: &Architecture, blocks: &[BlockShape], path: Path) -> Result<Self, Error> {
        let pack = |inputs: usize, outputs: usize, role| {
            let values = vec![0.5; inputs * outputs];
            Bf16Matrix::new(&FrozenMatrix { values, inputs, outputs }, role, path)
        };
        let of_block = |shape: &BlockShape| {
            let maps = shape.maps().into_iter();
            maps.map(|(_, inputs, outputs)| pack(inputs, outputs, Role::ForwardAndBackward))
                .collect::<Result<_, Error>>()
        };
        let sizes = blocks.iter().flat_map(|shape| {
            let [queries, columns, width] = shape.attention();
            [(width, columns), (columns, width), (queries, shape.learning())]
        });
        let packed =
            |(inner, columns)| Ok(((inner, columns), pack(inner, columns, Role::Forward)?));
        Ok(Self {
            patches: pack(a.patch_values(), a.block_width(0), Role::Forward)?,
            blocks: blocks.iter().map(of_block).collect::<Result<_, Error>>()?,
            attention: sizes.map(packed).collect::<Result<_, Error>>()?,
        })
    }
}
