//! The architecture that tensors show by their names and shapes.

use std::collections::BTreeMap;

use crate::error::{Mismatch, WrongShape};
use crate::weights::Tensor;
use crate::weights::name::number;
use crate::{Architecture, Mlp, Pooling, Position};

/// Parts of names that rotary position embeddings leave in a file.
const ROTARY: [&str; 4] = ["rope.", "rope_embed.", "rope_embeddings.", "rotary_emb."];

/// Everything but image size and heads, which tensors do not show and which are 0 here.
pub(super) fn architecture(tensors: &BTreeMap<String, Tensor>) -> Result<Architecture, Mismatch> {
    let patch = "patch_embed.proj.weight";
    let kernel = tensors.get(patch).ok_or_else(|| missing(patch))?;
    let (width, patch_size) = match kernel.shape[..] {
        [d, 3, p, q] if d > 0 && p > 0 && p == q => (d, p),
        _ => return Err(wrong_shape(patch, "[d, 3, p, p]", kernel)),
    };
    let has = |end: &str| tensors.keys().any(|name| block_of(name).is_some_and(|b| b.1 == end));
    let last = tensors.keys().filter_map(|name| Some(block_of(name)?.0)).max();
    let last = last.ok_or_else(|| missing("blocks.0.mlp.fc1.weight"))?;
    let mlp = if gate(tensors).is_some() { Mlp::Gated } else { Mlp::Gelu };
    let mlp_width = match tensors.iter().find(|(name, _)| name.ends_with(".mlp.fc1.weight")) {
        Some((_, fc1)) => fc1.shape.first().copied().unwrap_or_default(),
        None if mlp == Mlp::Gated => 0,
        None => return Err(missing("blocks.0.mlp.fc1.weight")),
    };
    let fc_norm = tensors.contains_key("fc_norm.weight");
    Ok(Architecture {
        mlp_width,
        mlp,
        cls_token: tensors.contains_key("cls_token"),
        registers: registers(tensors),
        position: position(tensors),
        qkv_bias: has("attn.qkv.bias") || has("attn.query.bias"),
        layer_scale: has("ls1.gamma") || has("ls2.gamma"),
        pooling: if fc_norm { Pooling::Mean } else { Pooling::Cls },
        ..Architecture::plain(0, patch_size, width, usize::from(last) + 1, 0)
    })
}

fn registers(tensors: &BTreeMap<String, Tensor>) -> usize {
    tensors.get("reg_token").map_or(0, |token| match token.shape[..] {
        [1, registers, _] => registers,
        _ => 1,
    })
}

fn position(tensors: &BTreeMap<String, Tensor>) -> Position {
    if rotary(tensors).is_some() {
        Position::Rotary
    } else if tensors.contains_key("pos_embed") {
        Position::Learned
    } else {
        Position::None
    }
}

/// A tensor of rotary position embeddings.
pub(super) fn rotary(tensors: &BTreeMap<String, Tensor>) -> Option<&str> {
    let is_part = |name: &&String| {
        let mut ends = name.match_indices('.').map(|(at, _)| at + 1);
        let starts = |at: usize| ROTARY.iter().any(|part| name[at..].starts_with(part));
        starts(0) || ends.any(starts)
    };
    tensors.keys().find(is_part).map(String::as_str)
}

/// A tensor of a gated MLP: one that has its own name, or an `fc1`, `[2 hidden, d]`, into which
/// timm packs gate and value, before `fc2`, `[d, hidden]`.
pub(super) fn gate(tensors: &BTreeMap<String, Tensor>) -> Option<&str> {
    const GATES: [&str; 4] = [".mlp.w12.", ".mlp.weights_in.", ".mlp.fc1_g.", ".mlp.gate_proj."];
    let named = |name: &&String| GATES.iter().any(|gate| name.contains(gate));
    if let Some(name) = tensors.keys().find(named) {
        return Some(name);
    }
    let (name, fc1) = tensors.iter().find(|(name, _)| name.ends_with(".mlp.fc1.weight"))?;
    let fc2 = tensors.get(&name.replace("fc1", "fc2"))?;
    let is_packed = match (&fc1.shape[..], &fc2.shape[..]) {
        (&[both, d], &[outputs, hidden]) => d == outputs && Some(both) == hidden.checked_mul(2),
        _ => false,
    };
    is_packed.then_some(name)
}

/// `blocks.3.norm1.weight` to (3, `norm1.weight`).
fn block_of(name: &str) -> Option<(u16, &str)> {
    let (digits, rest) = name.strip_prefix("blocks.")?.split_once('.')?;
    Some((number(digits)?, rest))
}

pub(super) fn missing(name: &str) -> Mismatch {
    Mismatch { missing: vec![name.to_owned()], ..Mismatch::default() }
}

pub(super) fn wrong_shape(name: &str, expected: &str, tensor: &Tensor) -> Mismatch {
    let wrong = WrongShape {
        name: name.to_owned(),
        expected: expected.to_owned(),
        got: tensor.shape.clone(),
    };
    Mismatch { wrong_shape: vec![wrong], ..Mismatch::default() }
}
