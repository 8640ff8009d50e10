//! torchvision's names, those of its first release and those of today.

use super::Naming;
use super::convention::{Convention, as_they_are, unseen};
use super::rename::rename;
use crate::posembed::Resampling;

pub(super) const NAMES: Convention = Convention {
    naming: Naming::TorchVision,
    patch_kernel: "conv_proj.weight",
    starts: &["encoder.layers.encoder_layer_"],
    dropped: &["heads."],
    buffers: &[],
    rules: &[
        rename("class_token", "cls_token"),
        rename("encoder.pos_embedding", "pos_embed"),
        rename("conv_proj.*", "patch_embed.proj.*"),
        rename("encoder.layers.encoder_layer_{i}.ln_1.*", "blocks.{i}.norm1.*"),
        rename(
            "encoder.layers.encoder_layer_{i}.self_attention.in_proj_weight",
            "blocks.{i}.attn.qkv.weight",
        ),
        rename(
            "encoder.layers.encoder_layer_{i}.self_attention.in_proj_bias",
            "blocks.{i}.attn.qkv.bias",
        ),
        rename(
            "encoder.layers.encoder_layer_{i}.self_attention.out_proj.*",
            "blocks.{i}.attn.proj.*",
        ),
        rename("encoder.layers.encoder_layer_{i}.ln_2.*", "blocks.{i}.norm2.*"),
        rename("encoder.layers.encoder_layer_{i}.mlp.linear_1.*", "blocks.{i}.mlp.fc1.*"),
        rename("encoder.layers.encoder_layer_{i}.mlp.linear_2.*", "blocks.{i}.mlp.fc2.*"),
        rename("encoder.layers.encoder_layer_{i}.mlp.0.*", "blocks.{i}.mlp.fc1.*"),
        rename("encoder.layers.encoder_layer_{i}.mlp.3.*", "blocks.{i}.mlp.fc2.*"),
        rename("encoder.ln.*", "norm.*"),
    ],
    prepare: as_they_are,
    heads: unseen,
    // Its own way (corners aligned, no antialias) is not built.
    resampling: Resampling::Bicubic,
};
