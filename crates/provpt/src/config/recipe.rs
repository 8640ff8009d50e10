//! How prompts learn where nobody says how: not as published, but as measurements said.
//!
//! A word asks for it, or for the published way. It is no setting: a run's `config.toml` has what it
//! comes to.

use super::table::Section;
use super::{Config, Fidelity, PromptLocation, TransferType, values};
use crate::math::choice::Choice;

/// The word that says how prompts learn.
pub(super) const RECIPE: &str = "recipe";

/// How prompts learn, all together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Recipe {
    /// By [`SETTINGS`].
    Provpt,
    /// By the defaults, which are VPT's and PRO-VPT's.
    Published,
}

impl Choice for Recipe {
    const TABLE: &'static [(&'static str, Self)] =
        &[("provpt", Self::Provpt), ("published", Self::Published)];
}

/// Our recipe, in place of defaults (`docs/learning.md`).
const SETTINGS: &[(&str, &str)] = &[
    ("data.batch_size", "32"),
    ("model.head_init", "means"),
    ("model.prompt.init", "tokens"),
    ("model.prompt.form", "normed"),
    ("model.prompt.clip_norm", "-1"),
    (ALLOCATOR, "prune"),
    ("solver.optimizer", "adamw"),
    ("solver.base_lr", "0.003"),
    ("solver.lr_scaling", "off"),
    ("solver.prompt_rate", "30"),
    ("solver.weight_decay", "0.01"),
    ("solver.prompt_decay", "0"),
    ("solver.scheduler", "cosine-step"),
];

const ALLOCATOR: &str = "model.prompt.allocator";

/// Whoever gives one of these wants prompts to move.
const MOVING: &[&str] = &[
    "model.prompt.ppo",
    "model.prompt.verify",
    "model.prompt.verify_samples",
    "model.prompt.moves",
    "model.prompt.rebirth",
    "model.prompt.relocation_scale",
    "model.prompt.reach",
    "model.prompt.scoring",
    "model.prompt.ppo_update_every",
    "model.prompt.ppo_k_epoch",
    "model.prompt.ppo_discount_factor",
];

/// Whoever gives one of these says how it learns, by numbers that mean something else under another
/// recipe.
pub(super) const DECIDING: &[&str] = &[
    "solver.optimizer",
    "solver.rules",
    "solver.base_lr",
    "solver.lr_scaling",
    "solver.weight_decay",
    "solver.bias_multiplier",
    "solver.momentum",
];

/// Whether our recipe is for such a method: prompts of a block each, and nothing beside them.
pub(super) fn is_meant_for(config: &Config) -> bool {
    let prompt = &config.model.prompt;
    config.model.transfer_type == TransferType::Prompt
        && prompt.deep
        && prompt.location == PromptLocation::Prepend
        && prompt.fidelity == Fidelity::Exact
}

/// A configuration by our recipe, but for what is given.
pub(super) fn applied(config: &Config, is_given: impl Fn(&str) -> bool) -> Config {
    let moves = MOVING.iter().any(|key| is_given(key));
    let mut config = config.clone();
    config.visit(&mut |mut field| {
        let key = field.name();
        let is_theirs = is_given(&key) || key == ALLOCATOR && moves;
        if let Some(ours) = value(&key).filter(|_| !is_theirs) {
            field.set(&values::scalar(ours));
        }
    });
    config
}

/// The value of a setting under our recipe, where that is not the default.
pub(super) fn value(key: &str) -> Option<&'static str> {
    SETTINGS.iter().find(|(name, _)| *name == key).map(|(_, value)| *value)
}
