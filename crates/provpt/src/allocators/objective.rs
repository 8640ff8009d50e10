//! What PPO minimizes, per experience, and its gradients:
//! `-min(ratio A, clip(ratio, 0.8, 1.2) A) + 0.5 (V - return)^2 - 0.01 entropy`
//! (Schulman et al., 2017, equations 7 and 9), with `ratio = p / old p` of the chosen block.

use super::experience::Experience;
use crate::math::vector::log_softmax;

const CLIP: f64 = 0.2;
const VALUE_WEIGHT: f64 = 0.5;
const ENTROPY_WEIGHT: f64 = 0.01;

/// Gradient of the policy's terms with respect to the logits `[L]`, times `share`. Blocks out of reach
/// have no part in the policy.
pub(super) fn d_logits(logits: &[f32], e: &Experience, advantage: f64, share: f64) -> Vec<f32> {
    let reach = e.reach.clone().unwrap_or(0..logits.len());
    let mut all = vec![0.0; logits.len()];
    let Some(reachable) = logits.get(reach.clone()) else { return all };
    let logs = log_softmax(reachable);
    let chosen = e.block.checked_sub(reach.start);
    let Some(log) = chosen.and_then(|chosen| logs.get(chosen)) else { return all };
    let ratio = (log - e.log_probability).exp();
    let surrogate = ratio * advantage;
    let clipped = ratio.clamp(1.0 - CLIP, 1.0 + CLIP) * advantage;
    // Where the clipped term is the smaller one, the ratio has no more say.
    let d_log = if surrogate <= clipped { -surrogate } else { 0.0 };
    let entropy = -logs.iter().map(|log| log.exp() * log).sum::<f64>();
    let d_logit = |(block, log): (usize, &f64)| {
        let (p, chosen) = (log.exp(), if Some(block) == chosen { 1.0 } else { 0.0 });
        share * (d_log * (chosen - p) + ENTROPY_WEIGHT * p * (log + entropy))
    };
    let slopes = logs.iter().enumerate().map(d_logit);
    all[reach].iter_mut().zip(slopes).for_each(|(all, slope)| *all = slope as f32);
    all
}

/// Gradient of the value's term with respect to the value, times `share`.
pub(super) fn d_value(value: f32, target: f64, share: f64) -> f32 {
    (share * VALUE_WEIGHT * 2.0 * (f64::from(value) - target)) as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The policy's terms, word for word.
    fn objective(logits: &[f32], e: &Experience, advantage: f64) -> f64 {
        let reach = e.reach.clone().unwrap();
        let logs = log_softmax(&logits[reach.clone()]);
        let ratio = (logs[e.block - reach.start] - e.log_probability).exp();
        let entropy = -logs.iter().map(|l| l.exp() * l).sum::<f64>();
        -(ratio * advantage).min(ratio.clamp(0.8, 1.2) * advantage) - 0.01 * entropy
    }

    proptest! {
        #[test]
        fn the_gradient_agrees_with_finite_differences(
            logits in prop::collection::vec(-2.0f32..2.0, 5),
            (start, block, end) in (0..2usize, 2..4usize, 4..=5usize),
            advantage in -2.0..2.0f64,
            ratio in 0.5..1.6f64,
        ) {
            // The objective has kinks there.
            prop_assume!((ratio - 0.8).abs() > 0.01 && (ratio - 1.2).abs() > 0.01);
            let log_probability = log_softmax(&logits[start..end])[block - start] - ratio.ln();
            let (state, value, reward, reach) = (vec![], 0.0, 0.0, Some(start..end));
            let e = Experience { state, block, log_probability, value, reward, reach };
            let gradient = d_logits(&logits, &e, advantage, 1.0);
            for i in 0..5 {
                let at = |by: f32| {
                    let mut shifted = logits.clone();
                    shifted[i] += by;
                    (f64::from(shifted[i]), objective(&shifted, &e, advantage))
                };
                let ((x0, y0), (x1, y1)) = (at(-1e-3), at(1e-3));
                let numeric = (y1 - y0) / (x1 - x0);
                prop_assert!((f64::from(gradient[i]) - numeric).abs() < 1e-4);
            }
        }
    }

    #[test]
    fn the_value_is_pulled_to_its_target() {
        assert_eq!(d_value(3.0, 1.0, 0.5), 1.0);
        assert_eq!(d_value(1.0, 3.0, 1.0), -2.0);
    }
}
