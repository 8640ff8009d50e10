use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::registry::{ModelRecord, find, find_by_file, split_extension};

/// Where a backbone's weights are.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// A checkpoint file. A registered model is recognized by the file's name.
    File(PathBuf),
    /// A registered model, and its checkpoint file or a folder that holds it.
    Model {
        /// The model.
        record: &'static ModelRecord,
        /// File or folder.
        root: PathBuf,
    },
}

impl Source {
    /// Understands a feature (`data.feature`) and a folder of models (`model.model_root`): a
    /// registered name is looked for in the folder, anything else is a file, as it stands or in
    /// the folder.
    ///
    /// # Errors
    /// [`Error::UnknownModel`] if it is neither.
    pub fn resolve(feature: &str, root: &Path) -> Result<Self, Error> {
        if let Some(record) = find(feature) {
            return Ok(Self::Model { record, root: root.to_owned() });
        }
        let files = [PathBuf::from(feature), root.join(feature)];
        let file = files.into_iter().find(|path| path.is_file());
        file.map(Self::File).ok_or_else(|| Error::UnknownModel { name: feature.to_owned() })
    }

    /// The checkpoint file, and the record that goes with it.
    ///
    /// # Errors
    /// [`Error::NoCheckpoint`] if the folder has no file of the model; the folder cannot be read.
    pub(super) fn locate(&self) -> Result<(PathBuf, Option<&'static ModelRecord>), Error> {
        match self {
            Self::File(path) => {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                Ok((path.clone(), find_by_file(&name)))
            }
            Self::Model { record, root } if root.is_dir() => {
                Ok((search(record, root)?, Some(record)))
            }
            Self::Model { record, root } => Ok((root.clone(), Some(record))),
        }
    }
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
    for entry in fs_err::read_dir(root)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if find_by_file(&name).is_some_and(|other| other.name == record.name)
            && let Some((stem, rank)) = split_extension(&name)
        {
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
