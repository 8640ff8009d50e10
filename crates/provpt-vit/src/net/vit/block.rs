//! One transformer block: its weights.

use super::Source;
use crate::Architecture;
use crate::error::Error;
use crate::kernels::{Kernels, Linear, Norm};

/// `x + ls1 * attn(norm1(x))`, then `x + ls2 * mlp(norm2(x))`.
///
/// `attn.qkv` is kept in two parts, because prompts need keys and values only, and the last block
/// under CLS pooling needs a single query.
pub(super) struct Block<K: Kernels> {
    pub(super) norm1: Norm<K::Buffer>,
    pub(super) query: Linear<K::Buffer>,
    pub(super) kv: Linear<K::Buffer>,
    pub(super) proj: Linear<K::Buffer>,
    pub(super) ls1: Option<K::Buffer>,
    pub(super) norm2: Norm<K::Buffer>,
    pub(super) fc1: Linear<K::Buffer>,
    pub(super) fc2: Linear<K::Buffer>,
    pub(super) ls2: Option<K::Buffer>,
}

impl<K: Kernels> Block<K> {
    pub(super) fn new(
        source: &mut Source<'_, K>,
        a: &Architecture,
        index: usize,
    ) -> Result<Self, Error> {
        let (d, m) = (a.width, a.mlp_width);
        let name = |part: &str| format!("blocks.{index}.{part}");
        let scale = |source: &mut Source<'_, K>, part: &str| {
            a.layer_scale.then(|| source.upload(&name(&format!("{part}.gamma")), d)).transpose()
        };
        let [query, kv] = source.linear_parts(&name("attn.qkv"), d, [d, 2 * d])?;
        Ok(Self {
            norm1: source.norm(&name("norm1"), d)?,
            query,
            kv,
            proj: source.linear(&name("attn.proj"), d, d)?,
            ls1: scale(source, "ls1")?,
            norm2: source.norm(&name("norm2"), d)?,
            fc1: source.linear(&name("mlp.fc1"), d, m)?,
            fc2: source.linear(&name("mlp.fc2"), m, d)?,
            ls2: scale(source, "ls2")?,
        })
    }
}
