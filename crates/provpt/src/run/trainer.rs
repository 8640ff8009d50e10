//! Training: for each epoch what the method does between epochs, tuning, validation, and a record.

use std::time::Instant;

use provpt_runs::{EpochRecord, Metrics, RunResult, Score, Seconds, StepRecord};

use crate::error::Error;
use crate::learn::between::{Changes, Scene};
use crate::learn::clip::Clipping;
use crate::learn::dropout::Dropout;
use crate::learn::evaluate::{Evaluation, evaluate};
use crate::learn::find_rate::find_rate;
use crate::learn::ghosts::Ghosts;
use crate::learn::model::BatchGradients;
use crate::learn::showing::Showing;
use crate::learn::source::Source;
use crate::learn::tune::{Learner, Listener, Tuned, Tuning};
use crate::math::order::shuffled;
use crate::observer::{Event, Observer, Phase, batches};
use crate::relocate::apportion;
use crate::run::checkpoint::{self, Between, Progress};
use crate::run::recorder::{EpochEnd, Recorder, Saved, Start};
use crate::run::result::result;
use crate::run::splits::Splits;
use crate::setup::Setup;
use provpt_base::{Purpose, stream};

/// A run in progress.
pub(crate) struct Trainer<'a> {
    pub(crate) setup: &'a Setup,
    pub(crate) learner: Learner,
    pub(crate) progress: Progress,
    pub(crate) metrics: Metrics,
    between: Between,
    pub(crate) recorder: &'a mut dyn Recorder,
    pub(crate) observer: &'a mut dyn Observer,
}

impl<'a> Trainer<'a> {
    /// A run from the beginning, or from what an earlier part of it left.
    pub(crate) fn new(
        setup: &'a Setup,
        saved: Option<Saved>,
        recorder: &'a mut dyn Recorder,
        observer: &'a mut dyn Observer,
    ) -> Result<Self, Error> {
        let (mut learner, mut between) = (setup.learner(), setup.between_epochs());
        let (mut progress, mut metrics) = (Progress::default(), Metrics::default());
        if let Some(saved) = saved {
            let bytes = &saved.checkpoint;
            progress = checkpoint::decode(&saved.path, bytes, &mut learner, &mut between)?;
            let asked = setup.config.solver.find_rate > 0;
            if progress.found_rate.is_some_and(|rate| rate > 0.0) != asked {
                let what = "found_rate: expected one where solver.find_rate asks for it".to_owned();
                return Err(Error::damaged(&saved.path, what));
            }
            metrics = saved.metrics;
            metrics.truncate_to(progress.epoch);
        }
        Ok(Self { setup, learner, progress, metrics, between, recorder, observer })
    }

    /// Runs the epochs that are left until so many are done in all; the final numbers if the run
    /// has come to its end.
    pub(crate) fn run(&mut self, until: usize) -> Result<Option<RunResult>, Error> {
        let epochs = self.setup.config.solver.total_epoch;
        let first = self.progress.epoch;
        let Setup { config, facts, .. } = self.setup;
        let earlier = &self.metrics;
        self.observer.event(&Event::Started { config, facts, epochs, first, earlier });
        if first >= until && !self.at_its_end() {
            return Ok(None);
        }
        let Setup { task, other_images, .. } = self.setup;
        let start = Start { metrics: &self.metrics, task, other_images: *other_images };
        self.recorder.begin(&start)?;
        let splits = Splits::prepare(self.setup, self.observer, until >= epochs)?;
        if first == 0 {
            apportion::start(&mut self.learner, &self.setup.beginning(), &splits.train)?;
            self.find_rate(&splits.train)?;
        }
        self.epochs(until, &splits)?;
        self.at_its_end().then(|| self.finish(&splits)).transpose()
    }

