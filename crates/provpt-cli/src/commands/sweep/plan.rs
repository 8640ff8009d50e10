use std::path::PathBuf;

use clap::Args;
use provpt_data::catalogue::Benchmark;
use provpt_runs::sweep::Stage;
use provpt_sweep::{Known, Planned, Spec};

use super::settings::Configurations;
use crate::app::App;
use crate::failure::Failure;
use crate::methods;

/// Expand a spec into a plan: a folder with one trial per line
///
/// The spec is a small TOML file:
///
///   protocol = "vtab"     # select by val200, test finals on train800val200; or fgvc, or grid;
///                         # mini: as vtab, on all mini-* tasks unless tasks are named
///   name = "small"
///   tasks = ["cifar", "sprites-location"]
///   methods = ["linear", "vpt-shallow", "vpt-deep", "pro-vpt-ppo"]
///   seeds = [18, 25, 42]  # of the final runs; the grid's is the first, or `seed`
///   base = "base.toml"    # a configuration that all build on
///   set = { data.datapath = "data/{task}" }
///   halving = { eta = 3, first = 10 }
///   [grid]                # lists, "published", "larger", or a range
///   "solver.base_lr" = "published"
///   "solver.weight_decay" = { log = [1e-4, 1e-2], points = 3 }
///   [[method]]            # and [[task]]: more of them, with settings (and a grid) of their own
///   name = "pro-vpt-gate"
///   set = { model.prompt.idleness = "gate" }
///
/// Trials use one thread unless `threads` is set, as results depend on their number.
#[derive(Debug, Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Example:
  provpt sweep plan vtab.toml --output out/vtab"
)]
pub(crate) struct Plan {
    /// The spec
    #[arg(value_name = "SPEC.toml")]
    spec: PathBuf,
    /// The sweep's folder; else as the spec says, else out/NAME
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
}

impl Plan {
    pub(crate) fn run(&self, app: &App) -> Result<(), Failure> {
        app.refuse_threads("a sweep")?;
        let mini: Vec<&str> = Benchmark::Mini.tasks().map(|task| task.name).collect();
        let spec = Spec::load(&self.spec, Known { methods: &methods::rows(), mini: &mini })?;
        let settings = Configurations::default();
        let folder = self.output.as_deref().unwrap_or(spec.output());
        let planned = provpt_sweep::plan(&spec, &settings, folder)?;
        for notice in settings.notices() {
            app.terminal.note(&format!("note: {notice}"));
        }
        app.terminal.note(&summary(&planned));
        app.terminal.result(&planned.folder.plan().display().to_string())
    }
}

fn summary(planned: &Planned) -> String {
    let trials = &planned.plan.trials;
    let finals = trials.iter().filter(|trial| trial.stage == Stage::Final).count();
    format!("{} trials: {} of grids, {finals} final", trials.len(), trials.len() - finals)
}
