//! Settings with a few named values.

use provpt_data::{Interpolation, TrainSplit};
use provpt_vit::Pooling;
use serde::{Deserialize, Serialize};

/// A type with a few values, each of which has one name.
pub(super) trait Choice: Copy + PartialEq + 'static {
    /// The names, in lower case, and what they stand for.
    const TABLE: &'static [(&'static str, Self)];

    /// The value's name.
    fn name(self) -> &'static str {
        let found = Self::TABLE.iter().find(|&&(_, value)| value == self);
        found.map_or("", |&(name, _)| name)
    }
}

/// A word that is none of a choice's names.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected one of {}, got {}", names.join(", "), provpt_data::quoted(got))]
pub struct UnknownName {
    /// The names there are.
    pub names: Vec<&'static str>,
    /// The word.
    pub got: String,
}

/// Defines an enum whose variants have one lower-case spelling everywhere.
macro_rules! choice {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "lowercase")]
        pub enum $name { $($(#[$doc])* #[doc = concat!("\n\nSpelled `", $text, "`.")] $variant,)+ }

        impl Choice for $name {
            const TABLE: &'static [(&'static str, Self)] = &[$(($text, Self::$variant)),+];
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.name())
            }
        }

        impl std::str::FromStr for $name {
            type Err = UnknownName;

            fn from_str(text: &str) -> Result<Self, UnknownName> {
                let found = Self::TABLE.iter().find(|(name, _)| *name == text);
                found.map(|(_, value)| *value).ok_or_else(|| UnknownName {
                    names: Self::TABLE.iter().map(|(name, _)| *name).collect(),
                    got: text.to_owned(),
                })
            }
        }
    };
}

choice! {
    /// What is learned besides the head.
    TransferType {
        /// Prompts.
        Prompt = "prompt",
        /// Nothing: a linear probe.
        Linear = "linear",
    }
}
choice! {
    /// Which kind of backbone it is.
    BackboneType {
        /// A vision transformer, however it was trained.
        Vit = "vit",
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
        /// Its norm's share of its block, negative.
        Norm = "norm",
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
    }
}
choice! {
    /// Who picks the target block.
    AllocatorKind {
        /// Proximal policy optimization.
        Ppo = "ppo",
        /// Thompson sampling.
        Thompson = "thompson",
        /// Chance.
        Random = "random",
        /// The blocks in turn.
        Fixed = "fixed",
    }
}
choice! {
    /// The update rule.
    OptimizerKind {
        /// Momentum and L2.
        Sgd = "sgd",
        /// Decoupled weight decay.
        Adamw = "adamw",
    }
}
choice! {
    /// The learning rate over epochs.
    Scheduler {
        /// Linear warm-up, half a cosine.
        Cosine = "cosine",
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
    /// How an image becomes square.
    Fit {
        /// Squashed (VTAB).
        Squash = "squash",
        /// Short side resized, then cropped (FGVC).
        Short = "short",
    }
}

impl Choice for Pooling {
    const TABLE: &'static [(&'static str, Self)] = &[("cls", Self::Cls), ("mean", Self::Mean)];
}

impl Choice for Interpolation {
    const TABLE: &'static [(&'static str, Self)] = &[
        ("bilinear", Self::Bilinear),
        ("pil-bilinear", Self::PilBilinear),
        ("pil-bicubic", Self::PilBicubic),
    ];
}

impl Choice for TrainSplit {
    const TABLE: &'static [(&'static str, Self)] =
        &[("train800", Self::Train), ("train800val200", Self::TrainVal)];
}
