//! A trial that costs nothing, and a worker for it: for the tests of sweeps, and to measure what a
//! sweep itself costs.
//!
//!     fake_sweep train --quiet [--stop-after N] CONFIG output_dir=RUN [device=...]
//!     fake_sweep train --quiet [--stop-after N] --resume RUN [device=...]
//!     fake_sweep work SWEEP STALE_SECONDS JOBS
//!     fake_sweep bare SWEEP          the processes that a worker has started, and nothing else
//!
//! As `provpt train` does, a trial holds its folder's lock, writes metrics ahead of its checkpoint
//! and `result.json` last, goes on from a kill at any moment to the same bytes, and ends when its
//! standard input does. Keys of its configuration: `seed`, `solver.base_lr`, `solver.total_epoch`,
//! `fake.epoch_ms`, `fake.fail_at` and `fake.die_at` (epochs, from 1), `fake.error`.

use std::error::Error;
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use provpt_runs::{EpochRecord, Metrics, RunFolder, RunResult, Score, atomic};
use provpt_sweep::{Launcher, Options, Sweep, anywhere};
use sha2::{Digest, Sha256};

/// What a trial says that it took.
const PEAK: u64 = 1 << 20;

type Outcome = Result<(), Box<dyn Error>>;

fn main() -> ExitCode {
    match perform() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // There is nobody to tell if this fails.
            let _ = writeln!(std::io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn perform() -> Outcome {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["train", "--quiet", "--stop-after", epochs, rest @ ..] => {
            train(rest, Some(epochs.parse()?))
        }
        ["train", "--quiet", rest @ ..] => train(rest, None),
        ["work", sweep, stale, jobs] => work(Path::new(sweep), stale.parse()?, jobs.parse()?),
        ["bare", sweep] => bare(Path::new(sweep)),
        other => Err(format!("arguments: {other:?}").into()),
    }
}

fn bare(sweep: &Path) -> Outcome {
    for trial in Sweep::open(sweep)?.trials {
        let config = sweep.join("claims").join(&trial.id).join("1.toml");
        let run = format!("output_dir={}", sweep.join("bare").join(&trial.id).display());
        let mut process = Command::new(std::env::current_exe()?);
        process.args(["train", "--quiet"]).arg(config).arg(run).stdin(Stdio::piped());
        let mut child = process.spawn()?;
        // As a worker's: open until the end.
        let lifeline = child.stdin.take();
        if !child.wait()?.success() {
            return Err(format!("trial {} failed", trial.id).into());
        }
        drop(lifeline);
    }
    Ok(())
}

fn work(sweep: &Path, stale: f64, jobs: usize) -> Outcome {
    let stale_after = Duration::from_secs_f64(stale);
    let options = Options { places: anywhere(jobs), memory: None, stage: None, stale_after };
    let launcher = Launcher::new([std::env::current_exe()?]);
    let stop = AtomicBool::new(false);
    provpt_sweep::run(&Sweep::open(sweep)?, &launcher, &options, &stop, &|_| {})?;
    Ok(())
}

fn train(words: &[&str], until: Option<usize>) -> Outcome {
    lifeline();
    let (run, config) = match words {
        ["--resume", run, ..] => (RunFolder::open(*run)?, None),
        [config, output, ..] => {
            let run = output.strip_prefix("output_dir=").ok_or("output_dir")?;
            (RunFolder::at(run), Some(std::fs::read(config)?))
        }
        other => return Err(format!("arguments: {other:?}").into()),
    };
    std::fs::create_dir_all(run.path())?;
    let lock = File::create(run.path().join("lock"))?;
    lock.lock()?;
    if run.is_finished() {
        return Ok(());
    }
    if let Some(config) = config {
        atomic::write(&run.config(), &config)?;
    }
    note(&run, "start")?;
    epochs(&run, until)
}

fn epochs(run: &RunFolder, until: Option<usize>) -> Outcome {
    let config: toml::Table = toml::from_str(&std::fs::read_to_string(run.config())?)?;
    let number = |section: &str, key: &str| {
        let value = config.get(section).and_then(|section| section.get(key));
        value.and_then(|v| v.as_float().or(v.as_integer().map(|n| n as f64)))
    };
    let total = number("solver", "total_epoch").unwrap_or(1.0) as usize;
    let nap = Duration::from_secs_f64(number("fake", "epoch_ms").unwrap_or(0.0) / 1000.0);
    let at = |key| number("fake", key).map(|epoch| epoch as usize);
    let checkpoint = run.checkpoint().join("state");
    let (mut epoch, mut state) = match std::fs::read(&checkpoint) {
        Ok(bytes) => (usize::from(bytes[0]), bytes[1..].to_vec()),
        Err(_) => (0, std::fs::read(run.config())?),
    };
    let mut metrics = Metrics::load(&run.metrics()).unwrap_or_default();
    metrics.truncate_to(epoch);
    let mut top1 = metrics.last().and_then(|record| record.val).map_or(0.0, |val| val.top1);
    while epoch < total.min(until.unwrap_or(total)) {
        std::thread::sleep(nap);
        if at("fail_at") == Some(epoch + 1) {
            let table = config.get("fake").and_then(|fake| fake.get("error")?.as_str());
            return Err(table.unwrap_or("loss: expected a finite number, got NaN").into());
        }
        if at("die_at") == Some(epoch + 1) {
            std::process::abort();
        }
        state = Sha256::digest(&state).to_vec();
        top1 = accuracy(number("solver", "base_lr").unwrap_or(1.0), epoch, &state);
        metrics.push(record(epoch, top1));
        metrics.store(&run.metrics())?;
        epoch += 1;
        atomic::create_parent(&checkpoint)?;
        atomic::write(&checkpoint, &[&[epoch as u8], state.as_slice()].concat())?;
    }
    if epoch < total {
        return Ok(());
    }
    atomic::create_parent(&run.adapter().join("x"))?;
    atomic::write(&run.adapter().join("adapter_model.safetensors"), &state)?;
    let val = Some(Score { loss: 1.0, top1 });
    let result = RunResult {
        epochs: epoch,
        val,
        test: val,
        seconds: 1.0,
        peak_memory_bytes: Some(PEAK),
        ..RunResult::default()
    };
    result.store(&run.result())?;
    note(run, "end")
}

/// Better with more epochs; best at a learning rate of 2.
fn accuracy(lr: f64, epoch: usize, state: &[u8]) -> f64 {
    let noise = f64::from(state[0]) / 25_600.0;
    (1.0 - 0.3 / (epoch + 1) as f64) / (1.0 + (lr / 2.0).ln().abs()) - noise
}

fn record(epoch: usize, top1: f64) -> EpochRecord {
    let val = Some(Score { loss: 1.0, top1 });
    EpochRecord { epoch, val, ..EpochRecord::default() }
}

/// Adds a line to a log that survives kills: each appended in one write.
fn note(run: &RunFolder, what: &str) -> Outcome {
    let mut log = OpenOptions::new().create(true).append(true).open(run.log())?;
    Ok(log.write_all(format!("{what}\n").as_bytes())?)
}

/// Ends the process when standard input does.
fn lifeline() {
    std::thread::spawn(|| {
        let mut rest = Vec::new();
        let _ = std::io::stdin().read_to_end(&mut rest);
        std::process::abort();
    });
}
