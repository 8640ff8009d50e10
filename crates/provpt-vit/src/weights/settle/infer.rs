//! The architecture of named tensors.

use std::collections::BTreeMap;
use std::path::Path;

use crate::weights::describe::own::Own;
use crate::weights::name::number;
use crate::weights::{LoadOptions, Tensor};
use crate::error::{Error, Mismatch, WrongShape};
use crate::registry::{ModelRecord, NORM_EPS, RECORDS};
use crate::{Architecture, Pooling};

/// Largest image side, in pixels.
const MAX_IMAGE_SIZE: usize = 4096;

/// What is known of a checkpoint besides its tensors.
pub(in crate::weights) struct Known<'a> {
    pub(in crate::weights) path: &'a Path,
    pub(in crate::weights) record: Option<&'static ModelRecord>,
    /// Heads, where the shapes in the file show them.
    pub(in crate::weights) heads: Option<usize>,
    /// What the file says of itself.
    pub(in crate::weights) own: Option<&'a Own>,
    pub(in crate::weights) options: &'a LoadOptions,
}

/// Who settled a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::weights) enum Told {
    /// The caller.
    Caller,
    /// The registered model's record.
    Record,
    /// What the file says of itself.
    Metadata,
    /// The shapes or names of tensors.
    Tensors,
    /// A registered model of the same shape.
    Like(&'static str),
    /// Nobody: the usual.
    Usual,
}

impl Known<'_> {
    /// Takes the architecture from the record, else from the tensors, and the side of the file's
    /// grid of position embeddings. Image size and heads, which tensors do not show, are left as
    /// they are in the record, or 0.
    pub(in crate::weights) fn infer(
        &self,
        tensors: &BTreeMap<String, Tensor>,
    ) -> Result<(Architecture, usize), Error> {
        let mut architecture = match self.record {
            Some(record) => record.architecture(),
            None => from_tensors(tensors).map_err(|mismatch| self.mismatch(mismatch))?,
        };
        architecture.pooling = self.pooling(architecture.pooling).0;
        let grid = self.grid(tensors, &architecture)?;
        Ok((architecture, grid))
    }

    /// Caller, record, metadata, or as inferred from the tensors: the first that speaks.
    pub(in crate::weights) fn pooling(&self, inferred: Pooling) -> (Pooling, Told) {
        let said = [
            (self.options.pooling, Told::Caller),
            (self.record.map(|record| record.pooling), Told::Record),
            (self.own.map(|own| own.pooling), Told::Metadata),
        ];
        first(said).unwrap_or((inferred, Told::Tensors))
    }

    pub(in crate::weights) fn mismatch(&self, mismatch: Mismatch) -> Error {
        Error::Tensors { path: self.path.to_owned(), mismatch }
    }

    fn grid(&self, tensors: &BTreeMap<String, Tensor>, a: &Architecture) -> Result<usize, Error> {
        let name = "pos_embed";
        match tensors.get(name).map(|tensor| (tensor, &tensor.shape[..])) {
            Some((_, &[1, rows, d])) if d == a.width => {
                let grid = rows.saturating_sub(1).isqrt();
                let square = grid > 0 && 1 + grid * grid == rows;
                let path = || self.path.to_owned();
                square.then_some(grid).ok_or_else(|| Error::PositionRows { path: path(), rows })
            }
            // The comparison will list it with all the rest.
            _ if self.record.is_some() => Ok(a.grid()),
            None => Err(self.mismatch(missing(name))),
            Some((tensor, _)) => {
                let expected = format!("[1, rows, {}]", a.width);
                Err(self.mismatch(wrong_shape(name, &expected, tensor)))
            }
        }
    }

    /// Caller, the file of itself, record, or the grid of its position embeddings.
    pub(in crate::weights) fn set_image_size(&self, a: &mut Architecture, grid: usize) -> Result<Told, Error> {
        let trained = grid.saturating_mul(a.patch_size);
        // A file of ours has the grid that it speaks of; no other may ask for a larger one.
        let own = self.own.map(|own| own.image_size).filter(|size| *size == trained);
        let said = [
            (self.options.image_size, Told::Caller),
            (own, Told::Metadata),
            (self.record.map(|record| record.image_size), Told::Record),
        ];
        let (size, told) = first(said).unwrap_or((trained, Told::Tensors));
        if size == 0 || size > MAX_IMAGE_SIZE || !size.is_multiple_of(a.patch_size) {
            let (path, patch_size) = (self.path.to_owned(), a.patch_size);
            return Err(Error::ImageSize { path, patch_size, max: MAX_IMAGE_SIZE, got: size });
        }
        a.image_size = size;
        Ok(told)
    }

    /// Caller, record, metadata, file, a registered model of this shape, 64 wide heads: the first
    /// that speaks.
    pub(in crate::weights) fn set_heads(&self, architecture: &mut Architecture) -> Result<Told, Error> {
        let width = architecture.width;
        let like = like(architecture);
        let said = [
            (self.options.heads, Told::Caller),
            (self.record.map(|record| record.heads), Told::Record),
            (self.own.and_then(|own| own.heads), Told::Metadata),
            (self.heads, Told::Tensors),
            (like.map(|record| record.heads), Told::Like(like.map_or("", |record| record.name))),
            (width.is_multiple_of(64).then_some(width / 64), Told::Usual),
        ];
        let (heads, told) = first(said).ok_or_else(|| {
            self.wrong_heads(format!("their number to be given for width {width}"), "none")
        })?;
        if heads == 0 || !width.is_multiple_of(heads) {
            return Err(self.wrong_heads(format!("a divisor of the width {width}"), heads));
        }
        match self.own.and_then(|own| own.heads).or(self.heads) {
            Some(stored) if stored != heads => {
                Err(self.wrong_heads(format!("{stored} as in the file"), heads))
            }
            _ => {
                architecture.heads = heads;
                Ok(told)
            }
        }
    }

    fn wrong_heads(&self, expected: String, got: impl ToString) -> Error {
        Error::Heads { path: self.path.to_owned(), expected, got: got.to_string() }
    }
}

