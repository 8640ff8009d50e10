//! What an allocator remembers of a choice, and the returns that follow from rewards.

use std::ops::Range;

use serde::{Deserialize, Serialize};

const EPS: f64 = 1e-8;

/// A choice and, once known, its reward.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Experience {
    /// `[3L]`: what the policy saw.
    pub state: Vec<f32>,
    /// The block it chose.
    pub block: usize,
    /// Log-probability of that block under the policy that chose it.
    pub log_probability: f64,
    /// The critic's value of the state at that time.
    pub value: f64,
    /// What the choice brought; 0 until known.
    pub reward: f64,
    /// The blocks that might be chosen, if not all might.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reach: Option<Range<usize>>,
}

/// Monte-Carlo returns `R_t = r_t + discount R_{t+1}`, less their mean, over their sample standard
/// deviation + 1e-8. A single return has no spread (PyTorch would make it NaN) and stays as it is.
pub(super) fn normalized_returns(experiences: &[Experience], discount: f64) -> Vec<f64> {
    let mut returns = vec![0.0; experiences.len()];
    let mut ahead = 0.0;
    for (r, experience) in returns.iter_mut().zip(experiences).rev() {
        ahead = experience.reward + discount * ahead;
        *r = ahead;
    }
    if returns.len() < 2 {
        return returns;
    }
    let n = returns.len() as f64;
    let mean = returns.iter().sum::<f64>() / n;
    let variance = returns.iter().map(|r| (r - mean).powi(2)).sum::<f64>() / (n - 1.0);
    returns.iter().map(|r| (r - mean) / (variance.sqrt() + EPS)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn returns(rewards: &[f64], discount: f64) -> Vec<f64> {
        let experience = |&reward| Experience {
            state: vec![],
            block: 0,
            log_probability: 0.0,
            value: 0.0,
            reward,
            reach: None,
        };
        normalized_returns(&rewards.iter().map(experience).collect::<Vec<_>>(), discount)
    }

    #[test]
    fn discounts_then_normalizes_by_the_sample() {
        // Discounted: 1 + 0.5 * 4 = 3, 2 + 0.5 * 4 = 4, 4; mean 11/3, sample std 1/sqrt(3)
        let expected = [-2.0, 1.0, 1.0].map(|x| x / 3f64.sqrt());
        for (r, expected) in returns(&[1.0, 2.0, 4.0], 0.5).iter().zip(expected) {
            assert!((r - expected).abs() < 1e-7, "{r} and {expected}");
        }
    }

    #[test]
    fn equal_returns_are_zero_and_a_single_one_stays() {
        assert_eq!(returns(&[0.5, 0.5], 0.0), [0.0, 0.0]);
        assert_eq!(returns(&[0.3], 0.9), [0.3]);
        assert_eq!(returns(&[], 0.9), [0.0; 0]);
    }
}
