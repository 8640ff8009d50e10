//! The optimizer of a run, and how it treats each array.

use crate::config::{Config, Form, OptimizerKind, Rules, Solver};
use crate::learn::set::Param;
use crate::learn::{head, parameters};
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

/// How an array is treated: its learning rate, its weight decay, and whether its rows are directions.
/// To the published programs a bias is whatever has `bias` in its name, the head's last one excepted.
pub(crate) fn group(config: &Config, param: &Param) -> Group {
    let name = &*param.name;
    let last = name == head::BIAS;
    let bias = name.contains("bias");
    let decays = match (config.solver.rules, config.optimizer()) {
        (Rules::Torch, _) | (Rules::Pro, OptimizerKind::Sgd) => true,
        (_, OptimizerKind::Adamw) => !bias,
        (_, OptimizerKind::Sgd | OptimizerKind::Adam) => !last,
    };
    let (rate, decay) = factors(&config.solver, name);
    Group {
        rate: rate * if bias && !last { config.bias_multiplier() } else { 1.0 },
        decay: decay * f64::from(u8::from(decays)),
        sphere: param.shape.last().copied().filter(|_| {
            let is_row = parameters::is_of_prompts(name) && name != parameters::LOGITS;
            config.model.prompt.form == Form::Sphere && is_row
        }),
    }
}

/// Of the learning rate and the weight decay of what prompts are made of, of the head, and of the rest.
fn factors(solver: &Solver, name: &str) -> (f64, f64) {
    if parameters::is_of_prompts(name) {
        (solver.prompt_rate, solver.prompt_decay)
    } else if name.starts_with(head::HEAD) {
        (solver.head_rate, solver.head_decay)
    } else {
        (1.0, 1.0)
    }
}

#[cfg(test)]
mod tests;
