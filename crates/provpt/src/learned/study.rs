//! Which idleness tells the truth: every score beside the true effect of removal.

use std::path::Path;

use provpt_runs::{IdlenessStudy, RunFolder, StudyRow};

use crate::config::{Fidelity, Idleness, Rebirth};
use crate::error::Error;
use crate::learn::model::Model;
use crate::learn::objective::Objective;
use crate::learn::parameters::Parameters;
use crate::learn::source::{EVAL_BATCH, Source};
use crate::learned::studied::{Asked, Opened, on_run};
use crate::observer::{Event, Observer, Phase};
use crate::relocate::idleness::{Scores, norm_scores};
use crate::relocate::score::{Pass, Scoring};
use crate::relocate::verify::removal_changes;
use provpt_base::{Purpose, stream};

/// How to study.
#[derive(Clone, Copy, Debug)]
pub struct StudyOptions {
    /// Training images that losses and scores are measured on; 0 = all.
    pub samples: usize,
    /// Prompts to move just before, as relocation would (times 1e-3, to the next block), so that
    /// freshly moved prompts are among those scored.
    pub fresh: usize,
}

/// Measures the leave-one-out loss change of every prompt of a run beside its `gate`, `attention`,
/// `effect` and `norm` scores, and writes `study.json`. `places` are settings that say where things are now.
///
/// # Errors
/// The run cannot be read, has no prompts, or learned what is too large to compute with.
pub fn study_idleness(
    run: &Path,
    places: &[String],
    options: &StudyOptions,
    observer: &mut dyn Observer,
) -> Result<IdlenessStudy, Error> {
    let folder = RunFolder::open(run)?;
    let asked = Asked { what: "study idleness", samples: options.samples };
    let study = on_run(run, places, asked, observer, |run, observer| {
        let Opened { engine, source, indices, .. } = run;
        let (parameters, fresh) = with_fresh(run.parameters, options.fresh, run.config.seed)?;
        let model = Model { engine, parameters: &parameters, objective: Objective::PLAIN };
        let subject = Subject { model, source, indices };
        let study = subject.study(&fresh, observer)?;
        let of = format!("study of {} images", indices.len());
        let fault = Error::NotFinite { what: "losses and scores", of };
        if is_finite(&study) { Ok(study) } else { Err(fault) }
    })?;
    study.store(&folder.study())?;
    Ok(study)
}

fn is_finite(study: &IdlenessStudy) -> bool {
    let numbers = |row: &StudyRow| [row.true_change, row.gate, row.attention, row.effect, row.norm];
    let all = study.rows.iter().flat_map(numbers).chain([study.loss]);
    all.into_iter().all(f64::is_finite)
}

/// Moves evenly spaced prompts to the next block.
fn with_fresh(
    parameters: &Parameters,
    count: usize,
    seed: u64,
) -> Result<(Parameters, Vec<usize>), Error> {
    let mut moved = parameters.clone();
    let prompts = moved.prompt_count();
    let count = count.min(prompts);
    let fresh: Vec<usize> = (0..count).map(|i| i * prompts / count).collect();
    let mut rng = stream(seed, Purpose::Rebirth, [u64::MAX, 0]);
    for &row in &fresh {
        let Some(bank) = moved.bank() else { break };
        let to = (bank.block_of()[row] + 1) % bank.depth();
        moved.relocate(row, to, (Rebirth::Scale, 1e-3), 0, &mut rng)?;
    }
    Ok((moved, fresh))
}

/// Prompts under study.
struct Subject<'a> {
    model: Model<'a>,
    source: &'a Source<'a>,
    indices: &'a [usize],
}

impl Subject<'_> {
    fn study(&self, fresh: &[usize], observer: &mut dyn Observer) -> Result<IdlenessStudy, Error> {
        let norm = norm_scores(self.model.parameters);
        let (Some(bank), [Some(gate), Some(attention), Some(effect)]) =
            (self.model.parameters.bank(), self.scores()?)
        else {
            return Ok(IdlenessStudy::default());
        };
        let changes = self.changes(observer)?;
        let row = |prompt: usize| StudyRow {
            prompt,
            block: bank.block_of()[prompt],
            fresh: fresh.contains(&prompt),
            true_change: changes[prompt],
            gate: gate.idleness[prompt],
            attention: attention.idleness[prompt],
            effect: effect.idleness[prompt],
            norm: norm[prompt],
        };
        let rows = (0..bank.len()).map(row).collect();
        Ok(IdlenessStudy { loss: gate.loss, images: self.indices.len(), rows })
    }

    /// The loss change of every prompt's removal, block by block.
    fn changes(&self, observer: &mut dyn Observer) -> Result<Vec<f64>, Error> {
        let Some(bank) = self.model.parameters.bank() else { return Ok(Vec::new()) };
        let mut changes = vec![0.0; bank.len()];
        let total = bank.depth();
        for block in 0..total {
            let here = bank.in_block(block);
            if !here.is_empty() {
                let part =
                    removal_changes(&self.model, self.source, self.indices, &here, |_, _| {})?;
                here.iter().zip(part).for_each(|(&k, change)| changes[k] = change);
            }
            let (epoch, phase, done) = (0, Phase::Verify, block + 1);
            observer.event(&Event::Batch { epoch, phase, done, total, loss: None });
        }
        Ok(changes)
    }

    /// `gate`, `attention` and `effect`.
    fn scores(&self) -> Result<[Option<Scores>; 3], Error> {
        let kinds = [Idleness::Gate, Idleness::Attention, Idleness::Effect];
        let (fidelity, clip_norm) = (Fidelity::Exact, 0.0);
        let scoring = Scoring { idleness: kinds[0], fidelity, clip_norm, batch_size: EVAL_BATCH };
        let Self { model, source, indices, .. } = self;
        Pass { model, source, indices, scoring, dropout: None }.scores_by(kinds, |_, _| {})
    }
}
