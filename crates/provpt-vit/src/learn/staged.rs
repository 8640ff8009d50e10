//! Where an array of a network in stages stands: Microsoft's key, taken apart.

use super::site::Inside;
use super::{Array, MergePart, Part, Site};
use crate::Architecture;

/// See [`Site::of`], which knows the names that all networks have.
pub(super) fn of(name: &str, a: &Architecture, inside: &Inside) -> Option<Vec<Site>> {
    if let Some((block, "attn.relative_position_bias_table")) = a.block_in(name) {
        return Some(vec![Site::Block(block, Part::Positions, Array::Weight)]);
    }
    let (place, array) = name.rsplit_once('.')?;
    let array = Array::of(array)?;
    match place {
        "patch_embed.proj" => return Some(vec![Site::Stem(array)]),
        "patch_embed.norm" => return Some(vec![Site::StemNorm(array)]),
        "norm" => return Some(vec![Site::Norm(array)]),
        _ => {}
    }
    if let Some((stage, part)) = place.split_once(".downsample.") {
        let part = match (part, array) {
            ("norm", _) => MergePart::Norm(array),
            ("reduction", Array::Weight) => MergePart::Reduction,
            _ => return None,
        };
        return Some(vec![Site::Merge(last_block(stage, a)?, part)]);
    }
    let (block, part) = a.block_in(place)?;
    let own = matches!(array, Array::Weight | Array::Bias);
    let known = |part: Part| !part.is_scale() && (own || !part.is_adapter());
    let parts =
        Part::of(part, inside.bottlenecks.get(&block).copied()).filter(|parts| known(parts[0]))?;
    Some(parts.iter().map(|&part| Site::Block(block, part, array)).collect())
}

/// The last block of the stage of this name, if another stage follows.
fn last_block(stage: &str, a: &Architecture) -> Option<usize> {
    let blocks = a.stages.as_ref()?.blocks();
    let stage = (0..blocks.len() - 1).find(|index| format!("layers.{index}") == stage)?;
    Some(blocks[..=stage].iter().sum::<usize>() - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_apart() {
        let a = Architecture::swin(64, 8, [2, 2, 1], [1, 2, 4], 4);
        let known = [
            ("patch_embed.proj.weight", 8 * 48),
            ("patch_embed.norm.bias", 8),
            ("layers.0.blocks.1.norm1.weight", 8),
            ("layers.1.blocks.0.attn.qkv.weight", 3 * 256),
            ("layers.1.blocks.1.attn.relative_position_bias_table", 49 * 2),
            ("layers.2.blocks.0.mlp.fc1.bias", 128),
            ("layers.0.downsample.norm.weight", 32),
            ("layers.1.downsample.reduction.weight", 32 * 64),
            ("norm.weight", 32),
        ];
        for (name, len) in known {
            assert_eq!(a.array_len(name), Some(len), "{name}");
        }
        let merge = vec![Site::Merge(3, MergePart::Reduction)];
        let bare = Inside::default();
        assert_eq!(of("layers.1.downsample.reduction.weight", &a, &bare), Some(merge));
        let bottlenecks = (0..5).map(|block| (block, 3)).collect();
        let inside = Inside { rank: Some(2), bottlenecks };
        let inner = [
            ("layers.0.blocks.1.attn.v.lora_b", 2 * 8),
            ("layers.1.blocks.0.mlp.fc2.lora_a", 2 * 64),
            ("layers.2.blocks.0.attn.qkv.ssf_scale", 3 * 32),
            ("layers.0.downsample.norm.ssf_shift", 32),
            ("patch_embed.proj.ssf_scale", 8),
            ("patch_embed.norm.ssf_shift", 8),
            ("layers.2.blocks.0.adapter_downsample.weight", 3 * 32),
            ("lora.scale", 1),
        ];
        for (name, len) in inner {
            let sites = Site::of(name, &a, &inside).unwrap_or_else(|| panic!("{name}"));
            assert_eq!(sites.iter().map(|site| site.len(&a)).sum::<usize>(), len, "{name}");
        }
        assert_eq!(Site::of("layers.0.downsample.reduction.ssf_scale", &a, &inside), None);
        assert_eq!(Site::of("layers.0.blocks.0.adapter_upsample.ssf_scale", &a, &inside), None);
        let unknown = [
            "blocks.0.norm1.bias",
            "layers.0.blocks.2.norm1.bias",
            "layers.3.blocks.0.norm1.bias",
            "layers.00.blocks.0.norm1.bias",
            "layers.2.downsample.norm.weight",
            "layers.0.downsample.reduction.bias",
            "layers.0.blocks.0.ls1.weight",
            "layers.0.blocks.0",
            "fc_norm.bias",
            "pos_embed",
            "cls_token",
            "",
        ];
        for name in unknown {
            assert_eq!(a.array_len(name), None, "{name}");
        }
    }
}
