use std::path::PathBuf;

use clap::Args;
use provpt_sweep::{Kubernetes, Slurm, Sweep};

use crate::app::App;
use crate::failure::Failure;

/// Hand a sweep to a cluster: to Slurm as arrays of jobs, to Kubernetes as a manifest
///
/// Slurm gets an array of the grid's trials and one of the final trials, which starts when the
/// first has ended. Tasks that are pre-empted or run out of time go back into the queue and on from
/// their checkpoints. Submitting again submits what is left.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  provpt sweep submit out/vtab --slurm --time 4:00:00 --parallel 50 --partition gpu
  provpt sweep submit out/vtab --k8s --image registry/provpt --claim sweeps | kubectl apply -f -")]
pub(crate) struct Submit {
    /// The sweep: its folder, or the plan in it
    #[arg(value_name = "PLAN")]
    plan: PathBuf,
    /// To Slurm, by sbatch
    #[arg(long, required_unless_present = "k8s", conflicts_with = "k8s")]
    slurm: bool,
    /// Print the scripts and the commands, and do nothing
    #[arg(long, requires = "slurm")]
    dry_run: bool,
    /// Time limit of a task, as sbatch takes it
    #[arg(long, value_name = "T", requires = "slurm")]
    time: Option<String>,
    /// Tasks at once
    #[arg(long, value_name = "P")]
    parallel: Option<usize>,
    /// Slurm's partition
    #[arg(long, value_name = "NAME", requires = "slurm")]
    partition: Option<String>,
    /// One more argument of sbatch; may be repeated
    #[arg(long, value_name = "ARG", requires = "slurm", allow_hyphen_values = true)]
    sbatch_arg: Vec<String>,
    /// Print a manifest of Indexed Jobs for Kubernetes
    #[arg(long)]
    k8s: bool,
    /// The container image, with provpt in it
    #[arg(long, value_name = "IMAGE", requires = "k8s", default_value = "provpt")]
    image: String,
    /// The volume claim that has the current folder and in it the sweep
    #[arg(long, value_name = "PVC", requires = "k8s", default_value = "provpt")]
    claim: String,
    /// Write the manifest to a file
    #[arg(short, long, value_name = "FILE", requires = "k8s")]
    output: Option<PathBuf>,
}

impl Submit {
    pub(crate) fn run(&self, app: &App) -> Result<(), Failure> {
        app.refuse_threads("a sweep")?;
        if self.parallel == Some(0) {
            return Err(Failure::usage("--parallel: expected at least 1, got 0"));
        }
        let sweep = Sweep::open(&self.plan)?;
        if self.k8s { self.kubernetes(app, &sweep) } else { self.slurm(app, &sweep) }
    }

    fn slurm(&self, app: &App, sweep: &Sweep) -> Result<(), Failure> {
        /// Slurm's own, for a look without a Slurm at hand.
        const MAX_ARRAY: usize = 1001;
        let max_array = match provpt_sweep::max_array_size() {
            Ok(size) => size,
            Err(_) if self.dry_run => MAX_ARRAY,
            Err(error) => return Err(error.into()),
        };
        let slurm = Slurm {
            program: std::env::current_exe()?,
            directory: std::env::current_dir()?,
            time: self.time.clone(),
            partition: self.partition.clone(),
            parallel: self.parallel,
            arguments: self.sbatch_arg.clone(),
            max_array,
        };
        let submission = slurm.submission(sweep);
        if self.dry_run {
            return app.terminal.result(&slurm.dry_run(&submission));
        }
        if submission.steps.is_empty() {
            app.terminal.note("nothing is left: all trials have ended");
            return Ok(());
        }
        let jobs = slurm.submit(&submission)?;
        app.terminal.result(&jobs.join("\n"))
    }

    fn kubernetes(&self, app: &App, sweep: &Sweep) -> Result<(), Failure> {
        let here = std::env::current_dir()?;
        let folder = sweep.folder.path();
        let kubernetes = Kubernetes {
            image: self.image.clone(),
            claim: self.claim.clone(),
            folder: folder.strip_prefix(&here).unwrap_or(folder).to_owned(),
            parallel: self.parallel.unwrap_or(10),
        };
        let manifest = kubernetes.manifest(sweep);
        match &self.output {
            Some(path) => Ok(provpt_runs::atomic::write(path, manifest.as_bytes())?),
            None => app.terminal.result(&manifest),
        }
    }
}
