//! Google's npz files (JAX): kernels are `[inputs, outputs]`, attention has an axis for heads.
//! `vision_transformer` and augreg number the parts of a block through, big_vision does not.

use super::Naming;
use super::convention::{Convention, Tensors};
use super::layout::Layout::{Flat, Kernel, Patch};
use super::rename::{Rule, rename};
use crate::posembed::Resampling;
use crate::weights::Tensor;

pub(super) const NAMES: Convention = Convention {
    naming: Naming::Google,
    patch_kernel: "embedding/kernel",
    starts: &["Transformer/", "embedding/"],
    dropped: &["head/", "pre_logits/"],
    buffers: &[],
    rules: RULES,
    prepare: unstack,
    heads,
    resampling: Resampling::Zoom,
};

/// The renames.
#[rustfmt::skip]
const RULES: &[Rule] = &[
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
    // big_vision
    rename("pos_embedding", "pos_embed"),
    rename("Transformer/encoderblock_{i}/MultiHeadDotProductAttention_0/query/kernel", "blocks.{i}.attn.query.weight").laid_out(Kernel(1)),
    rename("Transformer/encoderblock_{i}/MultiHeadDotProductAttention_0/query/bias", "blocks.{i}.attn.query.bias").laid_out(Flat),
    rename("Transformer/encoderblock_{i}/MultiHeadDotProductAttention_0/key/kernel", "blocks.{i}.attn.key.weight").laid_out(Kernel(1)),
    rename("Transformer/encoderblock_{i}/MultiHeadDotProductAttention_0/key/bias", "blocks.{i}.attn.key.bias").laid_out(Flat),
    rename("Transformer/encoderblock_{i}/MultiHeadDotProductAttention_0/value/kernel", "blocks.{i}.attn.value.weight").laid_out(Kernel(1)),
    rename("Transformer/encoderblock_{i}/MultiHeadDotProductAttention_0/value/bias", "blocks.{i}.attn.value.bias").laid_out(Flat),
    rename("Transformer/encoderblock_{i}/MultiHeadDotProductAttention_0/out/kernel", "blocks.{i}.attn.proj.weight").laid_out(Kernel(2)),
    rename("Transformer/encoderblock_{i}/MultiHeadDotProductAttention_0/out/bias", "blocks.{i}.attn.proj.bias"),
    rename("Transformer/encoderblock_{i}/LayerNorm_1/scale", "blocks.{i}.norm2.weight"),
    rename("Transformer/encoderblock_{i}/LayerNorm_1/bias", "blocks.{i}.norm2.bias"),
    rename("Transformer/encoderblock_{i}/MlpBlock_0/Dense_0/kernel", "blocks.{i}.mlp.fc1.weight").laid_out(Kernel(1)),
    rename("Transformer/encoderblock_{i}/MlpBlock_0/Dense_0/bias", "blocks.{i}.mlp.fc1.bias"),
    rename("Transformer/encoderblock_{i}/MlpBlock_0/Dense_1/kernel", "blocks.{i}.mlp.fc2.weight").laid_out(Kernel(1)),
    rename("Transformer/encoderblock_{i}/MlpBlock_0/Dense_1/bias", "blocks.{i}.mlp.fc2.bias"),
    // both
    rename("Transformer/encoder_norm/scale", "norm.weight"),
    rename("Transformer/encoder_norm/bias", "norm.bias"),
];

/// Heads, as a query kernel `[d, heads, head width]` shows them.
fn heads(tensors: &Tensors) -> Option<usize> {
    let (_, kernel) = tensors.iter().find(|(name, _)| name.ends_with("/query/kernel"))?;
    match kernel.shape[..] {
        [_, heads, _] => Some(heads),
        _ => None,
    }
}

/// The blocks of a stack.
const STACK: &str = "Transformer/encoderblock/";

/// Cuts what big_vision's `scan` keeps of all blocks in one tensor, `[blocks, ...]`, into blocks.
/// A stack of an unlikely height is left for the merge to list.
fn unstack(tensors: &mut Tensors) {
    const MAX_BLOCKS: usize = 256;
    let names: Vec<String> = tensors.keys().filter(|n| n.starts_with(STACK)).cloned().collect();
    for name in names {
        let Some(Tensor { shape, data }) = tensors.remove(&name) else { continue };
        match shape.split_first() {
            Some((&blocks, rest)) if (1..=MAX_BLOCKS).contains(&blocks) && !data.is_empty() => {
                for (i, part) in data.chunks_exact(data.len() / blocks).enumerate() {
                    let block = format!("Transformer/encoderblock_{i}/");
                    let part = Tensor { shape: rest.to_vec(), data: part.to_vec() };
                    tensors.insert(name.replacen(STACK, &block, 1), part);
                }
            }
            _ => {
                tensors.insert(name, Tensor { shape, data });
            }
        }
    }
}
