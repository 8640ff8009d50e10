//! What tasks are reported together: benchmarks, and the groups within.

use serde::Serialize;

use super::{CatalogueTask, Splits, all};

impl CatalogueTask {
    /// The benchmark that it is part of.
    pub fn benchmark(&self) -> Benchmark {
        match self.splits {
            Splits::Tfds { .. } => Benchmark::Vtab,
            Splits::Lists { .. } => Benchmark::Fgvc,
            Splits::Drawn { .. } => Benchmark::Mini,
        }
    }
}

/// Tasks that are reported together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Benchmark {
    /// VTAB-1k.
    Vtab,
    /// Fine-grained visual classification.
    Fgvc,
    /// VTAB-1k in miniature, whose images are drawn.
    Mini,
}

impl Benchmark {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Vtab, Self::Fgvc, Self::Mini];

    /// As people write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Vtab => "VTAB-1k",
            Self::Fgvc => "FGVC",
            Self::Mini => "Mini",
        }
    }

    /// Its groups, in order.
    pub fn groups(self) -> &'static [Group] {
        match self {
            Self::Vtab | Self::Mini => &[Group::Natural, Group::Specialized, Group::Structured],
            Self::Fgvc => &[Group::Fgvc],
        }
    }

    /// Its tasks, in order.
    pub fn tasks(self) -> impl Iterator<Item = &'static CatalogueTask> {
        all().iter().filter(move |task| task.benchmark() == self)
    }
}

/// The groups that results are averaged over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Group {
    /// Photos of things (VTAB-1k and its miniature, as are the next two).
    Natural,
    /// Taken with special equipment: from above, through a microscope.
    Specialized,
    /// About counts, distances and poses.
    Structured,
    /// Fine-grained visual classification.
    #[serde(rename = "FGVC")]
    Fgvc,
}

impl Group {
    /// As people write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Natural => "Natural",
            Self::Specialized => "Specialized",
            Self::Structured => "Structured",
            Self::Fgvc => "FGVC",
        }
    }
}
