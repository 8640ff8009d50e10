//! Slurm: an array job per stage, a task per trial.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use provpt_runs::atomic;
use provpt_runs::sweep::Stage;

use super::{passes, ranges::ranges, stage_name, threads};
use crate::{Error, Sweep};

/// How a sweep is to be submitted to Slurm.
#[derive(Debug, Clone, Default)]
pub struct Slurm {
    /// The program, absolute.
    pub program: PathBuf,
    /// Where tasks are to work: relative paths in configurations count from here.
    pub directory: PathBuf,
    /// `--time`.
    pub time: Option<String>,
    /// `--partition`.
    pub partition: Option<String>,
    /// Tasks at once.
    pub parallel: Option<usize>,
    /// More arguments of sbatch.
    pub arguments: Vec<String>,
    /// One more than the largest index that the cluster takes.
    pub max_array: usize,
}

/// What is to be submitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// Batch scripts: paths and texts.
    pub scripts: Vec<(PathBuf, String)>,
    /// In order; all jobs of a step depend on all of the one before.
    pub steps: Vec<Vec<Job>>,
}

/// One call of sbatch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    script: PathBuf,
    array: String,
    /// What is added to an array's index to give the trial's.
    offset: usize,
}

impl Slurm {
    /// Scripts and jobs for what is left of a sweep. Finals depend on the grid's tasks having
    /// ended, however they did: what became of trials stands in the sweep's folder.
    pub fn submission(&self, sweep: &Sweep) -> Submission {
        let mut submission = Submission { scripts: Vec::new(), steps: Vec::new() };
        for stage in [Stage::Grid, Stage::Final] {
            let left = left(sweep, stage);
            if left.is_empty() {
                continue;
            }
            let script = self.absolute(&sweep.folder.slurm());
            let script = script.join(format!("{}.sbatch", stage_name(stage)));
            let text = self.script(sweep, stage);
            let jobs = self.jobs(&script, &left);
            submission.scripts.push((script, text));
            submission.steps.extend(vec![jobs; passes(sweep, stage)]);
        }
        submission
    }

    fn jobs(&self, script: &Path, left: &[usize]) -> Vec<Job> {
        let size = self.max_array.max(1);
        let chunk = |of: &[usize]| {
            let offset = of.first().map_or(0, |first| first / size * size);
            let numbers: Vec<usize> = of.iter().map(|number| number - offset).collect();
            let limit = self.parallel.map(|p| format!("%{p}")).unwrap_or_default();
            Job { script: script.to_owned(), array: ranges(&numbers) + &limit, offset }
        };
        left.chunk_by(|a, b| a / size == b / size).map(chunk).collect()
    }

    fn script(&self, sweep: &Sweep, stage: Stage) -> String {
        let name = stage_name(stage);
        let folder = self.absolute(sweep.folder.path());
        let said = folder.join("slurm").join(format!("{name}-%A_%a.txt"));
        let options = [
            Some(format!("--job-name={}", quoted(&format!("{}-{name}", sweep.info.name)))),
            Some(format!("--chdir={}", quoted(&self.directory.display().to_string()))),
            Some(format!("--output={}", quoted(&said.display().to_string()))),
            Some("--open-mode=append".to_owned()),
            Some("--requeue".to_owned()),
            Some("--signal=B:USR1@60".to_owned()),
            Some(format!("--cpus-per-task={}", threads(sweep))),
            self.time.as_ref().map(|time| format!("--time={time}")),
            self.partition.as_ref().map(|partition| format!("--partition={partition}")),
        ];
        let options: String =
            options.into_iter().flatten().map(|option| format!("#SBATCH {option}\n")).collect();
        let program = quoted(&self.program.display().to_string());
        let plan = quoted(&folder.display().to_string());
        format!(
            "#!/bin/sh\n{options}\n\
             # Slurm signals this shell a minute ahead of the end: exec makes it the worker.\n\
             exec {program} sweep worker {plan} --stage {name} \\\n    \
             --index \"$((SLURM_ARRAY_TASK_ID + ${{1:-0}}))\"\n"
        )
    }

