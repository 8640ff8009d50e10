//! One transformer block: its weights.

use std::sync::Arc;

use super::Source;
use super::low_rank::LowRank;
use super::scale_shift::ScaleShift;
use super::windows::Windows;
use crate::Architecture;
use crate::error::Error;
use crate::kernels::{FrozenMatrix, Kernels, Linear, LinearOn, NormOn, Role};
use crate::learn::Part;

/// `x + ls1 * attn(norm1(x))`, then `x + ls2 * adapter(mlp(norm2(x)))`.
///
/// `attn.qkv` is kept in two parts, because prompts need keys and values only, and the last block
/// under CLS pooling needs a single query.
pub(super) struct Block<K: Kernels> {
    pub(super) norm1: NormOn<K>,
    /// `norm1.weight` `[d]` on the host, where the gradients of prompts go through the norm.
    pub(super) norm1_weight: Vec<f32>,
    pub(super) query: LinearOn<K>,
    pub(super) kv: LinearOn<K>,
    /// Where attention stays within windows.
    pub(super) windows: Option<Windows<K>>,
    pub(super) proj: LinearOn<K>,
    /// `[d]`.
    pub(super) ls1: Option<Arc<K::Buffer>>,
    pub(super) norm2: NormOn<K>,
    pub(super) fc1: LinearOn<K>,
    pub(super) fc2: LinearOn<K>,
    /// Behind the MLP, in its residual branch.
    pub(super) adapter: Option<Adapter<K>>,
    /// `[d]`.
    pub(super) ls2: Option<Arc<K::Buffer>>,
    /// Beside its maps.
    pub(super) low: Vec<LowRank<K>>,
    /// Behind its layers.
    pub(super) shifts: Vec<(Part, ScaleShift<K>)>,
}

/// `x + up(gelu(down(x)))` (Pfeiffer et al., EACL 2021; in a ViT: Jia et al., ECCV 2022).
pub(super) struct Adapter<K: Kernels> {
    pub(super) down: LinearOn<K>,
    pub(super) up: LinearOn<K>,
}

impl<K: Kernels> Adapter<K> {
    /// One that changes nothing.
    pub(super) fn identity(k: &K, width: usize, bottleneck: usize) -> Result<Self, Error> {
        let linear = |inputs: usize, outputs: usize| -> Result<LinearOn<K>, Error> {
            let matrix = FrozenMatrix { values: vec![0.0; inputs * outputs], inputs, outputs };
            let weight = Arc::new(k.pack(matrix, Role::ForwardAndBackward)?);
            Ok(Linear { weight, bias: Arc::new(k.zeros(outputs)?), inputs, outputs })
        };
        Ok(Self { down: linear(width, bottleneck)?, up: linear(bottleneck, width)? })
    }
}

impl<K: Kernels> Clone for Adapter<K> {
    fn clone(&self) -> Self {
        Self { down: self.down.clone(), up: self.up.clone() }
    }
}

impl<K: Kernels> Block<K> {
    /// What is behind a layer, if there is something.
    pub(super) fn shift(&self, part: Part) -> Option<&ScaleShift<K>> {
        self.shifts.iter().find(|(own, _)| *own == part).map(|(_, shift)| shift)
    }

    /// Puts a layer's output behind what is behind the layer.
    pub(super) fn apply_shift(&self, k: &K, part: Part, z: &mut K::Buffer, rows: usize) {
        if let Some(shift) = self.shift(part) {
            shift.apply(k, z, rows);
        }
    }

    /// Whether there is something beside or behind this map.
    pub(super) fn is_changed(&self, part: Part) -> bool {
        self.has_low(part) || self.shift(part).is_some()
    }

    pub(super) fn new(
        source: &mut Source<'_, K>,
        a: &Architecture,
        index: usize,
    ) -> Result<Self, Error> {
        let (d, m, role) =
            (a.block_width(index), a.block_mlp_width(index), Role::ForwardAndBackward);
        let name = |part: &str| format!("{}.{part}", a.block_name(index));
        let scale = |source: &mut Source<'_, K>, part: &str| {
            a.layer_scale.then(|| source.upload(&name(&format!("{part}.gamma")), d)).transpose()
        };
        let norm1_weight = source.take(&name("norm1.weight"), d)?;
        let [query, kv] = source.linear_parts(&name("attn.qkv"), role, d, [d, 2 * d])?;
        Ok(Self {
            norm1: source.norm_with(norm1_weight.clone(), &name("norm1"))?,
            norm1_weight,
            query,
            kv,
            windows: Windows::new(source, a, index)?,
            proj: source.linear(&name("attn.proj"), role, d, d)?,
            ls1: scale(source, "ls1")?,
            norm2: source.norm(&name("norm2"), d)?,
            fc1: source.linear(&name("mlp.fc1"), role, d, m)?,
            fc2: source.linear(&name("mlp.fc2"), role, m, d)?,
            adapter: None,
            ls2: scale(source, "ls2")?,
            low: Vec::new(),
            shifts: Vec::new(),
        })
    }
}

impl<K: Kernels> Clone for Block<K> {
    /// The same arrays, none of them copied but the little one on the host.
    fn clone(&self) -> Self {
        Self {
            norm1: self.norm1.clone(),
            norm1_weight: self.norm1_weight.clone(),
            query: self.query.clone(),
            kv: self.kv.clone(),
            windows: self.windows.clone(),
            proj: self.proj.clone(),
            ls1: self.ls1.clone(),
            norm2: self.norm2.clone(),
            fc1: self.fc1.clone(),
            fc2: self.fc2.clone(),
            adapter: self.adapter.clone(),
            ls2: self.ls2.clone(),
            low: self.low.clone(),
            shifts: self.shifts.clone(),
        }
    }
}
