//! Optimizers over named arrays, with PyTorch's update rules and VPT's.

mod rules;

use std::collections::BTreeMap;

pub(super) use rules::{BETAS, EPS, correction};
use rules::{Moments, sgd};
use serde::{Deserialize, Serialize};

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
    /// Kingma and Ba, ICLR 2015, betas 0.9 and 0.999, eps 1e-8 (`torch.optim.Adam`).
    Adam {
        /// L2 penalty, part of the gradient.
        weight_decay: f64,
    },
    /// Loshchilov and Hutter, ICLR 2019, betas 0.9 and 0.999, eps 1e-8 (`torch.optim.AdamW`);
    /// without weight decay it is Adam.
    AdamW {
        /// Decoupled: `w -= lr weight_decay w`.
        weight_decay: f64,
    },
    /// The AdamW published with VPT (Jia et al., ECCV 2022): eps 1e-6, beside a root that is not
    /// corrected for bias.
    VptAdamW {
        /// Decoupled, and of what has been moved already: `w -= lr weight_decay w`.
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
    /// Length of its rows where they are directions, of mean 0 and length `sqrt(d)`: these turn, by
    /// angles, and do not decay.
    pub sphere: Option<usize>,
}

impl Default for Group {
    fn default() -> Self {
        Self { rate: 1.0, decay: 1.0, sphere: None }
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
            let (settings, lr) = (self.settings.of_group(group), lr * group.rate);
            match group.sphere {
                None => self.memory(name).step(settings, lr, values, gradient),
                Some(width) => self.memory(name).turn(lr, width, values, gradient),
            }
        }
    }

    fn memory(&mut self, name: &str) -> &mut Memory {
        self.arrays.entry(name.to_owned()).or_default()
    }

    /// This without the numbers per value that are remembered of some arrays.
    pub(crate) fn without(&self, names: &[&str]) -> Self {
        let slim = |(name, memory): (&String, &Memory)| match names.contains(&name.as_str()) {
            true => (name.clone(), memory.without_values()),
            false => (name.clone(), memory.clone()),
        };
        Self { settings: self.settings, arrays: self.arrays.iter().map(slim).collect() }
    }

    /// The numbers per value that are remembered of an array: momentum or mean, and mean of squares.
    pub(crate) fn values_of(&self, name: &str) -> [&[f32]; 2] {
        self.arrays.get(name).map_or([&[], &[]], |memory| [&memory.first, &memory.second])
    }

    /// Takes back what [`Self::without`] left out.
    pub(crate) fn set_values(&mut self, name: &str, [first, second]: [Vec<f32>; 2]) {
        if let Some(memory) = self.arrays.get_mut(name) {
            (memory.first, memory.second) = (first, second);
        }
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

impl Optimizer {
    /// A row of one array, of `width` values, leaves it; those behind it move up.
    pub(crate) fn remove_row(&mut self, array: &str, row: usize, width: usize) {
        if let Some(memory) = self.arrays.get_mut(array) {
            memory.remove_row(row, width);
        }
    }

    /// A row that is new comes into an array, in front of what stands at its place.
    pub(crate) fn insert_row(&mut self, array: &str, row: usize, width: usize) {
        if let Some(memory) = self.arrays.get_mut(array) {
            memory.insert_row(row, width);
        }
    }
}

impl OptimizerSettings {
    /// The settings of arrays whose decay is `group.decay` times that of others.
    fn of_group(mut self, group: Group) -> Self {
        let (Self::Sgd { weight_decay, .. }
        | Self::Adam { weight_decay }
        | Self::AdamW { weight_decay }
        | Self::VptAdamW { weight_decay }) = &mut self;
        *weight_decay *= group.decay;
        self
    }
}

impl Memory {
    fn without_values(&self) -> Self {
        let (first, second) = (Vec::new(), Vec::new());
        Self { first, second, reset_at: self.reset_at.clone(), ..*self }
    }

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
            OptimizerSettings::Adam { weight_decay } => {
                self.by_rows(w, g, |row, w, g| row.adam(w, g, [lr, weight_decay]));
            }
            OptimizerSettings::AdamW { weight_decay } => {
                self.by_rows(w, g, |row, w, g| row.adamw(w, g, [lr, weight_decay]));
            }
            OptimizerSettings::VptAdamW { weight_decay } => {
                self.by_rows(w, g, |row, w, g| row.vpt_adamw(w, g, [lr, weight_decay]));
            }
        }
    }

    /// A step of rows that are directions.
    fn turn(&mut self, lr: f64, width: usize, w: &mut [f32], g: &[f32]) {
        self.first.resize(w.len(), 0.0);
        self.steps += 1;
        self.width = width;
        self.by_rows(w, g, |row, w, g| row.turn(w, g, lr));
    }

    /// Row by row, as rows may be of different age.
    fn by_rows(
        &mut self,
        w: &mut [f32],
        g: &[f32],
        step: impl Fn(Moments<'_>, &mut [f32], &[f32]),
    ) {
        self.second.resize(w.len(), 0.0);
        let width = if self.width == 0 { w.len() } else { self.width }.max(1);
        let values = w.chunks_mut(width).zip(g.chunks(width));
        let moments = self.first.chunks_mut(width).zip(self.second.chunks_mut(width));
        for (row, ((w, g), (first, second))) in values.zip(moments).enumerate() {
            let steps = self.steps - self.reset_at.get(&row).copied().unwrap_or(0);
            step(Moments { first, second, steps }, w, g);
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

    fn remove_row(&mut self, row: usize, width: usize) {
        self.width = width;
        for memory in [&mut self.first, &mut self.second] {
            if memory.len() >= (row + 1) * width {
                memory.drain(row * width..(row + 1) * width);
            }
        }
        let rows = std::mem::take(&mut self.reset_at).into_iter().filter(|(old, _)| *old != row);
        self.reset_at = rows.map(|(old, at)| (old - usize::from(old > row), at)).collect();
    }

    fn insert_row(&mut self, row: usize, width: usize) {
        self.width = width;
        let zeros = || std::iter::repeat_n(0.0, width);
        self.first.splice(row * width..row * width, zeros());
        // Where nothing has been squared yet, there is nothing to keep in line.
        if !self.second.is_empty() {
            self.second.splice(row * width..row * width, zeros());
        }
        let rows = std::mem::take(&mut self.reset_at).into_iter();
        self.reset_at = rows.map(|(old, at)| (old + usize::from(old >= row), at)).collect();
        self.reset_at.insert(row, self.steps);
    }
}

#[cfg(test)]
mod tests;
