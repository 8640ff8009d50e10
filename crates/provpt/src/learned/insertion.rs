//! Which score tells what a further prompt does: rows are put into every block in truth, and tuned.

use std::path::Path;

use provpt_base::{Purpose, Stream, stream};
use provpt_runs::{InsertionRow, InsertionStudy, RunFolder};
use rand::RngExt;

use crate::error::Error;
use crate::learn::clip;
use crate::learn::first::{DrawnTokens, draw_tokens};
use crate::learn::model::{Model, Stepping};
use crate::learn::objective::Objective;
use crate::learn::row_form::RowForm;
use crate::learn::source::EVAL_BATCH;
use crate::learned::studied::{Asked, Opened, on_run};
use crate::math::optimizer::{Group, Optimizer, OptimizerSettings, Update};
use crate::math::order::shuffled;
use crate::observer::{Event, Observer, Phase};
use crate::relocate::candidate::{Candidate, Origin};
use crate::relocate::exchange::demand::{self, Demand, demands};
use crate::relocate::insertion::{Appraisal, appraise};
use crate::relocate::truth::{Change, Exchange, exchange_changes, image_losses};

/// Tokens that are put into each block, one at a time.
const TOKENS: usize = 4;
/// Training images that they are drawn from.
const TOKEN_IMAGES: usize = 8;
/// What a step of Adam changes a value of a row by, as a share of the row's root mean square; on the
/// sphere, radians.
const STEP: f64 = 0.05;

/// How to study.
#[derive(Clone, Copy, Debug)]
pub struct InsertionOptions {
    /// Training images that losses and scores are measured on; 0 = all.
    pub samples: usize,
    /// Steps that each row is tuned for, alone, on batches of 64 training images in one order.
    pub steps: usize,
}

/// Puts tokens, a drawn row, a prompt of another block and the row that gradients ask for into every
/// block of a run, one at a time; measures the change of the loss at once and after some steps of
/// tuning that row alone, beside what scores say of it; and writes `insertion.json`. `places` are
/// settings that say where things are now.
///
/// # Errors
/// The run cannot be read, has no prompts that are keys and values, or learned what is too large to
/// compute with.
pub fn study_insertion(
    run: &Path,
    places: &[String],
    options: &InsertionOptions,
    observer: &mut dyn Observer,
) -> Result<InsertionStudy, Error> {
    let folder = RunFolder::open(run)?;
    let asked = Asked { what: "study insertion", samples: options.samples };
    let study = on_run(run, places, asked, observer, |run, observer| {
        let model =
            Model { engine: run.engine, parameters: run.parameters, objective: Objective::PLAIN };
        let study = Study { run, model, steps: options.steps };
        let found = study.of_all_blocks(observer)?;
        let of = format!("study of {} images", found.images);
        let fault = Error::NotFinite { what: "losses and scores", of };
        if is_finite(&found) { Ok(found) } else { Err(fault) }
    })?;
    study.store(&folder.insertion())?;
    Ok(study)
}

fn is_finite(study: &InsertionStudy) -> bool {
    let numbers = |row: &InsertionRow| [row.at_once, row.tuned, row.insertion, row.gradient];
    let all = study.rows.iter().flat_map(numbers).chain([study.loss]);
    all.into_iter().all(f64::is_finite)
}

/// A run under study.
struct Study<'a> {
    run: &'a Opened<'a>,
    model: Model<'a>,
    steps: usize,
}

