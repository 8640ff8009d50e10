use std::collections::BTreeMap;
use std::fmt;

use super::layout::Layout;
use super::rename::Rule;
use super::{google, hugging_face, timm};
use crate::weights::Tensor;
use crate::weights::read::StateDict;

/// Whose names the tensors of a checkpoint bear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Naming {
    /// timm, DINO, DINOv2, MAE, MoCo v3; also the canonical names here.
    Timm,
    /// Hugging Face's `ViTModel`, `ViTForImageClassification`, `Dinov2Model`.
    HuggingFace,
    /// Google's npz files.
    Google,
}

impl fmt::Display for Naming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Timm => "timm",
            Self::HuggingFace => "Hugging Face",
            Self::Google => "Google",
        })
    }
}

/// A naming as a file shows it.
pub(in crate::weights) struct Detected {
    pub(in crate::weights) naming: Naming,
    /// What stands in front of the backbone's names.
    pub(in crate::weights) prefix: &'static str,
    /// The name that told it.
    pub(in crate::weights) example: String,
}

/// A checkpoint under canonical names.
pub(in crate::weights) struct Canonical {
    pub(in crate::weights) tensors: BTreeMap<String, Tensor>,
    /// Names that are no part of a backbone, as the file has them.
    pub(in crate::weights) dropped: Vec<String>,
    /// Heads, where the file shows them.
    pub(in crate::weights) heads: Option<usize>,
}

impl Naming {
    /// Tells the naming from any name that belongs to one alone.
    pub(in crate::weights) fn detect(state: &StateDict) -> Option<Detected> {
        [Self::Google, Self::HuggingFace, Self::Timm].into_iter().find_map(|naming| {
            naming.prefixes().iter().find_map(|prefix| {
                let tells = |name: &&String| {
                    let bare = name.strip_prefix(prefix);
                    bare.is_some_and(|bare| naming.starts().iter().any(|s| bare.starts_with(s)))
                };
                let example = state.tensors.keys().find(tells)?.clone();
                Some(Detected { naming, prefix, example })
            })
        })
    }

    /// Renames, drops what is no part of the backbone, joins queries, keys and values. A name
    /// that no rule knows stays as it is.
    pub(in crate::weights) fn canonical(self, prefix: &str, mut state: StateDict) -> Canonical {
        if self == Self::Google {
            google::unstack(prefix, &mut state.tensors);
        }
        let heads = if self == Self::Google { google::heads(&state) } else { None };
        let mut tensors = BTreeMap::new();
        let mut dropped = state.skipped;
        for (name, tensor) in state.tensors {
            // Hugging Face's heads stand beside the model; what else does is no part of it.
            let beside = (self == Self::HuggingFace).then_some(name.as_str());
            let bare = name.strip_prefix(prefix).or(beside);
            let kept = bare.filter(|b| !self.dropped().iter().any(|start| b.starts_with(start)));
            let Some(bare) = kept else {
                dropped.push(name);
                continue;
            };
            let (canonical, layout) = self.rename(bare);
            tensors.insert(canonical, layout.apply(tensor));
        }
        join_qkv(&mut tensors);
        dropped.sort();
        Canonical { tensors, dropped, heads }
    }

    fn rename(self, name: &str) -> (String, Layout) {
        if self == Self::Timm {
            let whole = timm::without_chunk(name).unwrap_or_else(|| name.to_owned());
            return (whole, Layout::Same);
        }
        let renamed = self.rules().iter().find_map(|r| Some((r.apply(name)?, r.layout)));
        renamed.unwrap_or_else(|| (name.to_owned(), Layout::Same))
    }

    fn rules(self) -> &'static [Rule] {
        match self {
            Self::Timm => &[],
            Self::HuggingFace => hugging_face::RULES,
            Self::Google => google::RULES,
        }
    }

    fn prefixes(self) -> &'static [&'static str] {
        match self {
            Self::Timm => timm::PREFIXES,
            Self::HuggingFace => hugging_face::PREFIXES,
            Self::Google => google::PREFIXES,
        }
    }

    fn starts(self) -> &'static [&'static str] {
        match self {
            Self::Timm => timm::STARTS,
            Self::HuggingFace => hugging_face::STARTS,
            Self::Google => google::STARTS,
        }
    }

    fn dropped(self) -> &'static [&'static str] {
        match self {
            Self::Timm => timm::DROPPED,
            Self::HuggingFace => hugging_face::DROPPED,
            Self::Google => google::DROPPED,
        }
    }
}

