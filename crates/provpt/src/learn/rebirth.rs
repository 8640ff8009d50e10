//! The value of a prompt in the block that it moves to.

use std::sync::Arc;

use provpt_vit::Backbone;
use rand::RngExt;

use crate::config::Rebirth;
use crate::learn::set::Set;
use provpt_base::Stream;

/// What becomes of a prompt's value. Between stages it cannot be kept: widths differ.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Crossing {
    /// Half-width v of U(-v, v), from which new values are drawn.
    pub(crate) spread: f32,
    /// The merges of tokens from each stage to the next, for prompts that are carried through them.
    pub(crate) merges: Arc<[Merge]>,
}

impl Crossing {
    /// The value of a prompt that goes from one stage to another one, `width` wide. Carried prompts
    /// go through the merges of the network; the way back, and otherwise, values are drawn.
    pub(crate) fn value(
        &self,
        row: &[f32],
        (from, to, width): (usize, usize, usize),
        (rebirth, factor): (Rebirth, f32),
        set: &Set,
        rng: &mut Stream,
    ) -> Vec<f32> {
        if rebirth == Rebirth::Carry && from < to && to <= self.merges.len() {
            let merges = self.merges[from..to].iter();
            return merges.fold(row.to_vec(), |row, merge| merge.carry(&row, set));
        }
        let factor = if rebirth == Rebirth::Resample { 1.0 } else { factor };
        let draw = |_| factor * rng.random_range(-self.spread..self.spread);
        (0..width).map(draw).collect()
    }
}

/// What makes one token of four between two stages: a norm, then a linear map.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Merge {
    /// The beginning of its arrays' names.
    name: String,
    norm_weight: Vec<f32>,
    norm_bias: Vec<f32>,
    reduction: Vec<f32>,
    eps: f32,
}

impl Merge {
    /// All of a backbone in stages.
    pub(crate) fn all(backbone: &Backbone) -> Arc<[Self]> {
        let a = &backbone.architecture;
        let stages = a.stages.map_or(0, |stages| stages.blocks().len());
        let merge = |stage: usize| {
            let name = format!("layers.{stage}.downsample.");
            let values = |part: &str| {
                let tensor = backbone.tensors.get(&format!("{name}{part}"));
                tensor.map(|tensor| tensor.data.clone()).unwrap_or_default()
            };
            Self {
                norm_weight: values("norm.weight"),
                norm_bias: values("norm.bias"),
                reduction: values("reduction.weight"),
                eps: a.norm_eps,
                name,
            }
        };
        (0..stages.saturating_sub(1)).map(merge).collect()
    }

    /// What it makes of four tokens that are the same, `[d]` to `[2 d]`; where its arrays learn, as
    /// they are now.
    fn carry(&self, row: &[f32], set: &Set) -> Vec<f32> {
        let now = |part: &str, still| match set.values(&format!("{}{part}", self.name)) {
            [] => still,
            learned => learned,
        };
        let weight = now("norm.weight", &self.norm_weight[..]);
        let bias = now("norm.bias", &self.norm_bias[..]);
        let reduction = now("reduction.weight", &self.reduction[..]);
        let d = row.len() as f64;
        let mean = row.iter().map(|&x| f64::from(x)).sum::<f64>() / d;
        let variance = row.iter().map(|&x| (f64::from(x) - mean).powi(2)).sum::<f64>() / d;
        let scale = (variance + f64::from(self.eps)).sqrt().recip();
        let normed = |i: usize| {
            let x = (f64::from(row[i % row.len()]) - mean) * scale;
            x * f64::from(weight[i]) + f64::from(bias[i])
        };
        let four: Vec<f64> = (0..weight.len()).map(normed).collect();
        let dot = |w: &[f32]| w.iter().zip(&four).map(|(&w, x)| f64::from(w) * x).sum::<f64>();
        reduction.chunks_exact(four.len().max(1)).map(|w| dot(w) as f32).collect()
    }
}

#[cfg(test)]
mod tests {
    use provpt_base::{Purpose, stream};
    use provpt_vit::Placement;
    use provpt_vit::weights::{LoadOptions, Source};
    use safetensors::SafeTensors;

    use super::*;
    use crate::error::Error;
    use crate::learn::bank::PromptBank;
    use crate::learn::parameters::Parameters;
    use crate::learn::set::Param;

    fn fixture(name: &str) -> String {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/transfer");
        format!("{root}/{name}.safetensors")
    }

    fn backbone() -> Backbone {
        let file = Source::File(fixture("swin.ms").into());
        Backbone::open(&file, &LoadOptions::default()).unwrap()
    }

