//! The backbone's own arrays that a method learns, as they are before the first step.

use std::collections::BTreeMap;

use provpt_vit::weights::Tensor;
use provpt_vit::{Architecture, Backbone, Pooling, Stages};
use rand::RngExt;
use rand_distr::{Distribution, StandardNormal};

use crate::config::{AdapterInit, Config};
use crate::error::Error;
use crate::learn::low_ranks::low_ranks;
use crate::learn::scale_shifts::scale_shifts;
use crate::learn::set::Param;
use crate::method::Thawed;
use provpt_base::{Purpose, stream};

/// Standard deviation of a CLS token that is drawn anew (Jia et al., VPT, ECCV 2022).
const REDRAWN: f32 = 1e-6;

/// Copies the arrays that learn out of a backbone, in the order of their names.
///
/// # Errors
/// There are fewer blocks than are to learn.
pub(crate) fn thawed(
    thawed: Thawed,
    backbone: &Backbone,
    config: &Config,
) -> Result<Vec<Param>, Error> {
    let a = &backbone.architecture;
    if let Thawed::Last(got) = thawed
        && got > a.depth
    {
        return Err(Error::PartialBlocks { depth: a.depth, got });
    }
    match thawed {
        Thawed::Adapters => return adapters(a, config),
        Thawed::LowRanks => return low_ranks(a, config),
        Thawed::ScaleShifts => return Ok(scale_shifts(a, config)),
        _ => {}
    }
    let identity = identity_norm(a, &backbone.tensors);
    let all: BTreeMap<&String, &Tensor> = backbone.tensors.iter().chain(&identity).collect();
    let learns = |name: &str| {
        let included = match (thawed, &a.stages) {
            (Thawed::Last(blocks), Some(stages)) => is_among_last(name, blocks, stages, a.depth),
            _ => thawed.includes(name, a.depth),
        };
        included && is_part(name, a) && !is_fixed(name, backbone)
    };
    let param =
        |(name, tensor): (&&String, &&Tensor)| Param::new(name, &tensor.shape, tensor.data.clone());
    let mut params: Vec<Param> = all.iter().filter(|(name, _)| learns(name)).map(param).collect();
    if thawed == Thawed::RedrawnCls {
        let normal = StandardNormal.map(|x: f32| x * REDRAWN);
        let mut rng = stream(config.seed, Purpose::ClsInit, [0, 0]);
        for value in params.iter_mut().flat_map(|param| &mut param.values) {
            *value = rng.sample(&normal);
        }
    }
    Ok(params)
}

/// Whether an array belongs to the last blocks of a network in stages, so many of them, to the merges
/// between these, or to the final norm.
fn is_among_last(name: &str, blocks: usize, stages: &Stages, depth: usize) -> bool {
    let first = depth - blocks.min(depth);
    let number = |text: &str| text.parse::<usize>().ok();
    let placed = name.strip_prefix("layers.").and_then(|rest| rest.split_once('.'));
    match placed.map(|(stage, rest)| (number(stage), rest.split('.').collect::<Vec<_>>())) {
        None => name.starts_with("norm."),
        Some((Some(stage), rest)) if rest[0] == "downsample" => stage >= stages.place(first).0,
        Some((Some(stage), rest)) => match rest.get(1).and_then(|block| number(block)) {
            Some(block) => stages.blocks().iter().take(stage).sum::<usize>() + block >= first,
            None => false,
        },
        Some(_) => false,
    }
}

/// The norm behind mean pooling, which normalizes only where the backbone has none.
fn identity_norm(a: &Architecture, tensors: &BTreeMap<String, Tensor>) -> BTreeMap<String, Tensor> {
    let has_none = a.pooling != Pooling::Cls && a.stages.is_none();
    if !has_none || tensors.contains_key("fc_norm.weight") {
        return BTreeMap::new();
    }
    let array = |name: &str, value: f32| {
        (format!("fc_norm.{name}"), Tensor { shape: vec![a.width], data: vec![value; a.width] })
    };
    [array("weight", 1.0), array("bias", 0.0)].into()
}

