mod differences;

use std::path::PathBuf;

use provpt_base::quoted;

pub(crate) use differences::listed;
pub use differences::{Contradiction, Mismatch, WrongShape};

/// Everything that can go wrong between a backbone's name and its features. Messages are one
/// line; those about a checkpoint name its file.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or folder could not be read; the cause names it.
    #[error("backbone: {}", quoted(&.0.to_string()))]
    Io(#[from] std::io::Error),
    /// Neither a registered name nor a file.
    #[error("backbone: expected a model name or a checkpoint file, got {}", quoted(name))]
    UnknownModel {
        /// What was asked for.
        name: String,
    },
    /// A registered model's file is not in the folder.
    #[error("backbone {}: expected {expected} in {}, got none", quoted(name), quoted(folder))]
    NoCheckpoint {
        /// The registered name.
        name: String,
        /// The folder that was searched.
        folder: PathBuf,
        /// File names that would have done.
        expected: String,
    },
    /// The bytes are of no known format.
    #[error(
        "backbone {}: expected a safetensors, npz or PyTorch checkpoint, got {got}",
        quoted(path)
    )]
    NotACheckpoint {
        /// The file.
        path: PathBuf,
        /// What it looks like.
        got: String,
    },
    /// The file is of a known format, but truncated or otherwise damaged.
    #[error(
        "backbone {}: expected a whole {format} file, got a damaged one: {}",
        quoted(path),
        quoted(cause)
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The format it begins as.
        format: crate::weights::Format,
        /// What did not fit.
        cause: String,
    },
    /// The file is of a known format and may be whole, but holds something that is not read.
    #[error(
        "backbone {}: expected a {format} file of plain tensors, got {}",
        quoted(path),
        quoted(got)
    )]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The format it begins as.
        format: crate::weights::Format,
        /// What it holds.
        got: String,
    },
    /// The tensors bear names of no known convention.
    #[error(
        "backbone {}: expected timm, Hugging Face, Google or torchvision tensor names, got {examples}",
        quoted(path)
    )]
    UnknownNaming {
        /// The file.
        path: PathBuf,
        /// A few of the names.
        examples: String,
    },
    /// A transformer, but one with parts that cannot be computed yet.
    #[error(
        "backbone {}: expected a plain ViT or Swin, got {what} ({}), not supported yet",
        quoted(path),
        quoted(example)
    )]
    Unsupported {
        /// The file, or the name of the model.
        path: PathBuf,
        /// What it has.
        what: &'static str,
        /// The tensor, or the name, that shows it.
        example: String,
        /// The registered model that comes nearest and will do.
        nearest: &'static str,
    },
    /// The file holds several models, none of which is to be preferred.
    #[error("backbone {}: expected one model, got several, behind {prefixes}", quoted(path))]
    SeveralModels {
        /// The file.
        path: PathBuf,
        /// What stands in front of the names of each.
        prefixes: String,
    },
    /// A weight is not a number, or infinite.
    #[error(
        "backbone {}: {}: expected finite values, got {got} ({count} such values)",
        quoted(path),
        quoted(name)
    )]
    NotFinite {
        /// The file.
        path: PathBuf,
        /// The tensor's canonical name.
        name: String,
        /// The first such value.
        got: f32,
        /// How many of the tensor's values are so.
        count: usize,
    },
    /// Two sources say different things about a backbone.
    #[error("backbone {}: {contradiction}", quoted(path))]
    Contradiction {
        /// The file.
        path: PathBuf,
        /// What they say.
        contradiction: Box<Contradiction>,
    },
    /// A description beside a checkpoint cannot be understood.
    #[error(
        "backbone {}: expected the description of a model, got another file: {}",
        quoted(path),
        quoted(cause)
    )]
    Description {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        cause: String,
    },
    /// `hf://...` is no reference to a file on the Hugging Face hub.
    #[error(
        "backbone {}: expected hf://owner/name[@revision][:file], got {got}",
        quoted(reference)
    )]
    HubReference {
        /// What was asked for.
        reference: String,
        /// What is wrong with it.
        got: String,
    },
    /// A file of the hub is not in the cache, and may not or cannot be fetched.
    #[error(
        "backbone {}: expected {} in {}, got none{why}",
        quoted(reference),
        quoted(expected),
        quoted(folder)
    )]
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
    #[error("backbone {}: cannot fetch: {}", quoted(reference), quoted(cause))]
    Hub {
        /// What was asked for.
        reference: String,
        /// What happened.
        cause: String,
    },
    /// The tensors are not those of the architecture.
    #[error("backbone {}: {mismatch}", quoted(path))]
    Tensors {
        /// The file.
        path: PathBuf,
        /// What does not fit, by name.
        mismatch: Mismatch,
    },
    /// The position embedding is not CLS and a square grid.
    #[error(
        "backbone {}: pos_embed: expected 1 + a square number of rows, got {rows}",
        quoted(path)
    )]
    PositionRows {
        /// The file.
        path: PathBuf,
        /// Rows of the embedding.
        rows: usize,
    },
    /// The image does not divide into patches.
    #[error(
        "backbone {}: image size: expected a multiple of the patch size {patch_size} up to {max}, \
         got {got}",
        quoted(path)
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
    /// The image does not divide into the windows of a Swin transformer.
    #[error(
        "backbone {}: image size: expected one that windows fit, such as {nearest}, got {got} ({why})",
        quoted(path)
    )]
    Windows {
        /// The file.
        path: PathBuf,
        /// A side, near to the one that was asked for, that will do.
        nearest: usize,
        /// The side that was asked for.
        got: usize,
        /// What does not fit.
        why: String,
    },
    /// The number of heads is not stored in the file and cannot be guessed from the width, does
    /// not divide it, or contradicts the file.
    #[error("backbone {}: heads: expected {expected}, got {got}", quoted(path))]
    Heads {
        /// The file.
        path: PathBuf,
        /// What would do.
        expected: String,
        /// What was found or asked for.
        got: String,
    },

    /// The engine was given weights that lack a tensor.
    #[error("weights: missing {}", quoted(name))]
    MissingTensor {
        /// The tensor's canonical name.
        name: String,
    },
    /// The engine was given a tensor of the wrong size.
    #[error("weights: {}: expected {expected} values, got {got}", quoted(name))]
    TensorLength {
        /// The tensor's canonical name.
        name: String,
        /// Values that the architecture needs.
        expected: usize,
        /// Values in the tensor.
        got: usize,
    },
    /// An array is to stand in the place of one that the network does not have.
    #[error("weights: {}: the network has no such array", quoted(name))]
    UnknownWeight {
        /// The name given.
        name: String,
    },
    /// An adapter is wider than the MLP that it stands behind, or has no width.
    #[error("weights: {}: expected 1 to {expected} values, got {got}", quoted(name))]
    Bottleneck {
        /// The name given.
        name: String,
        /// The width of the MLP.
        expected: usize,
        /// Values given.
        got: usize,
    },
    /// A factor of a matrix of low rank has not so many values for each input of its map.
    #[error("weights: {}: expected 1 to {most} times {inputs} values, got {got}", quoted(name))]
    Rank {
        /// The name given.
        name: String,
        /// Of the map.
        inputs: usize,
        /// The largest rank.
        most: usize,
        /// Values given.
        got: usize,
    },
    /// A side network is for images of another size.
    #[error("side network: expected one for images of {expected} pixels, got {got}")]
    SideImages {
        /// Side of the images of the frozen network.
        expected: usize,
        /// Of the side network.
        got: usize,
    },
    /// Images are too small for a side network of convolutions.
    #[error("side network: expected images of at least {least} pixels for AlexNet, got {got}")]
    SideTooSmall {
        /// The least side of an image.
        least: usize,
        /// Side of the images of the frozen network.
        got: usize,
    },
    /// Nothing else is tuned beside a side network.
    #[error("weights: {}: expected a side network alone", quoted(name))]
    BesideSide {
        /// What is tuned, too.
        name: String,
    },
    /// A backbone that drops some of its own values is tuned alone, or with prompts that are keys and
    /// values.
    #[error("weights: {}: expected a backbone without, as it drops values", quoted(name))]
    DropsBeside {
        /// What is tuned, too.
        name: String,
    },
    /// No array of a backbone does what this one does.
    #[error("weights: {}: a backbone has no place for it", quoted(name))]
    NotMerged {
        /// The name given.
        name: String,
    },
    /// Two arrays are to stand in one place.
    #[error("weights: {}: expected it once, got it twice", quoted(name))]
    WeightTwice {
        /// The name given.
        name: String,
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
    /// Images are tokens already, but what tokens are made of is tuned.
    #[error("images: expected pixels, got tokens of block {got}")]
    TokensNotOurs {
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
    /// A stage's grid cannot be cut into windows, or not be merged into the next stage's.
    #[error("images: expected a grid that {divisor} divides in stage {stage}, got {grid} x {grid}")]
    StageGrid {
        /// The stage, counted from 0.
        stage: usize,
        /// The side of a window, or 2 where four tokens become one.
        divisor: usize,
        /// Tokens along one side.
        grid: usize,
    },
    /// A frame is to be put around images whose size is not that of the checkpoint.
    #[error(
        "backbone {}: expected images of {size} pixels, as in its checkpoint, to put a frame of \
         prompts around them, got {got}",
        quoted(name)
    )]
    FrameOfResampled {
        /// The backbone.
        name: String,
        /// Its own size.
        size: usize,
        /// The size asked for.
        got: usize,
    },
    /// More patches are to be lost than there are.
    #[error(
        "prompts: block {block}: expected at most {patches}, the patches there are to lose, got {got}"
    )]
    LostPatches {
        /// The first block with prompts.
        block: usize,
        /// Patches of an image.
        patches: usize,
        /// Prompts there.
        got: usize,
    },
    /// Prompts that are added to tokens are neither one for all of them nor one for each.
    #[error("prompts: expected 1 or {tokens} in block {block}, to be added to tokens, got {got}")]
    AddedRows {
        /// The block, counted from 0.
        block: usize,
        /// Tokens of an image.
        tokens: usize,
        /// Prompts of the block.
        got: usize,
    },
    /// One of the prompts that are added to tokens is to be left out.
    #[error("prompts: expected prompts that are tokens, to leave one out, got some that are added")]
    AddedRow,
    /// Prompts that a norm puts out, or whose logits something is added to, are no tokens.
    #[error("prompts: expected tokens in block {block}, got keys and values only")]
    PromptTokens {
        /// Counted from 0.
        block: usize,
    },
    /// Features are to be read from prompts, and there are none to read them from.
    #[error("prompts: expected some among the tokens of the last block, to read features from")]
    NothingPooled,
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
    /// A precision that the device does not compute in.
    #[error("precision: expected one that the {device} computes in, got {precision}")]
    DevicePrecision {
        /// What was asked for.
        precision: &'static str,
        /// `cpu` or `gpu`.
        device: &'static str,
    },
    /// There is no such device.
    #[error("device: expected one that is here, got {device}, of {found} found")]
    NoSuchDevice {
        /// What was asked for.
        device: crate::Device,
        /// How many there are, those that compute on the processor among them.
        found: usize,
    },
    /// The program was built for the processor alone.
    #[error(
        "device: expected cpu in a program that was built without the feature gpu, got {device}"
    )]
    NoGpuBuild {
        /// What was asked for.
        device: crate::Device,
    },
    /// The device is gone: its driver failed, or it was taken out.
    #[error("device: expected it to be there, got a lost one: {}", quoted(cause))]
    DeviceLost {
        /// What the driver says.
        cause: String,
    },
    /// The device did not do what it was asked for.
    #[error("device: expected it to work, got an error of its driver: {}", quoted(cause))]
    DeviceFailed {
        /// What the driver says.
        cause: String,
    },
    /// The memory that images may take is not enough for one of them on each thread.
    #[error(
        "activations: expected room for {} MiB, as one image on each of {threads} threads takes, got {} MiB",
        needed.div_ceil(1 << 20),
        got >> 20
    )]
    Activations {
        /// Threads.
        threads: usize,
        /// Bytes in all threads.
        needed: usize,
        /// Bytes that were given.
        got: usize,
    },
    /// The environment asks for an instruction set that there is not.
    #[error("PROVPT_SIMD: expected native or portable, got {}", quoted(got))]
    Simd {
        /// The variable's value.
        got: String,
    },
    /// The engine's threads could not be started.
    #[error("threads: {}", quoted(cause))]
    Threads {
        /// The cause.
        cause: String,
    },
}
