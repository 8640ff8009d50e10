//! Optimizers over named arrays, with PyTorch's update rules.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

const BETAS: (f64, f64) = (0.9, 0.999);
const EPS: f64 = 1e-8;

/// Which rule, and its constants.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum OptimizerSettings {
    /// `buf = momentum buf + (g + weight_decay w)`, starting at `buf = g + weight_decay w`;
    /// `w -= lr buf` (`torch.optim.SGD`, no dampening).
    Sgd {
        /// Share of the old direction that stays.
        momentum: f64,
        /// L2 penalty, part of the gradient.
        weight_decay: f64,
    },
    /// Loshchilov and Hutter, ICLR 2019, betas 0.9 and 0.999, eps 1e-8 (`torch.optim.AdamW`);
    /// without weight decay it is Adam (Kingma and Ba, ICLR 2015).
    AdamW {
        /// Decoupled: `w -= lr weight_decay w`.
        weight_decay: f64,
    },
}

/// How the optimizer treats an array, beside the settings that hold for all.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Group {
    /// Factor on the learning rate.
    pub rate: f64,
    /// Factor on the weight decay.
    pub decay: f64,
}

impl Default for Group {
    fn default() -> Self {
        Self { rate: 1.0, decay: 1.0 }
    }
}

/// One array to be moved.
pub(crate) struct Update<'a> {
    pub(crate) name: &'a str,
    pub(crate) group: Group,
    pub(crate) values: &'a mut [f32],
    pub(crate) gradient: &'a [f32],
}

/// An optimizer and what it remembers of each array. Through JSON it comes back bit for bit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Optimizer {
    settings: OptimizerSettings,
    #[serde(rename = "groups")]
    arrays: BTreeMap<String, Memory>,
}

/// What is remembered of an array.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Memory {
    /// Momentum, or the running mean of gradients.
    first: Vec<f32>,
    /// Running mean of squared gradients; empty under SGD.
    second: Vec<f32>,
    steps: u64,
    /// Length of the rows that have been reset; 0 if none ever was.
    width: usize,
    /// Row to steps done before it was last reset: its bias correction starts anew.
    reset_at: BTreeMap<usize, u64>,
}

impl Optimizer {
    pub(crate) fn new(settings: OptimizerSettings) -> Self {
        Self { settings, arrays: BTreeMap::new() }
    }

    /// Moves arrays one step against their gradients, each as its group says. An array is
    /// remembered by its name from its first step on.
    pub(crate) fn step(&mut self, lr: f64, updates: Vec<Update<'_>>) {
        for Update { name, group, values, gradient } in updates {
            let settings = self.settings.of_group(group);
            self.memory(name).step(settings, lr * group.rate, values, gradient);
        }
    }

    fn memory(&mut self, name: &str) -> &mut Memory {
        self.arrays.entry(name.to_owned()).or_default()
    }

    /// Whether `fresh` may become this by steps on arrays of such names and sizes: what was stored
    /// need not have been stored by us.
    pub(crate) fn may_follow(&self, fresh: &Self, sizes: &[(&str, usize)]) -> bool {
        let known = |(name, memory): (&String, &Memory)| {
            sizes.iter().any(|(array, len)| array == name && memory.fits(*len))
        };
        self.settings == fresh.settings && self.arrays.iter().all(known)
    }

    /// Forgets what is remembered of one row of `width` values: to the optimizer it is new. All
    /// calls for an array give the same width.
    pub(crate) fn reset_row(&mut self, array: &str, row: usize, width: usize) {
        if let Some(memory) = self.arrays.get_mut(array) {
            memory.reset_row(row, width);
        }
    }
}

impl OptimizerSettings {
    /// The settings of arrays whose decay is `group.decay` times that of others.
    fn of_group(self, group: Group) -> Self {
        match self {
            Self::Sgd { momentum, weight_decay } => {
                Self::Sgd { momentum, weight_decay: weight_decay * group.decay }
            }
            Self::AdamW { weight_decay } => {
                Self::AdamW { weight_decay: weight_decay * group.decay }
            }
        }
    }
}

impl Memory {
    fn fits(&self, parameters: usize) -> bool {
        self.first.len() == parameters
            && [0, parameters].contains(&self.second.len())
            && self.steps < u64::MAX
            && self.reset_at.values().all(|steps| *steps <= self.steps)
    }

    fn step(&mut self, settings: OptimizerSettings, lr: f64, w: &mut [f32], g: &[f32]) {
        self.first.resize(w.len(), 0.0);
        self.steps += 1;
        match settings {
            OptimizerSettings::Sgd { momentum, weight_decay } => {
                sgd(w, g, &mut self.first, [lr, momentum, weight_decay].map(|x| x as f32));
            }
            OptimizerSettings::AdamW { weight_decay } => {
                self.second.resize(w.len(), 0.0);
                self.adamw(lr, weight_decay, w, g);
            }
        }
    }

    /// Row by row, as rows may be of different age.
    fn adamw(&mut self, lr: f64, weight_decay: f64, w: &mut [f32], g: &[f32]) {
        let width = if self.width == 0 { w.len() } else { self.width }.max(1);
        let keep = (1.0 - lr * weight_decay) as f32;
        let values = w.chunks_mut(width).zip(g.chunks(width));
        let moments = self.first.chunks_mut(width).zip(self.second.chunks_mut(width));
        for (row, ((w, g), (m, v))) in values.zip(moments).enumerate() {
            w.iter_mut().for_each(|w| *w *= keep);
            let steps = self.steps - self.reset_at.get(&row).copied().unwrap_or(0);
            adam(w, g, m, v, lr, steps);
        }
    }

    fn reset_row(&mut self, row: usize, width: usize) {
        self.width = width;
        self.reset_at.insert(row, self.steps);
        for memory in [&mut self.first, &mut self.second] {
            if let Some(row) = memory.chunks_mut(width.max(1)).nth(row) {
                row.fill(0.0);
            }
        }
    }
}

fn sgd(w: &mut [f32], g: &[f32], buf: &mut [f32], [lr, momentum, weight_decay]: [f32; 3]) {
    for ((w, g), buf) in w.iter_mut().zip(g).zip(buf) {
        *buf = momentum * *buf + (g + weight_decay * *w);
        *w -= lr * *buf;
    }
}

/// One Adam step with bias correction for parameters that have made `steps`, this one included.
fn adam(w: &mut [f32], g: &[f32], m: &mut [f32], v: &mut [f32], lr: f64, steps: u64) {
    let correction = |beta: f64| 1.0 - beta.powf(steps as f64);
    let size = (lr / correction(BETAS.0)) as f32;
    let root = correction(BETAS.1).sqrt() as f32;
    let (rate1, beta2, rate2) = ((1.0 - BETAS.0) as f32, BETAS.1 as f32, (1.0 - BETAS.1) as f32);
    for (((w, &g), m), v) in w.iter_mut().zip(g).zip(m).zip(v) {
        *m += rate1 * (g - *m);
        *v = beta2 * *v + rate2 * g * g;
        *w -= size * *m / (v.sqrt() / root + EPS as f32);
    }
}

#[cfg(test)]
mod tests;
