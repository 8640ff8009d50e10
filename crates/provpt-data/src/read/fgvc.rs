//! The lists of the FGVC tasks (CUB-200, NABirds, Flowers, Dogs, Cars) as published with visual
//! prompt tuning (Jia et al., ECCV 2022): `train.json`, `val.json`, `test.json`, each one object
//! `{path: class id}`; `train_<percentage>.json` for a share of the training images.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value;

use super::found::Found;
use super::labels::{Known, Label, Numbers};
use super::rows::{List, Lists, Row, locate};
use super::split_names::SplitName;
use super::text;
use crate::{Error, TaskSpec};

/// Where published tasks have their images: CUB-200 and NABirds, Dogs, the others.
const ROOTS: [&str; 3] = ["images", "Images", ""];

/// The training list of a share: the whole from 1 on.
fn train_list(folder: &Path, spec: &TaskSpec) -> Result<PathBuf, Error> {
    match spec.percentage {
        share if share < 1.0 => Ok(folder.join(format!("train_{share}.json"))),
        _ => {
            let list = list_of(folder, SplitName::Train)?;
            Ok(list.unwrap_or_else(|| folder.join("train.json")))
        }
    }
}

/// The list of a split, by any of its names.
fn list_of(folder: &Path, split: SplitName) -> Result<Option<PathBuf>, Error> {
    split.file_in(folder, &["json"])
}

/// The list that makes a folder one of this layout.
pub(crate) fn sign(folder: &Path, spec: &TaskSpec) -> Option<String> {
    let share = train_list(folder, spec).ok().filter(|list| list.is_file());
    let list = match (share, list_of(folder, SplitName::Train)) {
        (Some(list), _) => list,
        (None, Ok(whole)) => whole?,
        // Reading tells what is wrong.
        (None, Err(_)) => return Some("several training lists".to_owned()),
    };
    Some(list.file_name()?.to_string_lossy().into_owned())
}

/// Class ids of the training list, sorted, are the classes `0..C`, in all splits.
pub(crate) fn find(folder: &Path, spec: &TaskSpec) -> Result<Found, Error> {
    let path = train_list(folder, spec)?;
    if !path.is_file() {
        return Err(Error::MissingList { path });
    }
    let train = read(&path)?;
    let given = |split| list_of(folder, split)?.map(|path| read(&path)).transpose();
    let lists = Lists {
        train,
        val: given(SplitName::Val)?,
        test: given(SplitName::Test)?,
        val_is_learned: false,
    };
    let known = Known::beside(folder, spec.number_classes)?;
    let root = [root(folder, &lists)];
    let found =
        lists.resolve(Numbers::AreSorted, known, |_, path| locate(&root, path), Vec::new())?;
    found.complete(spec, folder)
}

/// The first of the roots that has the first image which any of them has.
fn root(folder: &Path, lists: &Lists) -> PathBuf {
    let roots = ROOTS.map(|root| folder.join(root));
    let has = |row: &Row| roots.iter().find(|root| root.join(&row.path).is_file());
    lists.train.rows.iter().find_map(has).unwrap_or(&roots[0]).clone()
}

fn read(path: &Path) -> Result<List, Error> {
    let malformed = |cause: &serde_json::Error| Error::MalformedList {
        list: path.to_owned(),
        expected: "an object {path: class id}",
        cause: cause.to_string(),
    };
    let text = text::read(path)?;
    let mut json = serde_json::Deserializer::from_str(&text);
    let rows = json.deserialize_map(Entries).and_then(|rows| json.end().map(|()| rows));
    Ok(List { path: path.to_owned(), rows: rows.map_err(|cause| malformed(&cause))? })
}

/// Reads an object in the order of the file, which a map would lose.
struct Entries;

impl<'de> Visitor<'de> for Entries {
    type Value = Vec<Row>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object {path: class id}")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Vec<Row>, A::Error> {
        let mut rows = Vec::new();
        while let Some((path, value)) = map.next_entry::<String, Value>()? {
            let label = match &value {
                Value::Number(number) => number.as_i64().map(Label::Number),
                Value::String(name) => Some(Label::Name(name.clone())),
                _ => None,
            };
            let label = label.ok_or_else(|| {
                let value: String = value.to_string().chars().take(40).collect();
                serde::de::Error::custom(format!("class id of {path}: {value}"))
            })?;
            rows.push(Row { path, label, line: rows.len() + 1 });
        }
        Ok(rows)
    }
}
