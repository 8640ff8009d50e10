//! Proximal policy optimization (Schulman et al., 2017) over blocks, as PRO-VPT uses it: clipped
//! surrogate, Monte-Carlo returns, the whole buffer in every step.

use rand::RngExt;
use serde::{Deserialize, Serialize};

use super::experience::{Experience, normalized_returns};
use super::mlp::Mlp;
use super::objective::{d_logits, d_value};
use super::{Allocate, Choice, State};
use crate::math::optimizer::{Group, Optimizer, OptimizerSettings, Update};
use crate::math::vector::log_softmax;
use provpt_base::Stream;

const HIDDEN: usize = 64;
const ACTOR_LR: f64 = 3e-4;
const CRITIC_LR: f64 = 1e-3;

/// Names of the tensors to the optimizer: weight and bias of each layer.
type Names = [[&'static str; 2]; 3];
const ACTOR: Names = [
    ["actor.0.weight", "actor.0.bias"],
    ["actor.2.weight", "actor.2.bias"],
    ["actor.4.weight", "actor.4.bias"],
];
const CRITIC: Names = [
    ["critic.0.weight", "critic.0.bias"],
    ["critic.2.weight", "critic.2.bias"],
    ["critic.4.weight", "critic.4.bias"],
];

/// How PPO learns.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PpoSettings {
    /// Rewards between updates.
    pub update_every: usize,
    /// What a reward is worth one choice earlier.
    pub discount: f64,
    /// Gradient steps per update.
    pub k_epoch: usize,
}

impl Default for PpoSettings {
    fn default() -> Self {
        Self { update_every: 2, discount: 1.0, k_epoch: 60 }
    }
}

/// Actor, critic, and what they are about to learn from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ppo {
    settings: PpoSettings,
    /// `[3L] -> [L]` logits.
    actor: Mlp,
    /// `[3L] -> [1]`.
    critic: Mlp,
    optimizer: Optimizer,
    /// Choices with their rewards, since the last update.
    buffer: Vec<Experience>,
    /// The choice whose reward is still to come.
    pending: Option<Experience>,
}

impl Ppo {
    /// PPO that goes on from given networks: an actor `[3L] -> [L]` and a critic `[3L] -> [1]`.
    pub fn from_networks(actor: Mlp, critic: Mlp, settings: PpoSettings) -> Self {
        let optimizer = Optimizer::new(OptimizerSettings::AdamW { weight_decay: 0.0 });
        Self { settings, actor, critic, optimizer, buffer: Vec::new(), pending: None }
    }

    /// The network behind [`Self::log_probabilities`].
    pub fn actor(&self) -> &Mlp {
        &self.actor
    }

    /// The network behind [`Self::value`].
    pub fn critic(&self) -> &Mlp {
        &self.critic
    }

    /// The policy in a state, `[L]`.
    pub fn log_probabilities(&self, state: &[f32]) -> Vec<f64> {
        log_softmax(&self.actor.output(state))
    }

    /// The return that the critic expects from a state.
    pub fn value(&self, state: &[f32]) -> f64 {
        self.critic.output(state).first().map_or(0.0, |&v| v.into())
    }

    /// `k_epoch` steps on experiences in the order they were made. Their log-probabilities and
    /// values are those of the policy that made them.
    pub fn update(&mut self, experiences: &[Experience]) {
        let returns = normalized_returns(experiences, self.settings.discount);
        for _ in 0..self.settings.k_epoch {
            let (mut d_actor, mut d_critic) = (self.actor.zeros_like(), self.critic.zeros_like());
            let share = 1.0 / experiences.len() as f64;
            for (e, &target) in experiences.iter().zip(&returns) {
                let (inputs, logits) = self.actor.forward(&e.state);
                let d = d_logits(&logits, e, target - e.value, share);
                self.actor.backward(&inputs, &d, &mut d_actor);
                let (inputs, values) = self.critic.forward(&e.state);
                let d: Vec<f32> = values.iter().map(|&v| d_value(v, target, share)).collect();
                self.critic.backward(&inputs, &d, &mut d_critic);
            }
            self.optimizer.step(ACTOR_LR, updates(&ACTOR, &mut self.actor, &d_actor));
            self.optimizer.step(CRITIC_LR, updates(&CRITIC, &mut self.critic, &d_critic));
        }
    }
}

