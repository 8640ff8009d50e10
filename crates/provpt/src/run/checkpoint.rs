//! Everything needed to go on after a kill, as one safetensors file.
//!
//! What is learned and the blocks of the prompts are arrays, and so is what the optimizer remembers
//! of arrays of the backbone, which may be large; the rest is JSON in the byte array `state`. Random numbers need no state: they are functions of the seed.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::learn::bank::PromptBank;
use crate::learn::between::{BetweenEpochs, Memory, NotOurs};
use crate::learn::last_losses::LastLosses;
use crate::learn::set::Param;
use crate::learn::tensors::{BLOCK_OF, TensorReader, TensorWriter};
use crate::learn::tune::Learner;
use crate::math::optimizer::Optimizer;

/// What training remembers between epochs, besides what it learns.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Progress {
    /// Epochs done.
    pub(crate) epoch: usize,
    /// Epoch and top-1 of the best validation so far.
    pub(crate) best: Option<(usize, f64)>,
    /// Training time so far, seconds.
    pub(crate) seconds: f64,
    /// The base rate that was found, if one was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) found_rate: Option<f64>,
}

#[derive(Serialize, Deserialize)]
struct State {
    progress: ProgressState,
    moved_at: Vec<Option<usize>>,
    optimizer: Optimizer,
    /// Steps that an average has followed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    averaged: Option<u64>,
    /// What the optimizer remembers of ghosts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ghosts: Option<Optimizer>,
}

/// Progress, and beside its fields those that the step between epochs remembers.
#[derive(Serialize, Deserialize)]
struct ProgressState {
    #[serde(flatten)]
    progress: Progress,
    #[serde(flatten)]
    between: Memory,
}

/// The step between epochs that a method may have.
pub(crate) type Between = Option<Box<dyn BetweenEpochs>>;

/// The bytes of a checkpoint.
pub(crate) fn encode(
    learner: &Learner,
    progress: &Progress,
    between: &Between,
) -> Result<Vec<u8>, Error> {
    let bank = learner.parameters.bank();
    let between = between.as_ref().map(|between| between.memory()).transpose()?;
    let state = State {
        progress: ProgressState {
            progress: progress.clone(),
            between: between.unwrap_or_default(),
        },
        moved_at: bank.map(|b| b.moved_at.clone()).unwrap_or_default(),
        optimizer: learner.optimizer.without(&thawed(learner)),
        averaged: learner.average.as_ref().map(|average| average.steps),
        ghosts: learner.ghosts.as_ref().map(|ghosts| ghosts.optimizer.clone()),
    };
    let json = serde_json::to_vec(&state)
        .map_err(|error| Error::Serialize { cause: error.to_string() })?;
    let writer = TensorWriter::default().u8("state", &json).parameters(&learner.parameters);
    let set = &learner.parameters.set;
    let averages = learner.average.iter().flat_map(|average| average.arrays(set));
    let writer = averages.fold(writer, |writer, (param, values)| {
        writer.f32(&averaged(&param.name), &param.shape, values)
    });
    let ghosts = learner.ghosts.iter().flat_map(|ghosts| ghosts.rows.set.iter());
    let writer = ghosts.fold(writer, |writer, param| {
        writer.f32(&ghostly(&param.name), &param.shape, &param.values)
    });
    let consistency = learner.consistency.iter();
    let writer = consistency.fold(writer, |writer, consistency| {
        let logits = consistency.logits();
        writer.f32(CONSISTENCY, &[logits.len()], logits)
    });
    let losses = learner.last_losses.values();
    let writer = writer.f32(LAST_LOSSES, &[losses.len()], losses);
    thawed(learner)
        .into_iter()
        .fold(writer, |writer, name| remembered(writer, learner, name))
        .bytes()
}

/// The learned arrays of the backbone, by name.
fn thawed(learner: &Learner) -> Vec<&str> {
    learner.parameters.thawed().map(|param| param.name.as_str()).collect()
}

/// The name of the last logits of all training images.
const CONSISTENCY: &str = "consistency.logits";

/// The name of the last losses of all training images. Checkpoints of earlier versions have none.
const LAST_LOSSES: &str = "last_losses";

/// The name of an array's average.
fn averaged(array: &str) -> String {
    format!("average.{array}")
}

/// The name of an array's ghosts.
fn ghostly(array: &str) -> String {
    format!("ghosts.{array}")
}

/// What the optimizer remembers of an array, under these names.
fn names(array: &str) -> [String; 2] {
    ["first", "second"].map(|moment| format!("optimizer.{array}.{moment}"))
}

/// Adds what the optimizer remembers of an array.
fn remembered(writer: TensorWriter, learner: &Learner, array: &str) -> TensorWriter {
    let pairs = names(array).into_iter().zip(learner.optimizer.values_of(array));
    let known = pairs.filter(|(_, values)| !values.is_empty());
    known.fold(writer, |writer, (name, values)| writer.f32(&name, &[values.len()], values))
}

