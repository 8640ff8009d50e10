//! The configuration: one tree of settings, filled from defaults, files and overrides, or in code.
//!
//! [`Config`] has every setting as a typed field, documented where it stands. The same lines are
//! what a configuration file can say, and what `provpt config print` prints: the field
//! `model.prompt.num_tokens` is the key of that name. `None` lets provpt choose.
//!
//! ```
//! use provpt::config::{Config, Idleness, Model, Prompt, Solver, render};
//!
//! let prompt = Prompt { num_tokens: 5, idleness: Some(Idleness::Gate), ..Prompt::default() };
//! let config = Config {
//!     seed: 3,
//!     model: Model { prompt, ..Model::default() },
//!     solver: Solver { base_lr: 2.5, total_epoch: 20, ..Solver::default() },
//!     ..Config::default()
//! };
//! assert!(render(&config).contains("num_tokens = 5\n"));
//!
//! let words = ["seed=3", "SOLVER.BASE_LR", "2.5"].map(str::to_owned);
//! let loaded = Config::from_args(None, &words)?;
//! assert_eq!(loaded.config.solver.base_lr, config.solver.base_lr);
//! # Ok::<(), provpt::config::ConfigError>(())
//! ```
//!
//! Files are TOML, or YAML with the feature `yaml`. Keys compare without case, and whatever the
//! published code (VPT, PRO-VPT) calls a setting is understood, too, so that its files and command
//! lines work: a key that changes nothing here is told, and one that would is refused. One more
//! word says which published program a file or command line was written for, and is not part of the
//! configuration that results: `published=vpt` and `published=pro` stand for the defaults of the
//! published `train.py`, `solver.rules` and `solver.lr_scaling` among them.
//!
//! Another word says how prompts learn: `recipe=provpt`, AdamW and what goes with it, or
//! `recipe=published`, the defaults. Without it, files and command lines that say nothing of the
//! optimizer, its rates or its decay mean our recipe for prompts in every block under
//! `fidelity = exact`; all others mean the defaults.

mod cache_folder;
mod choices;
mod derived;
mod device;
mod distribution;
mod error;
mod files;
mod given;
mod keys;
mod load;
mod low_rank_targets;
mod program;
mod prompt_rules;
mod pruning;
mod published;
mod published_page;
mod published_rules;
mod recipe;
mod render;
mod rule;
mod rules;
mod settings;
mod table;
mod transfer;
mod typed;
mod values;
#[cfg(feature = "yaml")]
mod yaml;

pub use provpt_data::{Interpolation, TrainSplit};
pub use provpt_vit::{Device, Pooling, PromptPool};

pub use crate::allocators::AllocatorKind;
pub use crate::math::choice::UnknownName;
pub use cache_folder::CacheFolder;
pub use choices::{
    AdapterInit, BackboneDropout, BackboneType, ClassWeights, Crop, Fidelity, Fit, Form, HeadInit,
    Idleness, LrScaling, Normalization, OptimizerKind, Precision, PromptInit, PromptLocation,
    Reach, Rebirth, Rules, Scheduler, Scoring,
};
pub use distribution::Distribution;
pub use error::ConfigError;
pub use keys::{Key, key, keys};
pub use load::Loaded;
pub use low_rank_targets::LowRankTargets;
pub use published_page::render_published;
pub use render::{leaves, render, render_defaults};
pub use settings::{Adapter, Augment, Config, Data, Log, LowRank, Model, Prompt, Solver};
pub use transfer::TransferType;
