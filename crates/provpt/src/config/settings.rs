//! The table of settings. To add one, add its line here: see [`settings!`](super::table::settings).

use std::path::PathBuf;

use provpt_data::{Interpolation, TrainSplit};
use provpt_vit::{Device, Pooling, PromptPool};

use crate::allocators::AllocatorKind;

use super::cache_folder::CacheFolder;
use super::choices::{
    AdapterInit, BackboneDropout, BackboneType, ClassWeights, Crop, Fidelity, Fit, Form, HeadInit,
    Idleness, LrScaling, Normalization, OptimizerKind, Precision, PromptInit, PromptLocation,
    Reach, Rebirth, Rules, Scheduler, Scoring,
};
use super::distribution::Distribution;
use super::low_rank_targets::LowRankTargets;
use super::table::settings;
use super::transfer::TransferType;

settings! {
    /// All settings of a run.
    struct Config in "" {
        /// folder of the run
        output_dir: PathBuf = PathBuf::from("out");
        /// fixes the run, for one machine and thread count
        seed: u64 = 0, within 0..;
        /// threads; 0 = one per core
        threads: usize = 0, within 0..;
        /// where the backbone is computed: the processor, a graphics card (`provpt devices` lists them),
        /// or auto = a graphics card if there is one; a run may go on elsewhere
        device: Device = Device::Cpu;
        /// numbers that the backbone's matrices are multiplied in; f16 is for frozen ones on graphics
        /// cards, bf16 for the processor; auto = bf16 where the processor has units for it (AMX), else
        /// f32, which a run settles when it begins
        precision: Precision = Precision::F32;
        /// memory for what images become on their way through the backbone, MiB over all threads: where
        /// training needs more, fewer images go at a time, and then blocks are computed again on the
        /// way back; 0 = no limit
        activations_mb: Option<usize> = None, within 0..=1_000_000_000, none 0;
    } holding {
        /// the backbone, and what is learned on it
        model: Model;
        /// the task, its images, and what becomes of them before the backbone sees them
        data: Data;
        /// how it learns
        solver: Solver;
        /// what is written down along the way
        log: Log;
    }

    /// `model.*`: the backbone, and what is learned on it.
    struct Model in "model." {
        /// what is learned besides the head: linear is a linear probe, end2end learns everything,
        /// partial-K the last K blocks
        transfer_type: TransferType = TransferType::Prompt;
        /// kind of backbone; swin refuses all others
        r#type: BackboneType = BackboneType::Vit;
        /// folder of backbone files
        model_root: PathBuf = PathBuf::from("."), also "model.modelroot";
        /// a backbone file or folder, or hf://owner/name\[@revision\]\[:file\]; empty =
        /// data.feature, looked for in model_root
        weights: Option<String> = None, none "";
        /// attention heads, for files that do not tell; 0 = from the record or the file
        heads: Option<usize> = None, within 0..=1024, none 0;
        /// the network of transfer_type = side: a ViT, by its registered name or file, for images of
        /// the backbone's size, or torchvision's AlexNet, by its file; empty = alexnet, looked for in
        /// model_root
        side: Option<String> = None, none "";
        /// hidden layers of the head: 0 = a linear classifier
        mlp_num: usize = 0, within 0..=16;
        /// what the head is before the first step: drawn, or logits by the distance to the mean
        /// feature of each class of the training images, in a scale that fits them best
        head_init: HeadInit = HeadInit::Random;
        /// dropout and drop-path within the backbone under end2end, by the published rates;
        /// auto = as the published code does, which is off for all other types
        dropout: BackboneDropout = BackboneDropout::Off;
        /// drop-path within a frozen backbone, or one that learns in part: the share of images that the
        /// last block's attention, and its MLP, adds nothing to in training; in blocks before it the
        /// share falls evenly to 0; 0 = off
        drop_path: f64 = 0.0, within 0.0..1.0;
        /// feature: the CLS token, or the mean over the others (MAE); auto = the backbone's
        pooling: Option<Pooling> = None;
    } holding {
        /// the prompts, and how they are relocated
        prompt: Prompt;
        /// adapters behind the MLPs
        adapter: Adapter;
        /// matrices of low rank beside the blocks' own
        lora: LowRank;
    }

    /// `model.adapter.*`: adapters behind the MLPs.
    struct Adapter in "model.adapter." {
        /// how many times narrower than the backbone they are inside
        reduction: usize = 8, within 1..=65_536, also "model.adapter.reducation_factor",
            also "model.adapter.reduction_factor";
        /// how they start: as the identity, or all zero as released, which learns one bias each
        init: AdapterInit = AdapterInit::Identity;
    }

    /// `model.lora.*`: matrices of low rank beside the blocks' own.
    struct LowRank in "model.lora." {
        /// their rank
        rank: usize = 8, within 1..=65_536;
        /// they are multiplied with alpha / rank
        alpha: f64 = 8.0, within 0.0..;
        /// beside which maps: queries, keys, values and the output of attention, the two of the MLP
        targets: LowRankTargets = LowRankTargets::PUBLISHED;
    }

    /// `model.prompt.*`: the prompts, and how they are relocated.
    struct Prompt in "model.prompt." {
        /// prompts per block (deep), or in all (shallow); where prompts leave, those in the end
        num_tokens: usize = 20, within 1..=10_000;
        /// how many prompts each block has before the first move, as many numbers as blocks; demand =
        /// by what the gradients of training images ask for; auto = num_tokens each
        distribution: Option<Distribution> = None;
        /// a run whose last distribution is the first one of this; empty = none
        distribution_from: Option<PathBuf> = None, none "";
        /// prompts in every block (VPT-Deep) or before the first (VPT-Shallow)
        deep: bool = true;
        /// relocate prompts between blocks (PRO-VPT); needs deep
        adaptive: bool = true;
        /// published flag: true = PPO, false = Thompson sampling
        ppo: bool = true;
        /// who picks the target block; fixed = the blocks in turn; auto = by the flag ppo; or prompts
        /// become what does more than they, in truth: prompts as they are in other blocks and tokens
        /// (ghost), rows that a block's gradients ask for (demand), or rows that learn beside the
        /// prompts before they are any (nursery); or there are twice as many prompts at first, of which
        /// those leave that do least (prune)
        allocator: Option<AllocatorKind> = None;
        /// where prompts stand: in front of the patches, added to all tokens (one to each, or the same
        /// to all), or among pixels: in a frame of num_tokens pixels, as num_tokens more channels, or
        /// as num_tokens patches
        location: PromptLocation = PromptLocation::Prepend;
        /// which tokens features are read from: the backbone's own, which are CLS or all others, or
        /// the mean over patches, over patches and prompts, or over prompts; auto = patches where
        /// prompts are relocated on a Swin backbone, else the backbone's own
        pool: Option<PromptPool> = None, also "model.prompt.vit_pool_type";
        /// blocks that have prompts of their own, the first ones; those of the last of them stay as
        /// tokens in all blocks behind it; 0 = every block has
        num_deep_layers: Option<usize> = None, within 0..=1024, none 0;
        /// the prompts of the last of num_deep_layers blocks do not stay
        forward_deep_noexpand: bool = false;
        /// the num_deep_layers blocks are the last ones
        reverse_deep: bool = false;
        /// every block has the same prompts
        deep_shared: bool = false;
        /// width of prompts that one learned map brings to the backbone's; -1 = they have it already
        project: Option<usize> = None, within -1..=65_536, none -1;
        /// what a prompt is: a token (as published), what the first norm of its block puts out, or a
        /// token of a fixed length, whose rate is an angle
        form: Form = Form::Token;
        /// a learned number for each prompt that is added to its logits in attention, and this is where
        /// it starts, in a new prompt and in a moved one: the lower, the less changes when it comes;
        /// off = nothing is added (as published)
        logit: Option<f64> = None, within -30.0..=30.0, none "off";
        /// beside prompts, each block learns a vector that is added to what its attention puts out: the
        /// bias of attn.proj
        vector: bool = false;
        /// what prompts are before the first step: drawn, by default or as large as tokens; tokens of
        /// training images in front of the block, centres of groups of such, or means of those that
        /// attention takes for alike; or states of the CLS token from a file
        init: PromptInit = PromptInit::Random, also "model.prompt.initiation";
        /// the file of init: an .npy array [num_tokens, blocks + 1, width]; empty = one in
        /// init_folder
        init_file: Option<PathBuf> = None, none "", also "model.prompt.clsemb_path";
        /// folder of such files, each named after its task (data.name)
        init_folder: Option<PathBuf> = None, none "", also "model.prompt.clsemb_folder";
        /// share of prompt elements dropped while tuning, a fresh mask per image
        dropout: f64 = 0.0, within 0.0..1.0;
        /// score that relocation follows; auto = attention under exact (effect where prompts leave),
        /// gate under reference
        idleness: Option<Idleness> = None;
        /// most idle candidates that are removed in truth before one moves, or exchanges that are tried
        /// in truth; auto = 4 (3 exchanges) under exact, 0 under reference
        verify: Option<usize> = None, within 0..=1_000_000;
        /// share of the prompts that may move before the first epoch that moves any; it falls like half
        /// a cosine to 0 at three quarters of all epochs; 0 = one prompt at most, in every epoch
        moves: f64 = 0.0, within 0.0..=1.0;
        /// training images that verification looks at, the same ones throughout; auto = a fiftieth
        /// of them, at least 16
        verify_samples: Option<usize> = None, within 1..=1_000_000_000;
        /// value of a moved prompt: scaled by relocation_scale, kept, or drawn anew; between stages of
        /// a Swin backbone drawn anew (and scaled, under scale), or carried through its merges
        rebirth: Rebirth = Rebirth::Scale;
        /// blocks that a prompt may move to: any, or those of its stage on a Swin backbone
        reach: Reach = Reach::Any;
        /// factor of rebirth = scale
        relocation_scale: f64 = 0.001, within 0.0..;
        /// idleness from a full pass before tuning, from the last tuning epoch (free), or from a
        /// pass over a subset
        scoring: Scoring = Scoring::Pass;
        /// training images of scoring = subset
        scoring_samples: usize = 256, within 1..=1_000_000_000;
        /// the paper's definitions, or the released code's, quirk by quirk
        fidelity: Fidelity = Fidelity::Exact;
        /// first epoch, from 0, that may move a prompt
        reward_warmup_epoch: usize = 1, within 0..=1_000_000;
        /// rewards between updates of the PPO networks
        ppo_update_every: usize = 2, within 1..=1_000_000;
        /// gradient steps per update
        ppo_k_epoch: usize = 60, within 1..=1_000_000, also "model.prompt.ppo_k_epochs";
        /// what a reward is worth one move earlier
        ppo_discount_factor: f64 = 1.0, within 0.0..;
        /// largest global gradient norm over all that is learned; 0 or less = no clipping
        clip_norm: f64 = 0.25, also "model.prompt.clp_max_norm", also "model.clp_max_norm",
            also "solver.clp_max_norm", also "solver.clip_norm";
        /// largest gradient norm of each prompt, before clip_norm bounds all together; 0 = no limit
        clip_each: f64 = 0.0, within 0.0..;
        /// how many times as long a prompt of form = normed may become as what the first norm of its
        /// block puts out; longer ones are shortened after each step; 0 = no limit
        max_length: f64 = 0.0, within 0.0..;
    }

    /// `data.*`: the task, its images, and what becomes of them before the backbone sees them.
    struct Data in "data." {
        /// task: sprites-orientation, sprites-location, one of VTAB-1k or FGVC (`provpt data
        /// list`), or any name for what is at datapath
        name: String = String::new();
        /// the task: a folder or file in any of the layouts that the README lists
        datapath: Option<PathBuf> = None, none "", also "data.data_path";
        /// backbone: a registered name (timm's or published) or a file
        feature: String = "provpt_pico_patch4_32".to_owned();
        /// number of classes; -1 = as the data says
        number_classes: Option<usize> = None, within -1..=65_536, none -1;
        /// images per step
        batch_size: usize = 64, within 1..=1_000_000;
        /// what an image of a class counts in the loss: the same, or by the inverse of the number
        /// of its training images, or of that number's root; 1 on average over classes
        class_weights: ClassWeights = ClassWeights::None, also "data.class_weights_type";
        /// side of the input in pixels; 0 = the backbone's
        crop_size: Option<usize> = None, within 0..=4096, none 0, also "data.cropsize";
        /// squash to a square (VTAB), or resize the short side and crop (FGVC); auto = the task's
        /// recipe, else squash
        fit: Option<Fit> = None;
        /// bilinear is TensorFlow 1's, pil-* are those of Pillow up to 12, pil13-* those of Pillow 13
        /// on; auto = the task's recipe, else the backbone's
        interpolation: Option<Interpolation> = None;
        /// mean and std by the task's recipe, or as the backbone was trained; auto = by the
        /// recipe, if there is one
        normalization: Option<Normalization> = None;
        /// per channel, of values in 0..1; auto = by data.normalization
        mean: Option<[f64; 3]> = None;
        /// per channel, of values in 0..1; auto = by data.normalization
        std: Option<[f64; 3]> = None;
        /// turn photos upright as their EXIF data ask; published results are without
        exif_rotation: bool = false;
        /// learn from train800, or from train800val200 for a final run
        train_split: TrainSplit = TrainSplit::Train;
        /// test at the end; false leaves the test split alone, so that nothing can be chosen by it
        test: bool = true;
        /// refuse a tensorflow-datasets folder whose splits have not the sizes that the task's
        /// examples are chosen by; false = take the published percentages of what is there
        check_sizes: bool = true;
        /// share of an image folder without val/ that validates
        val_fraction: f64 = 0.1, within 0.0..1.0;
        /// share of an image folder without test/ that tests
        test_fraction: f64 = 0.2, within 0.0..1.0;
        /// share of an FGVC task's training images: learn from train_\<percentage\>.json; from 1
        /// on, train.json
        percentage: f64 = 1.0, within 0.0..;
        /// memory for what the blocks in front of the first prompt make of train and of val, MiB
        /// each; a larger split is put through them anew every time
        cache_mb: usize = 512, within 0..=1_000_000_000;
        /// memory for decoded and resized images, MiB in all; train and val splits beyond it go to
        /// a file in cache_dir
        pixels_mb: usize = 1024, within 0..=1_000_000_000;
        /// folder for such files, which can be deleted at any time; empty = provpt in the user's
        /// cache folder; none = no files
        cache_dir: CacheFolder = CacheFolder::User;
        /// room for all such files, MiB: when one is added, those unused for longest are deleted
        cache_dir_mb: usize = 20480, within 0..=1_000_000_000;
    } holding {
        /// how training changes images before it sees them
        augment: Augment;
    }

    /// `data.augment.*`: how training changes images before it sees them.
    struct Augment in "data.augment." {
        /// what training sees of an image: all that evaluation sees, a square at a random place (fit
        /// short), or a random part, resized; auto = random under fit short, else none
        crop: Option<Crop> = None;
        /// least share of an image's area that crop = resized shows
        least_area: f64 = 0.08, within 0.001..=1.0;
        /// mirror images from left to right half of the time; auto = under fit short
        flip: Option<bool> = None;
        /// brightness, contrast and saturation change by up to this share
        color_jitter: f64 = 0.0, within 0.0..=1.0;
        /// how many operations of RandAugment each image goes through
        rand_augment: usize = 0, within 0..=14;
        /// how strong they are
        magnitude: f64 = 9.0, within 0.0..=10.0;
        /// blend images and labels of a batch by shares from Beta(a, a) for this a; 0 = never
        mixup: f64 = 0.0, within 0.0..=100.0;
        /// paste a part of one image into another, whose area is drawn likewise; with mixup as well,
        /// each image takes one or the other
        cutmix: f64 = 0.0, within 0.0..=100.0;
    }

    /// `solver.*`: how it learns.
    struct Solver in "solver." {
        /// update rule
        optimizer: OptimizerKind = OptimizerKind::Sgd;
        /// whose rules it follows: PyTorch's, with the same decay for all that is learned, or those
        /// of a published program, which spare some biases and weight no classes
        rules: Rules = Rules::Torch;
        /// learning rate at batch 256, unless solver.lr_scaling is off
        base_lr: f64 = 10.0, within 0.0.., also "solver.baselr";
        /// the rate is base_lr * batch_size / 256 (published: tune_vtab.py), or base_lr (train.py)
        lr_scaling: LrScaling = LrScaling::Batch;
        /// learn by the rate that so many first steps find, which are taken back: they begin at a
        /// tenth of solver.base_lr; 0 = by solver.base_lr
        find_rate: usize = 0, within 0..=1_000_000;
        /// L2 (sgd, adam) or decoupled (adamw), on what decays by solver.rules
        weight_decay: f64 = 0.0001, within 0.0..;
        /// factor on the learning rate of biases, the head's last one excepted
        bias_multiplier: f64 = 1.0, within 0.0..;
        /// factor on the learning rate of prompts, and of the map that widens them
        prompt_rate: f64 = 1.0, within 0.0..;
        /// factor on their weight decay
        prompt_decay: f64 = 1.0, within 0.0..;
        /// factor on the learning rate of the head
        head_rate: f64 = 1.0, within 0.0..;
        /// factor on its weight decay
        head_decay: f64 = 1.0, within 0.0..;
        /// of sgd
        momentum: f64 = 0.9, within 0.0..1.0;
        /// weight of the squared distance of an image's logits from those that it had one epoch before;
        /// of use where there is noise, such as model.prompt.dropout; 0 = none
        consistency: f64 = 0.0, within 0.0..;
        /// validate, test and keep a moving average of what is learned, of which each step leaves this
        /// share; 0 = what the last step left
        average: f64 = 0.0, within 0.0..1.0;
        /// share of each label that the loss spreads over all classes
        label_smoothing: f64 = 0.0, within 0.0..1.0;
        /// learning rate over epochs: warm-up and half a cosine, one rate for each epoch (as
        /// published) or for each step; or constant
        scheduler: Scheduler = Scheduler::Cosine;
        /// epochs of linear warm-up from 0
        warmup_epoch: usize = 10, within 0..=1_000_000;
        /// epochs
        total_epoch: usize = 100, within 1..=1_000_000;
        /// stop after so many epochs without a better validation top-1; 0 = never
        patience: usize = 0, within 0..=1_000_000;
    }

    /// `log.*`: what is written down along the way.
    struct Log in "log." {
        /// write steps.jsonl: loss, gradient norms and prompt norms of every training step
        steps: bool = true;
        /// write TensorBoard's event files, in the run's folder tensorboard
        tensorboard: bool = false;
    }
}
