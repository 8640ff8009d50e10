//! A made-up sweep that looks like a real one: four learning rates and three weight decays, three
//! seeds; trials done, failed, stopped and waiting.

#![allow(clippy::unwrap_used, reason = "what makes data for tests may panic")]

use std::collections::BTreeMap;
use std::path::Path;

use provpt_runs::sweep::{
    Choice, Epochs, Halving, Plan, Protocol, Stage, SweepFolder, SweepInfo, Trial, TrialFailure,
};
use provpt_runs::{Metrics, RunResult, Score};
use serde_json::{Map, Value};

use crate::sample::{CONFIG, Sample};

pub(crate) const METHODS: [&str; 4] = ["linear", "vpt-shallow", "vpt-deep", "pro-vpt"];
const RATES: [f64; 4] = [50.0, 10.0, 2.5, 0.5];
const DECAYS: [f64; 3] = [0.01, 0.0001, 0.0];
const SEEDS: [u64; 3] = [18, 25, 42];
const EPOCHS: usize = 12;
const BLOCKS: usize = 6;

/// Which sweep to make up.
pub(crate) struct Made<'a> {
    pub(crate) name: &'a str,
    pub(crate) tasks: &'a [&'a str],
    pub(crate) backbone: &'a str,
    /// Whether all is done; else the last task's grid of the last method waits in part, its finals
    /// all, some trials failed and some were stopped.
    pub(crate) finished: bool,
}

/// Writes the whole folder.
pub(crate) fn write(path: &Path, made: &Made<'_>) {
    let folder = SweepFolder::at(path);
    let trials = plan(made);
    let info = SweepInfo {
        name: made.name.into(),
        protocol: Protocol::Vtab,
        keys: vec!["solver.base_lr".into(), "solver.weight_decay".into()],
        halving: (!made.finished).then_some(Halving { eta: 2, first: 3 }),
        trials: trials.len(),
        version: "0.1.0".into(),
    };
    std::fs::create_dir_all(path).unwrap();
    info.store(&folder.info()).unwrap();
    for (index, trial) in trials.iter().enumerate() {
        let (task, method) = place(made, trial);
        match fate(made, trial, task, method) {
            Fate::Done => done(&folder, made, trial, index),
            Fate::Failed => failed(&folder, trial),
            Fate::Stopped => stopped(&folder, trial),
            Fate::Waiting => {}
        }
    }
    choices(&folder, made, &trials);
    Plan { trials }.store(&folder.plan()).unwrap();
}

enum Fate {
    Done,
    Failed,
    Stopped,
    Waiting,
}

fn place(made: &Made<'_>, trial: &Trial) -> (usize, usize) {
    let task = made.tasks.iter().position(|name| *name == trial.task).unwrap();
    (task, METHODS.iter().position(|name| *name == trial.method).unwrap())
}

fn fate(made: &Made<'_>, trial: &Trial, task: usize, method: usize) -> Fate {
    let last = !made.finished && task + 1 == made.tasks.len() && method + 1 == METHODS.len();
    let number = |key: &str| trial.values.get(key).and_then(Value::as_f64).unwrap_or(1.0);
    let (rate, decay) = (number("solver.base_lr"), number("solver.weight_decay"));
    match trial.stage {
        Stage::Final if last => Fate::Waiting,
        Stage::Grid if last && rate < 5.0 => Fate::Waiting,
        Stage::Grid if method > 1 && rate == 50.0 && decay == 0.01 => Fate::Failed,
        Stage::Grid if !made.finished && !last && rate == 0.5 && decay < 0.01 => Fate::Stopped,
        _ => Fate::Done,
    }
}

fn plan(made: &Made<'_>) -> Vec<Trial> {
    let mut trials = Vec::new();
    for stage in [Stage::Grid, Stage::Final] {
        for task in made.tasks {
            for method in METHODS {
                match stage {
                    Stage::Grid => {
                        for (rate, decay) in RATES.iter().flat_map(|r| DECAYS.map(|d| (*r, d))) {
                            trials.push(trial(stage, task, method, 0, values(rate, decay)));
                        }
                    }
                    Stage::Final => SEEDS.iter().for_each(|&seed| {
                        trials.push(trial(stage, task, method, seed, BTreeMap::new()));
                    }),
                }
            }
        }
    }
    for (index, trial) in trials.iter_mut().enumerate() {
        trial.id = format!("{index:016x}");
        trial.folder = format!("trials/{}", trial.id);
    }
    trials
}

fn values(rate: f64, decay: f64) -> BTreeMap<String, Value> {
    [("solver.base_lr".into(), rate.into()), ("solver.weight_decay".into(), decay.into())].into()
}