    /// One prompt in the first block of each stage but the last, of blocks 2, 2, 2, 1.
    fn parameters(values: Vec<f32>) -> Parameters {
        let backbone = backbone();
        let a = &backbone.architecture;
        let parts = PromptBank::from_parts(a, Placement::Deep, values, vec![0, 2, 4]).unwrap();
        let bank = parts.0.carrying(Merge::all(&backbone));
        Parameters { set: parts.1.into_iter().collect(), bank: Some(bank) }
    }

    fn moved(parameters: &mut Parameters, prompt: usize, block: usize, kind: Rebirth) -> Vec<f32> {
        let mut rng = stream(1, Purpose::Rebirth, [0, 0]);
        parameters.relocate(prompt, block, (kind, 0.5), 1, &mut rng).unwrap();
        parameters.row(prompt).to_vec()
    }

    #[test]
    fn carried_prompts_are_what_the_networks_merges_make_of_them() {
        let bytes = fs_err::read(fixture("swin.carry")).unwrap();
        let tensors = SafeTensors::deserialize(&bytes).unwrap();
        let rows = |name: &str| -> Vec<f32> {
            let data = tensors.tensor(name).unwrap().data();
            data.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)).collect()
        };
        let all = [0, 1, 2].map(|stage| (rows(&format!("prompts.{stage}")), 8 << stage));
        for row in 0..3 {
            let start = all.iter().flat_map(|(rows, d)| &rows[row * d..(row + 1) * d]);
            let mut parameters = parameters(start.copied().collect());
            for (stage, block) in [(2, 6), (1, 4), (0, 2)] {
                let got = moved(&mut parameters, stage, block, Rebirth::Carry);
                let carried = rows(&format!("carried.{stage}"));
                let d = 16 << stage;
                for (got, expected) in got.iter().zip(&carried[row * d..(row + 1) * d]) {
                    assert!((got - expected).abs() < 2e-6, "stage {stage}: {got} and {expected}");
                }
                assert_eq!(got.len(), d);
            }
        }
    }

    #[test]
    fn carrying_goes_stage_by_stage_and_minds_what_learns() {
        let start: Vec<f32> = (0..8 + 16 + 32).map(|i| (i as f32).sin()).collect();
        let (mut at_once, mut in_two) = (parameters(start.clone()), parameters(start.clone()));
        moved(&mut in_two, 0, 2, Rebirth::Carry);
        let expected = moved(&mut in_two, 0, 4, Rebirth::Carry);
        assert_eq!(moved(&mut at_once, 0, 5, Rebirth::Carry), expected);
        let mut learned = parameters(start);
        let bias = Param::new("layers.0.downsample.norm.bias", &[32], vec![1.0; 32]);
        learned.set = learned.set.iter().cloned().chain([bias]).collect();
        assert_ne!(moved(&mut learned, 0, 5, Rebirth::Carry), expected);
    }

    #[test]
    fn otherwise_values_are_drawn_anew_where_widths_differ() {
        let start: Vec<f32> = vec![3.0; 8 + 16 + 32];
        let v = (6.0f32 / 56.0).sqrt();
        let most = |values: &[f32]| values.iter().fold(0.0f32, |most, v| most.max(v.abs()));
        for (kind, block, factor) in [
            (Rebirth::Scale, 6, 0.5),
            (Rebirth::Resample, 6, 1.0),
            (Rebirth::Scale, 0, 0.5),
            // There is no way back through a merge.
            (Rebirth::Carry, 0, 0.5),
        ] {
            let mut parameters = parameters(start.clone());
            let row = moved(&mut parameters, 2, block, kind);
            let bound = factor * v;
            assert_eq!(row.len(), if block == 6 { 64 } else { 8 });
            assert!(most(&row) <= bound && most(&row) > 0.6 * bound, "{kind}: {row:?}");
            // The others stand as they stood.
            assert_eq!((parameters.row(0), parameters.row(1)), (&[3.0; 8][..], &[3.0; 16][..]));
        }
        let mut parameters = parameters(start);
        assert_eq!(moved(&mut parameters, 1, 3, Rebirth::Carry), [3.0; 16], "within a stage");
        let mut rng = stream(1, Purpose::Rebirth, [0, 0]);
        let kept = parameters.relocate(1, 4, (Rebirth::Keep, 1.0), 1, &mut rng);
        assert!(matches!(kept, Err(Error::KeptAcrossStages)));
        assert_eq!(parameters.bank().unwrap().block_of(), [0, 3, 4]);
    }
}
