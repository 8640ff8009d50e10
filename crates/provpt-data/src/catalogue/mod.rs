//! The tasks of VTAB-1k, FGVC and the drawn miniature of VTAB in one table: names, classes, labels,
//! splits, preprocessing.
//!
//! VTAB-1k (Zhai et al. 2019, <https://arxiv.org/abs/1910.04867>) as its code defines it:
//! <https://github.com/google-research/task_adaptation>. FGVC as in visual prompt tuning (Jia et
//! al. 2022, <https://arxiv.org/abs/2203.12119>), whose preprocessing both benchmarks have
//! here.

mod groups;
mod names;
mod published;
mod rule;
mod table;

use serde::Serialize;

use crate::{Fit, Interpolation};

pub use groups::{Benchmark, Group};
pub use names::{find, nearest};
pub(crate) use published::Published;
pub use rule::LabelRule;
pub(crate) use rule::{bin, merged};

/// All tasks: VTAB-1k's in the order of its paper, then FGVC's, then the miniature's.
pub fn all() -> &'static [CatalogueTask] {
    table::TASKS
}

/// What is known of a task beforehand.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct CatalogueTask {
    /// The usual short name, that of folder exports: `clevr_count`.
    pub name: &'static str,
    /// Other spellings: of published configurations, of tensorflow-datasets, of other exports.
    /// [`find`] ignores case, spaces, quotes, `-`, `_` and a leading `vtab-`.
    pub aliases: &'static [&'static str],
    /// What kind of images and questions.
    pub group: Group,
    /// Number of classes.
    pub classes: usize,
    /// How an example's label comes about.
    pub label: LabelRule,
    /// Which images are trained on and measured by.
    pub splits: Splits,
    /// How the official files hold images.
    pub images: Images,
    /// What images go through, where that is published; else the backbone's record decides.
    pub recipe: Option<Recipe>,
    /// What is reported.
    pub metric: &'static str,
    /// Where the data come from.
    pub homepage: &'static str,
    /// Under which terms, as far as that page says.
    pub licence: &'static str,
}

/// Where the splits of a task come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Splits {
    /// Examples of a tensorflow-datasets folder, counted in the order of its files.
    Tfds {
        /// Name of the data set.
        dataset: &'static str,
        /// Which of its variants.
        config: Option<&'static str>,
        /// The version that visual prompt tuning used.
        version: &'static str,
        /// Its splits that are used, with their official numbers of examples.
        official: &'static [(&'static str, usize)],
        /// `train800`.
        train: Part,
        /// `val200`.
        val: Part,
        /// `test`.
        test: Part,
    },
    /// Lists of paths with class ids: `train.json`, `val.json`, `test.json`.
    Lists {
        /// Folder that the paths are relative to, below the task's; empty for the task's itself.
        images: &'static str,
        /// Images in `train.json`.
        train: usize,
        /// Images in `val.json`.
        val: usize,
        /// Images in `test.json`.
        test: usize,
    },
    /// Images that are drawn, other ones for each seed.
    Drawn {
        /// Images to train on.
        train: usize,
        /// Images to validate with.
        val: usize,
        /// Images to test with.
        test: usize,
    },
}

impl Splits {
    /// Number of images to train on, to validate with and to test with.
    pub fn sizes(&self) -> [usize; 3] {
        match self {
            Self::Tfds { train, val, test, .. } => [train.len(), val.len(), test.len()],
            Self::Lists { train, val, test, .. } | Self::Drawn { train, val, test } => {
                [*train, *val, *test]
            }
        }
    }
}

/// Consecutive examples of an official split.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Part {
    /// The official split.
    pub split: &'static str,
    /// Its first example.
    pub start: usize,
    /// One past its last example.
    pub end: usize,
    /// The definition that these numbers come from: `train[90%:+200]`.
    pub published: &'static str,
}

impl Part {
    /// Number of examples.
    pub const fn len(&self) -> usize {
        self.end - self.start
    }

    /// True when there is none.
    pub const fn is_empty(&self) -> bool {
        self.end == self.start
    }
}

/// How the official files hold images.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Images {
    /// `[width, height]` in pixels; none if they differ.
    pub size: Option<[usize; 2]>,
    /// Whether every pixel is as its makers left it (PNG), or they are compressed already (JPEG).
    pub lossless: bool,
    /// Levels are 0 and 1, and must be multiplied by 255 (dSprites).
    pub binary: bool,
}

impl Images {
    /// Images so small that compressing them again loses what a classifier goes by: lossless, and
    /// at most 96 pixels wide and high.
    pub fn fragile(&self) -> bool {
        self.lossless && self.size.is_some_and(|size| size.iter().all(|&side| side <= 96))
    }
}

/// Preprocessing that published results were obtained with.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Recipe {
    /// How images become square; for `short_side`, at 224 pixels.
    #[serde(serialize_with = "fit_name")]
    pub fit: Fit,
    /// How they are resized.
    #[serde(serialize_with = "display")]
    pub interpolation: Interpolation,
    /// Per channel, of values in 0..1.
    pub mean: [f32; 3],
    /// Per channel, of values in 0..1.
    pub std: [f32; 3],
    /// Whether training images are cropped and flipped at random.
    pub augment: bool,
}

fn fit_name<S: serde::Serializer>(fit: &Fit, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(match fit {
        Fit::Squash => "squash",
        Fit::ShortSideCrop { .. } => "short",
    })
}

fn display<S: serde::Serializer>(
    value: &impl std::fmt::Display,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

#[cfg(test)]
mod tests;
