//! From a configuration to everything a run needs: task, backbone, preprocessing, a fresh learner.

mod backbone;
mod begun;
pub(crate) mod classes;
mod facts;
mod folding;
pub(crate) mod optimizer;
pub(crate) mod prepare;
mod room;
mod settle;
mod staged;
mod task;

use std::sync::Arc;

use provpt_data::{Preprocess, Task};
use provpt_vit::weights::SideNetwork;
use provpt_vit::{AlexNetShape, Backbone, Device, Engine, Precision};

pub(crate) use backbone::{guesses, open as open_backbone, open_side};
pub(crate) use begun::Begun;
pub(crate) use folding::folded;
pub(crate) use settle::settle;
pub(crate) use task::open as open_task;

use crate::config::{AllocatorKind, Config, PromptInit, Scheduler};
use crate::error::Error;
use crate::learn::adapter::{Adapter, AdapterConfig};
use crate::learn::average::Average;
use crate::learn::between::BetweenEpochs;
use crate::learn::consistency::Consistency;
use crate::learn::drops::DropRates;
use crate::learn::first::{Beginning, FrozenAttention};
use crate::learn::form::PromptForm;
use crate::learn::fresh::fresh;
use crate::learn::ghosts::Ghosts;
use crate::learn::head::Head;
use crate::learn::making::Making;
use crate::learn::network::NetworkRecord;
use crate::learn::objective::Objective;
use crate::learn::parameters::Parameters;
use crate::learn::preprocessing::PreprocessRecord;
use crate::learn::rebirth::Merge;
use crate::learn::row_form::RowForm;
use crate::learn::schedule::Schedule;
use crate::learn::set::{Param, Set};
use crate::learn::side::side;
use crate::learn::start::start;
use crate::learn::thaw::thawed;
use crate::learn::tune::Learner;
use crate::method::{Method, Prompting, Thawed};
use crate::relocate::exchange::ExchangeStep;
use crate::relocate::prune::Pruning;
use crate::relocate::step::Relocation;
use provpt_base::{Purpose, quoted, stream};

/// What stays fixed during a run.
pub(crate) struct Setup {
    pub(crate) config: Config,
    pub(crate) method: Method,
    /// What kind of prompts there are, if there are any.
    form: PromptForm,
    making: Making,
    /// Their values before the first step, unless they are drawn.
    start: Option<Vec<f32>>,
    /// The backbone's own arrays that learn, as they are before the first step.
    thawed: Vec<Param>,
    /// What a prompt's row is of.
    row_form: RowForm,
    /// Attention of the backbone's own blocks, if starts ask it.
    attentions: Vec<FrozenAttention>,
    /// What carries prompts from one stage to the next, if something does.
    merges: Arc<[Merge]>,
    pub(crate) task: Task,
    pub(crate) engine: Engine,
    pub(crate) backbone: Identity,
    /// The name of the network beside it, if there is one.
    side: Option<String>,
    /// What the backbone drops while it learns, if anything.
    pub(crate) drops: Option<DropRates>,
    pub(crate) preprocessing: PreprocessRecord,
    /// The same, ready to be used.
    pub(crate) preprocess: Preprocess,
    /// One line per thing a user should know was assumed.
    pub(crate) facts: Vec<String>,
    /// Whether the run goes on with other images than those that it began with.
    pub(crate) other_images: bool,
}

/// Which backbone it is.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    pub(crate) name: String,
    pub(crate) sha256: String,
    pub(crate) network: Option<NetworkRecord>,
}

/// A network to be put beside a backbone.
pub(crate) enum Beside {
    Transformer(Box<Backbone>),
    /// All its arrays are learned, so that its shape is enough.
    AlexNet(AlexNetShape),
}

impl From<SideNetwork> for Beside {
    fn from(network: SideNetwork) -> Self {
        match network {
            SideNetwork::Transformer(backbone) => Self::Transformer(backbone),
            SideNetwork::AlexNet(network) => Self::AlexNet(network.shape),
        }
    }
}