/// `attn.{query,key,value}.*` to `attn.qkv.*`, where all three are there and of one shape.
fn join_qkv(tensors: &mut BTreeMap<String, Tensor>) {
    let queries = tensors.keys().filter(|name| name.contains(".attn.query."));
    for query in queries.cloned().collect::<Vec<_>>() {
        let names = ["query", "key", "value"].map(|part| query.replace("query", part));
        let shapes = names.each_ref().map(|name| tensors.get(name).map(|t| t.shape.clone()));
        let Some(shape) = &shapes[0] else { continue };
        if shape.is_empty() || shapes.iter().any(|other| *other != shapes[0]) {
            continue;
        }
        let mut joined = Tensor { shape: shape.clone(), data: Vec::new() };
        joined.shape[0] *= 3;
        for part in names.iter().filter_map(|name| tensors.remove(name)) {
            joined.data.extend(part.data);
        }
        tensors.insert(query.replace("query", "qkv"), joined);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(names: &[&str]) -> (Naming, Vec<String>, Vec<String>) {
        let tensor = || Tensor { shape: vec![1], data: vec![0.0] };
        let tensors = names.iter().map(|name| ((*name).to_owned(), tensor())).collect();
        let state = StateDict { tensors, ..StateDict::default() };
        let found = Naming::detect(&state).unwrap();
        let canonical = found.naming.canonical(found.prefix, state);
        (found.naming, canonical.tensors.into_keys().collect(), canonical.dropped)
    }

    #[test]
    fn hugging_faces_model_prefixes_and_heads_come_off() {
        for prefix in ["", "vit.", "dinov2."] {
            let names = ["embeddings.cls_token", "layernorm.bias", "pooler.dense.weight"]
                .map(|name| format!("{prefix}{name}"));
            let (naming, kept, dropped) =
                canonical(&["classifier.weight", &names[0], &names[1], &names[2]]);
            assert_eq!(naming, Naming::HuggingFace);
            assert_eq!(kept, ["cls_token", "norm.bias"]);
            assert_eq!(dropped, ["classifier.weight", &names[2]]);
        }
    }

    #[test]
    fn names_that_no_rule_knows_are_kept_for_the_merge_to_list() {
        let (naming, kept, _) = canonical(&["cls", "embedding/bias", "Transformer/stranger"]);
        assert_eq!(naming, Naming::Google);
        assert_eq!(kept, ["Transformer/stranger", "cls_token", "patch_embed.proj.bias"]);
    }

    #[test]
    fn what_stands_outside_a_prefix_is_dropped() {
        let inside = ["params/cls", "params/pos_embedding", "params/Transformer/encoder_norm/bias"];
        let (naming, kept, dropped) =
            canonical(&[inside[0], inside[1], inside[2], "opt/0/mu/cls", "params/head/bias"]);
        assert_eq!(naming, Naming::Google);
        assert_eq!(kept, ["cls_token", "norm.bias", "pos_embed"]);
        assert_eq!(dropped, ["opt/0/mu/cls", "params/head/bias"]);
        let (naming, kept, dropped) = canonical(&["backbone.blocks.0.norm1.bias", "fc.weight"]);
        assert_eq!((naming, kept.len(), dropped.len()), (Naming::Timm, 1, 1));
    }

    #[test]
    fn chunks_of_blocks_come_off() {
        let names = ["blocks.0.1.norm1.bias", "blocks.1.7.ls1.gamma", "blocks.2.norm1.bias"];
        let (_, kept, _) = canonical(&names);
        assert_eq!(kept, ["blocks.1.norm1.bias", "blocks.2.norm1.bias", "blocks.7.ls1.gamma"]);
    }

    #[test]
    fn stacks_are_cut_into_blocks() {
        let name = "Transformer/encoderblock/LayerNorm_0/scale".to_owned();
        let stack = Tensor { shape: vec![2, 3], data: vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0] };
        let tensors = [(name, stack)].into();
        let state = StateDict { tensors, ..StateDict::default() };
        let tensors = Naming::Google.canonical("", state).tensors;
        let second = Tensor { shape: vec![3], data: vec![4.0, 5.0, 6.0] };
        assert_eq!(tensors.len(), 2);
        assert_eq!(tensors["blocks.1.norm1.weight"], second);
    }

    #[test]
    fn maes_decoder_and_masks_are_dropped() {
        let names = ["blocks.0.norm1.bias", "decoder_pos_embed", "mask_token", "head.weight"];
        let (naming, kept, dropped) = canonical(&names);
        assert_eq!((naming, kept.len(), dropped.len()), (Naming::Timm, 1, 3));
    }
}
