//! Matrices of low rank beside the maps of every block, as they are before the first step (Hu et
//! al., LoRA, ICLR 2022).

use provpt_vit::Architecture;
use rand::RngExt;

use crate::config::Config;
use crate::error::Error;
use crate::learn::set::Param;
use provpt_base::{Purpose, stream};

/// New ones: `A` from U(-1/sqrt(inputs), 1/sqrt(inputs)), `B` 0, so that they change nothing; and
/// `alpha / rank`, which `B A` is multiplied with.
pub(crate) fn low_ranks(a: &Architecture, config: &Config) -> Result<Vec<Param>, Error> {
    // The narrowest: widths grow from stage to stage.
    let (width, settings) = (a.block_width(0), &config.model.lora);
    let rank = settings.rank;
    if rank > width {
        return Err(Error::Rank { width, got: rank });
    }
    let scale = (settings.alpha / rank as f64) as f32;
    let scale = Param::new("lora.scale", &[1], vec![scale]).learning(false);
    let beside = |(block, (place, target)): (usize, (usize, &str))| {
        let (map, inputs, outputs) = map(target, a, block);
        let mut rng = stream(config.seed, Purpose::LowRankInit, [block as u64, place as u64]);
        let spread = 1.0 / (inputs as f32).sqrt();
        let down: Vec<f32> =
            (0..rank * inputs).map(|_| spread * rng.random_range(-1.0f32..1.0)).collect();
        let name = |factor: &str| format!("{}.{map}.{factor}", a.block_name(block));
        [
            Param::new(&name("lora_a"), &[rank, inputs], down),
            Param::new(&name("lora_b"), &[outputs, rank], vec![0.0; outputs * rank]),
        ]
    };
    let targets: Vec<&str> = settings.targets.names().collect();
    let places =
        (0..a.depth).flat_map(|block| targets.iter().copied().enumerate().map(move |t| (block, t)));
    Ok(std::iter::once(scale).chain(places.flat_map(beside)).collect())
}

/// The map of a block that a word means: its name, inputs and outputs.
fn map(target: &str, a: &Architecture, block: usize) -> (String, usize, usize) {
    let (width, mlp_width) = (a.block_width(block), a.block_mlp_width(block));
    let (part, inputs, outputs) = match target {
        "fc1" => ("mlp", width, mlp_width),
        "fc2" => ("mlp", mlp_width, width),
        _ => ("attn", width, width),
    };
    (format!("{part}.{target}"), inputs, outputs)
}

#[cfg(test)]
mod tests {
    use provpt_vit::weights::LoadOptions;
    use provpt_vit::{Backbone, Prompts, Tuned, Weight};

    use super::*;
    use crate::config::LowRankTargets;

    fn start(change: impl FnOnce(&mut Config)) -> Result<Vec<Param>, Error> {
        let mut config = Config::default();
        change(&mut config);
        low_ranks(&Backbone::pico(&LoadOptions::default()).unwrap().architecture, &config)
    }

    #[test]
    fn they_start_as_nothing_and_are_known_to_the_network() {
        let all = LowRankTargets::of(["q", "k", "v", "proj", "fc1", "fc2"]).unwrap();
        let params = start(|config| {
            config.model.lora.targets = all;
            config.model.lora.rank = 4;
            config.model.lora.alpha = 2.0;
        })
        .unwrap();
        let (scale, factors) = params.split_first().unwrap();
        assert_eq!((&scale.values[..], scale.learns()), (&[0.5][..], false));
        // Width 128, MLP 512: rank times inputs and outputs.
        let count: usize = factors.iter().map(|param| param.values.len()).sum();
        assert_eq!(count, 12 * 4 * (4 * (128 + 128) + 2 * (128 + 512)));
        for param in factors {
            let inputs = param.shape[1] as f32;
            let most = param.values.iter().fold(0.0f32, |most, value| most.max(value.abs()));
            let least = if param.name.ends_with("_a") { 0.9 } else { 0.0 };
            assert!((least..=1.0).contains(&(most * inputs.sqrt())), "{} {most}", param.name);
        }
        let weights: Vec<Weight<'_>> =
            params.iter().map(|p| Weight { name: &p.name, values: &p.values }).collect();
        let a = Backbone::pico(&LoadOptions::default()).unwrap().architecture;
        let entry = Tuned { prompts: Prompts::NONE, weights: &weights }.last_entry(&a).unwrap();
        assert_eq!(entry, Some(0));
    }

    #[test]
    fn a_rank_beyond_the_width_is_refused() {
        let error = start(|config| config.model.lora.rank = 129).unwrap_err();
        let expected = "model.lora.rank: expected at most 128, the backbone's width, got 129";
        assert_eq!(error.to_string(), expected);
        assert!(start(|config| config.model.lora.rank = 128).is_ok());
    }
}
