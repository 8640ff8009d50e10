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

/// Puts a freshly initialized learner back to where the checkpoint was made; what was remembered
/// there, which is something that `fresh` may have become, or none if there is no checkpoint yet.
pub(crate) fn load(
    folder: &Path,
    learner: &mut Learner,
    fresh: &Progress,
) -> Result<Option<Progress>, Error> {
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
    check_progress(&path, &state.progress, fresh, learner.prompts())?;
    if !state.optimizer.may_follow(&learner.optimizer, &learner.groups()) {
        return Err(foreign(&path, "optimizer"));
    }
    learner.optimizer = state.optimizer;
    Ok(Some(state.progress))
}

/// Whether training can go on from there.
fn check_progress(
    path: &Path,
    progress: &Progress,
    fresh: &Progress,
    prompts: usize,
) -> Result<(), Error> {
    let relocates = match (&progress.relocator, &fresh.relocator) {
        (Some(relocator), Some(fresh)) => relocator.may_follow(fresh),
        (relocator, fresh) => relocator.is_some() == fresh.is_some(),
    };
    if !relocates {
        return Err(foreign(path, "relocator"));
    }
    if progress.running.as_ref().is_some_and(|scores| scores.idleness.len() != prompts) {
        return Err(foreign(path, "scores"));
    }
    if progress.best.is_some_and(|(epoch, _)| epoch >= progress.epoch) {
        return Err(foreign(path, "best epoch"));
    }
    Ok(())
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
        Some(b) => Err(Error::damaged(path, format!("block_of: no block {b}"))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::head::Head;
    use crate::optimizer::OptimizerSettings;
    use crate::relocate::Allocator;
    use crate::streams::{Purpose, stream};

    fn learner() -> Learner {
        let head = Head::init(2, 4, &mut stream(0, Purpose::HeadInit, 0));
        let settings = OptimizerSettings::Sgd { momentum: 0.9, weight_decay: 0.0 };
        Learner { bank: None, head, optimizer: Optimizer::new(settings) }
    }

    fn progress(blocks: usize) -> Progress {
        let relocator = Some(Relocator::new(Allocator::fixed(blocks)));
        Progress { epoch: 3, best: Some((1, 0.5)), relocator, ..Progress::default() }
    }

    /// What is loaded of what was stored; or the error, without the path.
    fn loaded(learner: &Learner, progress: &Progress, fresh: &Progress) -> Result<usize, String> {
        let folder = tempfile::tempdir().unwrap();
        store(folder.path(), learner, progress).unwrap();
        let path = format!("{}: ", file(folder.path()).display());
        match load(folder.path(), &mut self::learner(), fresh) {
            Ok(progress) => Ok(progress.unwrap().epoch),
            Err(error) => Err(error.to_string().replace(&path, "")),
        }
    }

    #[test]
    fn training_goes_on_from_what_may_have_come_of_a_fresh_start() {
        let mut stepped = learner();
        let gradients = [vec![0.5; 8], vec![1.0; 2]];
        let Learner { head, optimizer, .. } = &mut stepped;
        optimizer.step(0.1, &mut [("head.weight", &mut head.weight, &gradients[0])]);
        optimizer.step(0.1, &mut [("head.bias", &mut head.bias, &gradients[1])]);
        assert_eq!(loaded(&stepped, &progress(4), &progress(4)), Ok(3));
        assert!(load(Path::new("none"), &mut learner(), &progress(4)).unwrap().is_none());
    }

    #[test]
    fn what_is_of_another_configuration_is_refused() {
        let other =
            |what: &str| Err(format!("{what}: expected one of this configuration, got another"));
        let none = Progress { relocator: None, ..progress(4) };
        for (stored, fresh) in
            [(progress(5), progress(4)), (none.clone(), progress(4)), (progress(4), none)]
        {
            assert_eq!(loaded(&learner(), &stored, &fresh), other("relocator"));
        }
        let scores = Scores { idleness: vec![1.0], loss: 0.0 };
        let running = Progress { running: Some(scores), ..progress(4) };
        assert_eq!(loaded(&learner(), &running, &progress(4)), other("scores"));
        let best = Progress { best: Some((usize::MAX, 1.0)), ..progress(4) };
        assert_eq!(loaded(&learner(), &best, &progress(4)), other("best epoch"));
        let mut more = learner();
        more.optimizer.step(0.1, &mut [("prompts", &mut [1.0], &[1.0])]);
        assert_eq!(loaded(&more, &progress(4), &progress(4)), other("optimizer"));
        let mut adam = learner();
        adam.optimizer = Optimizer::new(OptimizerSettings::AdamW { weight_decay: 0.0 });
        assert_eq!(loaded(&adam, &progress(4), &progress(4)), other("optimizer"));
    }
}
