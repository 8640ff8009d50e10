//! Every key: default, kind, help, and the published spellings that mean it.

use super::choices::{
    Fidelity, Fit, Idleness, Normalization, OptimizerKind, Rebirth, Scheduler, Scoring,
    TransferType,
};
use crate::allocators::AllocatorKind;

use super::kind::Kind::{self, *};

/// One setting.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Dotted, lower case.
    pub name: &'static str,
    /// As TOML.
    pub default: &'static str,
    /// What it accepts.
    pub kind: Kind,
    /// One line.
    pub help: &'static str,
    /// Other spellings, lower case.
    pub aliases: &'static [&'static str],
}

const ANY: f64 = f64::INFINITY;
const POOLINGS: &[&str] = &["cls", "mean"];
const INTERPOLATIONS: &[&str] = &["bilinear", "pil-bilinear", "pil-bicubic"];
const SPLITS: &[&str] = &["train800", "train800val200"];

const fn key(
    name: &'static str,
    default: &'static str,
    kind: Kind,
    help: &'static str,
    aliases: &'static [&'static str],
) -> Key {
    Key { name, default, kind, help, aliases }
}

/// The settings, in the order in which they are printed.
#[rustfmt::skip]
pub static KEYS: &[Key] = &[
    key("output_dir", "\"out\"", Text, "folder of the run", &[]),
    key("seed", "0", Count(0), "fixes the run, for one machine and thread count", &[]),
    key("threads", "0", Count(0), "threads; 0 = one per core", &[]),

    key("model.transfer_type", "\"prompt\"", Choice(TransferType::NAMES), "what is learned besides the head; linear is a linear probe", &[]),
    key("model.type", "\"vit\"", Choice(&["vit"]), "kind of backbone", &[]),
    key("model.model_root", "\".\"", Text, "folder of backbone files", &["model.modelroot"]),
    key("model.weights", "\"\"", Text, "a backbone file or folder, or hf://owner/name[@revision][:file]; empty = data.feature, looked for in model_root", &[]),
    key("model.heads", "0", Count(0), "attention heads, for files that do not tell; 0 = from the record or the file", &[]),
    key("model.pooling", "\"auto\"", ChoiceOrAuto(POOLINGS), "feature: the CLS token, or the mean over the others (MAE); auto = the backbone's", &[]),

    key("model.prompt.num_tokens", "20", Count(1), "prompts per block (deep), or in all (shallow)", &[]),
    key("model.prompt.deep", "true", Switch, "prompts in every block (VPT-Deep) or before the first (VPT-Shallow)", &[]),
    key("model.prompt.adaptive", "true", Switch, "relocate prompts between blocks (PRO-VPT); needs deep", &[]),
    key("model.prompt.ppo", "true", Switch, "published flag: true = PPO, false = Thompson sampling", &[]),
    key("model.prompt.allocator", "\"auto\"", ChoiceOrAuto(AllocatorKind::NAMES), "who picks the target block; fixed = the blocks in turn; auto = by the flag ppo", &[]),
    key("model.prompt.dropout", "0.0", Number(0.0, 1.0), "share of prompt elements dropped while tuning, a fresh mask per image", &[]),
    key("model.prompt.idleness", "\"auto\"", ChoiceOrAuto(Idleness::NAMES), "score that relocation follows; auto = attention under exact, gate under reference", &[]),
    key("model.prompt.verify", "\"auto\"", CountOrAuto(0), "most idle candidates that are removed in truth before one moves; auto = 4 under exact, 0 under reference", &[]),
    key("model.prompt.verify_samples", "\"auto\"", CountOrAuto(1), "training images that verification looks at, the same ones throughout; auto = a fiftieth of them, at least 16", &[]),
    key("model.prompt.rebirth", "\"scale\"", Choice(Rebirth::NAMES), "value of a moved prompt: scaled by relocation_scale, kept, or drawn anew", &[]),
    key("model.prompt.relocation_scale", "0.001", Number(0.0, ANY), "factor of rebirth = scale", &[]),
    key("model.prompt.scoring", "\"pass\"", Choice(Scoring::NAMES), "idleness from a full pass before tuning, from the last tuning epoch (free), or from a pass over a subset", &[]),
    key("model.prompt.scoring_samples", "256", Count(1), "training images of scoring = subset", &[]),
    key("model.prompt.fidelity", "\"exact\"", Choice(Fidelity::NAMES), "the paper's definitions, or the released code's, quirk by quirk", &[]),
    key("model.prompt.reward_warmup_epoch", "1", Count(0), "first epoch, from 0, that may move a prompt", &[]),
    key("model.prompt.ppo_update_every", "2", Count(1), "rewards between updates of the PPO networks", &[]),
    key("model.prompt.ppo_k_epoch", "60", Count(1), "gradient steps per update", &["model.prompt.ppo_k_epochs"]),
    key("model.prompt.ppo_discount_factor", "1.0", Number(0.0, ANY), "what a reward is worth one move earlier", &[]),
    key("model.prompt.clip_norm", "0.25", Number(-ANY, ANY), "largest global gradient norm over prompts and head; 0 or less = no clipping", &["model.prompt.clp_max_norm", "model.clp_max_norm", "solver.clp_max_norm", "solver.clip_norm"]),

    key("data.name", "\"\"", Text, "task: sprites-orientation, sprites-location, one of VTAB-1k or FGVC (`provpt data list`), or any name for what is at datapath", &[]),
    key("data.datapath", "\"\"", Text, "the task: a folder or file in any of the layouts that the README lists", &["data.data_path"]),
    key("data.feature", "\"provpt_pico_patch4_32\"", Text, "backbone: a registered name (timm's or published) or a file", &[]),
    key("data.number_classes", "-1", Count(-1), "number of classes; -1 = as the data says", &[]),
    key("data.batch_size", "64", Count(1), "images per step", &[]),
    key("data.crop_size", "0", Count(0), "side of the input in pixels; 0 = the backbone's", &["data.cropsize"]),
    key("data.fit", "\"auto\"", Choice(Fit::NAMES), "squash to a square (VTAB), or resize the short side and crop (FGVC); auto = the task's recipe, else squash", &[]),
    key("data.interpolation", "\"auto\"", ChoiceOrAuto(INTERPOLATIONS), "bilinear is TensorFlow 1's; auto = the task's recipe, else the backbone's", &[]),
    key("data.normalization", "\"auto\"", Choice(Normalization::NAMES), "mean and std by the task's recipe, or as the backbone was trained; auto = by the recipe, if there is one", &[]),
    key("data.mean", "\"auto\"", TripleOrAuto, "per channel, of values in 0..1; auto = by data.normalization", &[]),
    key("data.std", "\"auto\"", TripleOrAuto, "per channel, of values in 0..1; auto = by data.normalization", &[]),
    key("data.exif_rotation", "false", Switch, "turn photos upright as their EXIF data ask; published results are without", &[]),
    key("data.train_split", "\"train800\"", Choice(SPLITS), "learn from train800, or from train800val200 for a final run", &[]),
    key("data.test", "true", Switch, "test at the end; false leaves the test split alone, so that nothing can be chosen by it", &[]),
    key("data.check_sizes", "true", Switch, "refuse a tensorflow-datasets folder whose splits have not the sizes that the task's examples are chosen by; false = take the published percentages of what is there", &[]),
    key("data.val_fraction", "0.1", Number(0.0, 1.0), "share of an image folder without val/ that validates", &[]),
    key("data.test_fraction", "0.2", Number(0.0, 1.0), "share of an image folder without test/ that tests", &[]),
    key("data.percentage", "1.0", Number(0.0, ANY), "share of an FGVC task's training images: learn from train_<percentage>.json; from 1 on, train.json", &[]),
    key("data.cache_mb", "512", Count(0), "memory for what the blocks in front of the first prompt make of train and of val, MiB each; a larger split is put through them anew every time", &[]),
    key("data.pixels_mb", "1024", Count(0), "memory for decoded and resized images, MiB in all; train and val splits beyond it go to a file in cache_dir", &[]),
    key("data.cache_dir", "\"\"", Text, "folder for such files, which can be deleted at any time; empty = provpt in the user's cache folder; none = no files", &[]),
    key("data.cache_dir_mb", "20480", Count(0), "room for all such files, MiB: when one is added, those unused for longest are deleted", &[]),

    key("solver.optimizer", "\"sgd\"", Choice(OptimizerKind::NAMES), "update rule", &[]),
    key("solver.base_lr", "10.0", Number(0.0, ANY), "learning rate at batch 256; the rate is base_lr * batch_size / 256", &["solver.baselr"]),
    key("solver.weight_decay", "0.0001", Number(0.0, ANY), "L2 on prompts and head (sgd), decoupled (adamw)", &[]),
    key("solver.momentum", "0.9", Number(0.0, 1.0), "of sgd", &[]),
    key("solver.scheduler", "\"cosine\"", Choice(Scheduler::NAMES), "learning rate over epochs: warm-up and half a cosine, or constant", &[]),
    key("solver.warmup_epoch", "10", Count(0), "epochs of linear warm-up from 0", &[]),
    key("solver.total_epoch", "100", Count(1), "epochs", &[]),
    key("solver.patience", "0", Count(0), "stop after so many epochs without a better validation top-1; 0 = never", &[]),

    key("log.steps", "true", Switch, "write steps.jsonl: loss, gradient norms and prompt norms of every training step", &[]),
    key("log.tensorboard", "false", Switch, "write TensorBoard's event files, in the run's folder tensorboard", &[]),

    key("num_gpus", "", Ignored("provpt runs on the CPU"), "", &[]),
    key("num_shards", "", Ignored("one process uses all cores"), "", &[]),
    key("dbg", "", Ignored("use --verbose"), "", &[]),
    key("run_n_times", "", Ignored("one run is one folder"), "", &[]),
    key("dist_backend", "", Ignored("one process uses all cores"), "", &["dist_init_path", "dist_init_file"]),
    key("cudnn_benchmark", "", Ignored("provpt runs on the CPU"), "", &[]),
    key("data.num_workers", "", Ignored("images are prepared on all threads"), "", &[]),
    key("data.pin_memory", "", Ignored("provpt runs on the CPU"), "", &[]),
    key("data.no_test", "", Ignored("the test split is looked at once, at the end"), "", &[]),
    key("model.save_ckpt", "", Ignored("a checkpoint is always kept"), "", &["model.save_ckpt_finalruns"]),
    key("model.mlp_num", "", Ignored("the head is linear"), "", &[]),
    key("model.prompt.gate_grads_ident", "", Ignored("gates are always 1"), "", &[]),
    key("model.prompt.reducation_factor", "", Ignored("no projection of prompts"), "", &["model.prompt.reduction"]),
    key("solver.log_every_n", "", Ignored("progress is always shown"), "", &[]),
    key("solver.loss", "", Ignored("the loss is cross-entropy"), "", &["solver.loss_alpha"]),
    key("solver.bias_multiplier", "", Ignored("all parameters have one learning rate"), "", &[]),
    key("solver.weight_decay_pos", "", Ignored("position embeddings are frozen"), "", &[]),
    key("solver.dbg_trainable", "", Ignored("result.json counts the parameters"), "", &[]),
];