impl Allocate for Ppo {
    fn start(blocks: usize, settings: &PpoSettings, rng: &mut Stream) -> Self {
        let blocks = blocks.max(1);
        let actor = Mlp::init(&[3 * blocks, HIDDEN, HIDDEN, blocks], rng);
        let critic = Mlp::init(&[3 * blocks, HIDDEN, HIDDEN, 1], rng);
        Self::from_networks(actor, critic, *settings)
    }

    fn choose(&mut self, state: &State, rng: &mut Stream) -> Choice {
        let logits = self.actor.output(state.values());
        let reach = state.targets(logits.len());
        let logs = log_softmax(logits.get(reach.clone()).unwrap_or(&logits));
        let chosen = draw(&logs, rng.random());
        let (block, log_probability) =
            (reach.start + chosen, logs.get(chosen).copied().unwrap_or(0.0));
        self.pending = Some(Experience {
            state: state.values().to_vec(),
            block,
            log_probability,
            value: self.value(state.values()),
            reward: 0.0,
            reach: state.reach(),
        });
        Choice { block, probability: Some(log_probability.exp()) }
    }

    fn learn(&mut self, reward: f64) {
        let Some(choice) = self.pending.take().filter(|_| reward.is_finite()) else { return };
        self.buffer.push(Experience { reward, ..choice });
        if self.buffer.len() >= self.settings.update_every {
            let buffer = std::mem::take(&mut self.buffer);
            self.update(&buffer);
        }
    }

    fn may_follow(&self, fresh: &Self) -> bool {
        let shapes = |names: &Names, mlp: &Mlp| -> Vec<(&'static str, usize)> {
            let sizes = mlp.layers.iter().flat_map(|l| [l.weight.len(), l.bias.len()]);
            names.iter().flatten().copied().zip(sizes).collect()
        };
        let sizes = [shapes(&ACTOR, &fresh.actor), shapes(&CRITIC, &fresh.critic)].concat();
        let size = |mlp: &Mlp| mlp.layers.last().map_or(0, |layer| layer.bias.len());
        let blocks = size(&fresh.actor);
        let reached = |e: &Experience| {
            let reach = e.reach.clone().unwrap_or(0..blocks);
            reach.end <= blocks && reach.contains(&e.block)
        };
        let fits = |e: &Experience| e.state.len() == 3 * blocks && reached(e);
        self.settings == fresh.settings
            && self.actor.has_shape_of(&fresh.actor)
            && self.critic.has_shape_of(&fresh.critic)
            && self.optimizer.may_follow(&fresh.optimizer, &sizes)
            && self.buffer.iter().chain(&self.pending).all(fits)
    }
}

fn updates<'a>(names: &'a Names, mlp: &'a mut Mlp, gradient: &'a Mlp) -> Vec<Update<'a>> {
    let layers = mlp.layers.iter_mut().zip(&gradient.layers).zip(names);
    layers
        .flat_map(|((layer, gradient), [weight, bias])| {
            let update =
                |name, values, gradient| Update { name, group: Group::default(), values, gradient };
            [
                update(*weight, &mut layer.weight[..], &gradient.weight[..]),
                update(*bias, &mut layer.bias[..], &gradient.bias[..]),
            ]
        })
        .collect()
}

/// The block at `quantile` (0..1) of the distribution, never one of probability 0.
fn draw(log_probabilities: &[f64], quantile: f64) -> usize {
    let mut below = 0.0;
    let mut last = 0;
    for (block, log) in log_probabilities.iter().enumerate() {
        let p = log.exp();
        below += p;
        if p > 0.0 {
            last = block;
        }
        if quantile < below {
            break;
        }
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_by_quantile_and_never_the_impossible() {
        let logs = [0.0f64, 0.25, 0.0, 0.75, 0.0].map(f64::ln);
        let blocks = [0.0, 0.2, 0.25, 0.999, 1.0].map(|q| draw(&logs, q));
        assert_eq!(blocks, [1, 1, 3, 3, 3]);
    }
}
