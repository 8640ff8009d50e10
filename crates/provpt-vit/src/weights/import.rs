use std::collections::BTreeMap;
use std::path::PathBuf;

use super::describe::own::{self, Own};
use super::name::{Detected};
use super::settle::{Known, Told, merge, refuse};
use super::settle::reasons::{self, Finding, Settled};
use super::{
    Backbone, Format, ImportReport, LoadOptions, Naming, Resampled, StateDict, Tensor,
};
use crate::Architecture;
use crate::error::{Error, listed};
use crate::posembed::{Resampling, resample};
use crate::registry::{ModelRecord, PreprocessingRecord, find};

/// A file that has been read.
pub(super) struct Checkpoint {
    pub(super) path: PathBuf,
    /// What the backbone is called if no record names it.
    pub(super) name: String,
    pub(super) record: Option<&'static ModelRecord>,
    pub(super) format: Format,
    pub(super) sha256: String,
}

impl Checkpoint {
    /// Names, compares and fits the tensors.
    pub(super) fn import(self, state: StateDict, options: &LoadOptions) -> Result<Backbone, Error> {
        let detected = Naming::detect(&state).ok_or_else(|| self.unknown_naming(&state))?;
        let own = own::read(&state).map_err(|cause| {
            let (path, format) = (self.path.clone(), self.format);
            Error::Damaged { path, format, cause }
        })?;
        let record = self.record.or_else(|| find(&own.as_ref()?.name));
        let dtypes = state.dtypes.clone();
        let wrapper = state.wrapper.clone();
        let canonical = detected.naming.canonical(detected.prefix, state);
        let mut tensors = canonical.tensors;
        if let Some((what, example)) = refuse::stranger(&tensors) {
            let example = example.to_owned();
            return Err(Error::Unsupported { path: self.path, what, example });
        }
        let cls_row = !add_row_for_cls(&mut tensors);
        let (heads, own) = (canonical.heads, own.as_ref());
        let known = Known { path: &self.path, record, heads, own, options };
        let (mut architecture, grid) = known.infer(&tensors)?;
        let mismatch = merge::compare(&tensors, &architecture, grid);
        if !mismatch.is_empty() {
            return Err(known.mismatch(mismatch));
        }
        let settled = Settled {
            image_size: known.set_image_size(&mut architecture, grid)?,
            heads: known.set_heads(&mut architecture)?,
            pooling: known.pooling(architecture.pooling).1,
            grid,
            cls_row,
        };
        let mut findings = self.findings(&detected, &wrapper, record);
        findings.extend(reasons::of_architecture(&known, &architecture, &tensors, &settled));
        let report = ImportReport {
            format: self.format,
            naming: detected.naming,
            prefix: format!("{wrapper}{}", detected.prefix),
            dropped: canonical.dropped,
            dtypes,
            resampled: fit(&mut tensors, &architecture, grid, detected.naming),
            heads_assumed: matches!(settled.heads, Told::Like(_) | Told::Usual),
            preprocessing_assumed: told(record, own).is_none(),
            findings,
        };
        let preprocessing = told(record, own).unwrap_or(PreprocessingRecord::INCEPTION);
        let name = record.map_or(self.name, |record| record.name.to_owned());
        Ok(Backbone { architecture, tensors, sha256: self.sha256, name, preprocessing, report })
    }

    fn unknown_naming(&self, state: &StateDict) -> Error {
        let names: Vec<String> = state.tensors.keys().chain(&state.skipped).cloned().collect();
        let examples = if names.is_empty() { "no tensors".to_owned() } else { listed(&names) };
        Error::UnknownNaming { path: self.path.clone(), examples }
    }

    /// What was found before a look at shapes.
    fn findings(
        &self,
        detected: &Detected,
        wrapper: &str,
        record: Option<&ModelRecord>,
    ) -> Vec<Finding> {
        let finding = |what, value: String, because: String| Finding { what, value, because };
        let mut all = vec![
            finding("format", self.format.to_string(), reasons::of_format(self.format).into()),
            finding(
                "naming",
                detected.naming.to_string(),
                format!("the name {}", detected.example),
            ),
        ];
        let prefix = format!("{wrapper}{}", detected.prefix);
        if !prefix.is_empty() {
            let because = "in front of the backbone's names".to_owned();
            all.push(finding("prefix", prefix, because));
        }
        let because = match (record, self.record) {
            (None, _) => "neither the name of the file nor its metadata is a model's",
            (Some(_), Some(_)) => "the name of the file or model",
            (Some(_), None) => "the file's metadata",
        };
        let name = record.map_or("none", |record| record.name);
        all.push(finding("record", name.to_owned(), because.to_owned()));
        all
    }
}

/// What images must look like, if anything says so.
fn told(record: Option<&ModelRecord>, own: Option<&Own>) -> Option<PreprocessingRecord> {
    record.map(|record| record.preprocessing).or_else(|| own?.preprocessing)
}

/// Models whose CLS token has no position (big_vision's, DeiT III): zeros, which change nothing.
/// Says whether a row was added.
fn add_row_for_cls(tensors: &mut BTreeMap<String, Tensor>) -> bool {
    let has_cls = tensors.contains_key("cls_token");
    let Some(position) = tensors.get_mut("pos_embed").filter(|_| has_cls) else { return false };
    let &[1, rows, width] = &position.shape[..] else { return false };
    if rows == 0 || rows.isqrt().pow(2) != rows {
        return false;
    }
    position.shape[1] += 1;
    position.data.splice(..0, vec![0.0; width]);
    true
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
