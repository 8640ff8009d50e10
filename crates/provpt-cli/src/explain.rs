//! From a failure to an exit code, and to a hint where we know one.

use std::io;
use std::path::Path;

use provpt::Error;
use provpt_runs::Error as RunsError;
use provpt_sweep::Error as SweepError;

use crate::failure::Failure;
use crate::setting::SettingStyle;
use crate::{explain_backbone, explain_data};

/// The user asked for something that cannot be.
pub(crate) const MISTAKE: u8 = 2;
/// It could have been, but did not work out.
pub(crate) const FAILED: u8 = 1;

/// What goes with an error message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Advice {
    pub(crate) exit_code: u8,
    pub(crate) hint: Option<String>,
}

/// Hints name settings in the style that the command at hand takes.
pub(crate) fn explain(failure: &Failure, style: SettingStyle) -> Advice {
    let (exit_code, hint) = match failure {
        Failure::Usage(_) => (MISTAKE, None),
        Failure::Stdout(_) | Failure::Encode { .. } => (FAILED, None),
        Failure::Library(error) => method(error, style),
        Failure::Sweep(error) => sweep(error),
        Failure::TrialsFailed { .. } => (
            FAILED,
            hint(
                "`provpt sweep status PLAN` says why; `provpt sweep run PLAN --retry-failed` tries \
                 again",
            ),
        ),
        Failure::Interrupted { .. } => {
            (FAILED, hint("the same command goes on from the checkpoints"))
        }
        Failure::Held { .. } => (FAILED, hint("`provpt sweep status PLAN` tells how far it is")),
        Failure::Unwell { .. } => (FAILED, hint("a bug report with this page helps")),
        Failure::Requeue { .. } => {
            (FAILED, hint("`provpt sweep submit PLAN --slurm` submits what is left"))
        }
    };
    Advice { exit_code, hint }
}