impl Study<'_> {
    fn of_all_blocks(&self, observer: &mut dyn Observer) -> Result<InsertionStudy, Error> {
        let (source, indices) = (self.run.source, self.run.indices);
        let demands = demands(&self.model, source, indices)?;
        let candidates = self.candidates(&demands)?;
        let scores = appraise(&self.model, source, (indices, EVAL_BATCH), &candidates)?;
        let before = image_losses(&self.model, source, indices)?;
        let total = candidates.len();
        let mut rows = Vec::with_capacity(total);
        for (index, candidate) in candidates.iter().enumerate() {
            let (at_once, error) = self.change(candidate, &before)?;
            let tuned = match self.steps {
                0 => at_once,
                _ => self.change(&self.tuned(candidate)?, &before)?.0,
            };
            let said = Said { scores: &scores, demand: demands[candidate.block].change() };
            rows.push(InsertionRow { at_once, error, tuned, ..self.row(index, candidate, &said) });
            let (epoch, phase, done) = (0, Phase::Verify, index + 1);
            observer.event(&Event::Batch { epoch, phase, done, total, loss: None });
        }
        let loss = before.iter().sum::<f64>() / before.len().max(1) as f64;
        Ok(InsertionStudy { loss, images: indices.len(), steps: self.steps, rows })
    }

    /// A row's scores.
    fn row(&self, index: usize, candidate: &Candidate, said: &Said<'_>) -> InsertionRow {
        let norm = said.scores.slope_norms().nth(index).unwrap_or_default();
        InsertionRow {
            block: candidate.block,
            kind: candidate.origin.name().to_owned(),
            insertion: said.scores.changes[index],
            gradient: -norm,
            demand: said.demand,
            random: self.rng([2, index]).random_range(0.0..1.0),
            ..InsertionRow::default()
        }
    }

    fn rng(&self, place: [usize; 2]) -> Stream {
        let [kind, index] = place;
        // No epoch is so late.
        let epoch = u64::MAX - kind as u64;
        stream(self.run.config.seed, Purpose::Candidates, [epoch, index as u64])
    }

    fn candidates(&self, demands: &[Demand]) -> Result<Vec<Candidate>, Error> {
        let parameters = self.model.parameters;
        let Some(bank) = parameters.bank() else { return Ok(Vec::new()) };
        let (engine, few) = (self.run.engine, TOKEN_IMAGES.min(self.run.indices.len()));
        let pixels = self.run.source.pixels(engine, &self.run.indices[..few], None)?;
        let tokens = draw_tokens(engine, &pixels, TOKENS, |block| self.rng([0, block]))?;
        let mut candidates = Vec::new();
        for (block, (DrawnTokens { rows, deviation }, demand)) in
            tokens.into_iter().zip(demands).enumerate()
        {
            let formed = |row, origin| Candidate::of_token(bank, block, row, origin);
            candidates.extend(rows.into_iter().map(|row| formed(row, Origin::Token)));
            let drawn = bank.drawn_row(block, &mut self.rng([1, block]));
            candidates.push(formed(drawn, Origin::Drawn));
            let others = (1..bank.depth()).map(|step| (block + step) % bank.depth());
            let first = |other: usize| bank.in_block(other).first().copied();
            let other = others
                .filter_map(first)
                .find_map(|prompt| Candidate::prompt(parameters, prompt, block));
            candidates.extend(other);
            candidates.push(demand::candidate(&self.model, block, demand, deviation));
        }
        Ok(candidates)
    }

    /// The mean change of the loss when a row comes, and its standard error.
    fn change(&self, candidate: &Candidate, before: &[f64]) -> Result<(f64, f64), Error> {
        let exchange = [Exchange { leaves: None, comes: Some(candidate) }];
        let looks = (self.run.indices, before);
        let changes = exchange_changes(&self.model, self.run.source, looks, &exchange, |_, _| {})?;
        let Change { mean, error } = changes[0];
        Ok((mean, error))
    }

    /// A row after some steps of Adam that nothing else takes part in.
    fn tuned(&self, candidate: &Candidate) -> Result<Candidate, Error> {
        let mut tuned = candidate.clone();
        let Some(bank) = self.model.parameters.bank() else { return Ok(tuned) };
        let width = tuned.row.len();
        let sphere = (*bank.row_form() == RowForm::Sphere).then_some(width);
        let square = clip::squares(&tuned.row);
        let size = if sphere.is_some() { 1.0 } else { (square / width.max(1) as f64).sqrt() };
        let mut optimizer = Optimizer::new(OptimizerSettings::Adam { weight_decay: 0.0 });
        let order = shuffled(self.run.source.len(), &mut self.rng([3, 0]));
        for batch in order.chunks(EVAL_BATCH).cycle().take(self.steps) {
            let gradient = self.gradient(&tuned, batch)?;
            let group = Group { sphere, ..Group::default() };
            let update = Update { name: "row", group, values: &mut tuned.row, gradient: &gradient };
            optimizer.step(STEP * size, vec![update]);
        }
        Ok(tuned)
    }

    /// By a row that is there in full.
    fn gradient(&self, candidate: &Candidate, batch: &[usize]) -> Result<Vec<f32>, Error> {
        let parameters = self.model.parameters.with_rows([candidate.beside()]);
        let model = Model { parameters: &parameters, ..self.model };
        let gradients = model.gradients(self.run.source, batch, Stepping::default())?;
        let place = parameters.bank().map(|bank| bank.place(bank.len() - 1));
        Ok(place.map_or_else(Vec::new, |place| {
            let start = place.row * place.width;
            gradients.learned.of(&place.array)[start..start + place.width].to_vec()
        }))
    }
}

/// What scores say of all rows, and of the block of one.
struct Said<'a> {
    scores: &'a Appraisal,
    demand: f64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::learn::source::Source;
    use crate::sample;

    #[test]
    fn a_row_that_is_tuned_does_more_than_it_did() {
        let (engine, split) = (sample::engine(), sample::split(12));
        let source = Source::new(&split, sample::preprocess()).unwrap();
        let parameters = sample::parameters(&engine);
        let indices: Vec<usize> = (0..12).collect();
        let (config, source) = (&Config::default(), &source);
        let run =
            Opened { config, engine: &engine, parameters: &parameters, source, indices: &indices };
        let model = Model { engine: &engine, parameters: &parameters, objective: Objective::PLAIN };
        let study = Study { run: &run, model, steps: 8 };
        let before = image_losses(&model, source, &indices).unwrap();
        for block in [2, 9] {
            let row = parameters.row(0).to_vec();
            let candidate = Candidate { block, row, origin: Origin::Drawn };
            let tuned = study.tuned(&candidate).unwrap();
            let change = |candidate| study.change(candidate, &before).unwrap().0;
            assert!(change(&tuned) < change(&candidate) - 1e-4, "block {block}");
            assert_eq!(tuned, study.tuned(&candidate).unwrap());
        }
    }
}
