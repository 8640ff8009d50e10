//! What published transformers have that the engine does not: told by name, before the strict
//! comparison would list it tensor by tensor.

use std::collections::BTreeMap;

use crate::weights::Tensor;

/// Parts of names (canonical where there is a canonical one), and what they stand for.
const STRANGERS: &[(&[&str], &str)] = &[
    (&["reg_token", "register_tokens"], "register tokens"),
    (&["dist_token", "distillation_token"], "a distillation token"),
    (&[".mlp.w12.", ".mlp.weights_in.", ".mlp.fc1_g."], SWIGLU),
    (&["norm_pre."], "a norm in front of the blocks (CLIP)"),
    (&["attn.q_norm.", "attn.k_norm."], "norms of queries and keys"),
    (&["relative_position_bias"], "relative position biases (BEiT)"),
    (&["attn_pool.", "MAPHead_0/"], "attention pooling in place of the CLS token (MAP)"),
];

const SWIGLU: &str = "a gated MLP (SwiGLU)";

/// What the tensors have that cannot be computed, and the name that shows it.
pub(in crate::weights) fn stranger(tensors: &BTreeMap<String, Tensor>) -> Option<(&'static str, &str)> {
    let named = STRANGERS.iter().find_map(|(parts, what)| {
        let has = |name: &&String| parts.iter().any(|part| name.contains(part));
        tensors.keys().find(has).map(|name| (*what, name.as_str()))
    });
    named.or_else(|| Some((SWIGLU, packed(tensors)?)))
}

/// timm packs gate and value into one `fc1`, `[2 hidden, d]`, before `fc2`, `[d, hidden]`.
fn packed(tensors: &BTreeMap<String, Tensor>) -> Option<&str> {
    let (name, fc1) = tensors.iter().find(|(name, _)| name.ends_with(".mlp.fc1.weight"))?;
    let fc2 = tensors.get(&name.replace("fc1", "fc2"))?;
    let is_packed = match (&fc1.shape[..], &fc2.shape[..]) {
        (&[both, d], &[outputs, hidden]) => d == outputs && Some(both) == hidden.checked_mul(2),
        _ => false,
    };
    is_packed.then_some(name)
}
