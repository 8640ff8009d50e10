use std::fmt;
use std::path::PathBuf;

/// Everything that can go wrong between a backbone's name and its features. Messages are one
/// line; those about a checkpoint name its file.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or folder could not be read; the cause names it.
    #[error("backbone: {0}")]
    Io(#[from] std::io::Error),
    /// Neither a registered name nor a file.
    #[error("backbone: expected a model name or a checkpoint file, got {name}")]
    UnknownModel {
        /// What was asked for.
        name: String,
    },
    /// A registered model's file is not in the folder.
    #[error("backbone {name}: expected {expected} in {folder}, got none")]
    NoCheckpoint {
        /// The registered name.
        name: String,
        /// The folder that was searched.
        folder: PathBuf,
        /// File names that would have done.
        expected: String,
    },
    /// The bytes are of no known format.
    #[error("backbone {path}: expected a safetensors, npz or PyTorch checkpoint, got {got}")]
    NotACheckpoint {
        /// The file.
        path: PathBuf,
        /// What it looks like.
        got: String,
    },
    /// The file is of a known format, but truncated or otherwise damaged.
    #[error("backbone {path}: expected a whole {format} file, got a damaged one: {cause}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The format it begins as.
        format: crate::weights::Format,
        /// What did not fit.
        cause: String,
    },
    /// The tensors bear names of no known convention.
    #[error("backbone {path}: expected timm, Hugging Face or Google tensor names, got {examples}")]
    UnknownNaming {
        /// The file.
        path: PathBuf,
        /// A few of the names.
        examples: String,
    },
    /// A transformer, but one with parts that cannot be computed yet.
    #[error("backbone {path}: expected a plain ViT, got {what} ({example}), not supported yet")]
    Unsupported {
        /// The file, or the name of the model.
        path: PathBuf,
        /// What it has.
        what: &'static str,
        /// The tensor, or the name, that shows it.
        example: String,
    },
    /// `hf://...` is no reference to a file on the Hugging Face hub.
    #[error("backbone {reference}: expected hf://owner/name[@revision][:file], got {got}")]
    HubReference {
        /// What was asked for.
        reference: String,
        /// What is wrong with it.
        got: String,
    },
    /// A file of the hub is not in the cache, and may not or cannot be fetched.
    #[error("backbone {reference}: expected {expected} in {folder}, got none{why}")]
    NotCached {
        /// What was asked for.
        reference: String,
        /// File names that would have done.
        expected: String,
        /// The repository's folder in the cache.
        folder: PathBuf,
        /// Why it was not fetched.
        why: &'static str,
    },
    /// The hub did not give the file.
    #[error("backbone {reference}: cannot fetch: {cause}")]
    Hub {
        /// What was asked for.
        reference: String,
        /// What happened.
        cause: String,
    },
    /// The tensors are not those of the architecture.
    #[error("backbone {path}: {mismatch}")]
    Tensors {
        /// The file.
        path: PathBuf,
        /// What does not fit, by name.
        mismatch: Mismatch,
    },
    /// The position embedding is not CLS and a square grid.
    #[error("backbone {path}: pos_embed: expected 1 + a square number of rows, got {rows}")]
    PositionRows {
        /// The file.
        path: PathBuf,
        /// Rows of the embedding.
        rows: usize,
    },
    /// The image does not divide into patches.
    #[error(
        "backbone {path}: image size: expected a multiple of the patch size {patch_size} up to \
         {max}, got {got}"
    )]
    ImageSize {
        /// The file.
        path: PathBuf,
        /// Side of a patch, in pixels.
        patch_size: usize,
        /// Largest image side that is accepted.
        max: usize,
        /// The side that was asked for.
        got: usize,
    },
    /// The number of heads is not stored in the file and cannot be guessed from the width, does
    /// not divide it, or contradicts the file.
    #[error("backbone {path}: heads: expected {expected}, got {got}")]
    Heads {
        /// The file.
        path: PathBuf,
        /// What would do.
        expected: String,
        /// What was found or asked for.
        got: String,
    },

    /// The engine was given weights that lack a tensor.
    #[error("weights: missing {name}")]
    MissingTensor {
        /// The tensor's canonical name.
        name: String,
    },
    /// The engine was given a tensor of the wrong size.
    #[error("weights: {name}: expected {expected} values, got {got}")]
    TensorLength {
        /// The tensor's canonical name.
        name: String,
        /// Values that the architecture needs.
        expected: usize,
        /// Values in the tensor.
        got: usize,
    },
    /// The pixels or tokens are not whole images.
    #[error("images: expected a multiple of {image_values} values, got {got}")]
    Pixels {
        /// Values of one image.
        image_values: usize,
        /// Values given.
        got: usize,
    },
    /// Images are further through the network than its first prompts.
    #[error("images: expected tokens of block {first} at the latest, got block {got}")]
    TokensTooDeep {
        /// First block with a prompt, or the last block, counted from 0.
        first: usize,
        /// The block given, counted from 0.
        got: usize,
    },
    /// The prompt values are not one row per prompt.
    #[error("prompts: expected {expected} values, got {got}")]
    PromptValues {
        /// Prompts times width.
        expected: usize,
        /// Values given.
        got: usize,
    },
    /// A prompt lives in a block that the backbone does not have.
    #[error("prompts: expected a block below {depth}, got {got}")]
    PromptBlock {
        /// Number of blocks.
        depth: usize,
        /// The block, counted from 0.
        got: usize,
    },
    /// A prompt is to be left out that is not in the bank.
    #[error("prompts: expected a row below {prompts}, got {got}")]
    PromptRow {
        /// Number of prompts.
        prompts: usize,
        /// The row, counted from 0.
        got: usize,
    },
    /// A loss did not give one gradient per feature.
    #[error("loss: expected {expected} gradients of features, got {got}")]
    FeatureGradients {
        /// Images times width.
        expected: usize,
        /// Values given.
        got: usize,
    },
    /// The device has no room for a backbone, or for the work on a batch.
    #[error("memory: expected room for {bytes} bytes, got none")]
    Memory {
        /// The room that was asked for.
        bytes: usize,
    },
    /// The environment asks for an instruction set that there is not.
    #[error("PROVPT_SIMD: expected native or portable, got {got}")]
    Simd {
        /// The variable's value.
        got: String,
    },
    /// The engine's threads could not be started.
    #[error("threads: {cause}")]
    Threads {
        /// The cause.
        cause: String,
    },
}

