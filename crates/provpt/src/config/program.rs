//! The published programs: their defaults, where these are not ours, and their learning rates.
//!
//! Two words say which program a command line or a file was written for. They are no settings: a
//! run's `config.toml` has what they come to.

use super::{Config, Data, Model, Prompt, Solver, TransferType};
use crate::math::choice::Choice;

/// The word that asks for a published program's defaults.
pub(super) const PUBLISHED: &str = "published";
/// The word that says what `solver.base_lr` is.
pub(super) const LR_SCALING: &str = "solver.lr_scaling";

/// A published program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Program {
    /// VPT (Jia et al., ECCV 2022).
    Vpt,
    /// PRO-VPT (Shang et al., ICCV 2025).
    Pro,
}

impl Choice for Program {
    const TABLE: &'static [(&'static str, Self)] = &[("vpt", Self::Vpt), ("pro", Self::Pro)];
}

/// What `solver.base_lr` is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LrScaling {
    /// The rate at a batch of 256 images; so ours, and the published `tune_vtab.py` and
    /// `tune_fgvc.py`.
    Batch,
    /// The rate itself; so the published `train.py`.
    Off,
}

impl Choice for LrScaling {
    const TABLE: &'static [(&'static str, Self)] = &[("batch", Self::Batch), ("off", Self::Off)];
}

impl Program {
    /// The defaults of its `train.py`, as far as they are settings of ours.
    pub(super) fn defaults(self) -> Config {
        let ours = Config::default();
        let clip_norm = match self {
            Self::Vpt => -1.0,
            Self::Pro => ours.model.prompt.clip_norm,
        };
        let prompt =
            Prompt { num_tokens: 5, deep: false, adaptive: false, clip_norm, ..Prompt::default() };
        let model = Model { transfer_type: TransferType::Linear, prompt, ..Model::default() };
        let data = Data { batch_size: 32, crop_size: Some(224), ..Data::default() };
        let solver = Solver {
            base_lr: 0.01,
            warmup_epoch: 5,
            total_epoch: 30,
            patience: 300,
            ..Solver::default()
        };
        Config { model, data, solver, ..ours }
    }

    pub(super) fn notice(self) -> String {
        let name = self.name();
        format!("published = {name}: what is not given has the defaults of that program's train.py")
    }
}

impl LrScaling {
    /// Puts the rate as our settings do.
    pub(super) fn settle(self, config: &mut Config) {
        if self == Self::Off {
            config.solver.base_lr *= 256.0 / config.data.batch_size as f64;
        }
    }
}
