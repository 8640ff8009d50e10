//! From a failure to an exit code, and to a hint where we know one.

use std::io;

use provpt::Error;
use provpt_data::{Error as DataError, ImageError, ParquetError, TfdsError, catalogue};
use provpt_runs::Error as RunsError;
use provpt_sweep::Error as SweepError;

use crate::explain_backbone;
use crate::failure::Failure;
use crate::setting::SettingStyle;

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
            hint("`provpt sweep status` says why; `provpt sweep run --retry-failed` tries again"),
        ),
        Failure::Interrupted { .. } => {
            (FAILED, hint("the same command goes on from the checkpoints"))
        }
        Failure::Unwell { .. } => (FAILED, hint("a bug report with this page helps")),
        Failure::Requeue { .. } => (FAILED, hint("`provpt sweep submit` submits what is left")),
    };
    Advice { exit_code, hint }
}

fn hint(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn method(error: &Error, style: SettingStyle) -> (u8, Option<String>) {
    match error {
        Error::Config(_) => (MISTAKE, hint("`provpt config print` shows every key")),
        Error::Data(error) => data(error),
        Error::Vit(error) => explain_backbone::advice(error, style),
        Error::Runs(error) => run(error),
        Error::Io(error) => (reading(error), None),
        Error::Damaged { .. } => {
            (MISTAKE, hint("the file was not written by provpt, or changed since"))
        }
        Error::LossNotFinite { .. } => (
            FAILED,
            hint(
                "lower solver.base_lr, or clip gradients (model.prompt.clip_norm=0.25), and train \
                 into another output_dir; this run's adapter/ and checkpoint/ keep its last epoch \
                 with a finite loss",
            ),
        ),
        Error::NotFinite { .. } => (
            FAILED,
            hint(
                "what was learned is too large for 32-bit numbers: train again with a lower solver.base_lr",
            ),
        ),
        Error::OtherBackbone { .. } => {
            (MISTAKE, hint("give the checkpoint that the run was trained on: model.weights=FILE"))
        }
        Error::AdapterShape { .. } => (MISTAKE, hint("adapter/ is not as the run left it")),
        Error::NoPrompts { .. } => {
            (MISTAKE, hint("a linear probe has none: train with model.transfer_type=prompt"))
        }
        Error::NoRecipe { .. } => {
            (MISTAKE, hint("data.name says which task; data.normalization=backbone needs none"))
        }
        Error::UnknownClasses { .. } => (
            MISTAKE,
            hint("classes are matched by name: leave the others out, or rename them as learned"),
        ),
        Error::OtherImages { .. } => (
            MISTAKE,
            hint(
                "bring back the images of then, or go on with those of now: --other-images; \
                 data.datapath=FOLDER says where they are",
            ),
        ),
        Error::NotAPlace { .. } => {
            (MISTAKE, hint("other settings make another run: train into another output_dir"))
        }
        Error::NoSplit { .. } => (MISTAKE, hint("choose another part: --split train, val or test")),
        _ => (FAILED, None),
    }
}

fn sweep(error: &SweepError) -> (u8, Option<String>) {
    match error {
        SweepError::OtherPlan { .. } => {
            (MISTAKE, hint("choose another --output; a sweep's plan does not change"))
        }
        SweepError::Index { .. } => (MISTAKE, None),
        SweepError::NotDue { .. } => {
            (FAILED, hint("`provpt sweep status` tells which trials have not ended"))
        }
        SweepError::Spec { .. } | SweepError::Malformed { .. } | SweepError::Unknown { .. } => {
            (MISTAKE, hint("`provpt sweep plan --help` shows a spec"))
        }
        _ => (FAILED, None),
    }
}

fn data(error: &DataError) -> (u8, Option<String>) {
    let hint = match error {
        DataError::Io(error) => return (reading(error), None),
        DataError::Image(error) => return image(error),
        DataError::Index { .. } | DataError::Unkept { .. } => return (FAILED, None),
        DataError::NoPath { name, .. } => return (MISTAKE, Some(no_path(name))),
        DataError::Tfds(TfdsError::OfficialSize { .. }) => {
            "is it the version that `provpt data list TASK` names, prepared to the end? \
             data.check_sizes=false takes the published percentages of what is there"
        }
        DataError::Tfds(TfdsError::NotClassification { .. } | TfdsError::OtherDataSet { .. }) => {
            "data.name says which task, data.datapath where its data are; `provpt data list` \
             prints the tasks"
        }
        DataError::WriteParquet { .. } => return (FAILED, None),
        DataError::Feature { feature, .. } => {
            return (MISTAKE, Some(format!("build the program with `--features {feature}`")));
        }
        DataError::OutputExists { .. } => {
            "choose another name; what is there is neither replaced nor added to"
        }
        DataError::ClassName { .. } => "`--to parquet` takes any name",
        DataError::MissingFolder { .. } => {
            "check data.datapath: a folder, or a .csv, .tsv, .jsonl, .ndjson or .parquet file"
        }
        DataError::MissingList { .. } => {
            "data.train_split says which lists are used: train800 or train800val200"
        }
        DataError::MissingImage { .. } => "paths in lists are relative to the list's folder",
        DataError::Percentage { .. } => {
            "leave data.percentage at 1: only FGVC tasks have lists of shares"
        }
        DataError::Parquet(error) => return parquet(error),
        DataError::Label { .. } => {
            "labels count from 0; labels.txt or data.number_classes says how many classes there are"
        }
        DataError::EmptySplit { .. } => {
            "the split needs images, or the task must do without: \
             see data.val_fraction and data.test_fraction"
        }
        DataError::OneClass { .. } => {
            "a task is a choice between classes: if a folder lies around the class folders, give \
             the one inside: data.datapath=FOLDER/INSIDE"
        }
        DataError::SameClass { .. } => "give each class a name of its own",
        DataError::OtherClasses { .. } => {
            "the data have names of their own: take labels.txt away, or correct it"
        }
        DataError::UnknownClass { of: "labels.txt", .. } => {
            "labels.txt has a line for each class folder, in the order of the classes"
        }
        DataError::Link { .. } => "take the link away, or get what it leads to",
        DataError::Encoding { .. } => {
            "save the file as UTF-8 (`iconv -f WINDOWS-1252 -t UTF-8 FILE` for one of Windows)"
        }
        DataError::OutputInData { .. } => {
            "what is written there would be read as data the next time: choose another place"
        }
        DataError::EmptyClass { .. } => "every class folder needs an image; remove empty ones",
        DataError::ClassCount { .. } => {
            "data.number_classes says how many there are, and so does a name that `provpt data \
             list` prints, also if it is only the folder's: data.name=ANOTHER goes by what is there"
        }
        _ => return (MISTAKE, None),
    };
    (MISTAKE, Some(hint.to_owned()))
}

fn image(error: &ImageError) -> (u8, Option<String>) {
    match error {
        ImageError::Undecodable { .. } => (
            MISTAKE,
            hint(
                "bmp, gif, jpeg, png, pnm, tiff and webp can be read; replace the file, or take it out",
            ),
        ),
        ImageError::Pixels { .. } | ImageError::Png { .. } => (FAILED, None),
        _ => (MISTAKE, None),
    }
}

fn parquet(error: &ParquetError) -> (u8, Option<String>) {
    let hint = match error {
        ParquetError::Io(error) => return (reading(error), None),
        ParquetError::Damaged { .. } | ParquetError::MissingShards { .. } => {
            "was it downloaded to the end? get it again"
        }
        ParquetError::Unsupported { .. } => "write it again with snappy, the usual compression",
        ParquetError::Configs { .. } => "choose one: data.datapath=FOLDER/SUBFOLDER",
        ParquetError::Label { .. } => {
            "a split without labels cannot be used: take its files out of the folder"
        }
        _ => return (MISTAKE, None),
    };
    (MISTAKE, Some(hint.to_owned()))
}

fn no_path(name: &str) -> String {
    let images = "data.datapath=FOLDER says where the images are";
    match catalogue::find(name) {
        Some(_) => images.to_owned(),
        None => format!(
            "{images}; of the tasks that `provpt data list` prints, the nearest is {}",
            catalogue::nearest(name)
        ),
    }
}

fn run(error: &RunsError) -> (u8, Option<String>) {
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
            (FAILED, hint("wait for it to end, or let PROVPT_LOCK_WAIT=SECONDS do so"))
        }
        RunsError::CreateFolder { .. } => (FAILED, hint("choose another output_dir")),
        RunsError::Write { .. } | RunsError::Encode { .. } => (FAILED, None),
        RunsError::Read { cause, .. } => (reading(cause), None),
        RunsError::Malformed { .. } | RunsError::MalformedLine { .. } => (MISTAKE, None),
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
