//! The configuration: one tree of settings, filled from defaults, a file and overrides.
//!
//! [`keys::KEYS`] is the source of truth: every key's default, kind, help and published spellings.
//! [`Config`] is the typed form of the same tree.

mod choices;
mod error;
mod keys;
mod kind;
mod load;
mod render;
mod values;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub use crate::allocators::AllocatorKind;
pub use choices::{
    Fidelity, Fit, Idleness, Normalization, OptimizerKind, Rebirth, Scheduler, Scoring,
    TransferType,
};
pub use error::ConfigError;
pub use keys::{KEYS, Key};
pub use kind::Kind;
pub use load::{Loaded, key};
pub use render::{leaves, render, render_defaults};

/// All settings of a run. What each means, and its default, stands in [`KEYS`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)] // Each field is described once, in KEYS.
pub struct Config {
    pub output_dir: PathBuf,
    pub seed: u64,
    pub threads: usize,
    pub model: Model,
    pub data: Data,
    pub solver: Solver,
    pub log: Log,
}

/// `model.*`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Model {
    pub transfer_type: TransferType,
    pub r#type: String,
    pub model_root: PathBuf,
    pub weights: String,
    pub heads: usize,
    pub pooling: String,
    pub prompt: Prompt,
}

/// `model.prompt.*`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Prompt {
    pub num_tokens: usize,
    pub deep: bool,
    pub adaptive: bool,
    pub ppo: bool,
    pub allocator: String,
    pub dropout: f64,
    pub idleness: String,
    pub verify: Automatic<usize>,
    pub verify_samples: Automatic<usize>,
    pub rebirth: Rebirth,
    pub relocation_scale: f64,
    pub scoring: Scoring,
    pub scoring_samples: usize,
    pub fidelity: Fidelity,
    pub reward_warmup_epoch: usize,
    pub ppo_update_every: usize,
    pub ppo_k_epoch: usize,
    pub ppo_discount_factor: f64,
    pub clip_norm: f64,
}

/// `data.*`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Data {
    pub name: String,
    pub datapath: PathBuf,
    pub feature: String,
    pub number_classes: i64,
    pub batch_size: usize,
    pub crop_size: usize,
    pub fit: Fit,
    pub interpolation: String,
    pub normalization: Normalization,
    pub mean: Automatic<[f64; 3]>,
    pub std: Automatic<[f64; 3]>,
    pub exif_rotation: bool,
    pub train_split: String,
    pub test: bool,
    pub check_sizes: bool,
    pub val_fraction: f64,
    pub test_fraction: f64,
    pub percentage: f64,
    pub cache_mb: usize,
    pub pixels_mb: usize,
    pub cache_dir: PathBuf,
    pub cache_dir_mb: usize,
}

/// `solver.*`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Solver {
    pub optimizer: OptimizerKind,
    pub base_lr: f64,
    pub weight_decay: f64,
    pub momentum: f64,
    pub scheduler: Scheduler,
    pub warmup_epoch: usize,
    pub total_epoch: usize,
    pub patience: usize,
}

/// `log.*`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Log {
    pub steps: bool,
    pub tensorboard: bool,
}

/// A value, or the word `auto`: what it comes to depends on other keys, or on the backbone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Automatic<T> {
    /// As given.
    Given(T),
    /// `"auto"`.
    Auto(String),
}

impl<T: Clone> Automatic<T> {
    /// The value, if one was given.
    pub fn given(&self) -> Option<T> {
        match self {
            Self::Given(value) => Some(value.clone()),
            Self::Auto(_) => None,
        }
    }
}

impl Config {
    /// The score that relocation follows: `attention` under `exact`, `gate` under `reference`,
    /// unless chosen.
    pub fn idleness(&self) -> Idleness {
        let prompt = &self.model.prompt;
        prompt.idleness.parse().unwrap_or(match prompt.fidelity {
            Fidelity::Exact => Idleness::Attention,
            Fidelity::Reference => Idleness::Gate,
        })
    }

    /// Candidates that are removed in truth before one moves: 4 under `exact`, none under
    /// `reference`, unless chosen.
    pub fn verify(&self) -> usize {
        let prompt = &self.model.prompt;
        prompt.verify.given().unwrap_or(match prompt.fidelity {
            Fidelity::Exact => 4,
            Fidelity::Reference => 0,
        })
    }

    /// Of so many training images, how many verification looks at: a fiftieth unless chosen, which
    /// keeps its cost at a few per cent of an epoch, but never fewer than 16.
    pub fn verify_samples(&self, images: usize) -> usize {
        self.model.prompt.verify_samples.given().unwrap_or((images / 50).max(16))
    }

    /// The allocator: as chosen, else by the published flag `ppo`.
    pub fn allocator(&self) -> AllocatorKind {
        let prompt = &self.model.prompt;
        let by_flag = if prompt.ppo { AllocatorKind::Ppo } else { AllocatorKind::Thompson };
        prompt.allocator.parse().unwrap_or(by_flag)
    }

    /// Whether prompts are relocated. VPT-Shallow's are not: they have no blocks.
    pub fn adaptive(&self) -> bool {
        let prompt = &self.model.prompt;
        self.model.transfer_type == TransferType::Prompt && prompt.deep && prompt.adaptive
    }

    /// `base_lr * batch_size / 256`.
    pub fn learning_rate(&self) -> f64 {
        self.solver.base_lr * self.data.batch_size as f64 / 256.0
    }
}

impl Data {
    /// The number of classes, unless the data is to say.
    pub fn number_classes(&self) -> Option<usize> {
        usize::try_from(self.number_classes).ok().filter(|&classes| classes > 0)
    }
}

impl Default for Config {
    fn default() -> Self {
        Self::from_args(None, &[]).expect("the defaults are valid").config
    }
}
