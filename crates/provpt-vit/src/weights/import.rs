use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::describe::{Beside, own};
use super::name::{Convention, Located, Place, locate};
use super::settle::{self, Evidence, Finding};
use super::{Backbone, Format, ImportReport, LoadOptions, Resampled, StateDict, Tensor};
use crate::Architecture;
use crate::error::{Error, listed};
use crate::posembed::resample;
use crate::registry::{ModelRecord, find};

/// A file that has been read.
pub(super) struct Checkpoint {
    pub(super) path: PathBuf,
    /// What the backbone is called if no record names it.
    pub(super) name: String,
    pub(super) record: Option<&'static ModelRecord>,
    /// What lies beside the file and describes it.
    pub(super) beside: Beside,
    pub(super) format: Format,
    pub(super) sha256: String,
}

impl Checkpoint {
    /// Names, compares and fits the tensors.
    pub(super) fn import(self, state: StateDict, options: &LoadOptions) -> Result<Backbone, Error> {
        let place = self.place(&state, options)?;
        let own = own::read(&state).map_err(|cause| {
            let (path, format) = (self.path.clone(), self.format);
            Error::Damaged { path, format, cause }
        })?;
        let Beside { model, pixels } = self.beside.clone();
        let by_description = || model.as_ref().and_then(|model| model.record);
        let record = self.record.or_else(|| find(&own.as_ref()?.name)).or_else(by_description);
        let mut findings = self.findings(&place, record);
        let (dtypes, skipped) = (state.dtypes.clone(), state.skipped.clone());
        let convention = place.naming.convention();
        let canonical = convention.canonical(&place.prefix, state);
        let mut tensors = canonical.tensors;
        let descriptions = own.as_ref().map(own::Own::description).into_iter().chain(model);
        let evidence = Evidence {
            path: &self.path,
            record,
            heads: canonical.heads,
            windows: canonical.windows,
            descriptions: descriptions.collect(),
            image_size: pixels.as_ref().and_then(|pixels| pixels.image_size),
            options,
        };
        let outcome = settle::settle(&evidence, &mut tensors, &canonical.origins)
            .map_err(|error| self.no_floats(error, &place, &skipped))?;
        check_values(&self.path, &tensors)?;
        findings.extend(outcome.findings);
        let architecture = outcome.architecture;
        let own_pixels = own.and_then(|own| own.preprocessing);
        let (preprocessing, source) = settle::pixels(pixels, own_pixels, record, &self.name);
        let report = ImportReport {
            format: self.format,
            naming: place.naming,
            prefix: place.prefix,
            dropped: canonical.dropped,
            dtypes,
            resampled: fit(&mut tensors, &architecture, outcome.grid, convention),
            heads_guess: outcome.heads_guess,
            pixels: source,
            findings,
        };
        let name = record.map_or(self.name, |record| record.name.to_owned());
        Ok(Backbone { architecture, tensors, sha256: self.sha256, name, preprocessing, report })
    }

    /// Where in the file the backbone is, if it is one that can be used.
    fn place(&self, state: &StateDict, options: &LoadOptions) -> Result<Place, Error> {
        let names = state.tensors.keys().chain(&state.skipped).map(String::as_str);
        let wanted = options.prefix.as_deref();
        let inside = names.clone().filter(|name| wanted.is_none_or(|w| name.starts_with(w)));
        if let Some((kind, example)) = settle::by_names(inside) {
            let width = patch_width(state);
            return Err(settle::unsupported(&self.path, kind, example, width));
        }
        let floats = state.tensors.keys().map(String::as_str);
        let located = match locate(floats, wanted) {
            Located::Nowhere => locate(names.clone(), wanted),
            located => located,
        };
        match located {
            Located::At(place) => Ok(place),
            Located::Several(prefixes) => {
                Err(Error::SeveralModels { path: self.path.clone(), prefixes: listed(&prefixes) })
            }
            Located::Nowhere => {
                let all: Vec<String> = names.map(str::to_owned).collect();
                let examples = if all.is_empty() { "no tensors".to_owned() } else { listed(&all) };
                Err(Error::UnknownNaming { path: self.path.clone(), examples })
            }
        }
    }

    /// Tensors are missing that are in the file, but not as floats: that is said instead.
    fn no_floats(&self, error: Error, place: &Place, skipped: &[String]) -> Error {
        let Error::Tensors { mismatch, .. } = &error else { return error };
        let convention = place.naming.convention();
        let is_missing = |name: &&String| {
            let canonical = convention.canonical_name(&place.prefix, name);
            canonical.is_some_and(|canonical| mismatch.missing.contains(&canonical))
        };
        match skipped.iter().find(is_missing) {
            None => error,
            Some(name) => Error::Unreadable {
                path: self.path.clone(),
                format: self.format,
                got: format!("others than floats of 16, 32 or 64 bits, such as {name}"),
            },
        }
    }

    /// What was found before a look at shapes.
    fn findings(&self, place: &Place, record: Option<&ModelRecord>) -> Vec<Finding> {
        let finding = |what, value: String, because: String| Finding { what, value, because };
        let format = settle::of_format(self.format).to_owned();
        let mut all = vec![
            finding("format", self.format.to_string(), format),
            finding("naming", place.naming.to_string(), format!("the name {}", place.example)),
        ];
        if !place.prefix.is_empty() {
            let because = "in front of the backbone's names".to_owned();
            all.push(finding("prefix", place.prefix.clone(), because));
        }
        let described = self.beside.model.as_ref();
        let because = match (record, self.record) {
            (None, _) => "neither the name of the file nor a description of it is a model's",
            (Some(_), Some(_)) => "the name of the file or model",
            (Some(record), None) => match described.and_then(|model| model.record) {
                Some(other) if other.name == record.name => "config.json",
                _ => "the file's metadata",
            },
        };
        let name = record.map_or("none", |record| record.name);
        all.push(finding("record", name.to_owned(), because.to_owned()));
        all
    }
}

/// One value that is no number spoils all features.
pub(super) fn check_values(path: &Path, tensors: &BTreeMap<String, Tensor>) -> Result<(), Error> {
    for (name, tensor) in tensors {
        let bad = tensor.data.iter().filter(|value| !value.is_finite());
        let count = bad.clone().count();
        if let Some(first) = bad.clone().next() {
            let (path, name, got) = (path.to_owned(), name.clone(), *first);
            return Err(Error::NotFinite { path, name, got, count });
        }
    }
    Ok(())
}

/// Token width, as the kernel of some patch embedding shows it.
fn patch_width(state: &StateDict) -> Option<usize> {
    let mut shapes = state.tensors.values().map(|tensor| &tensor.shape[..]);
    shapes.find_map(|shape| match *shape {
        [width, 3, p, q] if p == q && p > 3 => Some(width),
        _ => None,
    })
}

/// Brings position embeddings to the architecture's grid.
pub(super) fn fit(
    tensors: &mut BTreeMap<String, Tensor>,
    architecture: &Architecture,
    from: usize,
    convention: &Convention,
) -> Option<Resampled> {
    let to = architecture.grid();
    let position = tensors.get_mut("pos_embed").filter(|_| from != to)?;
    let method = convention.resampling;
    position.data = resample(&position.data, architecture.width, (from, to), method);
    position.shape = vec![1, 1 + to * to, architecture.width];
    Some(Resampled { from, to, method })
}
