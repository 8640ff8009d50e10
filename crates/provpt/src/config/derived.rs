//! What settings come to where they leave a choice to provpt, or to each other.

use std::path::PathBuf;

use super::{
    AllocatorKind, Config, Device, Distribution, Fidelity, Idleness, LrScaling, Precision,
    TransferType,
};
use crate::error::Error;

/// Threads that are started on machines with fewer cores, too. More than that only wait for each
/// other: an epoch on 1024 threads takes six times as long on two cores as one on 256.
const THREADS: usize = 256;

impl Config {
    /// The threads to work on: no more than 256, or one per core on a machine that has more; 0 =
    /// one per core.
    pub fn thread_count(&self) -> usize {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        self.threads.min(cores.max(THREADS))
    }

    /// The numbers that matrices are multiplied in, on this machine.
    pub fn precision(&self) -> provpt_vit::Precision {
        match self.precision {
            Precision::F32 => provpt_vit::Precision::F32,
            Precision::Bf16 => provpt_vit::Precision::Bf16,
            Precision::F16 => provpt_vit::Precision::F16,
            Precision::Auto if self.device != Device::Cpu => provpt_vit::Precision::F32,
            Precision::Auto => provpt_vit::Precision::best(),
        }
    }

    /// The bytes that images may take on their way through the backbone.
    pub(crate) fn activations(&self) -> Option<usize> {
        self.activations_mb.map(|mb| mb.saturating_mul(1 << 20))
    }

    /// With what this machine and other runs decide settled, so that a run keeps to it wherever it
    /// goes on.
    ///
    /// # Errors
    /// The run whose distribution is to be taken over has none, or cannot be read.
    pub(crate) fn settled(&self) -> Result<Self, Error> {
        let precision = match self.precision() {
            provpt_vit::Precision::F32 => Precision::F32,
            provpt_vit::Precision::Bf16 => Precision::Bf16,
            provpt_vit::Precision::F16 => Precision::F16,
        };
        let mut settled = Self { precision, ..self.clone() };
        let prompt = &mut settled.model.prompt;
        if let Some(run) = prompt.distribution_from.take() {
            prompt.distribution = Some(Distribution::of_run(&run)?);
        }
        Ok(settled)
    }

    /// The score that relocation follows: `attention` under `exact`, or `effect` where prompts leave,
    /// `gate` under `reference`, unless chosen.
    pub fn idleness(&self) -> Idleness {
        let prompt = &self.model.prompt;
        prompt.idleness.unwrap_or(match prompt.fidelity {
            Fidelity::Exact if self.prunes() => Idleness::Effect,
            Fidelity::Exact => Idleness::Attention,
            Fidelity::Reference => Idleness::Gate,
        })
    }

    /// Candidates that are removed in truth before one moves, or exchanges that are tried: 4 (or 3
    /// exchanges) under `exact`, none under `reference`, unless chosen.
    pub fn verify(&self) -> usize {
        let prompt = &self.model.prompt;
        prompt.verify.unwrap_or(match prompt.fidelity {
            Fidelity::Exact if self.adaptive() && self.allocator().exchanges() => 3,
            Fidelity::Exact => 4,
            Fidelity::Reference => 0,
        })
    }

    /// Of so many training images, how many verification looks at: a fiftieth unless chosen, which
    /// keeps its cost at a few per cent of an epoch, but never fewer than 16.
    pub fn verify_samples(&self, images: usize) -> usize {
        self.model.prompt.verify_samples.unwrap_or((images / 50).max(16))
    }

    /// How many of so many prompts may move before an epoch.
    pub(crate) fn most_moves(&self, epoch: usize, prompts: usize) -> usize {
        let share = self.model.prompt.moves;
        if share == 0.0 {
            return 1;
        }
        let first = self.model.prompt.reward_warmup_epoch as f64;
        let done = (epoch as f64 - first) / (0.75 * self.solver.total_epoch as f64 - first);
        if !(0.0..1.0).contains(&done) {
            return 0;
        }
        let falling = 0.5 * (1.0 + (std::f64::consts::PI * done).cos());
        (share * falling * prompts as f64).ceil() as usize
    }

    /// The file that prompts start from, if one is given, or the folder that it is in.
    pub(crate) fn prompt_init_file(&self) -> Option<PathBuf> {
        let prompt = &self.model.prompt;
        let named = || Some(prompt.init_folder.as_ref()?.join(format!("{}.npy", self.data.name)));
        prompt.init_file.clone().or_else(named)
    }

    /// The allocator: as chosen, else by the published flag `ppo`.
    pub fn allocator(&self) -> AllocatorKind {
        let prompt = &self.model.prompt;
        let by_flag = if prompt.ppo { AllocatorKind::Ppo } else { AllocatorKind::Thompson };
        prompt.allocator.unwrap_or(by_flag)
    }

    /// Whether prompts are relocated. VPT-Shallow's are not: they have no blocks; nor those that
    /// stay as they are drawn.
    pub fn adaptive(&self) -> bool {
        let (prompt, learned) = (&self.model.prompt, self.model.transfer_type);
        let moves = learned.has_prompts() && learned != TransferType::PromptNoupdate;
        moves && prompt.deep && prompt.adaptive
    }

    /// The base rate, by the batch size unless that is switched off: `base_lr * batch_size / 256`.
    pub fn learning_rate(&self) -> f64 {
        let base = self.solver.base_lr;
        match self.solver.lr_scaling {
            LrScaling::Batch => base * self.data.batch_size as f64 / 256.0,
            LrScaling::Off => base,
        }
    }

    /// Epochs of warm-up under the scheduler `cosine`: fewer than all of them, so that one epoch at
    /// least has the full learning rate.
    pub fn warmup_epochs(&self) -> usize {
        self.solver.warmup_epoch.min(self.solver.total_epoch.saturating_sub(1))
    }
}