    fn absolute(&self, path: &Path) -> PathBuf {
        // Joining an absolute path gives that.
        self.directory.join(path)
    }

    /// The arguments of sbatch for a job, after those that it depends on.
    pub fn sbatch(&self, job: &Job, after: &[String]) -> Vec<String> {
        let mut arguments = vec!["--parsable".to_owned(), format!("--array={}", job.array)];
        if !after.is_empty() {
            arguments.push(format!("--dependency=afterany:{}", after.join(":")));
        }
        arguments.extend(self.arguments.iter().cloned());
        arguments.extend([job.script.display().to_string(), job.offset.to_string()]);
        arguments
    }

    /// The scripts, and the commands that submit them, to look at.
    pub fn dry_run(&self, submission: &Submission) -> String {
        let mut text = String::new();
        for (path, script) in &submission.scripts {
            text.push_str(&format!("# {}\n{script}\n", path.display()));
        }
        let mut after: Vec<String> = Vec::new();
        let mut number = 0;
        for step in &submission.steps {
            let mut names = Vec::new();
            for job in step {
                number += 1;
                let arguments = self.sbatch(job, &after);
                // The names of jobs are the shell's to fill in.
                let word = |word: &String| {
                    if word.contains("$job") { word.clone() } else { quoted(word) }
                };
                let line: Vec<String> = arguments.iter().map(word).collect();
                text.push_str(&format!("job{number}=$(sbatch {})\n", line.join(" ")));
                names.push(format!("$job{number}"));
            }
            after = names;
        }
        text
    }

    /// Writes the scripts and submits the jobs; their ids.
    ///
    /// # Errors
    /// A file cannot be written, or sbatch refuses.
    pub fn submit(&self, submission: &Submission) -> Result<Vec<String>, Error> {
        for (path, script) in &submission.scripts {
            atomic::create_parent(path)?;
            atomic::write(path, script.as_bytes())?;
        }
        let (mut all, mut after) = (Vec::new(), Vec::new());
        for step in &submission.steps {
            let mut ids = Vec::new();
            for job in step {
                let said = said("sbatch", &self.sbatch(job, &after))?;
                // `id;cluster`
                ids.push(said.trim().split(';').next().unwrap_or_default().to_owned());
            }
            all.extend(ids.iter().cloned());
            after = ids;
        }
        Ok(all)
    }
}

/// Indices within the stage of the trials that have not ended.
fn left(sweep: &Sweep, stage: Stage) -> Vec<usize> {
    let trials = sweep.stage(Some(stage)).into_iter().enumerate();
    let ended = |trial: usize| {
        let trial = &sweep.trials[trial];
        sweep.folder.run(trial).is_finished() || sweep.folder.failure(&trial.id).is_file()
    };
    trials.filter(|&(_, trial)| !ended(trial)).map(|(index, _)| index).collect()
}

/// The cluster's `MaxArraySize`, or Slurm's default.
///
/// # Errors
/// There is no scontrol here.
pub fn max_array_size() -> Result<usize, Error> {
    const DEFAULT: usize = 1001;
    let said = said("scontrol", &["show".to_owned(), "config".to_owned()])?;
    let line = said.lines().find_map(|line| line.trim().strip_prefix("MaxArraySize"));
    let value = line.and_then(|line| line.trim_start_matches([' ', '=']).trim().parse().ok());
    Ok(value.unwrap_or(DEFAULT))
}

fn said(program: &str, arguments: &[String]) -> Result<String, Error> {
    let output = Command::new(program).args(arguments).output();
    let output = output.map_err(|error| {
        io::Error::new(error.kind(), format!("{program}: cannot start: {error}"))
    })?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let reason = String::from_utf8_lossy(&output.stderr);
    let reason = reason.lines().last().unwrap_or("it said nothing").trim().to_owned();
    Err(io::Error::other(format!("{program}: expected it to succeed, got: {reason}")).into())
}

/// A word for the shell.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=./:,%@+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}
