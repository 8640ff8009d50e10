//! Why an import took a checkpoint for what it did, for people.

use std::collections::BTreeMap;

use super::infer::{Known, Told};
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

/// Who settled what cannot always be read off the tensors.
pub(in crate::weights) struct Settled {
    pub(in crate::weights) image_size: Told,
    pub(in crate::weights) heads: Told,
    pub(in crate::weights) pooling: Told,
    /// Rows of position embeddings in the file; whether CLS has one.
    pub(in crate::weights) grid: usize,
    pub(in crate::weights) cls_row: bool,
}

/// What shows that a file is of a format.
pub(in crate::weights) fn of_format(format: Format) -> &'static str {
    match format {
        Format::Safetensors => "a length of eight bytes, then a JSON header",
        Format::Npz => "a zip archive whose first entry is an .npy array",
        Format::PyTorch => "a zip archive or pickle as torch.save writes them",
    }
}

/// The findings about the architecture, in the order of the forward pass.
pub(in crate::weights) fn of_architecture(
    known: &Known<'_>,
    a: &Architecture,
    tensors: &BTreeMap<String, Tensor>,
    settled: &Settled,
) -> Vec<Finding> {
    let shape = |name: &str| match tensors.get(name) {
        Some(tensor) => format!("{name} {:?}", tensor.shape),
        None => format!("no {name}"),
    };
    let told = |told: Told, tensors: String| match told {
        Told::Caller => "asked for".to_owned(),
        Told::Record => match known.record {
            Some(record) => format!("the record of {}", record.name),
            None => String::new(),
        },
        Told::Metadata => "the file's metadata".to_owned(),
        Told::Tensors => tensors,
        Told::Like(name) => format!("guessed: {name} is of the same shape"),
        Told::Usual => "guessed: heads are 64 wide as a rule".to_owned(),
    };
    let (grid, cls) = (settled.grid, if settled.cls_row { "CLS and " } else { "no CLS, " });
    let kernel = shape("patch_embed.proj.weight");
    let fc_norm = tensors.contains_key("fc_norm.weight");
    let pooling = match (a.pooling, fc_norm) {
        (Pooling::Cls, _) => "the CLS token",
        (Pooling::Mean, true) => "the mean over all tokens but CLS, then fc_norm",
        (Pooling::Mean, false) => "the mean over all tokens but CLS, then a norm without weights",
    };
    let scale = if a.layer_scale { "yes" } else { "no" };
    let has_fc_norm = if fc_norm { "fc_norm is there" } else { "no fc_norm" };
    let last = a.depth.saturating_sub(1);
    [
        ("patch size", a.patch_size.to_string(), kernel.clone()),
        ("width", a.width.to_string(), kernel),
        ("grid", format!("{grid} x {grid}"), format!("pos_embed: {cls}{grid} x {grid} rows")),
        (
            "image size",
            a.image_size.to_string(),
            told(settled.image_size, "grid times patch size".to_owned()),
        ),
        ("blocks", a.depth.to_string(), format!("blocks.0 to blocks.{last}")),
        (
            "heads",
            a.heads.to_string(),
            told(settled.heads, "query kernels [width, heads, head width]".to_owned()),
        ),
        ("MLP", a.mlp_width.to_string(), shape("blocks.0.mlp.fc1.weight")),
        ("LayerScale", scale.to_owned(), shape("blocks.0.ls1.gamma")),
        ("features", pooling.to_owned(), told(settled.pooling, has_fc_norm.to_owned())),
    ]
    .into_iter()
    .map(|(what, value, because)| Finding { what, value, because })
    .collect()
}
