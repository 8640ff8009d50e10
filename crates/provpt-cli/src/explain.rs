//! From a failure to an exit code, and to a hint where we know one.

use std::io;

use provpt::Error;
use provpt_data::{Error as DataError, ParquetError, TfdsError, catalogue};
use provpt_runs::Error as RunsError;
use provpt_sweep::Error as SweepError;
use provpt_vit::Error as VitError;

use crate::failure::Failure;

/// The user asked for something that cannot be.
const MISTAKE: u8 = 2;
/// It could have been, but did not work out.
const FAILED: u8 = 1;

/// What goes with an error message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Advice {
    pub(crate) exit_code: u8,
    pub(crate) hint: Option<String>,
}

pub(crate) fn explain(failure: &Failure) -> Advice {
    let (exit_code, hint) = match failure {
        Failure::Usage(_) => (MISTAKE, None),
        Failure::Stdout(_) | Failure::Encode { .. } => (FAILED, None),
        Failure::Library(error) => method(error),
        Failure::Sweep(error) => sweep(error),
        Failure::TrialsFailed { .. } => (
            FAILED,
            hint("`provpt sweep status` says why; `provpt sweep run --retry-failed` tries again"),
        ),
        Failure::Interrupted { .. } => {
            (FAILED, hint("the same command goes on from the checkpoints"))
        }
        Failure::Requeue { .. } => (FAILED, hint("`provpt sweep submit` submits what is left")),
    };
    Advice { exit_code, hint }
}

fn hint(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn method(error: &Error) -> (u8, Option<String>) {
    match error {
        Error::Config(_) => (MISTAKE, hint("`provpt config print` shows every key")),
        Error::Data(error) => data(error),
        Error::Vit(error) => backbone(error),
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
        DataError::Index { .. } | DataError::Pixels { .. } | DataError::Unkept { .. } => {
            return (FAILED, None);
        }
        DataError::NoPath { name, .. } => return (MISTAKE, Some(no_path(name))),
        DataError::Tfds(TfdsError::OfficialSize { .. }) => {
            "is it the version that `provpt data list TASK` names, prepared to the end? \
             data.check_sizes=false takes the published percentages of what is there"
        }
        DataError::Tfds(TfdsError::NotClassification { .. } | TfdsError::OtherDataSet { .. }) => {
            "data.name says which task, data.datapath where its data are; `provpt data list` \
             prints the tasks"
        }
        DataError::Png { .. } | DataError::WriteParquet { .. } => return (FAILED, None),
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
        DataError::EmptyClass { .. } => "every class folder needs an image; remove empty ones",
        DataError::ClassCount { .. } => {
            "data.number_classes says how many there are, and so does a name that `provpt data \
             list` prints, also if it is only the folder's: data.name=ANOTHER goes by what is there"
        }
        DataError::Undecodable { .. } => {
            "bmp, gif, jpeg, png, tiff and webp can be read; replace the file, or take it out"
        }
        _ => return (MISTAKE, None),
    };
    (MISTAKE, Some(hint.to_owned()))
}

fn parquet(error: &ParquetError) -> (u8, Option<String>) {
    let hint = match error {
        ParquetError::Io(error) => return (reading(error), None),
        ParquetError::Damaged { .. } | ParquetError::MissingShards { .. } => {
            "was it downloaded to the end? get it again"
        }
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

fn backbone(error: &VitError) -> (u8, Option<String>) {
    let hint = match error {
        VitError::Io(error) => return (reading(error), None),
        VitError::MissingTensor { .. }
        | VitError::TensorLength { .. }
        | VitError::Pixels { .. }
        | VitError::PromptValues { .. }
        | VitError::PromptBlock { .. }
        | VitError::FeatureGradients { .. } => return (FAILED, None),
        VitError::Memory { .. } => {
            let hint = "fewer threads (--threads 1) and a smaller data.batch_size need less";
            return (FAILED, Some(hint.to_owned()));
        }
        VitError::Threads { .. } => return (FAILED, Some("try fewer: --threads 1".to_owned())),
        VitError::UnknownModel { .. } => {
            "names are timm's (vit_base_patch16_224) or the published ones \
             (sup_vitb16_imagenet21k); any checkpoint file will do, too; \
             provpt_pico_patch4_32 needs none"
        }
        VitError::NoCheckpoint { .. } => {
            "give the file (model.weights=FILE) or the folder that has it (model.model_root=FOLDER)"
        }
        VitError::NotACheckpoint { .. } | VitError::Damaged { .. } => {
            "was it downloaded to the end? get it again"
        }
        VitError::Unsupported { .. } => {
            "a plain ViT will do, or DINOv2 without registers, up to ViT-L"
        }
        VitError::HubReference { .. } => "such as hf://timm/vit_base_patch16_224.augreg_in21k",
        VitError::NotCached { .. } => {
            "build with `--features hf-hub`, unset HF_HUB_OFFLINE, or fetch the file by other \
             means (`hf download`) and give its path; HF_HOME says where the cache is"
        }
        VitError::Hub { .. } => {
            let hint = "check name and network; HF_TOKEN is for private files, HF_ENDPOINT for \
                        mirrors";
            return (FAILED, Some(hint.to_owned()));
        }
        VitError::Tensors { mismatch, .. } if lacks_only_norm(&mismatch.missing) => {
            "MAE's checkpoints may have no last norm, which mean pooling does without: \
             model.pooling=mean (or --pooling mean)"
        }
        VitError::UnknownNaming { .. } | VitError::Tensors { .. } => {
            "`provpt weights inspect FILE` tells what a checkpoint is"
        }
        VitError::ImageSize { .. } => "set data.crop_size (or --image-size)",
        VitError::Heads { .. } => "set model.heads (or --heads)",
        _ => return (MISTAKE, None),
    };
    (MISTAKE, Some(hint.to_owned()))
}

fn lacks_only_norm(missing: &[String]) -> bool {
    !missing.is_empty() && missing.iter().all(|name| name.starts_with("norm."))
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
fn reading(error: &io::Error) -> u8 {
    use io::ErrorKind::{IsADirectory, NotADirectory, NotFound, PermissionDenied};
    match error.kind() {
        NotFound | NotADirectory | IsADirectory | PermissionDenied => MISTAKE,
        _ => FAILED,
    }
}

#[cfg(test)]
#[path = "explain_tests.rs"]
mod tests;
