//! Training: for each epoch score, relocate, tune, evaluate, and put everything on disk.

use std::time::Instant;

use provpt_data::Augment;
use provpt_runs::{EpochRecord, IdlenessRecord, Metrics, RunFolder, Score, Seconds, StepRecord};
use rand::seq::SliceRandom;

use crate::checkpoint::{self, Progress};
use crate::config::{Fidelity, Scoring};
use crate::error::Error;
use crate::evaluate::{Evaluation, evaluate};
use crate::idleness::Scores;
use crate::journal::Journal;
use crate::observer::{Event, Observer, Phase};
use crate::prepare::Preparer;
use crate::relocator::{Outcome, Relocation, Relocator};
use crate::score;
use crate::setup::Setup;
use crate::source::Source;
use crate::streams::{Purpose, stream};
use crate::tune::{Learner, PROMPTS, Tuned, Tuning};
use crate::verify::removal_changes;

/// A run in progress.
pub(crate) struct Trainer<'a> {
    pub(crate) setup: &'a Setup,
    pub(crate) folder: &'a RunFolder,
    pub(crate) train: Source<'a>,
    pub(crate) val: Option<Source<'a>>,
    pub(crate) test: Option<Source<'a>>,
    pub(crate) learner: Learner,
    pub(crate) progress: Progress,
    pub(crate) metrics: Metrics,
    journal: Journal,
    pub(crate) observer: &'a mut dyn Observer,
}

impl<'a> Trainer<'a> {
    /// A run from the beginning.
    pub(crate) fn new(
        setup: &'a Setup,
        folder: &'a RunFolder,
        observer: &'a mut dyn Observer,
    ) -> Result<Self, Error> {
        let preprocess = setup.preprocessing.resolve()?;
        let unprepared = |split| Source::new(split, preprocess);
        let relocator = setup.config.adaptive().then(|| Relocator::new(setup.allocator()));
        Ok(Self {
            train: unprepared(&setup.task.train)?,
            val: setup.task.val.as_ref().map(unprepared).transpose()?,
            test: setup.task.test.as_ref().map(unprepared).transpose()?,
            learner: setup.learner(),
            progress: Progress { relocator, ..Progress::default() },
            metrics: Metrics::default(),
            journal: Journal::default(),
            setup,
            folder,
            observer,
        })
    }

    /// Goes back to the last checkpoint, if there is one.
    pub(crate) fn resume(&mut self) -> Result<(), Error> {
        let folder = self.folder.checkpoint();
        if let Some(progress) = checkpoint::load(&folder, &mut self.learner, &self.progress)? {
            self.progress = progress;
            self.metrics = Metrics::load(&self.folder.metrics())?;
            self.metrics.truncate_to(self.progress.epoch);
        }
        Ok(())
    }

    /// Runs the epochs that are left until so many are done in all; whether the run has come to
    /// its end.
    pub(crate) fn run(&mut self, until: usize) -> Result<bool, Error> {
        let epochs = self.setup.config.solver.total_epoch;
        let first = self.progress.epoch;
        let Setup { config, facts, .. } = self.setup;
        let earlier = &self.metrics;
        self.observer.event(&Event::Started { config, facts, epochs, first, earlier });
        if first < until || self.at_its_end() {
            self.journal = Journal::open(self.folder, &config.log, self.metrics.len())?;
            self.prepare(until >= epochs)?;
        }
        while self.progress.epoch < until && !self.at_its_end() {
            let record = self.epoch(self.progress.epoch)?;
            self.progress.epoch += 1;
            self.progress.seconds += record.seconds.total();
            self.metrics.push(record);
            self.store()?;
            if let Some(record) = self.metrics.last() {
                self.observer.event(&Event::Epoch(record));
            }
        }
        Ok(self.at_its_end())
    }

    fn at_its_end(&self) -> bool {
        self.progress.epoch >= self.setup.config.solver.total_epoch || self.out_of_patience()
    }