    fn find_rate(&mut self, train: &Source<'_>) -> Result<(), Error> {
        if self.setup.config.solver.find_rate == 0 {
            return Ok(());
        }
        let (beginning, showing) = (self.setup.beginning(), self.showing(0));
        let watch = batches(self.observer, 0, Phase::FindRate);
        let mut seconds = 0.0;
        let rate =
            timed(&mut seconds, || find_rate(&self.learner, &beginning, train, showing, watch))?;
        self.progress.seconds += seconds;
        self.progress.found_rate = Some(rate);
        self.observer.event(&Event::Rate(rate));
        Ok(())
    }

    /// How training sees images in an epoch.
    fn showing(&self, epoch: usize) -> Showing {
        Showing::of(&self.setup.config, epoch).dropping(self.setup.drops)
    }

    fn base_rate(&self) -> f64 {
        self.progress.found_rate.unwrap_or_else(|| self.setup.config.learning_rate())
    }

    fn epochs(&mut self, until: usize, splits: &Splits<'_>) -> Result<(), Error> {
        while self.progress.epoch < until && !self.at_its_end() {
            let before = self.setup.engine.fewer_images();
            let record = self.epoch(self.progress.epoch, splits)?;
            self.tell_of_memory(before);
            self.progress.epoch += 1;
            self.progress.seconds += record.seconds.total();
            self.metrics.push(record);
            self.store()?;
            if let Some(record) = self.metrics.last() {
                self.observer.event(&Event::Epoch(record));
            }
        }
        Ok(())
    }

    /// Tells if the device's memory ran out since there were so many images at a time.
    fn tell_of_memory(&mut self, before: Option<usize>) {
        if let Some(images) = self.setup.engine.fewer_images().filter(|now| Some(*now) != before) {
            let line =
                format!("the device's memory ran out: {images} images go at a time from now on");
            self.observer.event(&Event::Warning(&line));
        }
    }

    fn finish(&mut self, splits: &Splits<'_>) -> Result<RunResult, Error> {
        let result = result(self, splits)?;
        self.observer.event(&Event::Finished(&result));
        self.recorder.finish(&result, &self.setup.adapter(&self.learner.shown()))?;
        Ok(result)
    }

    fn at_its_end(&self) -> bool {
        self.progress.epoch >= self.setup.config.solver.total_epoch || self.out_of_patience()
    }

    fn out_of_patience(&self) -> bool {
        let patience = self.setup.config.solver.patience;
        let best = self.progress.best.map_or(0, |(epoch, _)| epoch + 1);
        let validates = self.setup.task.val.is_some();
        // What there is before the last prompts have left is not what was asked for.
        let first = self.setup.config.pruning().map_or(0, |window| window.end() + 1);
        patience > 0 && validates && self.progress.epoch >= (best + patience).max(first)
    }

    fn store(&mut self) -> Result<(), Error> {
        let Some(record) = self.metrics.last() else { return Ok(()) };
        let adapter = self.setup.adapter(&self.learner.shown());
        let checkpoint = checkpoint::encode(&self.learner, &self.progress, &self.between)?;
        let (metrics, adapter, checkpoint) = (&self.metrics, &adapter, &checkpoint[..]);
        self.recorder.epoch(&EpochEnd { record, metrics, adapter, checkpoint })
    }

    fn epoch(&mut self, epoch: usize, splits: &Splits<'_>) -> Result<EpochRecord, Error> {
        let mut seconds = Seconds::default();
        let changes = self.before_tuning(epoch, &splits.train)?;
        (seconds.score, seconds.verify) = (changes.score_seconds, changes.verify_seconds);
        let mut moves = changes.moved.into_iter();
        let relocation = moves.next();
        let distribution = self.learner.parameters.distribution();
        let learned = self.learner.parameters.changing_count();
        let lr = self.setup.learning_rate(self.base_rate(), epoch, 0.5);
        let tuned = timed(&mut seconds.tune, || self.tune(epoch, &splits.train))?;
        let val = timed(&mut seconds.evaluate, || self.evaluate(epoch, splits.val.as_ref()))?;
        self.note_best(epoch, val.as_ref());
        if let Some(between) = &mut self.between {
            between.after_tuning(&self.learner.parameters);
        }
        Ok(EpochRecord {
            epoch,
            lr,
            train_loss: tuned.loss,
            train_top1: tuned.top1,
            score_loss: changes.score_loss,
            val: val.map(|v| Score { loss: v.loss, top1: v.top1 }),
            grad_norm: tuned.grad_norm,
            idleness: changes.idleness,
            distribution,
            learned,
            relocation,
            more_moves: moves.collect(),
            pruned: changes.pruned,
            not_moved: changes.reason,
            reward: changes.reward,
            seconds,
        })
    }

