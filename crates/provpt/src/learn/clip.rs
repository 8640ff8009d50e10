//! Gradient clipping by global norm, as `torch.nn.utils.clip_grad_norm_` does it.

use crate::config::Prompt;
use crate::learn::bank::PromptBank;
use crate::learn::parameters::Parameters;
use crate::learn::set::Gradients;

/// Keeps the coefficient finite when all gradients are zero; PyTorch's value.
const EPS: f64 = 1e-6;

/// Euclidean norm over all slices together, summed in f64.
pub(crate) fn global_norm(parts: &[&[f32]]) -> f64 {
    parts.iter().copied().map(squares).sum::<f64>().sqrt()
}

/// What gradients of this norm are multiplied by: `max_norm / (norm + 1e-6)`, at most 1; 1 when
/// clipping is off (`max_norm <= 0`).
pub(crate) fn coefficient(norm: f64, max_norm: f64) -> f64 {
    if max_norm <= 0.0 {
        return 1.0;
    }
    (max_norm / (norm + EPS)).min(1.0)
}

/// Scales all slices together so that their global norm is at most `max_norm` (off when `<= 0`);
/// returns the norm before.
pub(crate) fn clip(mut parts: Vec<&mut [f32]>, max_norm: f64) -> f64 {
    let norm = parts.iter().map(|part| squares(part)).sum::<f64>().sqrt();
    let factor = coefficient(norm, max_norm) as f32;
    if factor < 1.0 {
        parts.iter_mut().flat_map(|part| part.iter_mut()).for_each(|v| *v *= factor);
    }
    norm
}

/// What gradients are bounded by, and the prompts that follow them.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Clipping {
    /// All gradients together; off when `<= 0`.
    pub(crate) norm: f64,
    /// That of each prompt before that; off at 0.
    pub(crate) each: f64,
    /// Prompts, in lengths of what the first norm of their block puts out; off at 0.
    pub(crate) length: f64,
}

impl Clipping {
    /// As configured.
    pub(crate) fn of(prompt: &Prompt) -> Self {
        Self { norm: prompt.clip_norm, each: prompt.clip_each, length: prompt.max_length }
    }

    /// Clips each prompt alone, then all together; returns the global norm in between.
    pub(crate) fn clip(self, gradients: &mut Gradients, parameters: &Parameters) -> f64 {
        if self.each > 0.0 {
            for place in parameters.bank().into_iter().flat_map(PromptBank::places) {
                let row = place.of(gradients.of_mut(&place.array));
                clip(row.into_iter().collect(), self.each);
            }
        }
        clip(gradients.iter_mut().collect(), self.norm)
    }

    /// Shortens prompts that have become too long.
    pub(crate) fn shorten(self, parameters: &mut Parameters) {
        let Parameters { set, bank: Some(bank) } = parameters else { return };
        if self.length <= 0.0 {
            return;
        }
        for (place, &block) in bank.places().zip(bank.block_of()) {
            let Some(usual) = bank.row_form().length(block) else { return };
            let row = place.of(set.values_mut(&place.array));
            clip(row.into_iter().collect(), self.length * usual);
        }
    }
}

/// Sum of squares, in f64.
pub(crate) fn squares(part: &[f32]) -> f64 {
    part.iter().map(|&v| f64::from(v) * f64::from(v)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use proptest::prelude::*;

    #[test]
    fn scales_all_slices_by_the_same_factor() {
        let (mut a, mut b) = (vec![3.0f32, 0.0], vec![4.0f32]);
        assert_eq!(global_norm(&[&a, &b]), 5.0);
        assert_eq!(clip(vec![&mut a, &mut b], 0.25), 5.0);
        // 0.25 / 5.000001 = 0.04999999
        let factor = 0.25 / 5.000_001;
        assert_eq!(a, [(3.0 * factor) as f32, 0.0]);
        assert_eq!(b, [(4.0 * factor) as f32]);
    }

    #[test]
    fn leaves_small_gradients_alone_and_is_off_below_zero() {
        for max_norm in [6.0, 0.0, -1.0] {
            let mut a = vec![3.0f32, 4.0];
            assert_eq!(clip(vec![&mut a], max_norm), 5.0);
            assert_eq!(a, [3.0, 4.0]);
        }
    }

    #[test]
    fn the_coefficient_is_at_most_one() {
        assert_eq!(coefficient(0.125, 0.25), 1.0);
        assert_eq!(coefficient(0.25 - EPS, 0.25), 1.0);
        assert_eq!(coefficient(0.0, 0.0), 1.0);
        assert!((coefficient(1.0, 0.25) - 0.25 / 1.000_001).abs() < 1e-15);
    }

    #[test]
    fn each_prompt_is_clipped_before_all_are() {
        let engine = crate::sample::engine();
        let parameters = crate::sample::parameters(&engine);
        let width = engine.architecture().width;
        let ones = |(name, len): (&str, usize)| (name.to_owned(), vec![1.0; len]);
        let mut prompts = ones(("prompts", parameters.set().values("prompts").len()));
        prompts.1[width..2 * width].fill(0.001);
        let head = ones(("head.bias", 2));
        let mut gradients = Gradients::in_order(parameters.set(), vec![prompts, head]);
        let clipping = Clipping { each: 0.5, ..Clipping::default() };
        let norm = clipping.clip(&mut gradients, &parameters);
        let rows: Vec<f64> =
            gradients.of("prompts").chunks(width).map(|row| squares(row).sqrt()).collect();
        let small = 0.001 * (width as f64).sqrt();
        assert!((rows[0] - 0.5).abs() < 1e-6 && (rows[1] - small).abs() < 1e-6, "{rows:?}");
        assert_eq!(gradients.of("head.bias"), [1.0, 1.0]);
        let all = (rows.iter().map(|row| row * row).sum::<f64>() + 2.0).sqrt();
        assert!((norm - all).abs() < 1e-6, "{norm} {all}");
    }

    #[test]
    fn only_prompts_that_are_too_long_are_shortened() {
        let words = ["model.prompt.form=normed", "model.prompt.init=tokens", "recipe=published"];
        let words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
        let config = Config::from_args(None, &words).unwrap().config;
        let setup = crate::sample::setup(&config, crate::sample::task([0.0, 0.0]));
        let mut parameters = setup.learner().parameters;
        let bank = parameters.bank().unwrap().clone();
        let usual = |prompt: usize| bank.row_form().length(bank.block_of()[prompt]).unwrap();
        let length = |parameters: &Parameters, prompt| squares(parameters.row(prompt)).sqrt();
        let width = bank.width();
        parameters.set.values_mut("prompts")[..width].fill(100.0);
        let before = parameters.clone();
        Clipping::default().shorten(&mut parameters);
        assert_eq!(parameters, before);
        Clipping { length: 3.0, ..Clipping::default() }.shorten(&mut parameters);
        assert!((length(&parameters, 0) / (3.0 * usual(0)) - 1.0).abs() < 1e-5);
        assert_eq!(parameters.row(1), before.row(1));
        assert!((0.5..1.5).contains(&(length(&parameters, 1) / usual(1))));
    }

    proptest! {
        #[test]
        fn never_exceeds_the_bound(
            mut a in prop::collection::vec(-1e3f32..1e3, 0..20),
            mut b in prop::collection::vec(-1e3f32..1e3, 0..20),
            max_norm in 1e-3..10.0f64,
        ) {
            let before = global_norm(&[&a, &b]);
            prop_assert_eq!(clip(vec![&mut a, &mut b], max_norm), before);
            prop_assert!(global_norm(&[&a, &b]) <= before.min(max_norm) * (1.0 + 1e-5));
        }
    }
}
