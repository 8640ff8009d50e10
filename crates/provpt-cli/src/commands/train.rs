use std::env;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use provpt::{Ended, Observer, TrainOptions};
use provpt_runs::{RunFolder, RunResult};

use crate::app::App;
use crate::failure::Failure;
use crate::lifeline;
use crate::overrides::Settings;
use crate::text;
use crate::watched::watched;

/// Train: prompts, where they go, and a classifier
#[derive(Debug, Args)]
#[command(after_help = "Example:
  provpt train data.name=flowers data.datapath=data/flowers model.prompt.num_tokens=20 \\
    data.feature=vit_base_patch16_224 model.model_root=weights output_dir=runs/flowers

All keys: `provpt config print`. The run folder gets config.toml, metrics.jsonl, adapter/,
checkpoint/, log.txt, result.json and report.html. One process at a time trains a run.

Environment:
  PROVPT_LOCK_WAIT=SECONDS  how long to wait for another process that trains the run (0)
  PROVPT_LIFELINE=stdin     end as soon as standard input does, and so with whoever holds it")]
pub(crate) struct Train {
    #[command(flatten)]
    settings: Settings,
    /// Go on with a run that was stopped; it ends as if it had not been. Of the settings only those
    /// may be given that say where things are now: data.datapath, data.cache_dir,
    /// model.model_root, model.weights
    #[arg(long, value_name = "RUN", conflicts_with = "config_file")]
    resume: Option<PathBuf>,
    /// Go on although images are gone, new, or of another class since the run began
    #[arg(long, requires = "resume")]
    other_images: bool,
    /// End once N epochs are done in all, with all that is needed to go on; learning rates stay
    /// those of solver.total_epoch
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    stop_after: Option<u32>,
}

impl Train {
    /// Whether a run is to go on.
    pub(crate) fn resumes(&self) -> bool {
        self.resume.is_some()
    }

    pub(crate) fn run(&self, app: &App) -> Result<(), Failure> {
        lifeline::hold()?;
        let options = TrainOptions {
            stop_after: self.stop_after.map(|epochs| epochs as usize),
            other_images: self.other_images,
            lock_wait: lock_wait()?,
        };
        let (folder, ended) = match &self.resume {
            Some(run) => {
                app.refuse_threads("--resume")?;
                let places = self.settings.words();
                let resume =
                    |watch: &mut dyn Observer| provpt::resume(run, places, &options, watch);
                (run.clone(), watched(app, run, resume)?)
            }
            None => {
                let config = self.settings.load(app)?;
                let folder = config.output_dir.clone();
                let train = |watch: &mut dyn Observer| provpt::train(&config, &options, watch);
                let ended = watched(app, &folder, train)?;
                (folder, ended)
            }
        };
        let folder = RunFolder::open(folder)?;
        app.terminal.result(&match &ended {
            Ended::Finished(result) => summary(&folder, result),
            Ended::Stopped { epochs, of } => stopped(&folder, *epochs, *of),
        })
    }
}

/// Seconds in `PROVPT_LOCK_WAIT`.
fn lock_wait() -> Result<Duration, Failure> {
    let Some(text) = env::var_os("PROVPT_LOCK_WAIT") else { return Ok(Duration::ZERO) };
    let text = text.to_string_lossy();
    let seconds = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let expected = "PROVPT_LOCK_WAIT: expected seconds";
    seconds.ok_or_else(|| Failure::usage(format!("{expected}, got {text:?}")))
}

/// Where a run was stopped, and how to go on.
fn stopped(folder: &RunFolder, epochs: usize, of: usize) -> String {
    format!(
        "stopped after epoch {epochs} of {of}, as asked\ngo on with   provpt train --resume {}",
        shown(folder.path())
    )
}

/// What a run came to.
fn summary(folder: &RunFolder, result: &RunResult) -> String {
    let mut lines = vec![format!(
        "{} on {}, {}, seed {}: {} epochs in {}",
        result.method,
        result.task,
        result.backbone,
        result.seed,
        result.epochs,
        text::duration(result.seconds)
    )];
    let mut line = |name: &str, value: String| lines.push(format!("{name:<13}{value}"));
    line("top-1", accuracy(result));
    if result.prompts > 0 {
        let counts = text::distribution(&result.distribution);
        line("distribution", format!("{counts} ({} prompts)", result.prompts));
        match result.pruned {
            0 => line("relocations", result.relocations.to_string()),
            pruned => line("pruned", format!("{pruned} of {} prompts", result.prompts + pruned)),
        }
    }
    line("adapter", shown(&folder.adapter()));
    line("report", shown(&folder.report()));
    lines.join("\n")
}

fn accuracy(result: &RunResult) -> String {
    let mut parts = vec![format!("train {}", text::percent(result.train_top1))];
    if let Some(val) = result.val {
        parts.push(format!("val {}", text::accuracy(&val)));
    }
    if let Some(best) = result.best_val {
        parts.push(format!("best val {} (epoch {})", text::percent(best.top1), best.epoch + 1));
    }
    if let Some(test) = result.test {
        parts.push(format!("test {}", text::accuracy(&test)));
    }
    parts.join(", ")
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

#[cfg(test)]
mod tests {
    use provpt_runs::{BestEpoch, Score};

    use super::*;

    #[test]
    fn a_summary_has_what_people_ask_for() {
        let folder = tempfile::tempdir().unwrap();
        fs_err::write(folder.path().join("config.toml"), "").unwrap();
        let run = RunFolder::open(folder.path()).unwrap();
        let result = RunResult {
            method: "pro-vpt-ppo".to_owned(),
            task: "flowers".to_owned(),
            backbone: "vit".to_owned(),
            train_top1: 1.0,
            val: Some(Score { loss: 0.5, top1: 0.5 }),
            best_val: Some(BestEpoch { epoch: 1, top1: 0.625 }),
            test: Some(Score { loss: 0.5, top1: 0.75 }),
            epochs: 3,
            seconds: 61.0,
            prompts: 4,
            distribution: vec![1, 3],
            relocations: 2,
            ..RunResult::default()
        };
        let text = summary(&run, &result).replace(&shown(run.path()), "RUN");
        insta::assert_snapshot!(text, @r"
        pro-vpt-ppo on flowers, vit, seed 0: 3 epochs in 1m 01s
        top-1        train 100.0%, val 50.0%, best val 62.5% (epoch 2), test 75.0%
        distribution 1 3 (4 prompts)
        relocations  2
        adapter      RUN/adapter
        report       RUN/report.html
        ");
    }
}
