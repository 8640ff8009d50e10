//! What is known of a checkpoint besides its tensors, and who is believed.

use std::collections::BTreeMap;
use std::path::Path;

use super::agree;
use crate::error::{Error, Mismatch};
use crate::registry::{ModelRecord, RECORDS};
use crate::weights::LoadOptions;
use crate::weights::describe::Description;
use crate::{Architecture, Pooling};

/// Largest image side, in pixels.
pub(super) const MAX_IMAGE_SIZE: usize = 4096;

/// What is known of a checkpoint besides its tensors.
pub(in crate::weights) struct Evidence<'a> {
    pub(in crate::weights) path: &'a Path,
    pub(in crate::weights) record: Option<&'static ModelRecord>,
    /// Heads, where the shapes in the file show them.
    pub(in crate::weights) heads: Option<usize>,
    /// Windows of an image by stage, where the file has masks of them.
    pub(in crate::weights) windows: BTreeMap<usize, usize>,
    /// What the file says of itself, then what a file beside it says.
    pub(in crate::weights) descriptions: Vec<Description>,
    /// Side of the images, by a description of pixels beside the file.
    pub(in crate::weights) image_size: Option<usize>,
    pub(in crate::weights) options: &'a LoadOptions,
}

/// Who settled something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::weights) enum Authority {
    /// The caller.
    Caller,
    /// The registered model's record.
    Record,
    /// A description in or beside the file: its place.
    Description(String),
    /// The shapes or names of tensors.
    Tensors,
    /// A registered model of the same shape.
    Like(&'static str),
    /// Nobody: the usual.
    Usual,
}

impl Authority {
    pub(super) fn is_guess(&self) -> bool {
        matches!(self, Self::Like(_) | Self::Usual)
    }
}

impl Evidence<'_> {
    /// What the descriptions say of something: the first that speaks.
    pub(super) fn described<T>(
        &self,
        field: impl Fn(&Description) -> Option<T>,
    ) -> Option<(T, Authority)> {
        self.descriptions.iter().find_map(|description| {
            Some((field(description)?, Authority::Description(description.place.clone())))
        })
    }

    /// What the record says of something.
    pub(super) fn recorded<T>(&self, field: impl Fn(&Architecture) -> T) -> Option<(T, Authority)> {
        Some((field(&self.record?.architecture), Authority::Record))
    }

    /// Caller, descriptions, record, or as seen: the first that speaks.
    pub(super) fn pooling(&self, seen: Pooling) -> (Pooling, Authority) {
        let asked = self.options.pooling.map(|pooling| (pooling, Authority::Caller));
        asked
            .or_else(|| self.described(|d| d.pooling))
            .or_else(|| self.recorded(|a| a.pooling))
            .unwrap_or((seen, Authority::Tensors))
    }

    /// Caller, the file's metadata, record, a description of pixels beside the file, or the grid of
    /// its position embeddings.
    pub(super) fn image_size(
        &self,
        a: &Architecture,
        grid: usize,
    ) -> Result<(usize, Authority), Error> {
        let asked = self.options.image_size.map(|size| (size, Authority::Caller));
        let fits = |size: &usize| *size > 0 && size.is_multiple_of(a.patch_size);
        let beside = || {
            let size = self.image_size.filter(fits).filter(|size| *size <= MAX_IMAGE_SIZE)?;
            Some((size, Authority::Description("the description of pixels beside it".to_owned())))
        };
        let (size, authority) = asked
            .or_else(|| self.described(|d| d.image_size.filter(|_| d.ours)))
            .or_else(|| self.recorded(|a| a.image_size))
            .or_else(beside)
            .unwrap_or((grid.saturating_mul(a.patch_size), Authority::Tensors));
        if size > MAX_IMAGE_SIZE || !fits(&size) {
            let (path, patch_size) = (self.path.to_owned(), a.patch_size);
            return Err(Error::ImageSize { path, patch_size, max: MAX_IMAGE_SIZE, got: size });
        }
        Ok((size, authority))
    }

    /// Caller, descriptions, record, file, a registered model of this shape, 64 wide heads: the
    /// first that speaks.
    pub(super) fn heads(&self, a: &Architecture) -> Result<(usize, Authority), Error> {
        let asked = self.options.heads.map(|heads| (heads, Authority::Caller));
        let shown = || self.heads.map(|heads| (heads, Authority::Tensors));
        let like = || {
            let record = like(a)?;
            Some((record.architecture.heads, Authority::Like(record.name)))
        };
        let usual = || a.width.is_multiple_of(64).then_some((a.width / 64, Authority::Usual));
        let found = asked
            .or_else(|| self.described(|d| d.heads))
            .or_else(|| self.recorded(|a| a.heads))
            .or_else(shown)
            .or_else(like)
            .or_else(usual);
        let (heads, authority) = found.ok_or_else(|| {
            self.wrong_heads(format!("their number to be given for width {}", a.width), "none")
        })?;
        if heads == 0 || !a.width.is_multiple_of(heads) {
            return Err(self.wrong_heads(format!("a divisor of the width {}", a.width), heads));
        }
        match self.heads {
            Some(stored) if stored != heads => {
                Err(self.wrong_heads(format!("{stored} as in the file"), heads))
            }
            _ => {
                agree::heads(self, heads, &authority)?;
                Ok((heads, authority))
            }
        }
    }

    pub(super) fn wrong_heads(&self, expected: String, got: impl ToString) -> Error {
        Error::Heads { path: self.path.to_owned(), expected, got: got.to_string() }
    }

    pub(super) fn mismatch(&self, mismatch: Mismatch) -> Error {
        Error::Tensors { path: self.path.to_owned(), mismatch }
    }
}

/// A registered model of the same shape.
fn like(a: &Architecture) -> Option<&'static ModelRecord> {
    let shape = |a: &Architecture| (a.width, a.depth, a.patch_size, a.layer_scale);
    RECORDS.iter().find(|record| shape(&record.architecture) == shape(a))
}
