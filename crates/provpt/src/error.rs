//! What can go wrong while learning.

use std::path::{Path, PathBuf};

use provpt_base::quoted;

use crate::config::ConfigError;

/// An error of this crate, one line each: what, expected, got, path.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The task.
    #[error(transparent)]
    Data(#[from] provpt_data::Error),
    /// The backbone.
    #[error(transparent)]
    Vit(#[from] provpt_vit::Error),
    /// The run folder.
    #[error(transparent)]
    Runs(#[from] provpt_runs::Error),
    /// A file.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// A stored file cannot be understood.
    #[error("{}: {}", quoted(path), quoted(what))]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// Something could not be put into its file format.
    #[error("cannot serialize: {cause}")]
    Serialize {
        /// The library's words.
        cause: String,
    },
    /// The loss became NaN or infinite.
    #[error("loss: expected a finite number, got {loss} at step {step} of epoch {}", epoch + 1)]
    LossNotFinite {
        /// Counted from 0.
        epoch: usize,
        /// Counted from 1.
        step: usize,
        /// NaN or infinite.
        loss: f64,
    },
    /// Something computed is no number: what was learned or given is too large.
    #[error("{}: {what}: expected finite numbers, got others", quoted(of))]
    NotFinite {
        /// Which number.
        what: &'static str,
        /// An image, or a split.
        of: String,
    },
    /// A run has not come far enough to be put to use.
    #[error("{}: expected a run that has learned something, got one without adapter", quoted(path))]
    NothingLearned {
        /// The run's folder.
        path: PathBuf,
    },
    /// An adapter meets a backbone that it was not learned on.
    #[error(
        "{}: learned on backbone {}: expected sha256 {}, got {got}",
        quoted(path),
        quoted(backbone),
        quoted(expected)
    )]
    OtherBackbone {
        /// The adapter's configuration.
        path: PathBuf,
        /// Its backbone's name.
        backbone: String,
        /// Its backbone's hash.
        expected: String,
        /// The hash of the backbone at hand.
        got: String,
    },
    /// An adapter meets a backbone of the same weights that computes something else.
    #[error(
        "{}: {what} of the backbone: expected {expected}, as it was learned with, got {got}",
        quoted(path)
    )]
    OtherNetwork {
        /// The adapter's configuration.
        path: PathBuf,
        /// What differs.
        what: &'static str,
        /// What it was then.
        expected: String,
        /// What it is now.
        got: String,
    },
    /// An adapter's array has the wrong size.
    #[error("adapter: {what}: expected {expected} values, got {got}")]
    AdapterShape {
        /// The array.
        what: &'static str,
        /// Values.
        expected: usize,
        /// Values.
        got: usize,
    },
    /// A prompt that does not exist is to move.
    #[error("prompts: expected a prompt below {prompts}, got {got}")]
    NoSuchPrompt {
        /// Number of prompts.
        prompts: usize,
        /// Counted from 0.
        got: usize,
    },
    /// A prompt is to keep its value where blocks are of another width.
    #[error(
        "relocation: expected a new value for a prompt of another stage, whose width is another, got keep"
    )]
    KeptAcrossStages,
    /// A setting that does not suit the backbone.
    #[error("{key}: expected {expected} on a backbone {backbone}, got {got}")]
    Unsuited {
        /// The setting.
        key: &'static str,
        /// What would do.
        expected: &'static str,
        /// What the backbone is or has.
        backbone: &'static str,
        /// What it is.
        got: String,
    },
    /// A block has fewer prompts than are to leave it.
    #[error("relocation: block {} has {prompts} prompts, no prompt {} to move", block + 1, got + 1)]
    BlockHasFewer {
        /// Counted from 0.
        block: usize,
        /// How many it has.
        prompts: usize,
        /// Counted from 0.
        got: usize,
    },
    /// Normalization by the recipe of a task that has none.
    #[error(
        "data.normalization: expected a task with a recipe (`provpt data list`), got {}",
        quoted(task)
    )]
    NoRecipe {
        /// The task's name.
        task: String,
    },
    /// More blocks are to learn than there are.
    #[error("model.transfer_type: expected partial-1 to partial-{depth}, got partial-{got}")]
    PartialBlocks {
        /// Number of blocks.
        depth: usize,
        /// Blocks asked for.
        got: usize,
    },
    /// More blocks are to have prompts of their own than there are.
    #[error(
        "model.prompt.num_deep_layers: expected at most {depth}, the backbone's blocks, got {got}"
    )]
    DeepLayers {
        /// Number of blocks.
        depth: usize,
        /// Blocks asked for.
        got: usize,
    },
    /// Each block has its number of prompts.
    #[error("model.prompt.distribution: expected {depth} numbers, one for each block, got {got}")]
    Distribution {
        /// Number of blocks.
        depth: usize,
        /// Numbers given.
        got: usize,
    },
    /// A run has no distribution of prompts that another one could take over.
    #[error("{}: expected a run with prompts, got one without", quoted(run))]
    NoDistribution {
        /// Its folder.
        run: PathBuf,
    },
    /// A file does not hold what prompts can start at.
    #[error("model.prompt.init: expected {expected} in {}, got {}", quoted(path), quoted(got))]
    InitFile {
        /// The file.
        path: PathBuf,
        /// What would do.
        expected: String,
        /// What there is.
        got: String,
    },
    /// Prompts are of a kind that this cannot be done with.
    #[error("{what}: expected prompts that are rows of their own, each in a block, got others")]
    PromptsWithoutAddress {
        /// What was to be done.
        what: &'static str,
    },
    /// Adapters are to be narrower than one value.
    #[error("model.adapter.reduction: expected at most {width}, the backbone's width, got {got}")]
    Reduction {
        /// The backbone's width.
        width: usize,
        /// Asked for.
        got: usize,
    },
    /// Matrices of low rank are to have more than the backbone's width.
    #[error("model.lora.rank: expected at most {width}, the backbone's width, got {got}")]
    Rank {
        /// The backbone's width.
        width: usize,
        /// Asked for.
        got: usize,
    },
    /// What was learned belongs to a transformer beside the backbone, which is not at hand.
    #[error(
        "model.side: expected the ViT that learned beside the backbone, by name or file, got none"
    )]
    NoSide,
    /// What a method learned cannot be put into the backbone's arrays.
    #[error("{what}: expected what can be part of a backbone, got method {}", quoted(method))]
    NotMerged {
        /// What cannot.
        what: &'static str,
        /// The run's method.
        method: String,
    },
    /// What was asked for needs prompts.
    #[error("{what}: expected a run with prompts, got method {}", quoted(method))]
    NoPrompts {
        /// What was asked for.
        what: &'static str,
        /// The run's method.
        method: String,
    },
    /// A recorder said that the run was stopped before its end, and nothing is left to train.
    #[error("training: expected a run that comes to its end, got one that was stopped")]
    NotFinished,
    /// There is no method of this name.
    #[error("method: expected one of {}, got {}", known_methods(), quoted(got))]
    UnknownMethod {
        /// The name.
        got: String,
    },
    /// A task has classes that were not learned.
    #[error(
        "task {}: expected the classes that were learned ({}), got also {}",
        quoted(task),
        listed(learned),
        listed(unknown)
    )]
    UnknownClasses {
        /// Its name.
        task: String,
        /// What the head knows.
        learned: Vec<String>,
        /// What it does not.
        unknown: Vec<String>,
    },
    /// A run cannot go on as it began: its images have changed.
    #[error("task {}: expected the images that the run began with, got others: {}", quoted(task), changes.join("; "))]
    OtherImages {
        /// Its name.
        task: String,
        /// What has changed, a line each.
        changes: Vec<String>,
    },
    /// A run that has begun is given a setting that it keeps as it began.
    #[error("settings: expected only {}, got {key}, which a run keeps", may.join(", "))]
    Kept {
        /// The setting's key.
        key: String,
        /// Keys of the settings that may be given.
        may: &'static [&'static str],
    },
    /// An image has a label that the head has no row for.
    #[error("labels: expected classes below {classes}, got {got}")]
    Label {
        /// Rows of the head.
        classes: usize,
        /// The label, counted from 0.
        got: usize,
    },
    /// A task lacks a split.
    #[error("task {}: no {split} images", quoted(task))]
    NoSplit {
        /// Its name.
        task: String,
        /// `train`, `val` or `test`.
        split: &'static str,
    },
}

impl From<provpt_data::ImageError> for Error {
    fn from(error: provpt_data::ImageError) -> Self {
        Self::Data(error.into())
    }
}

impl Error {
    pub(crate) fn damaged(path: &Path, what: String) -> Self {
        Self::Damaged { path: path.to_owned(), what }
    }
}

/// The first names of a list, on one line.
fn listed(names: &[String]) -> String {
    const SHOWN: usize = 8;
    let shown: Vec<String> = names.iter().take(SHOWN).map(|n| quoted(n).to_string()).collect();
    let more = match names.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    format!("{}{more}", shown.join(", "))
}

fn known_methods() -> String {
    let names: Vec<&str> = crate::method::METHODS.iter().map(|method| &*method.name).collect();
    names.join(", ")
}
