use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use clap::Args;
use provpt_sweep::{Place, Sweep};

use super::devices;
use super::work::{Progress, Signals, Working, finish, launcher};
use crate::app::App;
use crate::failure::Failure;

/// Work on a sweep with all cores, until all of its trials have ended
///
/// Trials run in processes of their own, no more at once than memory has room for. Other machines
/// that share the folder may do the same at the same time. What was stopped or killed goes on from
/// its checkpoint.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  provpt sweep run out/vtab --jobs 8
  provpt sweep run out/vtab --devices gpu:0,gpu:1")]
pub(crate) struct Run {
    /// The sweep: its folder, or the plan in it
    #[arg(value_name = "PLAN")]
    plan: PathBuf,
    /// Trials at once; else as many as the cores have room for, with the threads of each
    #[arg(short, long, value_name = "N", conflicts_with = "devices")]
    jobs: Option<usize>,
    /// One trial at a time on each of these, as `provpt devices` lists them; on `cpu` as many as the
    /// cores have room for. `auto`: on all graphics cards, or where there are none on the processor
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    devices: Vec<String>,
    #[command(flatten)]
    working: Working,
    /// Try failed trials again, too
    #[arg(long)]
    retry_failed: bool,
}

impl Run {
    pub(crate) fn run(&self, app: &App) -> Result<(), Failure> {
        app.refuse_threads("a sweep")?;
        let sweep = Sweep::open(&self.plan)?;
        if self.jobs == Some(0) {
            return Err(Failure::usage("--jobs: expected at least 1, got 0"));
        }
        let options = self.working.options(self.places(&sweep)?, provpt_sweep::free_memory())?;
        if self.retry_failed {
            let retried = provpt_sweep::retry_failed(&sweep)?;
            let kept = match retried.kept {
                0 => String::new(),
                kept => format!("; {kept} stay failed, as the choice made without them is in use"),
            };
            app.terminal.note(&format!("{} failed trials wait again{kept}", retried.again));
        }
        let signals = Signals::listen()?;
        let wanted = sweep.stage(options.stage).len();
        let known = provpt_sweep::ended(&sweep, options.stage);
        let stop: &AtomicBool = &signals.stop;
        let tally = {
            let progress = Progress::new(app, wanted, known);
            let watch = |event: &provpt_sweep::Event<'_>| progress.event(event);
            provpt_sweep::run(&sweep, &launcher()?, &options, stop, &watch)?
        };
        finish(app, &sweep, &tally, &signals)
    }

    fn places(&self, sweep: &Sweep) -> Result<Vec<Place>, Failure> {
        if let Some(jobs) = self.jobs {
            return Ok(provpt_sweep::anywhere(jobs));
        }
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let threads = usize::try_from(provpt_sweep::threads(sweep)).unwrap_or(usize::MAX);
        // Drivers are asked for their cards only where that is of use.
        let devices = match &self.devices[..] {
            [] => Vec::new(),
            words => devices::chosen(words, &provpt_vit::devices())?,
        };
        Ok(provpt_sweep::places(cores, threads, &devices))
    }
}
