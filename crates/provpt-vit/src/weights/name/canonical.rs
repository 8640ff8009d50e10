//! From a file's names to canonical (timm's) ones.

use std::collections::BTreeMap;

use super::convention::{Convention, Tensors};
use super::layout::Layout;
use super::rename::number;
use crate::weights::Tensor;
use crate::weights::read::StateDict;

/// What wrappers of modules put into the middle of names.
const INFIXES: [&str; 4] =
    ["_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module", "_forward_module"];

/// A checkpoint under canonical names.
pub(in crate::weights) struct Canonical {
    pub(in crate::weights) tensors: Tensors,
    /// The file's own name for a tensor, where it is another one.
    pub(in crate::weights) origins: BTreeMap<String, String>,
    /// Names that are no part of a backbone, as the file has them.
    pub(in crate::weights) dropped: Vec<String>,
    /// Heads, where the file shows them.
    pub(in crate::weights) heads: Option<usize>,
    /// Windows of an image by stage, where the file has masks of them.
    pub(in crate::weights) windows: BTreeMap<usize, usize>,
}

impl Convention {
    /// Renames, drops what is no part of the backbone, joins queries, keys and values. What does
    /// not stand behind the prefix is dropped; what does, and that no rule knows, keeps its name.
    pub(in crate::weights) fn canonical(&self, prefix: &str, state: StateDict) -> Canonical {
        let mut dropped = state.skipped;
        let mut inside = Tensors::new();
        let (mut names, mut windows) = (BTreeMap::new(), BTreeMap::new());
        for (name, tensor) in state.tensors {
            match name.strip_prefix(prefix).map(without_infixes) {
                Some(bare) if !self.drops(&bare) && !inside.contains_key(&bare) => {
                    names.insert(bare.clone(), name);
                    inside.insert(bare, tensor);
                }
                bare => {
                    windows.extend(bare.and_then(|bare| of_mask(&bare, &tensor)));
                    dropped.push(name);
                }
            }
        }
        (self.prepare)(&mut inside);
        let heads = (self.heads)(&inside);
        let mut tensors = Tensors::new();
        let mut origins = BTreeMap::new();
        for (bare, tensor) in inside {
            let (mut canonical, layout) = self.rename(&bare);
            // Two names for one thing: the merge will list the second.
            if tensors.contains_key(&canonical) {
                canonical.clone_from(&bare);
            }
            let name = names.remove(&bare).unwrap_or(bare);
            if name != canonical {
                origins.insert(canonical.clone(), name);
            }
            tensors.insert(canonical, layout.apply(tensor));
        }
        join_qkv(&mut tensors);
        dropped.sort();
        Canonical { tensors, origins, dropped, heads, windows }
    }

    /// The canonical name of a tensor by its name in the file; none if it is no part of the
    /// backbone.
    pub(in crate::weights) fn canonical_name(&self, prefix: &str, name: &str) -> Option<String> {
        let bare = without_infixes(name.strip_prefix(prefix)?);
        let (canonical, _) = self.rename(&bare);
        let joined = ["query", "key", "value"].iter().find_map(|part| {
            let part = format!(".attn.{part}.");
            canonical.contains(&part).then(|| canonical.replace(&part, ".attn.qkv."))
        });
        (!self.drops(&bare)).then(|| joined.unwrap_or(canonical))
    }

    fn drops(&self, bare: &str) -> bool {
        let last = bare.rsplit('.').next();
        self.dropped.iter().any(|start| bare.starts_with(start))
            || self.buffers.iter().any(|buffer| last == Some(*buffer))
    }

    fn rename(&self, name: &str) -> (String, Layout) {
        let renamed = self.rules.iter().find_map(|rule| Some((rule.apply(name)?, rule.layout)));
        renamed.unwrap_or_else(|| (name.to_owned(), Layout::Same))
    }
}

/// A stage, and the windows that a mask `[windows, w * w, w * w]` of its shifted blocks is for.
fn of_mask(bare: &str, mask: &Tensor) -> Option<(usize, usize)> {
    let (stage, rest) = bare.strip_prefix("layers.")?.split_once('.')?;
    let windows = mask.shape.first().filter(|_| rest.ends_with(".attn_mask"))?;
    Some((usize::from(number(stage)?), *windows))
}