    /// Decodes and resizes what is gone through again and again, and what the end of the run needs
    /// if that is to come.
    fn prepare(&mut self, to_the_end: bool) -> Result<(), Error> {
        let Setup { config, task, engine, .. } = self.setup;
        let budget = config.data.cache_mb.saturating_mul(1 << 20);
        let preprocess = self.setup.preprocessing.resolve()?;
        let mut preparer = Preparer::new(&config.data, preprocess, self.observer);
        self.train = Source::cached(preparer.again(engine, "train", &task.train, true)?, budget);
        if let Some(val) = &task.val {
            self.val = Some(Source::cached(preparer.again(engine, "val", val, false)?, budget));
        }
        if let Some(test) = task.test.as_ref().filter(|_| to_the_end) {
            self.test = Some(Source::cached(preparer.once(engine, "test", test)?, 0));
        }
        Ok(())
    }

    /// The checkpoint after what belongs to it: a kill in between leaves lines too many, which
    /// resuming drops.
    fn store(&mut self) -> Result<(), Error> {
        self.journal.sync()?;
        self.metrics.store(&self.folder.metrics())?;
        checkpoint::store(&self.folder.checkpoint(), &self.learner, &self.progress)?;
        self.setup.adapter(&self.learner).store(&self.folder.adapter())?;
        tracing::debug!(epochs = self.progress.epoch, folder = %self.folder.path().display(), "stored");
        Ok(())
    }

    fn out_of_patience(&self) -> bool {
        let patience = self.setup.config.solver.patience;
        let best = self.progress.best.map_or(0, |(epoch, _)| epoch + 1);
        patience > 0 && self.val.is_some() && self.progress.epoch >= best + patience
    }

    fn epoch(&mut self, epoch: usize) -> Result<EpochRecord, Error> {
        let mut seconds = Seconds::default();
        let scores = timed(&mut seconds.score, || self.scores(epoch))?;
        let distribution_scored = scores.as_ref().map(|s| self.idleness_record(s));
        let outcome = match &scores {
            Some(scores) => timed(&mut seconds.verify, || self.relocate(epoch, scores))?,
            None => Outcome::default(),
        };
        let lr = self.setup.learning_rate(epoch);
        let tuned = timed(&mut seconds.tune, || self.tune(epoch, lr))?;
        let val = timed(&mut seconds.evaluate, || self.validate())?;
        self.note_best(epoch, val.as_ref());
        let bank = self.learner.bank.as_ref();
        self.progress.running = tuned.scores;
        Ok(EpochRecord {
            epoch,
            lr,
            train_loss: tuned.loss,
            train_top1: tuned.top1,
            score_loss: scores.map(|s| s.loss),
            val: val.map(|v| Score { loss: v.loss, top1: v.top1 }),
            grad_norm: tuned.grad_norm,
            idleness: distribution_scored,
            distribution: bank.map(|b| b.distribution()).unwrap_or_default(),
            relocation: outcome.moved,
            not_moved: outcome.reason,
            reward: outcome.reward,
            seconds,
        })
    }

    /// Idleness of all prompts at the parameters the epoch begins with.
    fn scores(&mut self, epoch: usize) -> Result<Option<Scores>, Error> {
        let config = &self.setup.config;
        if self.progress.relocator.is_none() {
            return Ok(None);
        }
        let mut indices: Vec<usize> = (0..self.train.len()).collect();
        match config.model.prompt.scoring {
            Scoring::Running => return Ok(self.progress.running.take()),
            Scoring::Subset => {
                indices.shuffle(&mut stream(config.seed, Purpose::Scoring, epoch as u64));
                indices.truncate(config.model.prompt.scoring_samples.max(1));
            }
            Scoring::Pass => {}
        }
        let (setup, train, learner) = (self.setup, &self.train, &self.learner);
        let (observer, prompts) = (&mut self.observer, learner.prompts());
        let total = indices.len().div_ceil(config.data.batch_size);
        let watch = |done| {
            observer.event(&Event::Batch { epoch, phase: Phase::Score, done, total, loss: None });
        };
        let reference = config.model.prompt.fidelity == Fidelity::Reference;
        let dropout = setup.dropout(Purpose::ScoringDropout, epoch, prompts).filter(|_| reference);
        let model = learner.model(&setup.engine);
        score::score(&model, train, &indices, &setup.scoring(), dropout.as_ref(), watch)
    }

