//! Prompts as they are before the first step.

use provpt_base::{Purpose, Stream, stream};
use provpt_vit::Architecture;
use rand::RngExt;
use rand_distr::{Distribution, StandardNormal};

use crate::config::{Config, PromptLocation};
use crate::learn::bank::PromptBank;
use crate::learn::form::{PROJECT_BIAS, PROJECT_WEIGHT, PromptForm};
use crate::learn::making::Making;
use crate::learn::parameters::{LOGITS, PROMPTS};
use crate::learn::set::Param;

/// Addresses, and the arrays that prompts are made of, as [`draw`] has them.
pub(crate) fn fresh(
    config: &Config,
    a: &Architecture,
    form: &PromptForm,
    making: Making,
) -> (PromptBank, Vec<Param>) {
    let (bank, mut params) = rows(config, a, form, making);
    if let Some(logit) = config.model.prompt.logit {
        let count = bank.len();
        params.push(Param::new(LOGITS, &[count], vec![logit as f32; count]));
    }
    (bank, params)
}

/// The same without what is added to logits.
fn rows(
    config: &Config,
    a: &Architecture,
    form: &PromptForm,
    making: Making,
) -> (PromptBank, Vec<Param>) {
    let placement = form.placement(config.model.prompt.deep);
    let block_of = form.addresses(config, a);
    let first = block_of.first();
    let in_one = block_of.iter().filter(|block| Some(*block) == first).count();
    let rows = if form.shared { in_one } else { block_of.len() };
    let bank = PromptBank::of_form(a, placement, block_of, (form, making));
    let [mut rng, mut map] = [0, 1].map(|part| stream(config.seed, Purpose::PromptInit, [part, 0]));
    let array = |(name, shape): (&str, Vec<usize>)| {
        let mut values = vec![0.0; shape.iter().product()];
        draw(&mut values, name, (form, &bank, a), if is_map(name) { &mut map } else { &mut rng });
        Param::new(name, &shape, values)
    };
    if let Some(stages) = &bank.stages {
        let mut values = vec![0.0; stages.values_len(bank.block_of())];
        draw(&mut values, PROMPTS, (form, &bank, a), &mut rng);
        let params = stages.params(bank.block_of(), &values);
        return (bank, params);
    }
    let params = form.arrays(a, rows).into_iter().map(array).collect();
    (bank, params)
}

fn is_map(name: &str) -> bool {
    name == PROJECT_WEIGHT || name == PROJECT_BIAS
}

/// Prompts are drawn from U(-v, v) with `v = sqrt(6 / (3 patch² + width))`, those that are pixels of
/// pictures from U(0, 1) or N(0, 1); a map to the backbone's width d from N(0, 2 / d), its bias from
/// U(-1/sqrt(width), 1/sqrt(width)) (Jia et al., VPT, ECCV 2022).
fn draw(
    values: &mut [f32],
    name: &str,
    (form, bank, a): (&PromptForm, &PromptBank, &Architecture),
    rng: &mut Stream,
) {
    let uniform = |values: &mut [f32], low: f32, high: f32, rng: &mut Stream| {
        values.iter_mut().for_each(|value| *value = rng.random_range(low..high));
    };
    let normal = |values: &mut [f32], deviation: f32, rng: &mut Stream| {
        let normal = StandardNormal.map(|x: f32| x * deviation);
        values.iter_mut().for_each(|value| *value = rng.sample(&normal));
    };
    let inverse = 1.0 / (bank.width() as f32).sqrt();
    match (name, form.location) {
        (PROJECT_WEIGHT, _) => normal(values, (2.0 / a.width as f32).sqrt(), rng),
        (PROJECT_BIAS, _) => uniform(values, -inverse, inverse, rng),
        (_, PromptLocation::PrependPixelGaussian) => normal(values, 1.0, rng),
        (_, PromptLocation::PrependPixelImagenet | PromptLocation::Pad) => {
            uniform(values, 0.0, 1.0, rng);
        }
        _ => uniform(values, -bank.spread(), bank.spread(), rng),
    }
}
