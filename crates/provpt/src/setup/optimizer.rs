//! The optimizer of a run, and how it treats each array.

use crate::config::{Config, OptimizerKind, Rules};
use crate::learn::head;
use crate::math::optimizer::{Group, Optimizer, OptimizerSettings};

/// The optimizer that is configured, before its first step.
pub(crate) fn optimizer(config: &Config) -> Optimizer {
    let (momentum, weight_decay) = (config.solver.momentum, config.weight_decay());
    Optimizer::new(match (config.optimizer(), config.solver.rules) {
        (OptimizerKind::Sgd, _) => OptimizerSettings::Sgd { momentum, weight_decay },
        (OptimizerKind::Adam, _) => OptimizerSettings::Adam { weight_decay },
        (OptimizerKind::Adamw, Rules::Vpt) => OptimizerSettings::VptAdamW { weight_decay },
        (OptimizerKind::Adamw, _) => OptimizerSettings::AdamW { weight_decay },
    })
}

/// How an array of this name is treated: its learning rate and its weight decay. To the published
/// programs a bias is whatever has `bias` in its name, the head's last one excepted.
pub(crate) fn group(config: &Config, name: &str) -> Group {
    let last = name == head::BIAS;
    let bias = name.contains("bias");
    let decays = match (config.solver.rules, config.optimizer()) {
        (Rules::Torch, _) | (Rules::Pro, OptimizerKind::Sgd) => true,
        (_, OptimizerKind::Adamw) => !bias,
        (_, OptimizerKind::Sgd | OptimizerKind::Adam) => !last,
    };
    Group {
        rate: if bias && !last { config.bias_multiplier() } else { 1.0 },
        decay: f64::from(u8::from(decays)),
    }
}

#[cfg(test)]
mod tests;
