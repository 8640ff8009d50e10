use std::path::{Path, PathBuf};

use clap::Args;
use provpt::config::{self, Config};
use provpt::method::Method;
use provpt::{Ended, TrainOptions};
use provpt_report::{Align, Table};
use provpt_runs::{RunFolder, RunResult};

use crate::app::App;
use crate::failure::Failure;
use crate::text;
use crate::watched::watched;

/// Compare three methods on a generated task: nothing to download, nothing to set up
///
/// A linear probe, VPT-Deep and PRO-VPT learn the same task with the same seed, epochs and
/// prompts, on the small backbone that is part of the program.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  provpt demo --output demo

A demo that was stopped goes on; beside one that is finished, another begins (demo-2, ...).")]
pub(crate) struct Demo {
    /// Folder of the three runs
    #[arg(short, long, value_name = "DIR", default_value = "provpt-demo")]
    output: PathBuf,
    /// Epochs of each run
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    epochs: Option<u32>,
    /// One epoch with few prompts: shows that everything works, and nothing more
    #[arg(long)]
    quick: bool,
}

/// The methods that are compared, each with its run's folder.
const COMPARED: [(&str, &str); 3] =
    [("linear", "linear"), ("vpt-deep", "vpt-deep"), ("pro-vpt-prune", "pro-vpt")];

/// What all share. Images of half the backbone's own size have a quarter of its tokens.
const COMMON: [&str; 5] = [
    "data.name=sprites-location",
    "data.feature=provpt_pico_patch4_32",
    "data.crop_size=16",
    "solver.warmup_epoch=2",
    "model.prompt.scoring=running",
];

impl Demo {
    pub(crate) fn run(&self, app: &App) -> Result<(), Failure> {
        let folder = self.choose(app)?;
        let mut rows = Vec::new();
        let compared = compared();
        for (index, (method, run)) in compared.iter().enumerate() {
            let config = self.config(app, &folder.join(run), method)?;
            app.terminal.note(&format!("\n{}/{} {}", index + 1, compared.len(), method.title));
            let run = &config.output_dir;
            let options = TrainOptions::default();
            let ended = watched(app, run, |watch| match RunFolder::open(run) {
                Ok(_) => provpt::resume(run, &[], &options, watch),
                Err(_) => provpt::train(&config, &options, watch),
            })?;
            if let Ended::Finished(result) = ended {
                rows.push((&*method.title, *result, RunFolder::open(run)?.report()));
            }
        }
        app.terminal.note("");
        app.terminal.result(&table(&rows))
    }

    fn config(&self, app: &App, run: &Path, method: &Method) -> Result<Config, Failure> {
        let (epochs, prompts) = if self.quick { (1, 2) } else { (20, 5) };
        let epochs = self.epochs.unwrap_or(epochs);
        let own = [
            format!("solver.total_epoch={epochs}"),
            format!("model.prompt.num_tokens={prompts}"),
            format!("output_dir={}", run.display()),
        ];
        let shared = COMMON.iter().map(|&setting| setting.to_owned());
        let of_method = method.settings.iter().map(|(key, value)| format!("{key}={value}"));
        let overrides: Vec<String> = shared.chain(of_method).chain(own).collect();
        Ok(Config::from_args(None, &app.overrides(&overrides))?.config)
    }

    /// The first of DIR, DIR-2, ... with something left to do, and nothing in the way.
    fn choose(&self, app: &App) -> Result<PathBuf, Failure> {
        let mut number = 1;
        loop {
            let folder = match number {
                1 => self.output.clone(),
                n => PathBuf::from(format!("{}-{n}", self.output.display())),
            };
            let compared = compared().into_iter();
            let states = compared.map(|(method, run)| self.state(app, &folder.join(run), &method));
            let states = states.collect::<Result<Vec<_>, _>>()?;
            let other = states.contains(&State::Other);
            if !other && states.iter().any(|state| *state != State::Finished) {
                return Ok(folder);
            }
            number += 1;
        }
    }

    fn state(&self, app: &App, run: &Path, method: &Method) -> Result<State, Failure> {
        let config = self.config(app, run, method)?;
        let Ok(run) = RunFolder::open(&config.output_dir) else { return Ok(State::Absent) };
        Ok(match fs_err::read_to_string(run.config()) {
            Ok(text) if text == config::render(&config) && run.is_finished() => State::Finished,
            Ok(text) if text == config::render(&config) => State::Begun,
            _ => State::Other,
        })
    }
}

/// The methods that are compared, and their folders.
fn compared() -> Vec<(Method, &'static str)> {
    COMPARED.iter().filter_map(|&(name, run)| Some((Method::named(name).ok()?, run))).collect()
}

/// What is where one of the demo's runs goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Absent,
    Begun,
    Finished,
    /// A run with other settings.
    Other,
}

fn table(rows: &[(&str, RunResult, PathBuf)]) -> String {
    let names = ["method", "val", "test", "learned", "seconds"];
    let align = |(index, name)| (name, if index == 0 { Align::Left } else { Align::Right });
    let mut table = Table::new(names.into_iter().enumerate().map(align));
    let mut reports = String::new();
    for (name, result, report) in rows {
        let score = |score: Option<provpt_runs::Score>| {
            score.map_or("-".to_owned(), |score| text::accuracy(&score))
        };
        let seconds = format!("{:.0}", result.seconds);
        let learned = result.parameters.to_string();
        table.row([(*name).to_owned(), score(result.val), score(result.test), learned, seconds]);
        reports += &format!("\n  {}", report.display());
    }
    let task = rows.first().map_or("", |(_, result, _)| result.task.as_str());
    format!("top-1 on {task}\n\n{}\nreports:{reports}", table.plain())
}
