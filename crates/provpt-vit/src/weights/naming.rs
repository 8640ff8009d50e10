use std::collections::BTreeMap;
use std::fmt;

use super::layout::Layout;
use super::rename::Rule;
use super::{StateDict, Tensor, google, hugging_face, timm};

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

/// A checkpoint under canonical names.
pub(super) struct Canonical {
    pub(super) tensors: BTreeMap<String, Tensor>,
    /// Names that are no part of a backbone, as the file has them.
    pub(super) dropped: Vec<String>,
    /// Heads, where the file shows them.
    pub(super) heads: Option<usize>,
}

impl Naming {
    /// Tells the naming from any name that belongs to one alone.
    pub(super) fn detect(state: &StateDict) -> Option<Self> {
        state.tensors.keys().find_map(|name| {
            let bare = without_prefix(name);
            if name.starts_with("Transformer/") || name.starts_with("embedding/") {
                Some(Self::Google)
            } else if bare.starts_with("embeddings.") || bare.starts_with("encoder.layer.") {
                Some(Self::HuggingFace)
            } else if name.starts_with("blocks.") || name.starts_with("patch_embed.") {
                Some(Self::Timm)
            } else {
                None
            }
        })
    }

    /// Renames, drops what is no part of the backbone, joins queries, keys and values. A name
    /// that no rule knows stays as it is.
    pub(super) fn canonical(self, state: StateDict) -> Canonical {
        let heads = if self == Self::Google { google::heads(&state) } else { None };
        let mut tensors = BTreeMap::new();
        let mut dropped = state.skipped;
        for (name, tensor) in state.tensors {
            let bare = if self == Self::HuggingFace { without_prefix(&name) } else { &name };
            if self.dropped().iter().any(|start| bare.starts_with(start)) {
                dropped.push(name);
                continue;
            }
            let (canonical, layout) = self.rename(bare);
            tensors.insert(canonical, layout.apply(tensor));
        }
        join_qkv(&mut tensors);
        dropped.sort();
        Canonical { tensors, dropped, heads }
    }

    fn rename(self, name: &str) -> (String, Layout) {
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

    fn dropped(self) -> &'static [&'static str] {
        match self {
            Self::Timm => timm::DROPPED,
            Self::HuggingFace => hugging_face::DROPPED,
            Self::Google => google::DROPPED,
        }
    }
}

fn without_prefix(name: &str) -> &str {
    hugging_face::PREFIXES.iter().find_map(|prefix| name.strip_prefix(prefix)).unwrap_or(name)
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
        let naming = Naming::detect(&state).unwrap();
        let canonical = naming.canonical(state);
        (naming, canonical.tensors.into_keys().collect(), canonical.dropped)
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
    fn maes_decoder_and_masks_are_dropped() {
        let names = ["blocks.0.norm1.bias", "decoder_pos_embed", "mask_token", "head.weight"];
        let (naming, kept, dropped) = canonical(&names);
        assert_eq!((naming, kept.len(), dropped.len()), (Naming::Timm, 1, 3));
    }
}