    fn before_tuning(&mut self, epoch: usize, train: &Source<'_>) -> Result<Changes, Error> {
        let Some(between) = &mut self.between else { return Ok(Changes::default()) };
        let mut scene = Scene {
            engine: &self.setup.engine,
            train,
            learner: &mut self.learner,
            observer: self.observer,
        };
        between.before_tuning(epoch, &mut scene)
    }

    fn tune(&mut self, epoch: usize, train: &Source<'_>) -> Result<Tuned, Error> {
        let (setup, config) = (self.setup, &self.setup.config);
        let ghosts = self.learner.ghosts.as_ref().map_or(0, Ghosts::count);
        let prompts = self.learner.parameters.prompt_count() + ghosts;
        let rng = &mut stream(config.seed, Purpose::Shuffle, [epoch as u64, 0]);
        let order = shuffled(train.len(), rng);
        let base = self.base_rate();
        let tuning = Tuning {
            epoch,
            order: &order,
            batch_size: config.data.batch_size,
            lr: &|done| setup.learning_rate(base, epoch, done),
            clipping: Clipping::of(&config.model.prompt),
            showing: Some(self.showing(epoch)),
            dropout: Dropout::of(config, Purpose::Dropout, epoch, train.len(), prompts),
        };
        let mut steps = Steps {
            total: order.len().div_ceil(tuning.batch_size),
            between: &mut self.between,
            recorder: self.recorder,
            observer: self.observer,
        };
        self.learner.tune(&setup.engine, train, &tuning, &mut steps)
    }

    /// Evaluates what is learned so far on a split, if there is one.
    pub(crate) fn evaluate(
        &mut self,
        epoch: usize,
        split: Option<&Source<'_>>,
    ) -> Result<Option<Evaluation>, Error> {
        let shown = self.learner.shown();
        let model = self.learner.model_of(&shown, &self.setup.engine);
        let watch = batches(self.observer, epoch, Phase::Evaluate);
        split.map(|split| evaluate(&model, split, watch)).transpose()
    }

    fn note_best(&mut self, epoch: usize, val: Option<&Evaluation>) {
        if let Some(val) = val
            && self.progress.best.is_none_or(|(_, top1)| val.top1 > top1)
        {
            self.progress.best = Some((epoch, val.top1));
        }
    }
}

/// Hands what happens in an epoch of tuning to all who want to know.
struct Steps<'a> {
    /// Steps of the epoch.
    total: usize,
    between: &'a mut Between,
    recorder: &'a mut dyn Recorder,
    observer: &'a mut dyn Observer,
}

impl Listener for Steps<'_> {
    fn gradients(&mut self, gradients: &BatchGradients, images: usize) {
        if let Some(between) = self.between {
            between.while_tuning(gradients, images);
        }
    }

    fn step(&mut self, record: StepRecord) -> Result<(), Error> {
        self.recorder.step(&record)?;
        self.observer.event(&Event::Step(&record));
        self.observer.event(&Event::Batch {
            epoch: record.epoch,
            phase: Phase::Tune,
            done: record.step + 1,
            total: self.total,
            loss: Some(record.loss),
        });
        Ok(())
    }
}

fn timed<T>(seconds: &mut f64, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = work();
    *seconds = start.elapsed().as_secs_f64();
    result
}