fn trial(
    stage: Stage,
    task: &str,
    method: &str,
    seed: u64,
    values: BTreeMap<String, Value>,
) -> Trial {
    Trial {
        id: String::new(),
        stage,
        task: task.into(),
        method: method.into(),
        seed,
        picks: match stage {
            Stage::Grid => Vec::new(),
            Stage::Final => vec!["solver.base_lr".into(), "solver.weight_decay".into()],
        },
        values,
        folder: String::new(),
        config: Map::new(),
    }
}

/// Prompts get along with a narrow band of rates, a linear probe with all.
fn val_top1(trial: &Trial, task: usize, method: usize) -> f64 {
    let number = |key: &str| trial.values[key].as_f64().unwrap();
    let off = (number("solver.base_lr") / 10.0).log10().abs() * [0.01, 0.05, 0.15, 0.2][method];
    let decay = number("solver.weight_decay") * [0.1, 0.5, 2.0, 3.0][method];
    level(task, method) - off - decay
}

fn level(task: usize, method: usize) -> f64 {
    0.52 + 0.11 * (task % 4) as f64 + [0.0, 0.02, 0.07, 0.085][method]
}

fn done(folder: &SweepFolder, made: &Made<'_>, trial: &Trial, index: usize) {
    let (task, method) = place(made, trial);
    let run = folder.run(trial);
    std::fs::create_dir_all(run.path()).unwrap();
    std::fs::write(run.config(), CONFIG).unwrap();
    let mut sample = Sample::new(BLOCKS);
    let mut metrics = sample.metrics(EPOCHS);
    let steps = sample.steps(EPOCHS);
    if method < 3 {
        metrics = still(&metrics);
    }
    // Thousands of files that are synced to disk take their time.
    if trial.stage == Stage::Final || method == 2 {
        metrics.store(&run.metrics()).unwrap();
    }
    if method >= 2 && trial.stage == Stage::Final {
        steps.store(&run.steps()).unwrap();
    }
    let score = |top1: f64| Some(Score { loss: 1.0 - top1, top1 });
    let jitter = 0.004 * ((index * 7 + method) % 5) as f64 - 0.008;
    let whole = sample.result(&metrics, 3);
    let result = RunResult {
        method: trial.method.clone(),
        task: trial.task.clone(),
        backbone: made.backbone.into(),
        seed: trial.seed,
        val: match trial.stage {
            Stage::Grid => score(val_top1(trial, task, method)),
            Stage::Final => None,
        },
        test: match trial.stage {
            Stage::Grid => None,
            Stage::Final => score(level(task, method) + 0.01 + jitter),
        },
        best_val: None,
        parameters: [10_250, 48_650, 56_330, 56_330][method],
        distribution: if method == 0 { Vec::new() } else { whole.distribution.clone() },
        relocations: if method == 3 { whole.relocations } else { 0 },
        seconds: 21.5 + 3.0 * method as f64,
        ..whole
    };
    result.store(&run.result()).unwrap();
}

/// The same epochs without moves.
fn still(metrics: &Metrics) -> Metrics {
    let epochs = metrics.iter().cloned().map(|mut record| {
        (record.relocation, record.reward, record.not_moved) = (None, None, None);
        record
    });
    epochs.collect::<Vec<_>>().into()
}

fn failed(folder: &SweepFolder, trial: &Trial) {
    let path = folder.failure(&trial.id);
    let reason = "loss: expected a finite number, got none in epoch 2".to_owned();
    let failure = TrialFailure { id: trial.id.clone(), exit_code: Some(1), reason, attempts: 1 };
    failure.store(&path).unwrap();
}

fn stopped(folder: &SweepFolder, trial: &Trial) {
    let run = folder.run(trial);
    std::fs::create_dir_all(run.path()).unwrap();
    std::fs::write(run.config(), CONFIG).unwrap();
}

fn choices(folder: &SweepFolder, made: &Made<'_>, trials: &[Trial]) {
    for (task, name) in made.tasks.iter().enumerate() {
        for (method, label) in METHODS.iter().enumerate() {
            let last = task + 1 == made.tasks.len() && method + 1 == METHODS.len();
            if last && !made.finished {
                continue;
            }
            let best = trials.iter().find(|trial| {
                (trial.task.as_str(), trial.method.as_str()) == (*name, *label)
                    && trial.values == values(10.0, 0.0)
            });
            let best = best.unwrap();
            let choice = Choice {
                task: best.task.clone(),
                method: best.method.clone(),
                trial: best.id.clone(),
                values: best.values.clone(),
                val_top1: val_top1(best, task, method),
                finished: 10,
                failed: usize::from(method > 1),
                stopped: 2 * usize::from(!made.finished),
                epochs: Epochs { trained: 126, full: 144 },
            };
            choice.store(&folder.choice(name, label)).unwrap();
        }
    }
}
