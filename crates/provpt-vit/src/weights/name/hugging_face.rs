//! Hugging Face's `ViTModel`, `Dinov2Model` and `SwinModel`. Queries, keys and values are joined afterwards.

use super::Naming;
use super::convention::{Convention, as_they_are, unseen};
use super::rename::{Rule, rename};
use crate::posembed::Resampling;

pub(super) const NAMES: Convention = Convention {
    naming: Naming::HuggingFace,
    patch_kernel: "embeddings.patch_embeddings.projection.weight",
    starts: &["embeddings.", "encoder.layer.", "encoder.layers.0.blocks."],
    dropped: &[
        "classifier.",
        "cls_classifier.",
        "distillation_classifier.",
        "pooler.",
        "decoder.",
        "embeddings.mask_token",
    ],
    buffers: &["relative_position_index"],
    rules: RULES,
    prepare: as_they_are,
    heads: unseen,
    resampling: Resampling::Bicubic,
};

/// The renames.
#[rustfmt::skip]
const RULES: &[Rule] = &[
    rename("embeddings.cls_token", "cls_token"),
    rename("embeddings.position_embeddings", "pos_embed"),
    rename("embeddings.register_tokens", "reg_token"),
    rename("embeddings.patch_embeddings.projection.*", "patch_embed.proj.*"),
    rename("encoder.layer.{i}.attention.attention.query.*", "blocks.{i}.attn.query.*"),
    rename("encoder.layer.{i}.attention.attention.key.*", "blocks.{i}.attn.key.*"),
    rename("encoder.layer.{i}.attention.attention.value.*", "blocks.{i}.attn.value.*"),
    rename("encoder.layer.{i}.attention.output.dense.*", "blocks.{i}.attn.proj.*"),
    // ViT
    rename("encoder.layer.{i}.layernorm_before.*", "blocks.{i}.norm1.*"),
    rename("encoder.layer.{i}.layernorm_after.*", "blocks.{i}.norm2.*"),
    rename("encoder.layer.{i}.intermediate.dense.*", "blocks.{i}.mlp.fc1.*"),
    rename("encoder.layer.{i}.output.dense.*", "blocks.{i}.mlp.fc2.*"),
    // DINOv2
    rename("encoder.layer.{i}.norm1.*", "blocks.{i}.norm1.*"),
    rename("encoder.layer.{i}.norm2.*", "blocks.{i}.norm2.*"),
    rename("encoder.layer.{i}.mlp.fc1.*", "blocks.{i}.mlp.fc1.*"),
    rename("encoder.layer.{i}.mlp.fc2.*", "blocks.{i}.mlp.fc2.*"),
    rename("encoder.layer.{i}.layer_scale1.lambda1", "blocks.{i}.ls1.gamma"),
    rename("encoder.layer.{i}.layer_scale2.lambda1", "blocks.{i}.ls2.gamma"),
    // Swin
    rename("embeddings.norm.*", "patch_embed.norm.*"),
    rename("encoder.layers.{s}.blocks.{i}.attention.self.query.*", "layers.{s}.blocks.{i}.attn.query.*"),
    rename("encoder.layers.{s}.blocks.{i}.attention.self.key.*", "layers.{s}.blocks.{i}.attn.key.*"),
    rename("encoder.layers.{s}.blocks.{i}.attention.self.value.*", "layers.{s}.blocks.{i}.attn.value.*"),
    rename("encoder.layers.{s}.blocks.{i}.attention.self.relative_position_bias_table", "layers.{s}.blocks.{i}.attn.relative_position_bias_table"),
    rename("encoder.layers.{s}.blocks.{i}.attention.output.dense.*", "layers.{s}.blocks.{i}.attn.proj.*"),
    rename("encoder.layers.{s}.blocks.{i}.layernorm_before.*", "layers.{s}.blocks.{i}.norm1.*"),
    rename("encoder.layers.{s}.blocks.{i}.layernorm_after.*", "layers.{s}.blocks.{i}.norm2.*"),
    rename("encoder.layers.{s}.blocks.{i}.intermediate.dense.*", "layers.{s}.blocks.{i}.mlp.fc1.*"),
    rename("encoder.layers.{s}.blocks.{i}.output.dense.*", "layers.{s}.blocks.{i}.mlp.fc2.*"),
    rename("encoder.layers.{s}.downsample.norm.*", "layers.{s}.downsample.norm.*"),
    rename("encoder.layers.{s}.downsample.reduction.*", "layers.{s}.downsample.reduction.*"),
    // as transformers 5 names them in memory, and `torch.save(model.state_dict())` in files
    rename("encoder.layer.{i}.attention.q_proj.*", "blocks.{i}.attn.query.*"),
    rename("encoder.layer.{i}.attention.k_proj.*", "blocks.{i}.attn.key.*"),
    rename("encoder.layer.{i}.attention.v_proj.*", "blocks.{i}.attn.value.*"),
    rename("encoder.layer.{i}.attention.o_proj.*", "blocks.{i}.attn.proj.*"),
    rename("layers.{i}.attention.q_proj.*", "blocks.{i}.attn.query.*"),
    rename("layers.{i}.attention.k_proj.*", "blocks.{i}.attn.key.*"),
    rename("layers.{i}.attention.v_proj.*", "blocks.{i}.attn.value.*"),
    rename("layers.{i}.attention.o_proj.*", "blocks.{i}.attn.proj.*"),
    rename("layers.{i}.layernorm_before.*", "blocks.{i}.norm1.*"),
    rename("layers.{i}.layernorm_after.*", "blocks.{i}.norm2.*"),
    rename("layers.{i}.mlp.fc1.*", "blocks.{i}.mlp.fc1.*"),
    rename("layers.{i}.mlp.fc2.*", "blocks.{i}.mlp.fc2.*"),
    rename("encoder.layers.{s}.blocks.{i}.attention.q_proj.*", "layers.{s}.blocks.{i}.attn.query.*"),
    rename("encoder.layers.{s}.blocks.{i}.attention.k_proj.*", "layers.{s}.blocks.{i}.attn.key.*"),
    rename("encoder.layers.{s}.blocks.{i}.attention.v_proj.*", "layers.{s}.blocks.{i}.attn.value.*"),
    rename("encoder.layers.{s}.blocks.{i}.attention.o_proj.*", "layers.{s}.blocks.{i}.attn.proj.*"),
    rename("encoder.layers.{s}.blocks.{i}.attention.relative_position_bias.relative_position_bias_table", "layers.{s}.blocks.{i}.attn.relative_position_bias_table"),
    rename("encoder.layers.{s}.blocks.{i}.mlp.fc1.*", "layers.{s}.blocks.{i}.mlp.fc1.*"),
    rename("encoder.layers.{s}.blocks.{i}.mlp.fc2.*", "layers.{s}.blocks.{i}.mlp.fc2.*"),
    // all
    rename("layernorm.*", "norm.*"),
];
