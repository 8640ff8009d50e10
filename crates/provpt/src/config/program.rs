//! The published programs: their defaults, where these are not ours.
//!
//! A word says which program a command line or a file was written for. It is no setting: a run's
//! `config.toml` has what it comes to.

use super::{BackboneDropout, Config, Data, LrScaling, Model, Prompt, Rules, Solver, TransferType};
use crate::math::choice::Choice;

/// The word that asks for a published program's defaults.
pub(super) const PUBLISHED: &str = "published";

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

impl Program {
    /// The defaults of its `train.py`, as far as they are settings of ours.
    pub(super) fn defaults(self) -> Config {
        let ours = Config::default();
        let (rules, clip_norm) = match self {
            Self::Vpt => (Rules::Vpt, -1.0),
            Self::Pro => (Rules::Pro, ours.model.prompt.clip_norm),
        };
        let prompt =
            Prompt { num_tokens: 5, deep: false, adaptive: false, clip_norm, ..Prompt::default() };
        let model = Model {
            transfer_type: TransferType::Linear,
            dropout: BackboneDropout::Auto,
            prompt,
            ..Model::default()
        };
        let data = Data { batch_size: 32, crop_size: Some(224), ..Data::default() };
        let solver = Solver {
            rules,
            base_lr: 0.01,
            lr_scaling: LrScaling::Off,
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