/// New adapters: `down` from U(-1/sqrt(d), 1/sqrt(d)), all else 0, which is the identity; or all 0,
/// as the published code has it, in which only the last bias ever has a gradient.
fn adapters(a: &Architecture, config: &Config) -> Result<Vec<Param>, Error> {
    let settings = &config.model.adapter;
    // The narrowest: widths grow from stage to stage.
    let width = a.block_width(0);
    if width / settings.reduction == 0 {
        return Err(Error::Reduction { width, got: settings.reduction });
    }
    let of_block = |block: usize| {
        let width = a.block_width(block);
        let narrow = width / settings.reduction;
        let spread = match settings.init {
            AdapterInit::Identity => 1.0 / (width as f32).sqrt(),
            AdapterInit::Zero => 0.0,
        };
        let start = a.block_name(block);
        let mut rng = stream(config.seed, Purpose::AdapterInit, [block as u64, 0]);
        let draw = |_| spread * rng.random_range(-1.0f32..1.0);
        let down: Vec<f32> = (0..narrow * width).map(draw).collect();
        let array = |name: &str, shape: &[usize], values: Vec<f32>| {
            Param::new(&format!("{start}.adapter_{name}"), shape, values)
        };
        [
            array("downsample.weight", &[narrow, width], down),
            array("downsample.bias", &[narrow], vec![0.0; narrow]),
            array("upsample.weight", &[width, narrow], vec![0.0; width * narrow]),
            array("upsample.bias", &[width], vec![0.0; width]),
        ]
    };
    Ok((0..a.depth).flat_map(of_block).collect())
}

/// Whether the network has such an array, and not only zeros in place of one.
pub(crate) fn is_part(name: &str, a: &Architecture) -> bool {
    a.array_len(name).is_some() && (a.qkv_bias || !name.ends_with("attn.qkv.bias"))
}

/// MoCo v3 was trained with positions that do not learn, and they do not learn here.
fn is_fixed(name: &str, backbone: &Backbone) -> bool {
    name == "pos_embed" && backbone.name.starts_with("mocov3")
}

#[cfg(test)]
mod tests {
    use provpt_vit::weights::LoadOptions;

    use super::*;

    fn learned(kind: Thawed, pooling: Pooling) -> Vec<Param> {
        let options = LoadOptions { pooling: Some(pooling), ..LoadOptions::default() };
        thawed(kind, &Backbone::pico(&options).unwrap(), &Config::default()).unwrap()
    }

    fn count(params: &[Param]) -> usize {
        params.iter().map(|param| param.values.len()).sum()
    }

    #[test]
    fn so_many_numbers_learn() {
        // Width d, 12 blocks, MLP 4 d.
        let d = 128;
        let block = 12 * d * d + 13 * d;
        let expected = [
            (Thawed::Nothing, 0),
            (Thawed::Cls, d),
            (Thawed::RedrawnCls, d),
            (Thawed::Biases, d + 12 * 11 * d + d),
            (Thawed::Adapters, 12 * (2 * d * d / 8 + d / 8 + d)),
            (Thawed::Last(1), block + 2 * d),
            (Thawed::Last(12), 12 * block + 2 * d),
            (Thawed::All, d + 65 * d + 49 * d + 12 * block + 2 * d),
        ];
        for (kind, expected) in expected {
            assert_eq!(count(&learned(kind, Pooling::Cls)), expected, "{kind:?}");
            assert_eq!(count(&learned(kind, Pooling::Mean)), expected, "{kind:?}, mean");
        }
    }

