//! Why an import took a checkpoint for what it did, for people.

use std::collections::BTreeMap;

use super::agree::activation;
use super::evidence::{Authority, Evidence};
use super::outcome::Authorities;
use crate::weights::{Format, Tensor};
use crate::{Architecture, Pooling};

/// Something an import settled, and by what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What was settled, such as `heads`.
    pub what: &'static str,
    /// How it was settled.
    pub value: String,
    /// What showed it.
    pub because: String,
}

/// What shows that a file is of a format.
pub(in crate::weights) fn of_format(format: Format) -> &'static str {
    match format {
        Format::Safetensors => "a length of eight bytes, then a JSON header",
        Format::Npz => "a zip archive whose first entry is an .npy array",
        Format::PyTorch => "a zip archive or pickle as torch.save writes them",
    }
}

/// Who settled something; what tensors show is for the caller to say.
pub(super) fn of(evidence: &Evidence<'_>, authority: &Authority) -> String {
    match authority {
        Authority::Caller => "asked for".to_owned(),
        Authority::Record => {
            format!("the record of {}", evidence.record.map_or("the model", |record| record.name))
        }
        Authority::Description(place) => place.clone(),
        Authority::Tensors => "the tensors".to_owned(),
        Authority::Like(name) => format!("guessed: {name} is of the same shape"),
        Authority::Usual => "guessed: heads are 64 wide as a rule".to_owned(),
    }
}

/// A tensor of this name and its shape, or that there is none.
pub(super) fn shape(tensors: &BTreeMap<String, Tensor>, name: &str) -> String {
    match tensors.get(name) {
        Some(tensor) => format!("{name} {:?}", tensor.shape),
        None => format!("no {name}"),
    }
}

/// Why something is believed, with words of one's own for what tensors tell and what is usual.
pub(super) fn by(
    evidence: &Evidence<'_>,
    authority: &Authority,
    told: &str,
    usual: &str,
) -> String {
    match authority {
        Authority::Tensors => told.to_owned(),
        Authority::Usual => usual.to_owned(),
        other => of(evidence, other),
    }
}

/// The findings about the architecture, in the order of the forward pass; the grid is that of the
/// file's position embeddings, with whether it has a row for CLS.
pub(super) fn of_architecture(
    evidence: &Evidence<'_>,
    a: &Architecture,
    tensors: &BTreeMap<String, Tensor>,
    authorities: &Authorities,
    (grid, cls_row): (usize, bool),
) -> Vec<Finding> {
    let shape = |name: &str| shape(tensors, name);
    let by = |authority: &Authority, told: &str, usual: &str| by(evidence, authority, told, usual);
    let cls = if cls_row { "CLS and " } else { "no CLS, " };
    let kernel = shape("patch_embed.proj.weight");
    let fc_norm = tensors.contains_key("fc_norm.weight");
    let pooling = match (a.pooling, fc_norm) {
        (Pooling::Cls, _) => "the CLS token",
        (Pooling::Mean, true) => "the mean over all tokens but CLS, then fc_norm",
        (Pooling::Mean, false) => "the mean over all tokens but CLS, then a norm without weights",
    };
    let yes = |there: bool| if there { "yes" } else { "no" }.to_owned();
    let has_fc_norm = if fc_norm { "fc_norm is there" } else { "no fc_norm" };
    let kernels = "query kernels [width, heads, head width]";
    let wide = of(evidence, &Authority::Usual);
    let last = a.depth.saturating_sub(1);
    let untold = "as usual: nothing says otherwise";
    let bias = if a.qkv_bias {
        shape("blocks.0.attn.qkv.bias")
    } else {
        "no blocks.0.attn.qkv.bias in the file".to_owned()
    };
    [
        ("patch size", a.patch_size.to_string(), kernel.clone()),
        ("width", a.width.to_string(), kernel),
        ("grid", format!("{grid} x {grid}"), format!("pos_embed: {cls}{grid} x {grid} rows")),
        (
            "image size",
            a.image_size.to_string(),
            by(&authorities.image_size, "grid times patch size", untold),
        ),
        ("blocks", a.depth.to_string(), format!("blocks.0 to blocks.{last}")),
        ("heads", a.heads.to_string(), by(&authorities.heads, kernels, &wide)),
        ("qkv bias", yes(a.qkv_bias), bias),
        ("MLP", a.mlp_width.to_string(), shape("blocks.0.mlp.fc1.weight")),
        ("activation", activation(a.mlp).to_owned(), by(&authorities.mlp, untold, untold)),
        ("norm eps", format!("{:e}", a.norm_eps), by(&authorities.norm_eps, untold, untold)),
        ("LayerScale", yes(a.layer_scale), shape("blocks.0.ls1.gamma")),
        ("features", pooling.to_owned(), by(&authorities.pooling, has_fc_norm, untold)),
    ]
    .into_iter()
    .map(|(what, value, because)| Finding { what, value, because })
    .collect()
}
