//! Settings with a few named values.

use provpt_data::{Interpolation, TrainSplit};
use provpt_vit::{Pooling, PromptPool};

use crate::math::choice::{Choice, choice};

choice! {
    /// How adapters start.
    AdapterInit {
        /// They change nothing, and learn.
        Identity = "identity",
        /// All zero, as released: they learn one bias each.
        Zero = "zero",
    }
}
choice! {
    /// Whether a backbone drops values of its own while all of it learns.
    BackboneDropout {
        /// Never, as in timm's fine-tuning.
        Off = "off",
        /// By the rates of the published code, and refused where that drops nothing.
        On = "on",
        /// As the published code does: by its rates under `end2end`, and not at all else.
        Auto = "auto",
    }
}
choice! {
    /// Which kind of backbone it is.
    BackboneType {
        /// A vision transformer, however it was trained.
        Vit = "vit",
        /// One in stages, with attention inside windows.
        Swin = "swin",
    }
}
choice! {
    /// Which numbers the backbone's matrices are multiplied in. Sums are f32 either way.
    Precision {
        /// 24 bits.
        F32 = "f32",
        /// 8 bits.
        Bf16 = "bf16",
        /// 11 bits of what is frozen, on a graphics card.
        F16 = "f16",
        /// What this machine does best.
        Auto = "auto",
    }
}
choice! {
    /// Whose definitions hold.
    Fidelity {
        /// The paper's.
        Exact = "exact",
        /// The released code's, quirk by quirk.
        Reference = "reference",
    }
}
choice! {
    /// How idle a prompt is.
    Idleness {
        /// d loss / d gate on the prompt (published).
        Gate = "gate",
        /// d loss / d gate on its attention mass.
        Attention = "attention",
        /// How much the loss of a batch would change without it, up or down, negative.
        Effect = "effect",
        /// Its norm's share of its block, negative.
        Norm = "norm",
    }
}
impl Idleness {
    /// Whether scores estimate by how much the loss would fall; others only rank.
    pub(crate) fn is_loss(self) -> bool {
        matches!(self, Self::Gate | Self::Attention)
    }
}
choice! {
    /// Which images idleness is measured on.
    Scoring {
        /// All training images, at fixed parameters, before tuning.
        Pass = "pass",
        /// Those of the last tuning epoch, while it ran.
        Running = "running",
        /// Some training images, at fixed parameters.
        Subset = "subset",
    }
}
choice! {
    /// What becomes of a moved prompt's value.
    Rebirth {
        /// Multiplied by a small factor (published).
        Scale = "scale",
        /// Nothing.
        Keep = "keep",
        /// Drawn anew.
        Resample = "resample",
        /// Carried through the merges of tokens from stage to stage.
        Carry = "carry",
    }
}
choice! {
    /// Which blocks may take in a prompt.
    Reach {
        /// All.
        Any = "any",
        /// Those of the stage that it leaves.
        Stage = "stage",
    }
}
choice! {
    /// What prompts are before the first step.
    PromptInit {
        /// Drawn.
        Random = "random",
        /// Drawn, as large as tokens of training images are in front of the block.
        Sized = "sized",
        /// Tokens of training images in front of the block.
        Tokens = "tokens",
        /// Centres of groups of such tokens.
        Kmeans = "kmeans",
        /// Tokens that attention takes for alike, and a share that is orthogonal to what it puts out.
        Vipamin = "vipamin",
        /// States of the CLS token behind the last block, in all blocks.
        FinalCls = "final-cls",
        /// States of the CLS token in front of each block.
        ClsNoLast = "cls-nolastl",
        /// States of the CLS token behind each block.
        ClsNoFirst = "cls-nofirstl",
    }
}
choice! {
    /// What the head is before the first step.
    HeadInit {
        /// Drawn (published).
        Random = "random",
        /// The class whose mean feature is nearest has the largest logit.
        Means = "means",
    }
}
choice! {
    /// What a prompt is.
    Form {
        /// A token, which goes through the first norm of its block (published).
        Token = "token",
        /// What that norm puts out.
        Normed = "normed",
        /// A token of a fixed length and mean 0, of which only the direction learns.
        Sphere = "sphere",
    }
}
choice! {
    /// Where prompts stand (Jia et al., VPT, ECCV 2022, who try all of these).
    PromptLocation {
        /// In front of the patches.
        Prepend = "prepend",
        /// Added to all tokens, one prompt to each.
        Add = "add",
        /// Added to all tokens, the same prompt to each.
        AddOne = "add-1",
        /// Pixels in a frame around every image.
        Pad = "pad",
        /// Channels of pixels behind the image's colours.
        Below = "below",
        /// Patches of pixels beside those of the image.
        PrependPixel = "prepend-pixel",
        /// The same, drawn from N(0, 1).
        PrependPixelGaussian = "prepend-pixel-gaussian",
        /// The same, drawn from U(0, 1) and normalized as ImageNet's images are.
        PrependPixelImagenet = "prepend-pixel-imgnettransform",
    }
}
choice! {
    /// The update rule.
    OptimizerKind {
        /// Momentum and L2.
        Sgd = "sgd",
        /// Running means of gradients and squares, and L2.
        Adam = "adam",
        /// Adam with decoupled weight decay.
        Adamw = "adamw",
    }
}
choice! {
    /// Whose rules learning follows: what decays, how AdamW is computed, whether classes have weights.
    Rules {
        /// PyTorch's optimizers; all that is learned decays alike.
        Torch = "torch",
        /// VPT's: SGD and Adam spare the bias of the head, AdamW (its own, with eps 1e-6, decaying
        /// by 0.01) all biases; all classes count the same.
        Vpt = "vpt",
        /// PRO-VPT's: SGD, which spares nothing, and AdamW, which spares all biases; all classes
        /// count the same.
        Pro = "pro",
    }
}
choice! {
    /// What the learning rate that is given is.
    LrScaling {
        /// That of a batch of 256 images; so in VPT's `tune_vtab.py` and `tune_fgvc.py`.
        Batch = "batch",
        /// The rate itself; so in the published `train.py`.
        Off = "off",
    }
}
choice! {
    /// How much an image counts by its class.
    ClassWeights {
        /// As much as any other.
        None = "none",
        /// By the inverse of the number of the class's training images.
        Inverse = "inv",
        /// By the inverse of its square root.
        InverseRoot = "inv_sqrt",
    }
}
choice! {
    /// The learning rate over epochs.
    Scheduler {
        /// Linear warm-up, half a cosine; all steps of an epoch have the same rate.
        Cosine = "cosine",
        /// The same curve, with a rate for each step.
        CosineStep = "cosine-step",
        /// Constant.
        None = "none",
    }
}
choice! {
    /// Whose mean and standard deviation pixels are normalized by.
    Normalization {
        /// The task's recipe's.
        Task = "task",
        /// The backbone's.
        Backbone = "backbone",
    }
}
choice! {
    /// What training sees of an image.
    Crop {
        /// What evaluation sees.
        None = "none",
        /// A square at a random place of the resized image.
        Random = "random",
        /// A random part, resized.
        Resized = "resized",
    }
}
choice! {
    /// How an image becomes square.
    Fit {
        /// Squashed (VTAB).
        Squash = "squash",
        /// Short side resized, then cropped (FGVC).
        Short = "short",
    }
}