    fn idleness_record(&self, scores: &Scores) -> IdlenessRecord {
        let blocks = self.learner.bank.as_ref().map(|b| b.block_sums(&scores.idleness));
        IdlenessRecord {
            kind: self.setup.config.idleness().to_string(),
            per_block: blocks.unwrap_or_default(),
            max: scores.idleness.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            per_prompt: scores.idleness.clone(),
        }
    }

    fn relocate(&mut self, epoch: usize, scores: &Scores) -> Result<Outcome, Error> {
        let (setup, config) = (self.setup, &self.setup.config);
        let prompt = &config.model.prompt;
        let Learner { bank: Some(bank), head, optimizer } = &mut self.learner else {
            return Ok(Outcome::default());
        };
        let Some(relocator) = &mut self.progress.relocator else { return Ok(Outcome::default()) };
        let settings = Relocation {
            seed: config.seed,
            epoch,
            warmup: prompt.reward_warmup_epoch,
            rebirth: prompt.rebirth,
            scale: prompt.relocation_scale as f32,
            verify: config.verify(),
        };
        let images = self.train.len();
        let subset = verify_subset(config.seed, images, config.verify_samples(images));
        let train = &self.train;
        let verify = |bank: &crate::bank::PromptBank, rows: &[usize]| {
            let model = crate::model::Model { engine: &setup.engine, bank: Some(bank), head };
            removal_changes(&model, train, &subset, rows)
        };
        let outcome = relocator.step(bank, scores, &settings, verify)?;
        if let (Some(row), Fidelity::Exact) = (outcome.changed, prompt.fidelity) {
            optimizer.reset_row(PROMPTS, row, bank.width());
        }
        Ok(outcome)
    }

    fn tune(&mut self, epoch: usize, lr: f64) -> Result<Tuned, Error> {
        let (setup, config) = (self.setup, &self.setup.config);
        let prompts = self.learner.prompts();
        let mut order: Vec<usize> = (0..self.train.len()).collect();
        order.shuffle(&mut stream(config.seed, Purpose::Shuffle, epoch as u64));
        let tuning = Tuning {
            epoch,
            order: &order,
            batch_size: config.data.batch_size,
            lr,
            clip_norm: config.model.prompt.clip_norm,
            augment: Some(Augment { seed: config.seed, epoch: epoch as u64 }),
            dropout: setup.dropout(Purpose::Dropout, epoch, prompts),
        };
        let running =
            self.progress.relocator.is_some() && config.model.prompt.scoring == Scoring::Running;
        let scores = running.then(|| setup.scoring().sum(prompts));
        let total = order.len().div_ceil(tuning.batch_size);
        let (observer, journal) = (&mut self.observer, &mut self.journal);
        let watch = |step: StepRecord| {
            let (done, loss) = (step.step + 1, Some(step.loss));
            journal.step(&step)?;
            observer.event(&Event::Step(&step));
            observer.event(&Event::Batch { epoch, phase: Phase::Tune, done, total, loss });
            Ok(())
        };
        self.learner.tune(&setup.engine, &self.train, &tuning, scores, watch)
    }

    fn validate(&self) -> Result<Option<Evaluation>, Error> {
        let model = self.learner.model(&self.setup.engine);
        self.val.as_ref().map(|val| evaluate(&model, val)).transpose()
    }

    fn note_best(&mut self, epoch: usize, val: Option<&Evaluation>) {
        if let Some(val) = val
            && self.progress.best.is_none_or(|(_, top1)| val.top1 > top1)
        {
            self.progress.best = Some((epoch, val.top1));
        }
    }
}

/// The images that verification looks at: the same ones for the whole run.
pub(crate) fn verify_subset(seed: u64, images: usize, samples: usize) -> Vec<usize> {
    let mut indices: Vec<usize> = (0..images).collect();
    indices.shuffle(&mut stream(seed, Purpose::Verify, 0));
    indices.truncate(samples.max(1));
    indices
}

fn timed<T>(seconds: &mut f64, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = work();
    *seconds = start.elapsed().as_secs_f64();
    result
}