    /// Names of a Swin transformer's arrays, and how many numbers of them learn.
    fn swin_count(kind: Thawed) -> usize {
        let a = &provpt_vit::registry::find("swin_base_patch4_window7_224").unwrap().architecture;
        let stages = a.stages.unwrap();
        let pair = |name: String| ["weight", "bias"].map(|part| format!("{name}.{part}"));
        let parts = ["norm1", "attn.qkv", "attn.proj", "norm2", "mlp.fc1", "mlp.fc2"];
        let block = |(stage, block): (usize, usize)| {
            let start = format!("layers.{stage}.blocks.{block}");
            let table = format!("{start}.attn.relative_position_bias_table");
            parts.map(|part| pair(format!("{start}.{part}"))).into_iter().flatten().chain([table])
        };
        let blocks = (0..a.depth).flat_map(|index| block(stages.place(index)));
        let merges = (0..3).flat_map(|stage| {
            let start = format!("layers.{stage}.downsample");
            pair(format!("{start}.norm")).into_iter().chain([format!("{start}.reduction.weight")])
        });
        let ends = ["patch_embed.proj", "patch_embed.norm", "norm"].map(str::to_owned).map(pair);
        let names = blocks.chain(merges).chain(ends.into_iter().flatten());
        let learns = |name: &String| match kind {
            Thawed::Last(blocks) => is_among_last(name, blocks, &stages, a.depth),
            _ => kind.includes(name, a.depth),
        };
        names.filter(learns).map(|name| a.array_len(&name).unwrap()).sum()
    }

    #[test]
    fn so_many_numbers_learn_in_stages() {
        assert_eq!(swin_count(Thawed::Biases), 200_760);
        assert_eq!(swin_count(Thawed::Last(1)), 12_603_680);
        assert_eq!(swin_count(Thawed::Last(2)), 25_205_312);
        assert_eq!(swin_count(Thawed::Last(4)), 33_616_736);
        assert_eq!(swin_count(Thawed::All), 86_743_224);
    }

    #[test]
    fn the_norm_behind_mean_pooling_learns_under_its_own_name() {
        let names: Vec<String> =
            learned(Thawed::Biases, Pooling::Mean).into_iter().map(|param| param.name).collect();
        assert!(names.contains(&"fc_norm.bias".to_owned()), "{names:?}");
        assert!(!names.contains(&"norm.bias".to_owned()), "{names:?}");
    }

    #[test]
    fn a_redrawn_token_is_next_to_nothing() {
        let token = learned(Thawed::RedrawnCls, Pooling::Cls).remove(0);
        assert_eq!((token.name.as_str(), token.shape.as_slice()), ("cls_token", &[1, 1, 128][..]));
        let largest = token.values.iter().fold(0.0f32, |most, value| most.max(value.abs()));
        assert!((1e-6..1e-5).contains(&largest), "{largest}");
    }

    #[test]
    fn adapters_start_as_the_identity_or_all_zero() {
        let start = |init: AdapterInit| {
            let mut config = Config::default();
            config.model.adapter.init = init;
            let backbone = Backbone::pico(&LoadOptions::default()).unwrap();
            thawed(Thawed::Adapters, &backbone, &config).unwrap()
        };
        for param in start(AdapterInit::Identity) {
            let drawn = param.name.ends_with("downsample.weight");
            assert_eq!(param.values.iter().any(|&value| value != 0.0), drawn, "{}", param.name);
            assert!(param.values.iter().all(|value| value.abs() <= 1.0 / 128.0f32.sqrt()));
        }
        assert!(start(AdapterInit::Zero).iter().all(|p| p.values.iter().all(|&v| v == 0.0)));
    }

    #[test]
    fn adapters_without_any_width_are_refused() {
        let backbone = Backbone::pico(&LoadOptions::default()).unwrap();
        let mut config = Config::default();
        config.model.adapter.reduction = 129;
        let error = thawed(Thawed::Adapters, &backbone, &config).unwrap_err();
        let expected =
            "model.adapter.reduction: expected at most 128, the backbone's width, got 129";
        assert_eq!(error.to_string(), expected);
        config.model.adapter.reduction = 128;
        assert_eq!(thawed(Thawed::Adapters, &backbone, &config).unwrap().len(), 48);
    }

    #[test]
    fn more_blocks_than_there_are_are_refused() {
        let backbone = Backbone::pico(&LoadOptions::default()).unwrap();
        let error = thawed(Thawed::Last(13), &backbone, &Config::default()).unwrap_err();
        let expected = "model.transfer_type: expected partial-1 to partial-12, got partial-13";
        assert_eq!(error.to_string(), expected);
    }
}