impl PromptInit {
    /// Whether the values are those of a file.
    pub(crate) fn is_of_file(self) -> bool {
        matches!(self, Self::FinalCls | Self::ClsNoLast | Self::ClsNoFirst)
    }

    /// Whether training images have a say.
    pub(crate) fn is_of_images(self) -> bool {
        matches!(self, Self::Sized | Self::Tokens | Self::Kmeans | Self::Vipamin)
    }
}

impl Choice for Pooling {
    const TABLE: &'static [(&'static str, Self)] = &[("cls", Self::Cls), ("mean", Self::Mean)];
}

impl Choice for PromptPool {
    const TABLE: &'static [(&'static str, Self)] = &[
        ("original", Self::Original),
        ("img", Self::Image),
        ("imgprompt", Self::ImageAndPrompts),
        ("prompt", Self::Prompts),
    ];
}

impl Choice for Interpolation {
    const TABLE: &'static [(&'static str, Self)] = &[
        ("bilinear", Self::Bilinear),
        ("pil-bilinear", Self::PilBilinear),
        ("pil-bicubic", Self::PilBicubic),
        ("pil13-bilinear", Self::Pil13Bilinear),
        ("pil13-bicubic", Self::Pil13Bicubic),
    ];
}

impl Choice for TrainSplit {
    const TABLE: &'static [(&'static str, Self)] =
        &[("train800", Self::Train), ("train800val200", Self::TrainVal)];
}
