//! Pruning between epochs: more prompts than are asked for at first, of which those leave that do least.
//!
//! Which blocks keep prompts is then what the run finds out, and no prompt has to begin anew. What a prompt
//! does is by how much the loss of a batch would change without it, *up or down*, on the average over the
//! last epoch's batches ([`Idleness::Effect`](crate::config::Idleness)). That its removal would lower the
//! loss says little: those with large scores of either sign are the ones that tuning works on.

use serde_json::Value;

use crate::config::{AllocatorKind, Config};
use crate::error::Error;
use crate::learn::between::{BetweenEpochs, Changes, Memory, NotOurs, Scene};
use crate::learn::model::BatchGradients;
use crate::learn::parameters::Parameters;
use crate::math::choice::Choice;
use crate::relocate::RELOCATOR;
use crate::relocate::idleness::ranking;
use crate::relocate::running::{RUNNING, Running};
use crate::relocate::score::Scoring;

/// Removes prompts between epochs.
pub(crate) struct Pruning {
    config: Config,
    /// Prompts before the first have left.
    at_first: usize,
    /// Scores of the last tuning epoch.
    running: Running,
}

impl Pruning {
    /// As it is before the first epoch of a run that begins with so many prompts.
    pub(crate) fn new(config: &Config, at_first: usize) -> Self {
        Self { config: config.clone(), at_first, running: Running::default() }
    }
}

impl BetweenEpochs for Pruning {
    fn before_tuning(&mut self, epoch: usize, scene: &mut Scene<'_>) -> Result<Changes, Error> {
        let scores = self.running.take();
        let prompts = scene.learner.parameters.prompt_count();
        let kept = self.config.kept(epoch, self.at_first);
        let mut changes = Changes::default();
        if let Some(scores) = &scores {
            changes.score_loss = Some(scores.loss);
            changes.idleness = Some(scores.record(&self.config, &scene.learner.parameters));
            let mut leave = ranking(&scores.idleness);
            leave.truncate(prompts.saturating_sub(kept));
            changes.pruned = leave.len();
            leave.sort_unstable();
            leave.into_iter().rev().for_each(|prompt| scene.learner.remove(prompt));
        }
        let prompts = scene.learner.parameters.prompt_count();
        self.running.begin(Scoring::of(&self.config).sum(prompts));
        Ok(changes)
    }

    fn while_tuning(&mut self, gradients: &BatchGradients, images: usize) {
        self.running.add(gradients, images);
    }

    fn after_tuning(&mut self, parameters: &Parameters) {
        self.running.end(parameters);
    }

    fn removes_prompts(&self) -> bool {
        true
    }

    fn memory(&self) -> Result<Memory, Error> {
        let kind = Value::from(AllocatorKind::Prune.name());
        let named = [(RELOCATOR, kind), (RUNNING, self.running.to_json()?)];
        Ok(named.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    fn restore(&mut self, mut memory: Memory, parameters: &Parameters) -> Result<(), NotOurs> {
        if memory.get(RELOCATOR).and_then(Value::as_str) != Some(AllocatorKind::Prune.name()) {
            return Err(NotOurs(RELOCATOR));
        }
        let running = memory.remove(RUNNING).unwrap_or(Value::Null);
        let running = Running::from_json(running, parameters.prompt_count());
        self.running = running.ok_or(NotOurs("scores"))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::source::Source;
    use crate::observer::Silent;
    use crate::sample;

    fn config() -> Config {
        let words = ["model.prompt.allocator=prune", "model.prompt.num_tokens=1"];
        let epochs = ["solver.total_epoch=4", "solver.optimizer=adamw", "solver.average=0.5"];
        let words = words.into_iter().chain(epochs).chain(["model.prompt.logit=0"]);
        Config::from_args(None, &words.map(str::to_owned).collect::<Vec<_>>()).unwrap().config
    }

    #[test]
    fn those_that_do_least_leave_and_the_others_stay_as_they_were() {
        let config = config();
        let setup = sample::setup(&config, sample::task([0.0, 0.0]));
        let split = setup.task.train.clone();
        let source = Source::new(&split, setup.preprocess).unwrap();
        let mut learner = setup.learner();
        let count = learner.parameters.prompt_count();
        let mut pruning = Pruning::new(&config, count);
        let mut silent = Silent;
        let (engine, observer) = (&setup.engine, &mut silent);
        let mut scene = Scene { engine, train: &source, learner: &mut learner, observer };
        assert_eq!(pruning.before_tuning(0, &mut scene).unwrap().pruned, 0);
        // Every second one does much, and its removal would lower the loss; the others do little.
        let effect =
            |prompt: usize| if prompt.is_multiple_of(2) { 1.0 } else { -0.01 * prompt as f32 };
        let attention: Vec<f32> = (0..count).map(effect).collect();
        let batch = BatchGradients { attention, loss: 1.0, ..BatchGradients::default() };
        pruning.while_tuning(&batch, 8);
        pruning.after_tuning(&scene.learner.parameters);
        let before = scene.learner.parameters.clone();
        let changes = pruning.before_tuning(2, &mut scene).unwrap();
        assert_eq!((changes.pruned, changes.score_loss), (count / 2, Some(1.0)));
        let after = &scene.learner.parameters;
        assert_eq!(after.prompt_count(), count / 2);
        for prompt in 0..count / 2 {
            assert_eq!(after.row(prompt), before.row(2 * prompt));
            let block_of = |parameters: &Parameters| parameters.bank().unwrap().block_of().to_vec();
            assert_eq!(block_of(after)[prompt], block_of(&before)[2 * prompt]);
        }
    }
}
