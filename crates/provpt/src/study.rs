//! Which idleness tells the truth: every score beside the true effect of removal.

use std::path::Path;

use provpt_runs::{IdlenessStudy, RunFolder, StudyRow};

use crate::bank::PromptBank;
use crate::config::{Fidelity, Idleness, Rebirth};
use crate::error::Error;
use crate::idleness::norm_scores;
use crate::learned::Learned;
use crate::model::Model;
use crate::observer::{Event, Observer, Phase};
use crate::prepare::Preparer;
use crate::score::{Scoring, score};
use crate::source::Source;
use crate::streams::{Purpose, stream};
use crate::verify::removal_changes;

/// Images scored at once.
const BATCH: usize = 64;

/// How to study.
#[derive(Clone, Copy, Debug)]
pub struct StudyOptions {
    /// Training images that losses and scores are measured on; 0 = all.
    pub samples: usize,
    /// Prompts to move just before, as relocation would (times 1e-3, to the next block), so that
    /// freshly moved prompts are among those scored.
    pub fresh: usize,
}

/// Measures the leave-one-out loss change of every prompt of a run beside its `gate`, `attention`
/// and `norm` scores, and writes `study.json` and the report.
///
/// # Errors
/// The run cannot be read, or has no prompts.
pub fn study_idleness(
    run: &Path,
    options: &StudyOptions,
    observer: &mut dyn Observer,
) -> Result<IdlenessStudy, Error> {
    let folder = RunFolder::open(run)?;
    let learned = Learned::open(run, &[])?;
    let Some(model @ Model { bank: Some(bank), .. }) = learned.model() else {
        let method = learned.config.method_name();
        return Err(Error::NoPrompts { what: "study idleness", method });
    };
    let task = learned.task()?;
    let budget = learned.config.data.cache_mb.saturating_mul(1 << 20);
    let mut preparer = Preparer::new(&learned.config.data, learned.preprocess()?, observer);
    let pixels = preparer.again(&learned.engine, "train", &task.train, false)?;
    let source = Source::cached(pixels, budget);
    let samples = if options.samples == 0 { source.len() } else { options.samples };
    let indices = crate::trainer::verify_subset(learned.config.seed, source.len(), samples);
    let (bank, fresh) = with_fresh(bank, options.fresh, learned.config.seed)?;
    let subject = Subject {
        model: Model { bank: Some(&bank), ..model },
        bank: &bank,
        source: &source,
        indices: &indices,
    };
    let study = subject.study(&fresh, observer)?;
    study.store(&folder.study())?;
    provpt_runs::report::write(&folder)?;
    Ok(study)
}

/// Moves evenly spaced prompts of the bank to the next block.
fn with_fresh(
    bank: &PromptBank,
    count: usize,
    seed: u64,
) -> Result<(PromptBank, Vec<usize>), Error> {
    let mut moved = bank.clone();
    let count = count.min(bank.len());
    let fresh: Vec<usize> = (0..count).map(|i| i * bank.len() / count).collect();
    let mut rng = stream(seed, Purpose::Rebirth, u64::MAX);
    for &row in &fresh {
        let to = (bank.block_of()[row] + 1) % bank.depth();
        moved.relocate(row, to, (Rebirth::Scale, 1e-3), 0, &mut rng)?;
    }
    Ok((moved, fresh))
}

/// A bank under study.
struct Subject<'a> {
    model: Model<'a>,
    bank: &'a PromptBank,
    source: &'a Source<'a>,
    indices: &'a [usize],
}

impl Subject<'_> {
    fn study(&self, fresh: &[usize], observer: &mut dyn Observer) -> Result<IdlenessStudy, Error> {
        let (loss, gate) = self.scores(Idleness::Gate)?;
        let (_, attention) = self.scores(Idleness::Attention)?;
        let norm = norm_scores(self.bank);
        let changes = self.changes(observer)?;
        let row = |prompt: usize| StudyRow {
            prompt,
            block: self.bank.block_of()[prompt],
            fresh: fresh.contains(&prompt),
            true_change: changes[prompt],
            gate: gate[prompt],
            attention: attention[prompt],
            norm: norm[prompt],
        };
        let rows = (0..self.bank.len()).map(row).collect();
        Ok(IdlenessStudy { loss, images: self.indices.len(), rows })
    }

    /// The loss change of every prompt's removal, block by block.
    fn changes(&self, observer: &mut dyn Observer) -> Result<Vec<f64>, Error> {
        let mut changes = vec![0.0; self.bank.len()];
        let total = self.bank.depth();
        for block in 0..total {
            let here = self.bank.in_block(block);
            if !here.is_empty() {
                let part = removal_changes(&self.model, self.source, self.indices, &here)?;
                here.iter().zip(part).for_each(|(&k, change)| changes[k] = change);
            }
            let (epoch, phase, done) = (0, Phase::Verify, block + 1);
            observer.event(&Event::Batch { epoch, phase, done, total, loss: None });
        }
        Ok(changes)
    }

    fn scores(&self, idleness: Idleness) -> Result<(f64, Vec<f64>), Error> {
        let (fidelity, clip_norm) = (Fidelity::Exact, 0.0);
        let scoring = Scoring { idleness, fidelity, clip_norm, batch_size: BATCH };
        let scores = score(&self.model, self.source, self.indices, &scoring, None, |_| {})?;
        Ok(scores.map(|s| (s.loss, s.idleness)).unwrap_or_default())
    }
}
