//! What settings of learning come to by the rules of a published program. It reads some of them
//! otherwise than they are written; who asks for its rules gets that, too, and is told.

use std::fmt::Display;

use toml::Value;

use super::rules::Fault;
use super::{ClassWeights, Config, OptimizerKind, Rules};

/// What VPT's AdamW decays by, whatever it is told.
const VPT_DECAY: f64 = 0.01;

impl Config {
    /// The optimizer. The published programs know `adamw` only with weight decay, and PRO-VPT's no
    /// `adam`; what they do not know is SGD to them.
    pub fn optimizer(&self) -> OptimizerKind {
        let solver = &self.solver;
        match (solver.rules, solver.optimizer) {
            (Rules::Pro, OptimizerKind::Adam) => OptimizerKind::Sgd,
            (Rules::Vpt | Rules::Pro, OptimizerKind::Adamw) if solver.weight_decay == 0.0 => {
                OptimizerKind::Sgd
            }
            (_, kind) => kind,
        }
    }

    /// The weight decay of what decays at all. VPT's AdamW has its own.
    pub fn weight_decay(&self) -> f64 {
        match (self.solver.rules, self.optimizer()) {
            (Rules::Vpt, OptimizerKind::Adamw) => VPT_DECAY,
            _ => self.solver.weight_decay,
        }
    }

    /// The factor on the learning rate of biases. PRO-VPT has none, and VPT none for AdamW, nor for
    /// Adam without weight decay.
    pub fn bias_multiplier(&self) -> f64 {
        let solver = &self.solver;
        let applies = match (solver.rules, self.optimizer()) {
            (Rules::Torch, _) | (Rules::Vpt, OptimizerKind::Sgd) => true,
            (Rules::Vpt, OptimizerKind::Adam) => solver.weight_decay > 0.0,
            (Rules::Vpt, OptimizerKind::Adamw) | (Rules::Pro, _) => false,
        };
        if applies { solver.bias_multiplier } else { 1.0 }
    }

    /// How classes are weighted. The published programs count classes where they should count
    /// images, or do not look at the weights: all of them are 1.
    pub fn class_weights(&self) -> ClassWeights {
        match self.solver.rules {
            Rules::Torch => self.data.class_weights,
            Rules::Vpt | Rules::Pro => ClassWeights::None,
        }
    }

    /// A line for each setting that does not come to what it says.
    pub(super) fn rules_warnings(&self) -> Vec<String> {
        let (solver, rules) = (&self.solver, self.solver.rules);
        let told = |key: &str, given: &dyn Display, used: &dyn Display| {
            let (given, used) = (given.to_string(), used.to_string());
            (given != used).then(|| {
                format!("{key} = {given} counts as {used}, as published (solver.rules = {rules})")
            })
        };
        let lines = [
            told("data.class_weights", &self.data.class_weights, &self.class_weights()),
            told("solver.optimizer", &solver.optimizer, &self.optimizer()),
            told("solver.weight_decay", &solver.weight_decay, &self.weight_decay()),
            told("solver.bias_multiplier", &solver.bias_multiplier, &self.bias_multiplier()),
        ];
        lines.into_iter().flatten().collect()
    }
}

/// A norm to clip by at which PRO-VPT does what nobody wants: by 0 it multiplies all gradients by
/// 0, and below it turns them round, unless it is -1.
pub(super) fn clipping(config: &Config) -> Option<Fault> {
    let norm = config.model.prompt.clip_norm;
    let absurd = config.solver.rules == Rules::Pro && norm <= 0.0 && norm != -1.0;
    absurd.then(|| Fault {
        key: "model.prompt.clip_norm".to_owned(),
        expected: "a number above 0, or -1 for no clipping, as published (solver.rules = pro)"
            .to_owned(),
        got: Value::Float(norm),
    })
}
