//! Everything needed to go on after a kill, in one file that is replaced by rename.
//!
//! `checkpoint/state.safetensors`: what is learned and the optimizer's memory as arrays, the rest
//! as JSON in the byte array `state`. Random numbers need no state: they are functions of the seed.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::bank::PromptBank;
use crate::error::Error;
use crate::idleness::Scores;
use crate::optimizer::Optimizer;
use crate::relocator::Relocator;
use crate::tensors::{TensorReader, TensorWriter};
use crate::tune::Learner;

/// What training remembers between epochs, besides what it learns.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Progress {
    /// Epochs done.
    pub(crate) epoch: usize,
    pub(crate) relocator: Option<Relocator>,
    /// Scores gathered by the last tuning epoch, under `scoring = running`.
    pub(crate) running: Option<Scores>,
    /// Epoch and top-1 of the best validation so far.
    pub(crate) best: Option<(usize, f64)>,
    /// Training time so far, seconds.
    pub(crate) seconds: f64,
}

#[derive(Serialize, Deserialize)]
struct State {
    progress: Progress,
    moved_at: Vec<Option<usize>>,
    optimizer: Optimizer,
}

fn file(folder: &Path) -> PathBuf {
    folder.join("state.safetensors")
}

/// Replaces the checkpoint.
pub(crate) fn store(folder: &Path, learner: &Learner, progress: &Progress) -> Result<(), Error> {
    let bank = learner.bank.as_ref();
    let state = State {
        progress: progress.clone(),
        moved_at: bank.map(|b| b.moved_at.clone()).unwrap_or_default(),
        optimizer: learner.optimizer.clone(),
    };
    let json = serde_json::to_vec(&state)
        .map_err(|error| Error::Serialize { cause: error.to_string() })?;
    let head = &learner.head;
    let mut tensors = TensorWriter::default()
        .u8("state", &json)
        .f32("head.weight", &[head.weight.len()], &head.weight)
        .f32("head.bias", &[head.bias.len()], &head.bias);
    if let Some(bank) = bank {
        tensors = tensors
            .f32("prompts", &[bank.values().len()], bank.values())
            .i64("block_of", bank.block_of().iter().map(|&b| b as i64));
    }
    let path = file(folder);
    provpt_runs::atomic::create_parent(&path)?;
    Ok(provpt_runs::atomic::write(&path, &tensors.bytes()?)?)
}

/// Puts a freshly initialized learner back to where the checkpoint was made; none if there is no
/// checkpoint yet.
pub(crate) fn load(folder: &Path, learner: &mut Learner) -> Result<Option<Progress>, Error> {
    let path = file(folder);
    if !path.exists() {
        return Ok(None);
    }
    let bytes = fs_err::read(&path)?;
    let tensors = TensorReader::new(&path, &bytes)?;
    let state: State = serde_json::from_slice(&tensors.u8("state")?)
        .map_err(|error| Error::damaged(&path, error.to_string()))?;
    restore(&path, "head.weight", &mut learner.head.weight, tensors.f32("head.weight")?)?;
    restore(&path, "head.bias", &mut learner.head.bias, tensors.f32("head.bias")?)?;
    if let Some(bank) = &mut learner.bank {
        restore(&path, "prompts", &mut bank.values, tensors.f32("prompts")?)?;
        restore(&path, "block_of", &mut bank.block_of, tensors.usize("block_of")?)?;
        restore(&path, "moved_at", &mut bank.moved_at, state.moved_at)?;
        check_blocks(&path, bank)?;
    }
    learner.optimizer = state.optimizer;
    Ok(Some(state.progress))
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
        Some(b) => Err(Error::damaged(path, format!("block_of: no block {b}"))),
        None => Ok(()),
    }
}
