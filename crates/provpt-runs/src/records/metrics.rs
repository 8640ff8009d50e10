use std::{ops::Deref, path::Path};

use super::lines;
use crate::{EpochRecord, Error};

/// A run's epochs in order: `metrics.jsonl`, one JSON object per line.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Metrics(Vec<EpochRecord>);

impl Metrics {
    /// Reads the file. An unfinished last line, as a kill may leave one, is ignored.
    ///
    /// # Errors
    /// [`Error::Read`], or [`Error::MalformedLine`] for any other line that is not a record.
    pub fn load(path: &Path) -> Result<Self, Error> {
        lines::load(path, "the record of an epoch").map(Self)
    }

    /// Replaces the whole file atomically.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub fn store(&self, path: &Path) -> Result<(), Error> {
        lines::store(path, &self.0)
    }

    /// Adds the record of the next epoch.
    pub fn push(&mut self, record: EpochRecord) {
        self.0.push(record);
    }

    /// Forgets `epoch` and everything after it: what is left is what was known when `epoch`
    /// (counted from 0) began.
    pub fn truncate_to(&mut self, epoch: usize) {
        self.0.retain(|record| record.epoch < epoch);
    }
}

impl Deref for Metrics {
    type Target = [EpochRecord];

    fn deref(&self) -> &[EpochRecord] {
        &self.0
    }
}

impl From<Vec<EpochRecord>> for Metrics {
    fn from(records: Vec<EpochRecord>) -> Self {
        Self(records)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use proptest::{collection::vec, option, prelude::*};

    use super::*;
    use crate::{IdlenessRecord, LearnedCount, Move, Score, Seconds};

    fn number() -> impl Strategy<Value = f64> {
        prop_oneof![any::<f64>().prop_filter("finite", |x| x.is_finite()), -1.0..1.0]
    }

    fn moved() -> impl Strategy<Value = Move> {
        let numbers = (number(), option::of(number()), option::of(number()));
        (any::<[u16; 3]>(), numbers, ".*").prop_map(|(at, (idleness, verified, probability), r)| {
            let [prompt, from, to] = at.map(usize::from);
            let (error, insertion) = (verified, probability);
            Move { prompt, from, to, idleness, verified, error, insertion, probability, rebirth: r }
        })
    }

    fn idleness() -> impl Strategy<Value = IdlenessRecord> {
        ("[a-z]+", vec(number(), 0..6), vec(number(), 0..4), number()).prop_map(
            |(kind, per_prompt, per_block, max)| IdlenessRecord {
                kind,
                per_prompt,
                per_block,
                max,
            },
        )
    }

    fn record() -> impl Strategy<Value = EpochRecord> {
        let score = || (number(), number()).prop_map(|(loss, top1)| Score { loss, top1 });
        let first = (any::<[u16; 4]>(), vec(number(), 8), option::of(score()));
        let second = (option::of(number()), option::of(idleness()), option::of(moved()), ".*");
        (first, second).prop_map(|((counts, n, val), (maybe, idleness, relocation, text))| {
            EpochRecord {
                epoch: usize::from(counts[0]),
                lr: n[0],
                train_loss: n[1],
                train_top1: n[2],
                score_loss: maybe,
                val,
                grad_norm: n[3],
                idleness,
                distribution: counts.map(usize::from).to_vec(),
                learned: maybe.map(|_| {
                    let [prompts, numbers, ..] = counts.map(usize::from);
                    LearnedCount { prompts, numbers, stages: vec![prompts, 2] }
                }),
                pruned: usize::from(counts[1]),
                not_moved: relocation.is_none().then_some(text),
                more_moves: relocation.iter().cloned().collect(),
                relocation,
                reward: maybe,
                seconds: Seconds { score: n[4], verify: n[5], tune: n[6], evaluate: n[7] },
            }
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn every_record_comes_back_bit_by_bit(records in vec(record(), 0..4)) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("metrics.jsonl");
            let metrics = Metrics::from(records);
            metrics.store(&path).unwrap();
            prop_assert_eq!(Metrics::load(&path).unwrap(), metrics);
        }

        #[test]
        fn a_file_cut_anywhere_keeps_all_whole_lines(records in vec(record(), 1..4), at: usize) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("metrics.jsonl");
            Metrics::from(records.clone()).store(&path).unwrap();
            let bytes = fs::read(&path).unwrap();
            let cut = &bytes[..at % bytes.len()];
            fs::write(&path, cut).unwrap();
            let loaded = Metrics::load(&path).unwrap();
            let whole = cut.iter().filter(|&&b| b == b'\n').count();
            // A line that lacks nothing but its line break counts as whole.
            prop_assert!(loaded.len() == whole || loaded.len() == whole + 1);
            prop_assert_eq!(&loaded[..], &records[..loaded.len()]);
        }
    }

    fn epochs(count: usize) -> Metrics {
        let records = (0..count).map(|epoch| EpochRecord { epoch, ..EpochRecord::default() });
        Metrics::from(records.collect::<Vec<_>>())
    }

    #[test]
    fn a_corrupt_line_in_the_middle_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("metrics.jsonl");
        epochs(3).store(&path).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, text.replacen("{\"epoch\":1", "{\"epoch\":-1", 1)).unwrap();
        let message = Metrics::load(&path).unwrap_err().to_string();
        let expected = "metrics.jsonl:2: malformed line: expected the record of an epoch, got ";
        assert!(message.contains(expected), "{message}");
        assert!(!message.contains('\n'), "{message}");
    }

    #[test]
    fn numbers_that_are_not_finite_stay_json_and_read_as_nan() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("metrics.jsonl");
        let record = EpochRecord {
            train_loss: f64::NAN,
            grad_norm: f64::INFINITY,
            score_loss: Some(f64::NEG_INFINITY),
            idleness: Some(IdlenessRecord {
                per_prompt: vec![1.0, f64::NAN],
                ..Default::default()
            }),
            ..EpochRecord::default()
        };
        Metrics::from(vec![record]).store(&path).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert!(json["train_loss"].is_null() && json["grad_norm"].is_null());

        let loaded = Metrics::load(&path).unwrap();
        assert!(loaded[0].train_loss.is_nan() && loaded[0].grad_norm.is_nan());
        assert_eq!(loaded[0].score_loss, None);
        let scores = &loaded[0].idleness.as_ref().unwrap().per_prompt;
        assert!(scores[0] == 1.0 && scores[1].is_nan());
    }

    #[test]
    fn truncating_forgets_the_epoch_and_all_after_it() {
        let mut metrics = epochs(5);
        metrics.truncate_to(9);
        assert_eq!(metrics.len(), 5);
        metrics.truncate_to(3);
        assert_eq!(metrics, epochs(3));
        metrics.truncate_to(0);
        assert!(metrics.is_empty());
    }

    #[test]
    fn a_missing_file_is_named() {
        let message = Metrics::load(Path::new("nowhere/metrics.jsonl")).unwrap_err().to_string();
        assert!(message.starts_with("nowhere/metrics.jsonl: cannot read: "), "{message}");
    }
}