/// A backbone, and a network beside it, computed as a configuration says. Nothing but the arrays of
/// these names is put into them.
pub(crate) fn engine<'n>(
    config: &Config,
    backbone: Backbone,
    beside: Option<Beside>,
    names: impl Iterator<Item = &'n str>,
) -> Result<Engine, provpt_vit::Error> {
    let backbone = match config.precision() {
        // Checkpoints in f16 are exact in it; products with small scales would not be.
        Precision::F16 => backbone,
        _ => folded(backbone, names),
    };
    let on = |backbone| {
        let threads = config.thread_count();
        Engine::with_device(backbone, threads, config.precision(), config.device)
    };
    let engine = on(backbone)?;
    let engine = match beside {
        None => engine,
        Some(Beside::Transformer(beside)) => engine.with_side(on(*beside)?)?,
        Some(Beside::AlexNet(shape)) => engine.with_alexnet(shape, config.precision())?,
    };
    Ok(engine.with_activations(config.activations()))
}

impl Setup {
    /// Opens the task and the backbone that the configuration names, for a new run or one that
    /// has begun.
    pub(crate) fn open(config: &Config, begun: Option<Begun<'_>>) -> Result<Self, Error> {
        let task = open_task(config)?;
        let backbone = open_backbone(config)?;
        Self::new(config, task, backbone, begun)
    }

    /// The same for a task and a backbone at hand.
    pub(crate) fn new(
        config: &Config,
        task: Task,
        backbone: Backbone,
        begun: Option<Begun<'_>>,
    ) -> Result<Self, Error> {
        tracing::debug!(backbone = %backbone.name, sha256 = %backbone.sha256, "backbone loaded");
        let known = begun.map(|begun| begun.preprocessing(&backbone)).transpose()?.flatten();
        let settle::Settled { record: preprocessing, facts: pixels, .. } = match known {
            Some(record) => settle::as_begun(record),
            None => settle(config, &backbone)?,
        };
        let (task, other_images) = match begun {
            Some(begun) => begun.task(task)?,
            None => (task, false),
        };
        let method = Method::of(config);
        staged::check(config, &method, &backbone.architecture)?;
        let merges = staged::merges(config, &backbone);
        let mut thawed = thawed(method.learns.thawed, &backbone, config)?;
        let a = &backbone.architecture;
        let has_side = method.learns.thawed == Thawed::Side;
        let beside = has_side.then(|| open_side(config, a.image_size)).transpose()?;
        thawed.extend(beside.iter().flat_map(|beside| side(a.width, beside, config.seed)));
        let form = PromptForm::of(config, a)?;
        let prompting = method.learns.prompts;
        if matches!(prompting, Prompting::Shallow | Prompting::Deep) {
            form.thaw(&config.model.prompt, &backbone, &mut thawed);
        }
        let mut facts = facts::facts(config, &method, &task, &backbone, pixels);
        let drops = DropRates::of(config, &backbone)?;
        facts.extend(drops.map(DropRates::fact));
        let identity = Identity {
            name: backbone.name.clone(),
            sha256: backbone.sha256.clone(),
            network: NetworkRecord::of(&backbone),
        };
        let row_form = RowForm::of(config.model.prompt.form, &backbone);
        let asked = config.model.prompt.init == PromptInit::Vipamin;
        let attentions = if asked { FrozenAttention::all(&backbone) } else { Vec::new() };
        let backbone = form.on(backbone)?;
        let making = form.making(&backbone)?;
        let start = match prompting {
            Prompting::None => None,
            _ => start(config, &backbone.architecture, &form)?,
        };
        let side = beside.as_ref().map(|beside| beside.name().to_owned());
        let names = thawed.iter().map(|param| &*param.name);
        let engine = engine(config, backbone, beside.map(Beside::from), names)?;
        // The processor is no news.
        let elsewhere = (config.device != Device::Cpu).then(|| engine.device());
        facts.extend(elsewhere.map(|device| format!("device    {}", quoted(device))));
        let (config, preprocess) = (config.clone(), preprocessing.resolve());
        let mut setup = Self {
            config,
            method,
            form,
            making,
            start,
            thawed,
            row_form,
            attentions,
            merges,
            task,
            engine,
            backbone: identity,
            side,
            drops,
            preprocessing,
            preprocess,
            facts,
            other_images,
        };
        setup.facts.extend(room::told(&setup)?);
        Ok(setup)
    }

