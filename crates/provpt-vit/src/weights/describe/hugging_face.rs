//! `config.json` as Hugging Face's transformers write it.

use serde_json::Value;

use super::{CONFIG, Description, Refused, get, side, staged, truth, whole};
use crate::registry::unusable::{self, Unusable, unusable};
use crate::{Mlp, Pooling};

/// Types of models whose names and parts are those of a plain ViT.
const TYPES: [&str; 6] = ["vit", "deit", "dinov2", "vit_mae", "vit_msn", "swin"];
/// Where Swin's stages stand.
const STAGES: staged::Keys = staged::Keys {
    blocks: "depths",
    heads: "num_heads",
    window: "window_size",
    absolute: "use_absolute_embeddings",
    place: CONFIG,
};
/// Types of models that hold an image encoder with a description of its own, and where that is.
const HOLDERS: [(&str, &str); 2] =
    [("vision-encoder-decoder", "encoder"), ("vision-text-dual-encoder", "vision_config")];

/// What the file says, if it describes a model at all.
pub(super) fn model(json: &Value) -> Result<Option<Description>, String> {
    let Some(kind) = get(json, "model_type").and_then(Value::as_str) else { return Ok(None) };
    if let Some((_, key)) = HOLDERS.iter().find(|(holder, _)| *holder == kind)
        && let Some(inner) = get(json, key)
    {
        return model(inner);
    }
    let mut described = Description { place: CONFIG.to_owned(), ..Description::default() };
    if !TYPES.contains(&kind) {
        let dashed = kind.replace('_', "-");
        let kind_of = unusable(kind).or_else(|| unusable(&dashed)).unwrap_or(&unusable::OTHER);
        described.refused = Some(refused(kind_of, "model_type", kind));
        return Ok(Some(described));
    }
    described.width = whole(json, "hidden_size")?;
    described.depth = whole(json, "num_hidden_layers")?;
    described.heads = whole(json, "num_attention_heads")?;
    described.image_size = side(json, "image_size")?;
    described.patch_size = side(json, "patch_size")?;
    described.qkv_bias = truth(json, "qkv_bias")?;
    described.mlp_width = match whole(json, "intermediate_size")? {
        // DINOv2 has a ratio in its place.
        None if kind == "swin" => None,
        None => whole(json, "mlp_ratio")?.zip(described.width).map(|(ratio, width)| ratio * width),
        width => width,
    };
    described.norm_eps = match get(json, "layer_norm_eps") {
        None => None,
        Some(eps) => {
            let number = eps.as_f64().filter(|eps| *eps > 0.0 && *eps < 1.0);
            let wrong = || format!("layer_norm_eps: expected a number from 0 to 1, got {eps}");
            Some(number.ok_or_else(wrong)? as f32)
        }
    };
    if kind == "swin" {
        staged::describe(json, &STAGES, &mut described)?;
        described.mlp_width = staged::mlp_width(json, &described);
    }
    described.pooling = (kind == "vit_mae").then_some(Pooling::Mean);
    match get(json, "hidden_act").and_then(Value::as_str) {
        None => {}
        Some("gelu" | "gelu_python") => described.mlp = Some(Mlp::Gelu),
        Some("gelu_new" | "gelu_pytorch_tanh" | "gelu_fast") => described.mlp = Some(Mlp::GeluTanh),
        Some(other) => {
            described.refused = Some(refused(&unusable::ACTIVATION, "hidden_act", other));
        }
    }
    if truth(json, "use_swiglu_ffn")? == Some(true) {
        described.mlp = Some(Mlp::Gated);
    }
    Ok(Some(described))
}

fn refused(kind: &'static Unusable, key: &str, value: &str) -> Refused {
    Refused { kind, words: format!("{key} {value} in {CONFIG}") }
}
