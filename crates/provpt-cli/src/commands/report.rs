use std::path::{Path, PathBuf};

use clap::Args;
use provpt_base::quoted;
use provpt_data::catalogue;
use provpt_report::comparison::{Benchmark, Catalogue, Comparison, TaskGroup, View};
use provpt_runs::RunFolder;
use provpt_runs::sweep::{Halving, SweepFolder};

use crate::app::App;
use crate::failure::Failure;

/// Make the report of a run, or of a sweep or several of either side by side, finished or not
#[derive(Debug, Args)]
#[command(after_help = "Example:
  provpt report runs/flowers
  provpt report sweeps/vtab --compare pro-vpt,vpt-deep
  provpt report runs/a runs/b sweeps/vtab --output reports/all

Of a run: report.html in its folder. Else report.md, report.csv and report.html in the sweep's
folder, or in --output, and the table of results.")]
pub(crate) struct Report {
    /// Folders of runs and sweeps
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Folder for the report; needed where there are several paths
    #[arg(long, value_name = "FOLDER")]
    output: Option<PathBuf>,
    /// Two methods to compare task by task [default: the best two]
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    compare: Vec<String>,
    /// Show what successive halving would have saved on grids that ran in full: one in ETA goes on
    /// after FIRST epochs, ETA times as many, and so on
    #[arg(long, value_name = "ETA,FIRST", value_parser = halving)]
    halving: Option<Halving>,
}

impl Report {
    pub(crate) fn run(&self, app: &App) -> Result<(), Failure> {
        match &self.paths[..] {
            [run] if !is_sweep(run) && self.is_plain() => {
                let folder = RunFolder::open(run)?;
                provpt_report::report::write(&folder)?;
                app.terminal.result(&folder.report().display().to_string())
            }
            _ => self.compare(app),
        }
    }

    /// Nothing asked for that only a comparison has.
    fn is_plain(&self) -> bool {
        self.output.is_none() && self.compare.is_empty() && self.halving.is_none()
    }

    fn compare(&self, app: &App) -> Result<(), Failure> {
        let output = self.output()?;
        let comparison = Comparison::load(&self.paths)?;
        let pair = self.pair(&comparison)?;
        let catalogue = known();
        let mut halved = comparison.halved();
        if let Some(halving) = self.halving {
            halved.extend(comparison.simulated(halving)?);
        }
        let view = View { comparison: &comparison, catalogue: &catalogue, pair, halving: &halved };
        let written = view.report()?.write(&output)?;
        let paths = written.map(|path| path.display().to_string()).join("\n");
        app.terminal.result(&format!("{}\n{paths}", view.summary()))
    }

    fn output(&self) -> Result<PathBuf, Failure> {
        match (&self.output, &self.paths[..]) {
            (Some(output), _) if RunFolder::at(output).config().is_file() => {
                let output = quoted(output);
                let expected = "--output: expected another folder than a run's, which has a report";
                Err(Failure::usage(format!("{expected} of its own, got {output}")))
            }
            (Some(output), _) => Ok(output.clone()),
            (None, [sweep]) if is_sweep(sweep) => Ok(SweepFolder::at(sweep).path().to_owned()),
            (None, paths) => Err(Failure::usage(format!(
                "--output: expected a folder for the report of {}, got none",
                match paths.len() {
                    1 => "a comparison".to_owned(),
                    paths => format!("{paths} paths"),
                }
            ))),
        }
    }

    fn pair(&self, comparison: &Comparison) -> Result<Option<[String; 2]>, Failure> {
        let methods = comparison.methods();
        match &self.compare[..] {
            [] => Ok(None),
            [a, b] if a != b && [a, b].iter().all(|name| methods.contains(&name.as_str())) => {
                Ok(Some([a.clone(), b.clone()]))
            }
            got => Err(Failure::usage(format!(
                "--compare: expected two of {}, got {}",
                methods.join(", "),
                got.join(",")
            ))),
        }
    }
}

fn halving(text: &str) -> Result<Halving, String> {
    let numbers = text
        .split_once(',')
        .and_then(|(eta, first)| Some((eta.trim().parse().ok()?, first.trim().parse().ok()?)));
    match numbers {
        Some((eta, first)) if eta >= 2 && first >= 1 => Ok(Halving { eta, first }),
        _ => Err("expected two numbers, at least 2 and 1: 3,4".to_owned()),
    }
}

fn is_sweep(path: &Path) -> bool {
    SweepFolder::at(path).plan().is_file()
}

/// The tasks of the catalogue by benchmark and group.
fn known() -> Catalogue<'static> {
    let benchmark = |benchmark: catalogue::Benchmark| {
        let group = |group: &catalogue::Group| TaskGroup {
            name: group.as_str().to_owned(),
            tasks: benchmark
                .tasks()
                .filter(|task| task.group == *group)
                .map(|task| task.name.to_owned())
                .collect(),
        };
        let groups = benchmark.groups().iter().map(group).collect();
        Benchmark { name: benchmark.as_str().to_owned(), groups }
    };
    Catalogue {
        benchmarks: catalogue::Benchmark::ALL.map(benchmark).into(),
        name: &|task| catalogue::find(task).map(|task| task.name.to_owned()),
    }
}
