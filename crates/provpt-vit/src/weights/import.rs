use std::collections::BTreeMap;
use std::path::PathBuf;

use super::infer::Known;
use super::{
    Backbone, Format, ImportReport, LoadOptions, Naming, Resampled, StateDict, Tensor, merge,
};
use crate::Architecture;
use crate::error::{Error, listed};
use crate::posembed::{Resampling, resample};
use crate::registry::{ModelRecord, PreprocessingRecord, split_extension};

/// A file that has been read.
pub(super) struct Checkpoint {
    pub(super) path: PathBuf,
    pub(super) record: Option<&'static ModelRecord>,
    pub(super) format: Format,
    pub(super) sha256: String,
}

impl Checkpoint {
    /// Names, compares and fits the tensors.
    pub(super) fn import(self, state: StateDict, options: &LoadOptions) -> Result<Backbone, Error> {
        let naming = Naming::detect(&state).ok_or_else(|| self.unknown_naming(&state))?;
        let dtypes = state.dtypes.clone();
        let canonical = naming.canonical(state);
        let mut tensors = canonical.tensors;
        let known =
            Known { path: &self.path, record: self.record, heads: canonical.heads, options };
        let (mut architecture, grid) = known.infer(&tensors)?;
        let mismatch = merge::compare(&tensors, &architecture, grid);
        if !mismatch.is_empty() {
            return Err(known.mismatch(mismatch));
        }
        known.set_image_size(&mut architecture, grid)?;
        let heads_assumed = known.set_heads(&mut architecture)?;
        let resampled = fit(&mut tensors, &architecture, grid, naming);
        let report = ImportReport {
            format: self.format,
            naming,
            dropped: canonical.dropped,
            dtypes,
            resampled,
            heads_assumed,
            preprocessing_assumed: self.record.is_none(),
        };
        let preprocessing =
            self.record.map_or(PreprocessingRecord::INCEPTION, |record| record.preprocessing);
        let name = self.name();
        Ok(Backbone { architecture, tensors, sha256: self.sha256, name, preprocessing, report })
    }

    fn unknown_naming(&self, state: &StateDict) -> Error {
        let names: Vec<String> = state.tensors.keys().chain(&state.skipped).cloned().collect();
        let examples = if names.is_empty() { "no tensors".to_owned() } else { listed(&names) };
        Error::UnknownNaming { path: self.path.clone(), examples }
    }

    fn name(&self) -> String {
        let file = self.path.file_name().unwrap_or_default().to_string_lossy();
        let stem = split_extension(&file).map_or(&*file, |(stem, _)| stem);
        self.record.map_or_else(|| stem.to_owned(), |record| record.name.to_owned())
    }
}

/// Brings position embeddings to the architecture's grid.
fn fit(
    tensors: &mut BTreeMap<String, Tensor>,
    architecture: &Architecture,
    from: usize,
    naming: Naming,
) -> Option<Resampled> {
    let to = architecture.grid();
    let position = tensors.get_mut("pos_embed").filter(|_| from != to)?;
    let method = match naming {
        Naming::Google => Resampling::Zoom,
        Naming::Timm | Naming::HuggingFace => Resampling::Bicubic,
    };
    position.data = resample(&position.data, architecture.width, (from, to), method);
    position.shape = vec![1, 1 + to * to, architecture.width];
    Some(Resampled { from, to, method })
}