/// The first that speaks.
fn first<T: Copy, const N: usize>(said: [(Option<T>, Told); N]) -> Option<(T, Told)> {
    said.into_iter().find_map(|(value, told)| Some((value?, told)))
}

/// A registered model of the same shape.
fn like(a: &Architecture) -> Option<&'static ModelRecord> {
    let same = |r: &&ModelRecord| {
        (r.width, r.depth, r.patch_size, r.layer_scale)
            == (a.width, a.depth, a.patch_size, a.layer_scale)
    };
    RECORDS.iter().find(same)
}

/// Everything but image size and heads, which tensors do not show.
fn from_tensors(tensors: &BTreeMap<String, Tensor>) -> Result<Architecture, Mismatch> {
    let patch = "patch_embed.proj.weight";
    let kernel = tensors.get(patch).ok_or_else(|| missing(patch))?;
    let (width, patch_size) = match kernel.shape[..] {
        [d, 3, p, q] if d > 0 && p > 0 && p == q => (d, p),
        _ => return Err(wrong_shape(patch, "[d, 3, p, p]", kernel)),
    };
    let has = |end: &str| tensors.keys().any(|name| block_of(name).is_some_and(|b| b.1 == end));
    let last = tensors.keys().filter_map(|name| Some(block_of(name)?.0)).max();
    let fc1 = tensors.iter().find(|(name, _)| name.ends_with(".mlp.fc1.weight"));
    let (Some(last), Some((_, fc1))) = (last, fc1) else {
        return Err(missing("blocks.0.mlp.fc1.weight"));
    };
    let pooling = if tensors.contains_key("fc_norm.weight") { Pooling::Mean } else { Pooling::Cls };
    Ok(Architecture {
        image_size: 0,
        patch_size,
        width,
        depth: usize::from(last) + 1,
        heads: 0,
        mlp_width: fc1.shape.first().copied().unwrap_or_default(),
        layer_scale: has("ls1.gamma") || has("ls2.gamma"),
        pooling,
        norm_eps: NORM_EPS,
    })
}

/// `blocks.3.norm1.weight` to (3, `norm1.weight`).
fn block_of(name: &str) -> Option<(u16, &str)> {
    let (digits, rest) = name.strip_prefix("blocks.")?.split_once('.')?;
    Some((number(digits)?, rest))
}

fn missing(name: &str) -> Mismatch {
    Mismatch { missing: vec![name.to_owned()], ..Mismatch::default() }
}

fn wrong_shape(name: &str, expected: &str, tensor: &Tensor) -> Mismatch {
    let wrong = WrongShape {
        name: name.to_owned(),
        expected: expected.to_owned(),
        got: tensor.shape.clone(),
    };
    Mismatch { wrong_shape: vec![wrong], ..Mismatch::default() }
}
