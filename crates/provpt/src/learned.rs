//! A run that is done, or the bare backbone, put to use: evaluation, prediction, features.

use std::path::{Path, PathBuf};

use provpt_data::{Preprocess, Split, Task};
use provpt_runs::RunFolder;
use provpt_vit::{Engine, Prompts};

use crate::adapter::Adapter;
use crate::backbone;
use crate::config::Config;
use crate::error::Error;
use crate::evaluate::{Evaluation, evaluate};
use crate::model::Model;
use crate::preprocessing::PreprocessRecord;
use crate::run::load_config;
use crate::settle::settle;
use crate::setup::open_task;
use crate::source::{EVAL_BATCH, Source};

/// A backbone, with what a run learned or without.
pub struct Learned {
    pub(crate) engine: Engine,
    pub(crate) adapter: Option<Adapter>,
    pub(crate) config: Config,
    preprocessing: PreprocessRecord,
}

/// Which images of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// What the run learned from.
    Train,
    /// What settings are chosen by.
    Val,
    /// What is reported.
    Test,
}

/// A class and the model's belief in it.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Guess {
    /// The class's name.
    pub class: String,
    /// Its place among the head's rows.
    pub index: usize,
    /// 0..1.
    pub probability: f64,
}

impl Learned {
    /// Opens a run's adapter on the run's backbone.
    ///
    /// # Errors
    /// The run or its backbone cannot be read, or they do not belong together.
    pub fn open(run: &Path, overrides: &[String]) -> Result<Self, Error> {
        let folder = RunFolder::open(run)?;
        let mut config = load_config(&folder)?;
        config.apply(overrides)?;
        let backbone = backbone::open(&config)?;
        let adapter = Adapter::load(&folder.adapter(), &backbone.architecture, &backbone.sha256)?;
        let preprocessing = adapter.config.preprocessing.clone();
        let engine = Engine::new(backbone, config.thread_count())?;
        Ok(Self { engine, adapter: Some(adapter), config, preprocessing })
    }

    /// Opens a backbone alone.
    ///
    /// # Errors
    /// The backbone cannot be read.
    pub fn bare(config: &Config) -> Result<Self, Error> {
        let backbone = backbone::open(config)?;
        let preprocessing = settle(config, &backbone)?.record;
        let engine = Engine::new(backbone, config.thread_count())?;
        Ok(Self { engine, adapter: None, config: config.clone(), preprocessing })
    }

    /// Class names, none for a bare backbone.
    pub fn classes(&self) -> &[String] {
        self.adapter.as_ref().map_or(&[], |a| &a.config.classes)
    }

    /// Feature width d.
    pub fn width(&self) -> usize {
        self.engine.architecture().width
    }

    /// The run's task, read again.
    ///
    /// # Errors
    /// The task cannot be read.
    pub fn task(&self) -> Result<Task, Error> {
        open_task(&self.config)
    }

    /// Evaluates on one part of the run's task.
    ///
    /// # Errors
    /// The task has no such part or cannot be read.
    pub fn evaluate(&self, part: Part) -> Result<Evaluation, Error> {
        let task = self.task()?;
        let (split, name) = match part {
            Part::Train => (Some(&task.train), "train"),
            Part::Val => (task.val.as_ref(), "val"),
            Part::Test => (task.test.as_ref(), "test"),
        };
        let none = || Error::NoSplit { task: task.name.clone(), split: name };
        let source = Source::new(split.ok_or_else(none)?, self.preprocessing.resolve()?)?;
        let Some(model) = self.model() else { return Err(none()) };
        evaluate(&model, &source)
    }

    pub(crate) fn model(&self) -> Option<Model<'_>> {
        let adapter = self.adapter.as_ref()?;
        let bank = adapter.bank.as_ref();
        Some(Model { engine: &self.engine, bank, head: &adapter.head })
    }

    pub(crate) fn preprocess(&self) -> Result<Preprocess, Error> {
        self.preprocessing.resolve()
    }

    /// The most probable classes of each image, the likeliest first.
    ///
    /// # Errors
    /// An image cannot be decoded.
    pub fn predict(&self, paths: &[PathBuf], top: usize) -> Result<Vec<Vec<Guess>>, Error> {
        let Some(adapter) = &self.adapter else { return Ok(Vec::new()) };
        let features = self.features(paths, |_| {})?;
        let logits = adapter.head.logits(&features);
        let classes = adapter.head.classes().max(1);
        Ok(logits.chunks_exact(classes).map(|row| self.guesses(row, top)).collect())
    }

    fn guesses(&self, logits: &[f32], top: usize) -> Vec<Guess> {
        let logs = crate::vector::log_softmax(logits);
        let mut order: Vec<usize> = (0..logs.len()).collect();
        order.sort_by(|&a, &b| logs[b].total_cmp(&logs[a]));
        let guess = |index: usize| Guess {
            class: self.classes()[index].clone(),
            index,
            probability: logs[index].exp(),
        };
        order.into_iter().take(top).map(guess).collect()
    }

    /// Features `[n, d]` of image files, with the run's prompts if there are any. `watch` hears
    /// how many images are done.
    ///
    /// # Errors
    /// An image cannot be decoded.
    pub fn features(
        &self,
        paths: &[PathBuf],
        mut watch: impl FnMut(usize),
    ) -> Result<Vec<f32>, Error> {
        let preprocess = self.preprocess()?;
        let bank = self.adapter.as_ref().and_then(|a| a.bank.as_ref());
        let prompts = bank.map_or(Prompts::NONE, |bank| bank.prompts());
        let mut features = Vec::with_capacity(paths.len() * self.width());
        for batch in paths.chunks(EVAL_BATCH) {
            let pixels = self.engine.install(|| self.decode(batch, &preprocess))?;
            features.extend(self.engine.features(&pixels, &prompts)?);
            watch(features.len() / self.width());
        }
        Ok(features)
    }

    fn decode(&self, paths: &[PathBuf], preprocess: &Preprocess) -> Result<Vec<f32>, Error> {
        let split = Split::of_files(paths.iter().cloned());
        let split = split.decoded_with(self.preprocessing.decoding());
        let indices: Vec<usize> = (0..paths.len()).collect();
        let mut pixels = Vec::new();
        split.batch(&indices, preprocess, None, &mut pixels)?;
        Ok(pixels)
    }
}