fn hint(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn method(error: &Error, style: SettingStyle) -> (u8, Option<String>) {
    let told = match error {
        Error::Config(_) => hint("`provpt config print` shows every key"),
        Error::Data(error) => return explain_data::advice(error, style),
        Error::Vit(error) => return explain_backbone::advice(error, style),
        Error::Runs(error) => return run(error, style),
        Error::Io(error) => return (reading(error), None),
        Error::LossNotFinite { .. } | Error::NotFinite { .. } => {
            return (FAILED, Some(not_finite(error, style)));
        }
        Error::Damaged { .. } => hint("the file was not written by provpt, or changed since"),
        Error::OtherBackbone { .. } => style
            .show("model.weights", "FILE")
            .map(|file| format!("give the checkpoint that the run was trained on: {file}")),
        Error::NothingLearned { .. } => {
            hint("there is one from the end of the first epoch on: `provpt train --resume RUN`")
        }
        Error::OtherNetwork { .. } => {
            hint("config.json beside the weights, or a setting, says something else than then")
        }
        Error::AdapterShape { .. } => hint("adapter/ is not as the run left it"),
        Error::NoPrompts { .. } => hint("train with prompts, such as model.transfer_type=prompt"),
        Error::NotMerged { .. } => hint("use the run itself: --run RUN"),
        Error::NoSide | Error::Reduction { .. } | Error::Rank { .. } => None,
        Error::Unsuited { .. } | Error::DeepLayers { .. } | Error::InitFile { .. } => None,
        Error::Distribution { .. } => hint("auto gives each block model.prompt.num_tokens"),
        Error::NoDistribution { .. } => hint("another run, or a list: model.prompt.distribution"),
        Error::PromptsWithoutAddress { .. } => {
            hint("train with model.prompt.location=prepend and all blocks' own prompts")
        }
        Error::PartialBlocks { .. } => hint("model.transfer_type=end2end learns all of them"),
        Error::NoRecipe { .. } => {
            let all = [("data.name", "TASK"), ("data.normalization", "backbone")];
            let [name, backbone] = all.map(|(key, value)| style.show(key, value));
            name.zip(backbone).map(|(name, by)| format!("{name} says which task; {by} needs none"))
        }
        Error::UnknownClasses { .. } => {
            hint("classes are matched by name: leave the others out, or rename them as learned")
        }
        Error::OtherImages { .. } => hint(
            "bring back the images of then, or go on with those of now: --other-images; \
             data.datapath=FOLDER says where they are",
        ),
        Error::Kept { .. } => {
            hint("other settings make another run: train into another output_dir")
        }
        Error::NoSplit { .. } => hint("choose another part: --split train, val or test"),
        _ => return (FAILED, None),
    };
    (MISTAKE, told)
}

/// What helps against numbers that are none.
fn not_finite(error: &Error, style: SettingStyle) -> String {
    match error {
        Error::NotFinite { .. } if style == SettingStyle::SET => {
            "the weights, or data.mean and data.std, are no numbers to compute with"
        }
        Error::NotFinite { .. } => {
            "what was learned is too large for 32-bit numbers: train again with a lower \
             solver.base_lr"
        }
        Error::LossNotFinite { epoch: 0, .. } => {
            "lower solver.base_lr, or clip gradients (model.prompt.clip_norm=0.25), and train \
             into another output_dir"
        }
        _ => {
            "lower solver.base_lr, or clip gradients (model.prompt.clip_norm=0.25), and train \
             into another output_dir; this run's adapter/ and checkpoint/ keep its last epoch \
             with a finite loss"
        }
    }
    .to_owned()
}

fn sweep(error: &SweepError) -> (u8, Option<String>) {
    match error {
        SweepError::OtherPlan { .. } => {
            (MISTAKE, hint("choose another --output; a sweep's plan does not change"))
        }
        SweepError::Index { .. } | SweepError::KeptHalving { .. } => (MISTAKE, None),
        SweepError::Kept { .. } => (MISTAKE, hint("`provpt sweep keep` writes such a file")),
        SweepError::NotDue { .. } => {
            (FAILED, hint("`provpt sweep status PLAN` tells which trials have not ended"))
        }
        SweepError::Spec { .. } | SweepError::Malformed { .. } | SweepError::Unknown { .. } => {
            (MISTAKE, hint("`provpt sweep plan --help` shows a spec"))
        }
        _ => (FAILED, None),
    }
}

fn run(error: &RunsError, style: SettingStyle) -> (u8, Option<String>) {
    let trains = style.show("output_dir", "FOLDER").is_some();
    match error {
        RunsError::RunExists { path } => {
            let path = path.display();
            let hint = format!(
                "go on with it: `provpt train --resume {path}`, or choose another output_dir"
            );
            (MISTAKE, Some(hint))
        }
        RunsError::NotARun { .. } => (MISTAKE, hint("a run is the output_dir of a `provpt train`")),
        RunsError::Locked { .. } => {
            let may_wait = trains || style == SettingStyle::PLACES;
            let wait = if may_wait { ", or let PROVPT_LOCK_WAIT=SECONDS do so" } else { "" };
            (FAILED, Some(format!("wait for it to end{wait}")))
        }
        RunsError::CreateFolder { .. } => {
            let place = if trains { "output_dir" } else { "place" };
            (FAILED, Some(format!("choose another {place}")))
        }
        RunsError::Write { cause, .. } => (FAILED, room(cause, trains)),
        RunsError::Encode { .. } => (FAILED, None),
        RunsError::Read { path, cause } if cause.kind() == io::ErrorKind::NotFound => {
            (MISTAKE, Some(gone(path)))
        }
        RunsError::Read { cause, .. } => (reading(cause), None),
        RunsError::Malformed { .. } | RunsError::MalformedLine { .. } => (MISTAKE, None),
    }
}

/// What should be there and is not.
fn gone(path: &Path) -> String {
    let of_a_sweep = ["plan.jsonl", "sweep.json"].iter().any(|name| path.ends_with(name));
    match of_a_sweep {
        true => "a sweep is the --output of a `provpt sweep plan`",
        false => "the folder is not as it was left: a file was taken away",
    }
    .to_owned()
}

/// What helps where nothing can be written any more.
pub(crate) fn room(error: &io::Error, trains: bool) -> Option<String> {
    use io::ErrorKind::{QuotaExceeded, ReadOnlyFilesystem, StorageFull};
    match error.kind() {
        StorageFull | QuotaExceeded if trains => hint(
            "make room there; the run goes on from its last epoch: `provpt train --resume RUN`",
        ),
        StorageFull | QuotaExceeded => hint("make room there, or choose another place"),
        ReadOnlyFilesystem => hint("choose another place"),
        _ => None,
    }
}

/// A file that cannot be had is the wrong file; one that breaks while it is read is not.
pub(crate) fn reading(error: &io::Error) -> u8 {
    use io::ErrorKind::{IsADirectory, NotADirectory, NotFound, PermissionDenied};
    match error.kind() {
        NotFound | NotADirectory | IsADirectory | PermissionDenied => MISTAKE,
        _ => FAILED,
    }
}

#[cfg(test)]
#[path = "explain_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "hint_tests.rs"]
mod hint_tests;