/// A tensor whose shape is not the architecture's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongShape {
    /// Canonical name.
    pub name: String,
    /// Shape that the architecture needs, as text (`[32, 3, p, p]` where a side is open).
    pub expected: String,
    /// Shape in the file.
    pub got: Vec<usize>,
}

/// How the tensors of a file differ from those of an architecture. Names are canonical (timm's).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mismatch {
    /// Tensors that the file lacks.
    pub missing: Vec<String>,
    /// Tensors that the architecture does not have.
    pub unexpected: Vec<String>,
    /// Tensors of another shape.
    pub wrong_shape: Vec<WrongShape>,
}

impl Mismatch {
    pub(crate) fn is_empty(&self) -> bool {
        self.missing.is_empty() && self.unexpected.is_empty() && self.wrong_shape.is_empty()
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let wrong_shape = self
            .wrong_shape
            .iter()
            .map(|w| format!("{}: expected {}, got {:?}", w.name, w.expected, w.got));
        let lists = [
            ("missing", listed(&self.missing)),
            ("unexpected", listed(&self.unexpected)),
            ("wrong shape", listed(&wrong_shape.collect::<Vec<_>>())),
        ];
        let parts = lists.into_iter().filter(|(_, names)| !names.is_empty());
        let parts: Vec<_> = parts.map(|(what, names)| format!("{what} {names}")).collect();
        f.write_str(&parts.join("; "))
    }
}

/// The first few names; a whole checkpoint's would fill the screen.
pub(crate) fn listed(names: &[String]) -> String {
    const SHOWN: usize = 8;
    let mut text = names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN {
        text += &format!(" and {} more", names.len() - SHOWN);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_list_of_names_is_cut() {
        let missing = (0..11).map(|i| format!("t{i}")).collect();
        let wrong_shape =
            vec![WrongShape { name: "x".into(), expected: "[2]".into(), got: vec![3, 1] }];
        let mismatch = Mismatch { missing, unexpected: Vec::new(), wrong_shape };
        assert_eq!(
            mismatch.to_string(),
            "missing t0, t1, t2, t3, t4, t5, t6, t7 and 3 more; \
             wrong shape x: expected [2], got [3, 1]"
        );
    }
}
