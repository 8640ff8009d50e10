use std::collections::BTreeMap;

use super::import::fit;
use super::{Finding, Format, Inspection, Naming, PixelSource, Source, Tensor};
use crate::error::Error;
use crate::posembed::Resampling;
use crate::registry::PreprocessingRecord;
use crate::{Architecture, Pooling};

/// A frozen backbone: weights under canonical (timm's) names, and what one must know to use them.
#[derive(Clone, Debug, PartialEq)]
pub struct Backbone {
    /// The shape, at the wanted image size.
    pub architecture: Architecture,
    /// Weights by canonical name; `pos_embed` fits the wanted image size.
    pub tensors: BTreeMap<String, Tensor>,
    /// SHA-256 of the checkpoint's bytes, in lower-case hexadecimal.
    pub sha256: String,
    /// Registered name, else the file's name without its extension.
    pub name: String,
    /// What images must look like.
    pub preprocessing: PreprocessingRecord,
    /// What the import did.
    pub report: ImportReport,
}

/// What the caller knows better than file and registry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoadOptions {
    /// Side of the images, in pixels; position embeddings are resampled to it.
    pub image_size: Option<usize>,
    /// Attention heads, which most files do not show.
    pub heads: Option<usize>,
    /// How features are read.
    pub pooling: Option<Pooling>,
    /// What stands in front of the backbone's names, for files that hold several models.
    pub prefix: Option<String>,
}

/// What an import did, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportReport {
    /// Container of the checkpoint.
    pub format: Format,
    /// Whose names its tensors bear.
    pub naming: Naming,
    /// What stood in front of the backbone's names in the file.
    pub prefix: String,
    /// Tensors of the file that are no part of the backbone, sorted.
    pub dropped: Vec<String>,
    /// Tensors of the file by element type.
    pub dtypes: BTreeMap<&'static str, usize>,
    /// How position embeddings were brought to the wanted grid, if they had to be.
    pub resampled: Option<Resampled>,
    /// Why the number of heads is what it is, if that is a guess.
    pub heads_guess: Option<String>,
    /// Who says what images must look like.
    pub pixels: PixelSource,
    /// What was settled, and by what.
    pub findings: Vec<Finding>,
}

/// A resampling of position embeddings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resampled {
    /// Side of the file's grid.
    pub from: usize,
    /// Side of the wanted grid.
    pub to: usize,
    /// The method.
    pub method: Resampling,
}

impl Backbone {
    /// The same for images in a frame of so many pixels, where position embeddings are resampled to
    /// the larger grid as on loading.
    ///
    /// # Errors
    /// They have been resampled already, and would be twice.
    pub fn framed(mut self, frame: usize) -> Result<Self, Error> {
        let a = &mut self.architecture;
        if a.frame == frame {
            return Ok(self);
        }
        if a.frame != 0 || self.report.resampled.is_some() {
            let size = self.report.resampled.map_or(0, |r| r.from * a.patch_size);
            return Err(Error::FrameOfResampled { name: self.name, size, got: a.image_size });
        }
        let from = a.grid();
        a.frame = frame;
        let convention = self.report.naming.convention();
        self.report.resampled = fit(&mut self.tensors, a, from, convention);
        Ok(self)
    }

    /// Reads a checkpoint of any [`Format`] and [`Naming`]. An embedded backbone needs no file, but a file
    /// of its name is preferred.
    ///
    /// # Errors
    /// The file is not there, damaged or no checkpoint; its tensors are not those of the record's
    /// (or the inferred) architecture; the options do not fit it.
    pub fn open(source: &Source, options: &LoadOptions) -> Result<Self, Error> {
        Inspection::open(source, options)?.backbone
    }

    /// Reads a safetensors or npz checkpoint that is in memory already, such as an embedded one.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn from_bytes(name: &str, bytes: &[u8], options: &LoadOptions) -> Result<Self, Error> {
        Inspection::from_bytes(name, bytes, options)?.backbone
    }
}
