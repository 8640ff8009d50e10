//! Why an import took a network in stages for what it did, for people.

use std::collections::BTreeMap;

use crate::Architecture;
use crate::weights::Tensor;
use crate::weights::settle::agree::activation;
use crate::weights::settle::evidence::{Authority, Evidence};
use crate::weights::settle::reasons::{self, Finding};

/// Who settled what cannot be read off the tensors.
pub(super) struct Authorities {
    pub(super) image_size: Authority,
    pub(super) norm_eps: Authority,
    pub(super) mlp: Authority,
}

/// The findings about the architecture, in the order of the forward pass.
pub(super) fn findings(
    evidence: &Evidence<'_>,
    a: &Architecture,
    tensors: &BTreeMap<String, Tensor>,
    authorities: &Authorities,
) -> Vec<Finding> {
    let Some(stages) = a.stages else { return Vec::new() };
    let shape = |name: &str| reasons::shape(tensors, name);
    let by = |authority: &Authority, told: &str, usual: &str| {
        reasons::by(evidence, authority, told, usual)
    };
    let each =
        |numbers: &[usize]| numbers.iter().map(usize::to_string).collect::<Vec<_>>().join(" ");
    let widths: Vec<usize> = (0..stages.blocks().len()).map(|s| a.block_width(0) << s).collect();
    let kernel = shape("patch_embed.proj.weight");
    let table = shape("layers.0.blocks.0.attn.relative_position_bias_table");
    let last = format!("layers.0 to layers.{}", widths.len() - 1);
    let sized = "masks of windows, or a table smaller than the others";
    let guessed = "guessed: the last stage is one window as a rule";
    let untold = "as usual: nothing says otherwise";
    let bias = if a.qkv_bias {
        shape("layers.0.blocks.0.attn.qkv.bias")
    } else {
        "no layers.0.blocks.0.attn.qkv.bias in the file".to_owned()
    };
    let yes = |there: bool| if there { "yes" } else { "no" }.to_owned();
    let mean = "the mean over all tokens, after the norm".to_owned();
    [
        ("patch size", a.patch_size.to_string(), kernel.clone()),
        ("widths", each(&widths), kernel),
        ("image size", a.image_size.to_string(), by(&authorities.image_size, sized, guessed)),
        ("blocks", each(stages.blocks()), last),
        ("heads", each(stages.heads()), format!("columns of {table}")),
        ("window", stages.window().to_string(), format!("rows of {table}")),
        ("qkv bias", yes(a.qkv_bias), bias),
        ("MLP", a.mlp_width.to_string(), shape("layers.0.blocks.0.mlp.fc1.weight")),
        ("activation", activation(a.mlp).to_owned(), by(&authorities.mlp, untold, untold)),
        ("norm eps", format!("{:e}", a.norm_eps), by(&authorities.norm_eps, untold, untold)),
        ("features", mean, "as Swin has them".to_owned()),
    ]
    .into_iter()
    .map(|(what, value, because)| Finding { what, value, because })
    .collect()
}