fn without_infixes(name: &str) -> String {
    let parts = name.split('.').filter(|part| !INFIXES.contains(part));
    parts.collect::<Vec<_>>().join(".")
}

/// `attn.{query,key,value}.*` to `attn.qkv.*`, where all three are there and of one shape.
fn join_qkv(tensors: &mut Tensors) {
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
    use super::super::{Located, Naming, locate};
    use super::*;

    fn canonical(names: &[&str]) -> (Naming, Vec<String>, Vec<String>) {
        let tensor = || Tensor { shape: vec![1], data: vec![0.0] };
        let tensors: Tensors = names.iter().map(|name| ((*name).to_owned(), tensor())).collect();
        let Located::At(place) = locate(tensors.keys().map(String::as_str), None) else {
            panic!("{names:?}")
        };
        let state = StateDict { tensors, ..StateDict::default() };
        let canonical = place.naming.convention().canonical(&place.prefix, state);
        (place.naming, canonical.tensors.into_keys().collect(), canonical.dropped)
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
        let twice = ["encoder.layer.0.layernorm_before.bias", "encoder.layer.0.norm1.bias"];
        let (_, kept, dropped) = canonical(&twice);
        assert_eq!((kept.len(), dropped.len()), (2, 0), "{kept:?}");
        assert!(kept.contains(&twice[1].to_owned()), "{kept:?}");
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
    fn what_wrappers_put_into_the_middle_comes_off() {
        let (_, kept, _) = canonical(&[
            "_orig_mod.patch_embed.proj.weight",
            "_orig_mod.blocks.0._fsdp_wrapped_module.norm1.bias",
            "_orig_mod.blocks.1._checkpoint_wrapped_module.norm1.bias",
        ]);
        let expected = ["blocks.0.norm1.bias", "blocks.1.norm1.bias", "patch_embed.proj.weight"];
        assert_eq!(kept, expected);
    }

    #[test]
    fn chunks_of_blocks_come_off() {
        let names = ["blocks.0.1.norm1.bias", "blocks.1.7.ls1.gamma", "blocks.2.norm1.bias"];
        let (_, kept, _) = canonical(&names);
        assert_eq!(kept, ["blocks.1.norm1.bias", "blocks.2.norm1.bias", "blocks.7.ls1.gamma"]);
    }

    #[test]
    fn swins_merges_stand_behind_the_stage_before_them() {
        let names = ["layers.1.downsample.norm.bias", "layers.2.downsample.norm.bias"];
        let (naming, kept, _) = canonical(&["layers.0.blocks.0.norm1.bias", names[0], names[1]]);
        assert_eq!(naming, Naming::Timm);
        let merges = ["layers.0.downsample.norm.bias", "layers.1.downsample.norm.bias"];
        assert_eq!(kept[1..], merges);
        let (_, kept, _) = canonical(&["layers.0.blocks.0.norm1.bias", merges[0], merges[1]]);
        assert_eq!(kept[1..], merges);
    }

    #[test]
    fn masks_of_windows_are_dropped_and_tell_how_many_there_are() {
        let mask = Tensor { shape: vec![4, 1, 1], data: vec![0.0; 4] };
        let tensors = [("layers.1.blocks.1.attn_mask".to_owned(), mask)].into();
        let state = StateDict { tensors, ..StateDict::default() };
        let canonical = Naming::Timm.convention().canonical("", state);
        assert_eq!(canonical.windows, [(1, 4)].into());
        assert_eq!(canonical.dropped, ["layers.1.blocks.1.attn_mask"]);
    }

    #[test]
    fn stacks_are_cut_into_blocks() {
        let name = "Transformer/encoderblock/LayerNorm_0/scale".to_owned();
        let stack = Tensor { shape: vec![2, 3], data: vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0] };
        let tensors = [(name, stack)].into();
        let state = StateDict { tensors, ..StateDict::default() };
        let tensors = Naming::Google.convention().canonical("", state).tensors;
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
