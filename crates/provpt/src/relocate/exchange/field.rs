//! The field of candidates, and what each would do to the loss.

use provpt_base::{Purpose, Stream, stream};

use crate::config::{AllocatorKind, Config};
use crate::error::Error;
use crate::learn::beside::faintness;
use crate::learn::between::Scene;
use crate::learn::first::{DrawnTokens, draw_tokens};
use crate::learn::parameters::Parameters;
use crate::learn::source::EVAL_BATCH;
use crate::math::order::shuffled;
use crate::observer::{Phase, batches};
use crate::relocate::candidate::{Candidate, Origin};
use crate::relocate::exchange::{demand, nursery};
use crate::relocate::idleness::{Scores, ranking};
use crate::relocate::insertion::appraise;

/// Tokens that are candidates for each block.
const TOKENS: usize = 4;
/// Images that they are drawn from.
const TOKEN_IMAGES: usize = 2;

/// A candidate, and by how much it is expected to change the mean loss where it comes.
#[derive(Clone, Debug)]
pub(crate) struct Expected {
    pub(crate) candidate: Candidate,
    pub(crate) change: f64,
}

/// Where candidates come from before an epoch.
pub(super) struct Field<'a> {
    pub(super) config: &'a Config,
    pub(super) kind: AllocatorKind,
    pub(super) epoch: usize,
    /// The images that exchanges are verified on.
    pub(super) verified_on: &'a [usize],
}

impl Field<'_> {
    /// All candidates. `scores` are those of the prompts, `ghosts` what the nursery's rows have.
    pub(super) fn candidates(
        &self,
        scores: &Scores,
        ghosts: &[f64],
        scene: &mut Scene<'_>,
    ) -> Result<Vec<Expected>, Error> {
        if self.kind == AllocatorKind::Nursery {
            let changes = ghosts.iter().map(|score| score * faintness());
            return Ok(nursery::candidates(scene.learner.ghosts.as_ref(), changes));
        }
        let images = self.images(scene.train.len());
        let train = &scene.train.aside();
        let model = scene.learner.model(scene.engine);
        let mut watch = batches(scene.observer, self.epoch, Phase::Score);
        let pixels = train.pixels(scene.engine, &images[..TOKEN_IMAGES.min(images.len())], None)?;
        let tokens = draw_tokens(scene.engine, &pixels, TOKENS, |block| self.rng(block))?;
        let found = match self.kind {
            AllocatorKind::Demand => demand::asked_for(&model, train, &images, &tokens)?,
            _ => {
                let candidates = self.ghosts(model.parameters, scores, tokens);
                let looks = (&images[..], EVAL_BATCH);
                let changes = appraise(&model, train, looks, &candidates)?.changes;
                let pairs = candidates.into_iter().zip(changes);
                pairs.map(|(candidate, change)| Expected { candidate, change }).collect()
            }
        };
        watch(1, 1);
        Ok(found)
    }

    /// The most idle prompts as they are, and tokens, for every block.
    fn ghosts(
        &self,
        parameters: &Parameters,
        scores: &Scores,
        tokens: Vec<DrawnTokens>,
    ) -> Vec<Candidate> {
        let Some(bank) = parameters.bank() else { return Vec::new() };
        let mut movers = ranking(&scores.idleness);
        movers.truncate(self.config.verify());
        let mut candidates = Vec::new();
        for (block, DrawnTokens { rows, .. }) in tokens.into_iter().enumerate() {
            let others = movers.iter().filter(|&&prompt| bank.block_of()[prompt] != block);
            let of = |&prompt: &usize| Candidate::prompt(parameters, prompt, block);
            candidates.extend(others.filter_map(of));
            let of = |row| Candidate::of_token(bank, block, row, Origin::Token);
            candidates.extend(rows.into_iter().map(of));
        }
        candidates
    }

    /// Images to estimate on, others in every epoch, and not those that exchanges are verified on, so
    /// that nobody is chosen and judged by the same ones.
    fn images(&self, images: usize) -> Vec<usize> {
        let order = shuffled(images, &mut self.rng(usize::MAX));
        let samples = self.config.verify_samples(images);
        let others = order.iter().filter(|image| !self.verified_on.contains(image));
        let others: Vec<usize> = others.take(samples).copied().collect();
        if others.is_empty() { order } else { others }
    }

    fn rng(&self, place: usize) -> Stream {
        stream(self.config.seed, Purpose::Candidates, [self.epoch as u64, place as u64])
    }
}
