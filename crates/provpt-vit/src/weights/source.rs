use std::path::{Path, PathBuf};

use super::hub;
use super::settle::unsupported;
use crate::error::Error;
use crate::registry::unusable::unusable;
use crate::registry::{ModelRecord, find, find_by_file, split_extension};

/// Where a backbone's weights are.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// A checkpoint file, a `*.index.json` that names several, or a folder with one of these. A
    /// registered model is recognized by the file's name; files of no telling name
    /// (`model.safetensors`) go by their folder's.
    File(PathBuf),
    /// A file of the Hugging Face hub, in its cache.
    Hub {
        /// Name of the repository, without its owner.
        name: String,
        /// The file.
        path: PathBuf,
    },
    /// A registered model, and its checkpoint file or a folder that holds it.
    Model {
        /// The model.
        record: &'static ModelRecord,
        /// File or folder.
        root: PathBuf,
    },
}

/// A checkpoint found.
pub(super) struct Located {
    pub(super) path: PathBuf,
    /// What the backbone is called if no record names it.
    pub(super) name: String,
    pub(super) record: Option<&'static ModelRecord>,
    /// Whether `config.json` and its like beside the file are about this file.
    pub(super) described: bool,
}

impl Source {
    /// Understands a feature (`data.feature`) and a folder of models (`model.model_root`): a
    /// registered name is looked for in the folder; `hf://owner/name[@revision][:file]` in the
    /// cache of the Hugging Face hub (and fetched, with the crate's feature `hf-hub`); anything
    /// else is a file or folder, as it stands or in the folder of models.
    ///
    /// # Errors
    /// [`Error::UnknownModel`] if it is none of these, [`Error::Unsupported`] if it is a published
    /// model that cannot be used; those of the hub.
    pub fn resolve(feature: &str, root: &Path) -> Result<Self, Error> {
        if let Some(record) = find(feature) {
            return Ok(Self::Model { record, root: root.to_owned() });
        }
        if feature.starts_with(hub::SCHEME) {
            let hub::Cached { name, path } = hub::resolve(feature)?;
            return Ok(Self::Hub { name, path });
        }
        let paths = [PathBuf::from(feature), root.join(feature)];
        let is_there = |path: &PathBuf| !feature.is_empty() && (path.is_file() || path.is_dir());
        if let Some(path) = paths.into_iter().find(is_there) {
            return Ok(Self::File(path));
        }
        Err(match unusable(feature) {
            Some(kind) => unsupported(Path::new(feature), kind, "by its name", None),
            None => Error::UnknownModel { name: feature.to_owned() },
        })
    }

    /// The checkpoint file, and the record that goes with it.
    ///
    /// # Errors
    /// [`Error::NoCheckpoint`] if the folder has no file of the model; the folder cannot be read.
    pub(super) fn locate(&self) -> Result<Located, Error> {
        let (path, name, record) = match self {
            Self::File(path) if path.is_dir() => {
                let name = last_name(path);
                let file = hub::choose(&names(path)?).map(|file| path.join(file));
                let path = file.ok_or_else(|| Error::NoCheckpoint {
                    name: name.clone(),
                    folder: path.clone(),
                    expected: "model.safetensors, pytorch_model.bin or one checkpoint".to_owned(),
                })?;
                let record = find(&name).or_else(|| find_by_file(&last_name(&path)));
                (path, name, record)
            }
            Self::File(path) => {
                let file = last_name(path);
                let record = find_by_file(&file);
                let name = split_extension(&file).map_or(&*file, |(stem, _)| stem).to_owned();
                if record.is_some() || !is_any_model(&file) {
                    (path.clone(), name, record)
                } else {
                    let folder = std::path::absolute(path)?.parent().map(last_name).unwrap_or(name);
                    (path.clone(), folder.clone(), find(&folder))
                }
            }
            Self::Hub { name, path } => {
                let record = find(name).or_else(|| find_by_file(&last_name(path)));
                (path.clone(), name.clone(), record)
            }
            Self::Model { record, root } => {
                let path = if root.is_dir() { search(record, root)? } else { root.clone() };
                (path, record.name.to_owned(), Some(*record))
            }
        };
        let described = is_described(&path);
        Ok(Located { path, name, record, described })
    }
}

/// Whether what lies beside a file describes it: if it bears the name that all models bear, or is
/// the one that would be taken if only its folder were given.
fn is_described(path: &Path) -> bool {
    let file = last_name(path);
    if is_any_model(&file) {
        return true;
    }
    let Some(folder) = path.parent() else { return false };
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    names(folder).is_ok_and(|names| hub::choose(&names) == Some(&*file))
}

/// Whether a file bears the name that all models bear.
fn is_any_model(file: &str) -> bool {
    ["model.", "pytorch_model."].iter().any(|start| file.starts_with(start))
}

fn last_name(path: &Path) -> String {
    // `photos/..` and `.` have no name as they stand.
    let whole = if path.file_name().is_some() { None } else { path.canonicalize().ok() };
    let name = whole.as_deref().unwrap_or(path).file_name();
    name.unwrap_or_default().to_string_lossy().into_owned()
}

pub(super) fn names(folder: &Path) -> Result<Vec<String>, Error> {
    let entries = fs_err::read_dir(folder)?;
    let names = entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
    names.collect::<Result<_, std::io::Error>>().map_err(Error::from)
}

/// The published file, `NAME/model.safetensors` as the Hugging Face hub lays it out, or any
/// file named after the model (safetensors before npz before pth).
fn search(record: &'static ModelRecord, root: &Path) -> Result<PathBuf, Error> {
    let hub = Path::new(record.name).join("model.safetensors");
    let published = record.files.iter().map(Path::new).chain([hub.as_path()]);
    if let Some(path) = published.map(|file| root.join(file)).find(|path| path.is_file()) {
        return Ok(path);
    }
    let mut found = Vec::new();
    for name in names(root)? {
        let Some((stem, rank)) = split_extension(&name) else { continue };
        // Swin's authors publish, under timm's names, files that are another record's.
        let [by_file, by_stem] = [find_by_file(&name), find(stem)];
        if [by_file, by_stem].iter().flatten().any(|other| other.name == record.name) {
            found.push((stem.len(), rank, name));
        }
    }
    let best = found.into_iter().min().map(|(_, _, name)| root.join(name));
    best.ok_or_else(|| Error::NoCheckpoint {
        name: record.name.to_owned(),
        folder: root.to_owned(),
        expected: expected(record),
    })
}

fn expected(record: &ModelRecord) -> String {
    let own = format!("{}.safetensors, .npz or .pth", record.name);
    let files = record.files.iter().map(|file| (*file).to_owned()).chain([own]);
    files.collect::<Vec<_>>().join(" or ")
}
