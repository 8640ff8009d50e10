//! Google's npz files (JAX, `vision_transformer`): kernels are `[inputs, outputs]`, attention has
//! an axis for heads.

use super::StateDict;
use super::layout::Layout::{Flat, Kernel, Patch};
use super::rename::{Rule, rename};

/// Beginnings of names that are no part of the backbone.
pub(super) const DROPPED: &[&str] = &["head/", "pre_logits/"];

/// The renames.
#[rustfmt::skip]
pub(super) const RULES: &[Rule] = &[
    rename("cls", "cls_token"),
    rename("Transformer/posembed_input/pos_embedding", "pos_embed"),
    rename("embedding/kernel", "patch_embed.proj.weight").laid_out(Patch),
    rename("embedding/bias", "patch_embed.proj.bias"),
    rename("Transformer/encoderblock_{i}/LayerNorm_0/scale", "blocks.{i}.norm1.weight"),
    rename("Transformer/encoderblock_{i}/LayerNorm_0/bias", "blocks.{i}.norm1.bias"),
    rename("Transformer/encoderblock_{i}/MultiHeadDotProductAttention_1/query/kernel", "blocks.{i}.attn.query.weight").laid_out(Kernel(1)),
    rename("Transformer/encoderblock_{i}/MultiHeadDotProductAttention_1/query/bias", "blocks.{i}.attn.query.bias").laid_out(Flat),
    rename("Transformer/encoderblock_{i}/MultiHeadDotProductAttention_1/key/kernel", "blocks.{i}.attn.key.weight").laid_out(Kernel(1)),
    rename("Transformer/encoderblock_{i}/MultiHeadDotProductAttention_1/key/bias", "blocks.{i}.attn.key.bias").laid_out(Flat),
    rename("Transformer/encoderblock_{i}/MultiHeadDotProductAttention_1/value/kernel", "blocks.{i}.attn.value.weight").laid_out(Kernel(1)),
    rename("Transformer/encoderblock_{i}/MultiHeadDotProductAttention_1/value/bias", "blocks.{i}.attn.value.bias").laid_out(Flat),
    rename("Transformer/encoderblock_{i}/MultiHeadDotProductAttention_1/out/kernel", "blocks.{i}.attn.proj.weight").laid_out(Kernel(2)),
    rename("Transformer/encoderblock_{i}/MultiHeadDotProductAttention_1/out/bias", "blocks.{i}.attn.proj.bias"),
    rename("Transformer/encoderblock_{i}/LayerNorm_2/scale", "blocks.{i}.norm2.weight"),
    rename("Transformer/encoderblock_{i}/LayerNorm_2/bias", "blocks.{i}.norm2.bias"),
    rename("Transformer/encoderblock_{i}/MlpBlock_3/Dense_0/kernel", "blocks.{i}.mlp.fc1.weight").laid_out(Kernel(1)),
    rename("Transformer/encoderblock_{i}/MlpBlock_3/Dense_0/bias", "blocks.{i}.mlp.fc1.bias"),
    rename("Transformer/encoderblock_{i}/MlpBlock_3/Dense_1/kernel", "blocks.{i}.mlp.fc2.weight").laid_out(Kernel(1)),
    rename("Transformer/encoderblock_{i}/MlpBlock_3/Dense_1/bias", "blocks.{i}.mlp.fc2.bias"),
    rename("Transformer/encoder_norm/scale", "norm.weight"),
    rename("Transformer/encoder_norm/bias", "norm.bias"),
];

/// Heads, as a query kernel `[d, heads, head width]` shows them.
pub(super) fn heads(state: &StateDict) -> Option<usize> {
    let (_, kernel) = state.tensors.iter().find(|(name, _)| name.ends_with("/query/kernel"))?;
    match kernel.shape[..] {
        [_, heads, _] => Some(heads),
        _ => None,
    }
}