    /// What is learned, and the optimizer, as they are before the first step.
    pub(crate) fn learner(&self) -> Learner {
        let (config, a) = (&self.config, self.engine.architecture());
        let prompting = self.method.learns.prompts;
        let moves = matches!(prompting, Prompting::Shallow | Prompting::Deep);
        let prompts = (prompting != Prompting::None)
            .then(|| fresh(config, a, &self.form, self.making.clone()));
        let (bank, mut prompts) = prompts.unzip();
        let bank = bank.map(|bank| bank.carrying(Arc::clone(&self.merges)));
        let bank = bank.map(|bank| {
            let logit = config.model.prompt.logit.unwrap_or_default();
            bank.of_rows(self.row_form.clone(), logit as f32)
        });
        if let (Some(start), Some([prompts, ..])) = (&self.start, prompts.as_deref_mut()) {
            prompts.values.clone_from(start);
        }
        let prompts = prompts.into_iter().flatten().map(|param: Param| param.learning(moves));
        let mut rng = stream(config.seed, Purpose::HeadInit, [0, 0]);
        let (classes, hidden) = (self.task.classes.len(), config.model.mlp_num);
        let head = Head::init(classes, a.width, hidden, &mut rng);
        let thawed = self.thawed.iter().cloned();
        let mut set: Set = prompts.chain(thawed).chain(head).collect();
        if let Some(bank) = &bank {
            bank.form_rows(&mut set);
        }
        for param in set.iter_mut().filter(|param| param.learns()) {
            param.group = optimizer::group(config, param);
        }
        let optimizer = optimizer::optimizer(config);
        let objective = Objective::of(config, classes, self.task.train.labels());
        let average = Average::of(config.solver.average);
        let images = self.task.train.len();
        let consistency = Consistency::of(config.solver.consistency, images, classes);
        let parameters = Parameters { set, bank };
        let nursery = self.method.relocates == Some(AllocatorKind::Nursery);
        let ghosts = nursery.then(|| Ghosts::new(&parameters, optimizer.clone())).flatten();
        let plain = Learner::new(parameters, optimizer, objective);
        Learner { average, consistency, ghosts, ..plain }
    }

    /// What the values before the first step are made with.
    pub(crate) fn beginning(&self) -> Beginning<'_> {
        let Self { config, engine, attentions, .. } = self;
        Beginning { config, engine, attentions }
    }

    /// What the method does between epochs, before the first of them.
    pub(crate) fn between_epochs(&self) -> Option<Box<dyn BetweenEpochs>> {
        let allocator = self.method.relocates?;
        let blocks = self.engine.architecture().depth;
        Some(match Relocation::new(&self.config, allocator, blocks) {
            Some(relocation) => Box::new(relocation),
            None if allocator.prunes() => {
                let at_first = self.form.addresses(&self.config, self.engine.architecture()).len();
                Box::new(Pruning::new(&self.config, at_first))
            }
            None => Box::new(ExchangeStep::new(&self.config, allocator)),
        })
    }

    /// The learning rate in an epoch, when this share of its steps is done, by the base rate.
    pub(crate) fn learning_rate(&self, base: f64, epoch: usize, done: f64) -> f64 {
        let solver = &self.config.solver;
        let schedule = match solver.scheduler {
            Scheduler::None => Schedule::Constant,
            Scheduler::Cosine | Scheduler::CosineStep => Schedule::Cosine {
                warmup: self.config.warmup_epochs(),
                total: solver.total_epoch,
                by_step: solver.scheduler == Scheduler::CosineStep,
            },
        };
        schedule.lr(base, epoch, done)
    }

    /// What was learned, ready to be stored.
    pub(crate) fn adapter(&self, parameters: &Parameters) -> Adapter {
        let config = AdapterConfig {
            provpt_version: env!("CARGO_PKG_VERSION").to_owned(),
            method: self.method.name.to_string(),
            backbone: self.backbone.name.clone(),
            backbone_sha256: self.backbone.sha256.clone(),
            network: self.backbone.network.clone(),
            side: self.side.clone(),
            shallow: !self.config.model.prompt.deep,
            prompts: self.form.clone(),
            thawed: parameters.thawed().map(|param| param.name.clone()).collect(),
            task: self.task.name.clone(),
            classes: self.task.classes.clone(),
            preprocessing: self.preprocessing.clone(),
        };
        Adapter { config, parameters: parameters.clone() }
    }
}
