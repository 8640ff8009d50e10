//! From a configuration to everything a run needs: task, backbone, preprocessing, a fresh learner.

use std::path::Path;

use provpt_data::{Decoding, Task, TaskSpec};
use provpt_vit::{Engine, Placement};

use crate::adapter::{Adapter, AdapterConfig};
use crate::backbone;
use crate::bank::PromptBank;
use crate::config::{AllocatorKind, Config, OptimizerKind, Scheduler, TransferType};
use crate::dropout::Dropout;
use crate::error::Error;
use crate::facts;
use crate::head::Head;
use crate::optimizer::{Optimizer, OptimizerSettings};
use crate::preprocessing::PreprocessRecord;
use crate::relocate::{Allocator, PpoSettings};
use crate::schedule::Schedule;
use crate::score::Scoring;
use crate::settle::{Settled, settle};
use crate::streams::{Purpose, stream};
use crate::tune::Learner;

/// What stays fixed during a run.
pub(crate) struct Setup {
    pub(crate) config: Config,
    pub(crate) task: Task,
    pub(crate) engine: Engine,
    pub(crate) backbone: Identity,
    pub(crate) preprocessing: PreprocessRecord,
    /// One line per thing a user should know was assumed.
    pub(crate) facts: Vec<String>,
}

/// Which backbone it is.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    pub(crate) name: String,
    pub(crate) sha256: String,
}

impl Setup {
    /// Loads the task and the backbone.
    pub(crate) fn new(config: &Config) -> Result<Self, Error> {
        let task = open_task(config)?;
        let backbone = backbone::open(config)?;
        tracing::debug!(backbone = %backbone.name, sha256 = %backbone.sha256, "backbone loaded");
        let Settled { record: preprocessing, facts: pixels } = settle(config, &backbone)?;
        let facts = facts::facts(config, &task, &backbone, pixels);
        let identity = Identity { name: backbone.name.clone(), sha256: backbone.sha256.clone() };
        let engine = Engine::new(backbone, config.thread_count())?;
        let config = config.clone();
        Ok(Self { config, task, engine, backbone: identity, preprocessing, facts })
    }

    /// Prompts, head and optimizer as they are before the first step.
    pub(crate) fn learner(&self) -> Learner {
        let (config, seed) = (&self.config, self.config.seed);
        let a = self.engine.architecture();
        let prompt = &config.model.prompt;
        let bank = (config.model.transfer_type == TransferType::Prompt).then(|| {
            let placement = if prompt.deep { Placement::Deep } else { Placement::Shallow };
            let mut rng = stream(seed, Purpose::PromptInit, 0);
            PromptBank::init(a, placement, prompt.num_tokens, &mut rng)
        });
        let mut rng = stream(seed, Purpose::HeadInit, 0);
        let head = Head::init(self.task.classes.len(), a.width, &mut rng);
        let solver = &config.solver;
        let optimizer = Optimizer::new(match solver.optimizer {
            OptimizerKind::Sgd => OptimizerSettings::Sgd {
                momentum: solver.momentum,
                weight_decay: solver.weight_decay,
            },
            OptimizerKind::Adamw => OptimizerSettings::AdamW { weight_decay: solver.weight_decay },
        });
        Learner { bank, head, optimizer }
    }

    /// The allocator as it is before its first choice.
    pub(crate) fn allocator(&self) -> Allocator {
        let blocks = self.engine.architecture().depth;
        let prompt = &self.config.model.prompt;
        match self.config.allocator() {
            AllocatorKind::Ppo => {
                let settings = PpoSettings {
                    update_every: prompt.ppo_update_every,
                    k_epoch: prompt.ppo_k_epoch,
                    discount: prompt.ppo_discount_factor,
                };
                let mut rng = stream(self.config.seed, Purpose::PolicyInit, 0);
                Allocator::ppo(blocks, settings, &mut rng)
            }
            AllocatorKind::Thompson => Allocator::thompson(blocks),
            AllocatorKind::Random => Allocator::random(blocks),
            AllocatorKind::Fixed => Allocator::fixed(blocks),
        }
    }

    /// How prompts are scored.
    pub(crate) fn scoring(&self) -> Scoring {
        let prompt = &self.config.model.prompt;
        Scoring {
            idleness: self.config.idleness(),
            fidelity: prompt.fidelity,
            clip_norm: prompt.clip_norm,
            batch_size: self.config.data.batch_size,
        }
    }

    /// The learning rate of an epoch.
    pub(crate) fn learning_rate(&self, epoch: usize) -> f64 {
        let solver = &self.config.solver;
        let schedule = match solver.scheduler {
            Scheduler::None => Schedule::Constant,
            Scheduler::Cosine => {
                Schedule::Cosine { warmup: self.config.warmup_epochs(), total: solver.total_epoch }
            }
        };
        schedule.lr(self.config.learning_rate(), epoch)
    }

    /// Prompt dropout of an epoch, if it is on.
    pub(crate) fn dropout(
        &self,
        purpose: Purpose,
        epoch: usize,
        prompts: usize,
    ) -> Option<Dropout> {
        let rate = self.config.model.prompt.dropout;
        let (seed, images) = (self.config.seed, self.task.train.len());
        (rate > 0.0).then_some(Dropout { rate, seed, purpose, epoch, images, prompts })
    }

    /// What was learned, ready to be stored.
    pub(crate) fn adapter(&self, learner: &Learner) -> Adapter {
        let config = AdapterConfig {
            provpt_version: env!("CARGO_PKG_VERSION").to_owned(),
            method: self.config.method_name(),
            backbone: self.backbone.name.clone(),
            backbone_sha256: self.backbone.sha256.clone(),
            shallow: !self.config.model.prompt.deep,
            task: self.task.name.clone(),
            classes: self.task.classes.clone(),
            preprocessing: self.preprocessing.clone(),
        };
        Adapter { config, bank: learner.bank.clone(), head: learner.head.clone() }
    }
}

/// Opens the task that a configuration names.
pub(crate) fn open_task(config: &Config) -> Result<Task, Error> {
    let data = &config.data;
    let spec = TaskSpec {
        path: data.datapath.clone(),
        number_classes: data.number_classes,
        train: data.train_split,
        val_fraction: data.val_fraction,
        test_fraction: data.test_fraction,
        percentage: data.percentage,
        check_sizes: data.check_sizes,
        seed: 0,
        name: data.name.clone(),
    };
    let mut task = provpt_data::open(&spec)?.decoded_with(Decoding { exif: data.exif_rotation });
    if !data.test {
        task.test = None;
    }
    Ok(if data.name.is_empty() {
        named_after_folder(task, data.datapath.as_deref().unwrap_or(Path::new("")))
    } else {
        task
    })
}

/// A name for a task whose user gave none. Of no other meaning: a folder that happens to be called
/// like a published task is not taken for it.
fn named_after_folder(task: Task, path: &Path) -> Task {
    let path = std::path::absolute(path).unwrap_or_default();
    let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into());
    Task { name, ..task }
}
