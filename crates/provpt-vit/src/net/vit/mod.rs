//! The vision transformer, plain or in stages, for a chunk of images.

mod backward;
mod block;
mod dropping;
mod entry;
mod forward;
mod hierarchy;
mod lens;
mod low_rank;
mod matrix_sums;
mod norm_grad;
mod pass;
mod pass_back;
mod pooling;
mod prepared;
mod prompt_gradients;
mod prompt_rows;
mod prompt_view;
mod replaced;
mod room;
mod scale_shift;
mod sizes;
mod source;
mod stage_pass;
mod sums;
mod weight_sums;
mod windows;
mod workspace;

pub(crate) use dropping::DroppedImages;
pub(crate) use matrix_sums::MatrixSums;
pub(crate) use pass::{Pass, Purpose};
pub(crate) use prepared::{Prepared, Variant};
pub(crate) use prompt_rows::MaskedImages;
pub(crate) use prompt_view::PromptView;
pub(crate) use replaced::Replaced;
pub(crate) use room::Room;
pub(crate) use sums::Sums;
pub(crate) use workspace::Workspace;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::error::Error;
use crate::kernels::{Kernels, LinearOn, NormOn, Role};
use crate::weights::Tensor;
use crate::{Architecture, Pooling};
use block::Block;
use hierarchy::Hierarchy;
use scale_shift::ScaleShift;
use sizes::Sizes;
use source::Source;

/// A vision transformer. Field paths follow timm's checkpoint keys. What it has in common with
/// another one is shared.
pub(crate) struct Vit<K: Kernels> {
    pub(crate) kernels: K,
    pub(crate) architecture: Architecture,
    patch_embed: LinearOn<K>,
    /// Behind it, if there is something.
    patch_shift: Option<ScaleShift<K>>,
    /// `pos_embed` `[N, d]` and `cls_token` `[d]`, on the host.
    added: (Vec<f32>, Vec<f32>),
    /// `[N, d]`, with `cls_token` added to row 0.
    pos_embed: Arc<K::Buffer>,
    blocks: Vec<Block<K>>,
    /// What a network in stages has besides. It has no positions and no CLS.
    hierarchy: Option<Hierarchy<K>>,
    /// `norm` under CLS pooling and in stages, `fc_norm` under mean pooling.
    norm: NormOn<K>,
    /// Behind it, if there is something.
    norm_shift: Option<ScaleShift<K>>,
}

impl<K: Kernels> Vit<K> {
    /// Values between the two maps of its adapters; 0 without adapters.
    fn bottleneck(&self) -> usize {
        let adapters = self.blocks.iter().filter_map(|block| block.adapter.as_ref());
        adapters.map(|adapter| adapter.down.outputs).max().unwrap_or_default()
    }

    /// The rank of matrices beside its own; 0 without such.
    fn rank(&self) -> usize {
        self.blocks.iter().map(Block::rank).max().unwrap_or_default()
    }

    /// Whether there are scales and shifts behind layers.
    fn has_shifts(&self) -> bool {
        self.blocks.iter().any(|block| !block.shifts.is_empty())
    }

    /// Takes the weights out of canonically (timm) named tensors.
    ///
    /// # Errors
    /// A tensor is missing or has the wrong number of values, or the device has no room for it.
    pub(crate) fn new(
        kernels: K,
        architecture: &Architecture,
        tensors: BTreeMap<String, Tensor>,
    ) -> Result<Self, Error> {
        let a = architecture;
        let mut source = Source { kernels: &kernels, tensors, eps: a.norm_eps };
        let role = Role::Forward;
        let width = a.block_width(0);
        let patch_embed = source.linear("patch_embed.proj", role, a.patch_values(), width)?;
        let hierarchy = Hierarchy::new(&mut source, a)?;
        let added = match hierarchy {
            Some(_) => (Vec::new(), Vec::new()),
            None => {
                let position = source.take("pos_embed", a.token_values())?;
                (position, source.take("cls_token", width)?)
            }
        };
        let blocks =
            (0..a.depth).map(|i| Block::new(&mut source, a, i)).collect::<Result<_, _>>()?;
        let norm = match a.pooling {
            _ if hierarchy.is_some() => source.norm("norm", a.width)?,
            Pooling::Cls => source.norm("norm", a.width)?,
            _ if source.tensors.contains_key("fc_norm.weight") => {
                source.norm("fc_norm", a.width)?
            }
            Pooling::Mean => source.identity_norm(a.width)?,
        };
        Ok(Self {
            pos_embed: Arc::new(kernels.upload(with_cls(&added))?),
            added,
            architecture: a.clone(),
            patch_embed,
            patch_shift: None,
            blocks,
            hierarchy,
            norm,
            norm_shift: None,
            kernels,
        })
    }
}

/// What is added to tokens: positions `[N, d]`, and CLS `[d]` in row 0.
fn with_cls((position, cls): &(Vec<f32>, Vec<f32>)) -> Vec<f32> {
    let mut all = position.clone();
    all.iter_mut().zip(cls).for_each(|(value, cls)| *value += cls);
    all
}
