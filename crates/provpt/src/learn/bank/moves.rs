//! How prompts come to be what and where they are: their start, moves, and further ones.

use provpt_base::Stream;
use rand::RngExt;

use super::PromptBank;
use crate::config::Rebirth;
use crate::error::Error;
use crate::learn::parameters::LOGITS;
use crate::learn::row_form::RowForm;
use crate::learn::set::Set;
use crate::learn::stage_rows::{RowPlace, StageRows};

impl PromptBank {
    /// Makes of all rows, which are tokens, what prompts are.
    pub(crate) fn form_rows(&self, set: &mut Set) {
        for prompt in 0..self.len() {
            self.with_row(set, prompt, |row| self.row_form.of_token(self.block_of[prompt], row));
        }
    }

    /// A prompt becomes what its form makes of a token, as wide as those of its block.
    pub(crate) fn start_at(&self, set: &mut Set, prompt: usize, token: &[f32]) {
        self.with_row(set, prompt, |row| {
            row.copy_from_slice(token);
            self.row_form.of_token(self.block_of[prompt], row);
        });
    }

    fn with_row(&self, set: &mut Set, prompt: usize, work: impl FnOnce(&mut [f32])) {
        let place = self.place(prompt);
        place.of(set.values_mut(&place.array)).map(work);
    }

    /// Moves a prompt to another block and gives its row among the learned arrays its new value. A
    /// move to its own block leaves both as they are; returns whether anything changed.
    ///
    /// # Errors
    /// There is no such prompt or block, or a value is to be kept where widths differ.
    pub(crate) fn relocate(
        &mut self,
        set: &mut Set,
        prompt: usize,
        block: usize,
        rebirth: (Rebirth, f32),
        epoch: usize,
        rng: &mut Stream,
    ) -> Result<bool, Error> {
        let Some(&from) = self.block_of.get(prompt) else {
            return Err(Error::NoSuchPrompt { prompts: self.len(), got: prompt });
        };
        if block >= self.depth {
            return Err(provpt_vit::Error::PromptBlock { depth: self.depth, got: block }.into());
        }
        if from == block {
            return Ok(false);
        }
        let stage = |block| self.stages.as_ref().map_or(0, |stages| stages.stage(block));
        let (old, new) = (stage(from), stage(block));
        if old != new && rebirth.0 == Rebirth::Keep {
            return Err(Error::KeptAcrossStages);
        }
        let left = self.place(prompt);
        self.enter(set, prompt, block, epoch);
        let place = self.place(prompt);
        if old == new {
            self.reborn(set, prompt, rebirth, rng);
        } else {
            let row = StageRows::take(set, &left);
            let way = (old, new, place.width);
            let mut row = self.crossing.value(&row, way, rebirth, set, rng);
            self.row_form.of_token(block, &mut row);
            StageRows::put(set, &place, row);
        }
        Ok(true)
    }

    /// A prompt becomes another one: of this block, with this row.
    pub(crate) fn become_other(
        &mut self,
        set: &mut Set,
        prompt: usize,
        (block, row): (usize, Vec<f32>),
        epoch: usize,
    ) {
        StageRows::take(set, &self.place(prompt));
        self.enter(set, prompt, block, epoch);
        StageRows::put(set, &self.place(prompt), row);
    }

    /// A prompt is in a block from an epoch on, and has the logit of a new one.
    fn enter(&mut self, set: &mut Set, prompt: usize, block: usize, epoch: usize) {
        self.block_of[prompt] = block;
        self.moved_at[prompt] = Some(epoch);
        if let Some(logit) = set.values_mut(LOGITS).get_mut(prompt) {
            *logit = self.first_logit;
        }
    }

    /// A prompt leaves, and with it its row and its logit; those behind it move up. Where the row stood.
    pub(crate) fn remove(&mut self, set: &mut Set, prompt: usize) -> RowPlace {
        let place = self.place(prompt);
        StageRows::take(set, &place);
        if let Some(logits) = set.param_mut(LOGITS) {
            logits.values.remove(prompt);
            logits.shape[0] -= 1;
        }
        self.block_of.remove(prompt);
        self.moved_at.remove(prompt);
        place
    }

    /// A bank of the same kind with nobody in it.
    pub(crate) fn emptied(&self) -> Self {
        Self { block_of: Vec::new(), moved_at: Vec::new(), ..self.clone() }
    }

    /// One more prompt, behind all others.
    pub(crate) fn push(&mut self, set: &mut Set, block: usize, row: &[f32]) {
        self.block_of.push(block);
        self.moved_at.push(None);
        StageRows::put(set, &self.place(self.len() - 1), row.to_vec());
    }

    /// Gives a row that stays as wide as it is its new value.
    fn reborn(&self, set: &mut Set, prompt: usize, rebirth: (Rebirth, f32), rng: &mut Stream) {
        let block = self.block_of[prompt];
        self.with_row(set, prompt, |row| match rebirth {
            (Rebirth::Keep | Rebirth::Carry, _) => {}
            (Rebirth::Resample, _) => {
                row.iter_mut().for_each(|value| *value = self.draw(rng));
                self.row_form.of_token(block, row);
            }
            // A direction has no size.
            (Rebirth::Scale, _) if self.row_form == RowForm::Sphere => {}
            (Rebirth::Scale, factor) => row.iter_mut().for_each(|v| *v *= factor),
        });
    }

    /// A row as wide as those of a block, drawn as prompts are before the first step.
    pub(crate) fn drawn_row(&self, block: usize, rng: &mut Stream) -> Vec<f32> {
        (0..self.row_width(block)).map(|_| self.draw(rng)).collect()
    }

    pub(super) fn draw(&self, rng: &mut Stream) -> f32 {
        let spread = self.crossing.spread;
        rng.random_range(-spread..spread)
    }
}
