//! The strict comparison of a checkpoint with an architecture.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::{Mismatch, WrongShape};
use crate::weights::Tensor;
use crate::{Architecture, Pooling};

/// Name and shape of every tensor that may be there, if all that may be left out is; `grid` is the
/// side of the checkpoint's own grid.
pub(super) fn expected(
    tensors: &BTreeMap<String, Tensor>,
    architecture: &Architecture,
    grid: usize,
) -> Vec<(String, Vec<usize>)> {
    let mut expected = required(architecture, grid);
    for norm in optional(architecture.pooling) {
        if tensors.keys().any(|name| name.starts_with(norm)) {
            expected.extend(affine(norm, &[architecture.width]));
        }
    }
    expected
}

/// Compares names and shapes.
pub(super) fn compare(
    tensors: &BTreeMap<String, Tensor>,
    expected: &[(String, Vec<usize>)],
) -> Mismatch {
    let mut mismatch = Mismatch::default();
    for (name, shape) in expected {
        match tensors.get(name) {
            None => mismatch.missing.push(name.clone()),
            Some(tensor) if tensor.shape != *shape => mismatch.wrong_shape.push(WrongShape {
                name: name.clone(),
                expected: format!("{shape:?}"),
                got: tensor.shape.clone(),
            }),
            Some(_) => {}
        }
    }
    let known: BTreeSet<_> = expected.iter().map(|(name, _)| name).collect();
    let unexpected = tensors.keys().filter(|name| !known.contains(name));
    mismatch.unexpected = unexpected.cloned().collect();
    mismatch
}

/// Norms that mean pooling does without: MAE's pretraining leaves `norm` behind, which is not
/// used, and no `fc_norm`, which is the identity then.
fn optional(pooling: Pooling) -> &'static [&'static str] {
    match pooling {
        Pooling::Cls => &[],
        Pooling::Mean => &["norm.", "fc_norm."],
    }
}

/// Name and shape of every tensor that must be there, in the order of the forward pass.
fn required(a: &Architecture, grid: usize) -> Vec<(String, Vec<usize>)> {
    let d = a.width;
    let mut all = vec![
        ("cls_token".to_owned(), vec![1, 1, d]),
        ("pos_embed".to_owned(), vec![1, 1 + grid * grid, d]),
    ];
    all.extend(affine("patch_embed.proj.", &[d, 3, a.patch_size, a.patch_size]));
    for block in 0..a.depth {
        let name = |part: &str| format!("blocks.{block}.{part}");
        all.extend(affine(&name("norm1."), &[d]));
        all.extend(affine(&name("attn.qkv."), &[3 * d, d]));
        all.extend(affine(&name("attn.proj."), &[d, d]));
        all.extend(affine(&name("norm2."), &[d]));
        all.extend(affine(&name("mlp.fc1."), &[a.mlp_width, d]));
        all.extend(affine(&name("mlp.fc2."), &[d, a.mlp_width]));
        if a.layer_scale {
            all.extend(["ls1.gamma", "ls2.gamma"].map(|scale| (name(scale), vec![d])));
        }
    }
    if a.pooling == Pooling::Cls {
        all.extend(affine("norm.", &[d]));
    }
    all
}

/// A weight, and a bias as long as the weight's first axis.
pub(super) fn affine(prefix: &str, weight: &[usize]) -> [(String, Vec<usize>); 2] {
    let bias = weight[..1].to_vec();
    [(format!("{prefix}weight"), weight.to_vec()), (format!("{prefix}bias"), bias)]
}
