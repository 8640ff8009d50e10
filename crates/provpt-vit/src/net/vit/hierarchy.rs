//! What a network in stages has besides its blocks (Liu et al., Swin, ICCV 2021).

use std::sync::Arc;

use super::scale_shift::ScaleShift;
use super::{Source, Vit};
use crate::error::Error;
use crate::kernels::{FrozenMatrix, Kernels, Linear, LinearOn, NormOn, Role};
use crate::{Architecture, Stages};

/// A norm behind the patch embedding, and merges between stages.
pub(super) struct Hierarchy<K: Kernels> {
    /// `patch_embed.norm`.
    pub(super) stem_norm: NormOn<K>,
    /// Behind it, if there is something.
    pub(super) stem_shift: Option<ScaleShift<K>>,
    /// Behind each stage but the last.
    pub(super) merges: Vec<Merge<K>>,
}

/// Four neighbours become one token, twice as wide.
pub(super) struct Merge<K: Kernels> {
    /// Of the four side by side.
    pub(super) norm: NormOn<K>,
    /// Behind it, if there is something.
    pub(super) shift: Option<ScaleShift<K>>,
    pub(super) reduction: LinearOn<K>,
}

impl<K: Kernels> Clone for Merge<K> {
    fn clone(&self) -> Self {
        let Self { norm, shift, reduction } = self;
        Self { norm: norm.clone(), shift: shift.clone(), reduction: reduction.clone() }
    }
}

impl<K: Kernels> Clone for Hierarchy<K> {
    /// The same arrays, none of them copied.
    fn clone(&self) -> Self {
        let Self { stem_norm, stem_shift, merges } = self;
        let (stem_shift, merges) = (stem_shift.clone(), merges.clone());
        Self { stem_norm: stem_norm.clone(), stem_shift, merges }
    }
}

impl<K: Kernels> Hierarchy<K> {
    /// That of a network in stages.
    ///
    /// # Errors
    /// A tensor is missing or has the wrong number of values, a grid cannot be cut into windows or
    /// merged, or the device has no room.
    pub(super) fn new(source: &mut Source<'_, K>, a: &Architecture) -> Result<Option<Self>, Error> {
        let Some(stages) = a.stages else { return Ok(None) };
        check(a, &stages)?;
        let stem_norm = source.norm("patch_embed.norm", a.block_width(0))?;
        let first = |stage: usize| stages.blocks()[..stage].iter().sum::<usize>();
        let merge = |stage: usize| {
            let (name, width) = (format!("layers.{stage}.downsample"), a.block_width(first(stage)));
            let norm = source.norm(&format!("{name}.norm"), 4 * width)?;
            let (inputs, outputs) = (4 * width, 2 * width);
            let values = source.take(&format!("{name}.reduction.weight"), inputs * outputs)?;
            let matrix = FrozenMatrix { values, inputs, outputs };
            let weight = Arc::new(source.kernels.pack(matrix, Role::ForwardAndBackward)?);
            let bias = Arc::new(source.kernels.zeros(outputs)?);
            let reduction = Linear { weight, bias, inputs, outputs };
            Ok(Merge { norm, shift: None, reduction })
        };
        let merges = (0..stages.blocks().len() - 1).map(merge).collect::<Result<_, Error>>()?;
        Ok(Some(Self { stem_norm, stem_shift: None, merges }))
    }
}

/// Whether every grid can be cut into windows, and merged into the next.
fn check(a: &Architecture, stages: &Stages) -> Result<(), Error> {
    let count = stages.blocks().len();
    for stage in 0..count {
        let grid = a.grid() >> stage;
        let window = stages.window().min(grid).max(1);
        let divisors = [window, if stage + 1 < count { 2 } else { 1 }];
        let wrong =
            divisors.into_iter().find(|divisor| grid == 0 || !grid.is_multiple_of(*divisor));
        if let Some(divisor) = wrong {
            return Err(Error::StageGrid { stage, divisor, grid });
        }
    }
    Ok(())
}

impl<K: Kernels> Vit<K> {
    /// The merge in front of a block, if it is the first of a stage, and which one of all.
    pub(super) fn merge_before(&self, block: usize) -> Option<(usize, &Merge<K>)> {
        let (stage, index) = self.architecture.stages?.place(block);
        let merge = stage.checked_sub(1).filter(|_| index == 0)?;
        Some((merge, self.hierarchy.as_ref()?.merges.get(merge)?))
    }
}
