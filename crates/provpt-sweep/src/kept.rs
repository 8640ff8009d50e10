//! Results of finished trials in one file, to be kept beside a report and brought to another machine:
//! whoever has spec and file can go on with the sweep, without the runs themselves.

use std::collections::BTreeMap;
use std::path::Path;

use provpt_runs::{RunResult, atomic};
use serde::{Deserialize, Serialize};

use crate::{Error, Sweep};

/// The result of one trial: a line of the file.
#[derive(Debug, Serialize, Deserialize)]
struct Line {
    trial: String,
    result: RunResult,
}

/// What became of the lines of a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Restored {
    /// Trials that have their result now.
    pub restored: usize,
    /// Trials that had begun or ended here: they stay as they are.
    pub present: usize,
    /// Lines of trials that are not in the plan.
    pub foreign: usize,
}

/// Writes the results of all finished trials, without classes and confusion, one JSON object per line in
/// the order of the plan; how many there are.
///
/// # Errors
/// The sweep was planned with halving, whose rungs need more than results; a result cannot be read, or
/// the file not be written.
pub fn keep(sweep: &Sweep, file: &Path) -> Result<usize, Error> {
    whole(sweep)?;
    let (mut text, mut count) = (String::new(), 0);
    for trial in &sweep.trials {
        let run = sweep.folder.run(trial);
        if !run.is_finished() {
            continue;
        }
        let result = RunResult::load(&run.result())?;
        let result = RunResult { per_class: Vec::new(), confusion: Vec::new(), ..result };
        let line = Line { trial: trial.id.clone(), result };
        text += &serde_json::to_string(&line).map_err(std::io::Error::from)?;
        text.push('\n');
        count += 1;
    }
    atomic::create_parent(file)?;
    atomic::write(file, text.as_bytes())?;
    Ok(count)
}

/// Gives trials of a sweep the results that a file keeps of them. A trial that has begun here is left
/// alone.
///
/// # Errors
/// The sweep was planned with halving, the file cannot be read or is damaged, or a result cannot be
/// written.
pub fn restore(sweep: &Sweep, file: &Path) -> Result<Restored, Error> {
    whole(sweep)?;
    let trials: BTreeMap<&str, _> =
        sweep.trials.iter().map(|trial| (trial.id.as_str(), trial)).collect();
    let text = fs_err::read_to_string(file)?;
    let mut lines = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let read: Line = serde_json::from_str(line).map_err(|error| Error::Kept {
            path: file.to_owned(),
            line: number + 1,
            cause: error.to_string(),
        })?;
        lines.push(read);
    }
    let mut restored = Restored::default();
    for Line { trial, result } in lines {
        let Some(trial) = trials.get(trial.as_str()) else {
            restored.foreign += 1;
            continue;
        };
        let run = sweep.folder.run(trial);
        if run.is_finished() || run.config().exists() {
            restored.present += 1;
            continue;
        }
        atomic::create_parent(&run.result())?;
        atomic::write_json(&run.result(), &result)?;
        restored.restored += 1;
    }
    Ok(restored)
}

/// A sweep whose trials need nothing of each other but results.
fn whole(sweep: &Sweep) -> Result<(), Error> {
    match sweep.info.halving {
        None => Ok(()),
        Some(_) => Err(Error::KeptHalving { sweep: sweep.folder.path().to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use provpt_runs::sweep::Stage;
    use provpt_runs::{ClassScore, Score};
    use serde_json::json;

    use super::*;
    use crate::sample;

    fn sweep(folder: &Path, ids: &[&str]) -> Sweep {
        let config = json!({ "solver.total_epoch": 1 });
        let trial = |id: &&str| sample::trial(Stage::Final, (*id).to_owned(), &config);
        sample::sweep(folder, "s", ids.iter().map(trial).collect(), None)
    }

    fn finish(sweep: &Sweep, trial: usize, top1: f64) {
        let run = sweep.folder.run(&sweep.trials[trial]);
        let class = ClassScore { name: "a".to_owned(), correct: 1, total: 2 };
        let test = Some(Score { loss: 1.0, top1 });
        let result = RunResult { test, per_class: vec![class], ..RunResult::default() };
        atomic::create_parent(&run.result()).unwrap();
        atomic::write_json(&run.result(), &result).unwrap();
    }

    #[test]
    fn another_machine_goes_on_where_results_end() {
        let [here, there] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let (old, new) = (sweep(here.path(), &["a", "b", "c"]), sweep(there.path(), &["b", "a"]));
        finish(&old, 0, 0.25);
        finish(&old, 1, 0.5);
        let file = here.path().join("kept/trials.jsonl");
        assert_eq!(keep(&old, &file).unwrap(), 2);
        finish(&new, 0, 0.75);
        let told = restore(&new, &file).unwrap();
        assert_eq!(told, Restored { restored: 1, present: 1, foreign: 0 });
        let top1 = |trial: usize| {
            let run = new.folder.run(&new.trials[trial]);
            let result = RunResult::load(&run.result()).unwrap();
            assert_eq!(result.per_class.len(), usize::from(trial == 0));
            result.test.unwrap().top1
        };
        assert_eq!([top1(0), top1(1)], [0.75, 0.25], "what was there stays");
        // Once more there is nothing to do, and elsewhere nobody knows the trials.
        assert_eq!(restore(&new, &file).unwrap().present, 2);
        let elsewhere = tempfile::tempdir().unwrap();
        let told = restore(&sweep(elsewhere.path(), &["x"]), &file).unwrap();
        assert_eq!(told, Restored { foreign: 2, ..Restored::default() });
    }

    #[test]
    fn damaged_lines_are_told_before_anything_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let sweep = sweep(folder.path(), &["a", "b"]);
        finish(&sweep, 0, 0.5);
        let file = folder.path().join("trials.jsonl");
        keep(&sweep, &file).unwrap();
        let text = fs_err::read_to_string(&file).unwrap().replace("\"a\"", "\"b\"");
        fs_err::write(&file, format!("{text}{{\"trial\": \"a\"")).unwrap();
        let error = restore(&sweep, &file).unwrap_err().to_string();
        assert!(error.contains("trials.jsonl: line 2: "), "{error}");
        assert!(!sweep.folder.run(&sweep.trials[1]).is_finished());
    }
}
