//! `config.json` as timm writes it for the hub: the name of a model, changes to it, its pixels.

use serde_json::Value;

use super::{CONFIG, Description, Refused, get, side, staged, truth, whole};
use crate::registry::find;
use crate::registry::unusable::{self, unusable};
use crate::{Architecture, Mlp, Pooling};

/// Where Swin's stages stand among the changes to a model.
const STAGES: staged::Keys = staged::Keys {
    blocks: "depths",
    heads: "num_heads",
    window: "window_size",
    absolute: "ape",
    place: CONFIG,
};

/// What the file says of a model of this name.
pub(super) fn model(json: &Value, name: &str) -> Result<Description, String> {
    let mut described = Description { place: CONFIG.to_owned(), ..Description::default() };
    let tag = get(json, "pretrained_cfg").and_then(|cfg| get(cfg, "tag")).and_then(Value::as_str);
    let tagged = tag.map(|tag| format!("{name}.{tag}"));
    let record = tagged.as_deref().and_then(find).or_else(|| find(name));
    if let Some(record) = record {
        let a = &record.architecture;
        described.width = Some(a.width);
        described.depth = Some(a.depth);
        described.heads = Some(a.heads);
        described.mlp_width = Some(a.mlp_width);
        described.patch_size = Some(a.patch_size);
        described.norm_eps = Some(a.norm_eps);
        described.mlp = Some(a.mlp);
        described.stages = a.stages;
    } else if let Some(kind) = unusable(name) {
        let words = format!("architecture {name} in {CONFIG}");
        described.refused = Some(Refused { kind, words });
    }
    let empty = Value::Null;
    let changes = get(json, "model_args").unwrap_or(&empty);
    let number = |key: &str, old: Option<usize>| whole(changes, key).map(|new| new.or(old));
    let is_staged = described.stages.is_some() || name.starts_with("swin");
    if is_staged {
        staged::describe(changes, &STAGES, &mut described)?;
    } else {
        described.width = number("embed_dim", described.width)?;
        described.depth = number("depth", described.depth)?;
        described.heads = number("num_heads", described.heads)?;
    }
    described.patch_size = side(changes, "patch_size")?.or(described.patch_size);
    described.image_size = side(changes, "img_size")?;
    described.qkv_bias = truth(changes, "qkv_bias")?;
    // Of the record, or of the changes; the MLP is as many times wider, whatever the width is.
    let usual = record.map(|r| r.architecture.mlp_width as f64 / r.architecture.width as f64);
    if let Some(ratio) = get(changes, "mlp_ratio").and_then(Value::as_f64).or(usual) {
        described.mlp_width = described.width.map(|width| (width as f64 * ratio) as usize);
    }
    described.record = record.filter(|record| is_unchanged(&described, &record.architecture));
    match get(changes, "act_layer").and_then(Value::as_str) {
        None => {}
        Some("gelu") => described.mlp = Some(Mlp::Gelu),
        Some("gelu_tanh") => described.mlp = Some(Mlp::GeluTanh),
        Some(other) => {
            let words = format!("act_layer {other} in {CONFIG}");
            described.refused = Some(Refused { kind: &unusable::ACTIVATION, words });
        }
    }
    let pool = get(changes, "global_pool").or_else(|| get(json, "global_pool"));
    match pool.and_then(Value::as_str) {
        None | Some("") => {}
        Some("avg") if is_staged => described.pooling = Some(Pooling::Mean),
        Some("token") => described.pooling = Some(Pooling::Cls),
        Some("avg") => {
            described.pooling = Some(Pooling::Mean);
            described.fc_norm = true;
        }
        Some("map") => {
            let words = format!("global_pool map in {CONFIG}");
            described.refused = Some(Refused { kind: &unusable::SIGLIP, words });
        }
        Some(other) => {
            let words = format!("global_pool {other} in {CONFIG}");
            described.refused = Some(Refused { kind: &unusable::NO_CLS, words });
        }
    }
    Ok(described)
}

/// Whether a description is that of a registered model as it stands in the table.
fn is_unchanged(described: &Description, a: &Architecture) -> bool {
    let size = described.image_size.is_none_or(|size| size == a.image_size);
    let bias = described.qkv_bias.is_none_or(|bias| bias == a.qkv_bias);
    let numbers = [
        (described.width, a.width),
        (described.depth, a.depth),
        (described.heads, a.heads),
        (described.patch_size, a.patch_size),
        (described.mlp_width, a.mlp_width),
    ];
    let stages = described.stages == a.stages;
    size && bias && stages && numbers.iter().all(|(said, its)| *said == Some(*its))
}
