//! Prompts as they are before the first step.

use provpt_base::{Purpose, Stream, stream};
use provpt_vit::Architecture;
use rand::RngExt;
use rand_distr::{Distribution, StandardNormal};

use crate::config::Config;
use crate::learn::bank::PromptBank;
use crate::learn::form::{PROJECT_BIAS, PROJECT_WEIGHT, PromptForm};
use crate::learn::set::Param;

/// Addresses, and the arrays that prompts are made of. Prompts are drawn from U(-v, v) with
/// `v = sqrt(6 / (3 patch² + width))`; a map to the backbone's width d from N(0, 2 / d), its bias
/// from U(-1/sqrt(width), 1/sqrt(width)) (Jia et al., VPT, ECCV 2022).
pub(crate) fn fresh(config: &Config, a: &Architecture, form: &PromptForm) -> (PromptBank, Vec<Param>) {
    let placement = form.placement(config.model.prompt.deep);
    let block_of = form.addresses(config, a);
    let first = block_of.first();
    let in_one = block_of.iter().filter(|block| Some(*block) == first).count();
    let rows = if form.shared { in_one } else { block_of.len() };
    let bank = PromptBank::of_form(a, placement, block_of, form);
    let [mut rng, mut map] = [0, 1].map(|part| stream(config.seed, Purpose::PromptInit, [part, 0]));
    let array = |(name, shape): (&str, Vec<usize>)| {
        let mut values = vec![0.0; shape.iter().product()];
        match name {
            PROJECT_WEIGHT => normal(&mut values, (2.0 / a.width as f32).sqrt(), &mut map),
            PROJECT_BIAS => uniform(&mut values, 1.0 / (bank.width() as f32).sqrt(), &mut map),
            _ => uniform(&mut values, bank.spread(), &mut rng),
        }
        Param::new(name, &shape, values)
    };
    let params = form.arrays(a, rows).into_iter().map(array).collect();
    (bank, params)
}

fn uniform(values: &mut [f32], spread: f32, rng: &mut Stream) {
    values.iter_mut().for_each(|value| *value = rng.random_range(-spread..spread));
}

fn normal(values: &mut [f32], deviation: f32, rng: &mut Stream) {
    let normal = StandardNormal.map(|x: f32| x * deviation);
    values.iter_mut().for_each(|value| *value = rng.sample(&normal));
}