/// Puts a learner and a step between epochs that are as at the start of the run back to where the
/// checkpoint was made; what was remembered there.
///
/// # Errors
/// The bytes are damaged, or are not what such a start may have become.
pub(crate) fn decode(
    path: &Path,
    bytes: &[u8],
    learner: &mut Learner,
    between: &mut Between,
) -> Result<Progress, Error> {
    let tensors = TensorReader::new(path, bytes)?;
    let mut state: State = serde_json::from_slice(&tensors.u8("state")?)
        .map_err(|error| Error::damaged(path, error.to_string()))?;
    if between.as_ref().is_some_and(|between| between.removes_prompts()) {
        shrink(learner, tensors.usize(BLOCK_OF)?.len());
    }
    if let Some(bank) = &mut learner.parameters.bank {
        restore(path, BLOCK_OF, &mut bank.block_of, tensors.usize(BLOCK_OF)?)?;
        restore(path, "moved_at", &mut bank.moved_at, state.moved_at)?;
        check_blocks(path, bank)?;
        if let Some(stages) = &bank.stages {
            stages.resize(&mut learner.parameters.set, &bank.block_of);
        }
    }
    for param in learner.parameters.set.iter_mut() {
        restore(path, &param.name, &mut param.values, tensors.f32(&param.name)?)?;
    }
    if let Some(consistency) = &mut learner.consistency
        && !consistency.restore(tensors.f32(CONSISTENCY)?)
    {
        return Err(foreign(path, CONSISTENCY));
    }
    if tensors.has(LAST_LOSSES) {
        learner.last_losses = LastLosses::new(tensors.f32(LAST_LOSSES)?);
    }
    restore_average(path, &tensors, state.averaged, learner)?;
    restore_ghosts(path, &tensors, state.ghosts, learner)?;
    let ProgressState { progress, between: memory } = state.progress;
    restore_between(memory, between, learner).map_err(|NotOurs(what)| foreign(path, what))?;
    if progress.best.is_some_and(|(epoch, _)| epoch >= progress.epoch) {
        return Err(foreign(path, "best epoch"));
    }
    for array in thawed(learner) {
        let read = |name: &String| match tensors.has(name) {
            true => tensors.f32(name),
            false => Ok(Vec::new()),
        };
        let [first, second] = names(array);
        state.optimizer.set_values(array, [read(&first)?, read(&second)?]);
    }
    let params = learner.parameters.set.iter();
    let sizes: Vec<_> = params.map(|p| (p.name.as_str(), p.values.len())).collect();
    if !state.optimizer.may_follow(&learner.optimizer, &sizes) {
        return Err(foreign(path, "optimizer"));
    }
    learner.optimizer = state.optimizer;
    Ok(progress)
}

/// Leaves no more prompts than so many; who they are is read afterwards.
fn shrink(learner: &mut Learner, prompts: usize) {
    for prompt in (prompts..learner.parameters.prompt_count()).rev() {
        learner.parameters.remove(prompt);
    }
}

fn restore_average(
    path: &Path,
    tensors: &TensorReader<'_>,
    steps: Option<u64>,
    learner: &mut Learner,
) -> Result<(), Error> {
    let (average, set) = (&mut learner.average, &learner.parameters.set);
    let (average, steps) = match (average, steps) {
        (None, None) => return Ok(()),
        (Some(average), Some(steps)) => (average, steps),
        _ => return Err(foreign(path, "average")),
    };
    if steps == 0 {
        return Ok(());
    }
    let read = |param: &Param| {
        let values = tensors.f32(&averaged(&param.name))?;
        let fits = values.len() == param.values.len();
        if fits { Ok(values) } else { Err(foreign(path, "average")) }
    };
    average.restore(steps, set.iter().map(read).collect::<Result<_, _>>()?);
    Ok(())
}

fn restore_ghosts(
    path: &Path,
    tensors: &TensorReader<'_>,
    optimizer: Option<Optimizer>,
    learner: &mut Learner,
) -> Result<(), Error> {
    let (ghosts, optimizer) = match (&mut learner.ghosts, optimizer) {
        (None, None) => return Ok(()),
        (Some(ghosts), Some(optimizer)) => (ghosts, optimizer),
        _ => return Err(foreign(path, "ghosts")),
    };
    for param in ghosts.rows.set.iter_mut() {
        let name = ghostly(&param.name);
        restore(path, &name, &mut param.values, tensors.f32(&name)?)?;
    }
    let arrays = ghosts.rows.set.iter();
    let sizes: Vec<_> = arrays.map(|p| (p.name.as_str(), p.values.len())).collect();
    if !optimizer.may_follow(&ghosts.optimizer, &sizes) {
        return Err(foreign(path, "ghosts"));
    }
    ghosts.optimizer = optimizer;
    Ok(())
}

fn restore_between(
    memory: Memory,
    between: &mut Between,
    learner: &Learner,
) -> Result<(), NotOurs> {
    match between {
        Some(between) => between.restore(memory, &learner.parameters),
        None if memory.values().all(serde_json::Value::is_null) => Ok(()),
        None => Err(NotOurs("relocator")),
    }
}

fn foreign(path: &Path, what: &str) -> Error {
    Error::damaged(path, format!("{what}: expected one of this configuration, got another"))
}

fn restore<T>(path: &Path, name: &str, old: &mut Vec<T>, new: Vec<T>) -> Result<(), Error> {
    if old.len() != new.len() {
        let what = format!("{name}: expected {} values, got {}", old.len(), new.len());
        return Err(Error::damaged(path, what));
    }
    *old = new;
    Ok(())
}

fn check_blocks(path: &Path, bank: &PromptBank) -> Result<(), Error> {
    match bank.block_of().iter().find(|&&b| b >= bank.depth()) {
        Some(b) => Err(Error::damaged(path, format!("{BLOCK_OF}: no block {b}"))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
