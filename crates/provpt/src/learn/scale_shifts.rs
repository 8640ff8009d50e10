//! Scales and shifts behind every layer, as they are before the first step (Lian et al., SSF,
//! NeurIPS 2022).

use provpt_vit::{Architecture, Pooling};
use rand::RngExt;
use rand_distr::StandardNormal;

use crate::config::Config;
use crate::learn::set::Param;
use provpt_base::{Purpose, stream};

/// Standard deviation of both, as published.
const SPREAD: f32 = 0.02;

/// New ones, as published: scales from N(1, 0.02^2), shifts from N(0, 0.02^2).
pub(crate) fn scale_shifts(a: &Architecture, config: &Config) -> Vec<Param> {
    let arrays = |(place, (layer, width)): (usize, (String, usize))| {
        let draw = |which: u64, mean: f32| -> Vec<f32> {
            let mut rng = stream(config.seed, Purpose::ScaleShiftInit, [place as u64, which]);
            let mut normal = || rng.sample::<f32, _>(StandardNormal);
            (0..width).map(|_| mean + SPREAD * normal()).collect()
        };
        [
            Param::new(&format!("{layer}.ssf_scale"), &[width], draw(0, 1.0)),
            Param::new(&format!("{layer}.ssf_shift"), &[width], draw(1, 0.0)),
        ]
    };
    let blocks = (0..a.depth).flat_map(|block| of_block(a, block));
    blocks.chain(around_blocks(a)).enumerate().flat_map(arrays).collect()
}

/// The layers of a block, and how wide they are.
fn of_block(a: &Architecture, block: usize) -> [(String, usize); 6] {
    let (d, m) = (a.block_width(block), a.block_mlp_width(block));
    let layers = [
        ("norm1", d),
        ("attn.qkv", 3 * d),
        ("attn.proj", d),
        ("norm2", d),
        ("mlp.fc1", m),
        ("mlp.fc2", d),
    ];
    layers.map(|(layer, width)| (format!("{}.{layer}", a.block_name(block)), width))
}

/// The layers that belong to no block: in stages the merges' norms, too, but not their reductions,
/// which have no bias to take a shift in.
fn around_blocks(a: &Architecture) -> Vec<(String, usize)> {
    let (first, last) = (a.block_width(0), a.width);
    let named = |(layer, width): (&str, usize)| (layer.to_owned(), width);
    let Some(stages) = a.stages else {
        let norm = if a.pooling == Pooling::Cls { "norm" } else { "fc_norm" };
        return [("patch_embed.proj", first), (norm, last)].map(named).to_vec();
    };
    let merges = (0..stages.blocks().len() - 1)
        .map(|stage| (format!("layers.{stage}.downsample.norm"), 4 * (first << stage)));
    let stem = [("patch_embed.proj", first), ("patch_embed.norm", first)].map(named);
    stem.into_iter().chain(merges).chain([named(("norm", last))]).collect()
}

#[cfg(test)]
mod tests {
    use provpt_vit::weights::LoadOptions;
    use provpt_vit::{Backbone, Prompts, Tuned, Weight};

    use super::*;

    #[test]
    fn they_are_drawn_as_published_behind_all_layers() {
        let options = LoadOptions { pooling: Some(Pooling::Mean), ..LoadOptions::default() };
        let a = Backbone::pico(&options).unwrap().architecture;
        let params = scale_shifts(&a, &Config::default());
        let count: usize = params.iter().map(|param| param.values.len()).sum();
        // Per block 11 widths, with an MLP of 4, and two at the ends.
        assert_eq!(count, 2 * (12 * 11 + 2) * 128);
        for (end, mean) in [("scale", 1.0), ("shift", 0.0)] {
            let own = params.iter().filter(|param| param.name.ends_with(end));
            let values: Vec<f64> = own.flat_map(|p| &p.values).map(|v| f64::from(*v)).collect();
            let n = values.len() as f64;
            let average = values.iter().sum::<f64>() / n;
            let spread = (values.iter().map(|v| (v - average).powi(2)).sum::<f64>() / n).sqrt();
            assert!((average - mean).abs() < 1e-3 && (spread - 0.02).abs() < 1e-3, "{end}");
        }
        let weights: Vec<Weight<'_>> =
            params.iter().map(|p| Weight { name: &p.name, values: &p.values }).collect();
        let entry = Tuned { prompts: Prompts::NONE, weights: &weights }.last_entry(&a).unwrap();
        assert_eq!(entry, None, "what tokens are made of learns, too");
    }
}
