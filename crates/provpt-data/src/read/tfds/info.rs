//! `dataset_info.json`: name, version, splits, and how their shards are called.

use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Deserializer};

use super::TfdsError;

pub(crate) const FILE: &str = "dataset_info.json";
const TEMPLATE: &str = "{DATASET}-{SPLIT}.{FILEFORMAT}-{SHARD_X_OF_Y}";

/// As written by the official library, unknown keys ignored.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Info {
    pub(super) name: String,
    #[serde(default)]
    pub(super) version: String,
    pub(super) config_name: Option<String>,
    file_format: Option<String>,
    #[serde(default)]
    pub(super) splits: Vec<SplitInfo>,
    supervised_keys: Option<Supervised>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SplitInfo {
    pub(super) name: String,
    filepath_template: Option<String>,
    /// Examples per shard.
    #[serde(default)]
    pub(super) shard_lengths: Vec<Int64>,
}

/// `supervised_keys=("image", "label")`: since 2020 a tuple, before two names.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Supervised {
    input: Option<String>,
    output: Option<String>,
    tuple: Option<Tuple>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Tuple {
    #[serde(default)]
    items: Vec<Item>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    feature_key: Option<String>,
}

/// Protobuf's JSON writes 64-bit integers as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Int64(pub(super) u64);

impl<'de> Deserialize<'de> for Int64 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "a whole number, as such or as text")]
        enum Either {
            Number(u64),
            Text(String),
        }
        match Either::deserialize(deserializer)? {
            Either::Number(number) => Ok(Self(number)),
            Either::Text(text) => text.parse().map(Self).map_err(serde::de::Error::custom),
        }
    }
}

impl Info {
    pub(super) fn read(folder: &Path) -> Result<Self, TfdsError> {
        let path = folder.join(FILE);
        if !path.is_file() {
            return Err(TfdsError::MissingInfo { path });
        }
        let info: Self = serde_json::from_str(&fs_err::read_to_string(&path)?)
            .map_err(|e| TfdsError::Json { path: path.clone(), cause: e.to_string() })?;
        let format = info.file_format.as_deref().unwrap_or("tfrecord");
        if format != "tfrecord" {
            return Err(TfdsError::FileFormat { path, got: format.to_owned() });
        }
        Ok(info)
    }

    pub(super) fn split(&self, folder: &Path, name: &str) -> Result<&SplitInfo, TfdsError> {
        let path = folder.join(FILE);
        let Some(split) = self.splits.iter().find(|split| split.name == name) else {
            let known: Vec<&str> = self.splits.iter().map(|split| split.name.as_str()).collect();
            return Err(TfdsError::NoSplit { path, known: known.join(", "), got: name.to_owned() });
        };
        if split.shard_lengths.is_empty() {
            let cause = format!("split {name}: expected shardLengths, got none");
            return Err(TfdsError::Json { path, cause });
        }
        Ok(split)
    }

    /// Names of the features that are learned from and that are learned.
    pub(super) fn supervised(&self) -> Option<(&str, &str)> {
        let keys = self.supervised_keys.as_ref()?;
        if let Some(Tuple { items }) = &keys.tuple {
            let [from, to] = items.as_slice() else { return None };
            return Some((from.feature_key.as_deref()?, to.feature_key.as_deref()?));
        }
        Some((keys.input.as_deref()?, keys.output.as_deref()?))
    }

    /// The file of shard `index` of `split`.
    pub(super) fn shard(
        &self,
        folder: &Path,
        split: &SplitInfo,
        index: usize,
    ) -> Result<PathBuf, TfdsError> {
        let shards = split.shard_lengths.len();
        let given = split.filepath_template.as_deref().filter(|template| !template.is_empty());
        let template = given.unwrap_or(TEMPLATE);
        let wrong =
            |got: &str| TfdsError::Template { path: folder.join(FILE), got: got.to_owned() };
        let (mut name, mut rest) = (String::new(), template);
        while let Some((before, after)) = rest.split_once('{') {
            let (variable, after) = after.split_once('}').ok_or_else(|| wrong(template))?;
            let value = match variable {
                "DATASET" => self.name.clone(),
                "SPLIT" => split.name.clone(),
                "FILEFORMAT" => "tfrecord".to_owned(),
                "SHARD_INDEX" => format!("{index:05}"),
                "NUM_SHARDS" => format!("{shards:05}"),
                "SHARD_X_OF_Y" => format!("{index:05}-of-{shards:05}"),
                _ => return Err(wrong(template)),
            };
            name.extend([before, &value]);
            rest = after;
        }
        name.push_str(rest);
        // A description from elsewhere must not reach out of its folder.
        if !Path::new(&name).components().all(|part| matches!(part, Component::Normal(_))) {
            return Err(wrong(&name));
        }
        Ok(folder.join(name))
    }
}

impl SplitInfo {
    pub(super) fn examples(&self) -> u64 {
        self.shard_lengths.iter().fold(0, |sum, length| sum.saturating_add(length.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(json: &str) -> Result<Info, String> {
        let folder = tempfile::tempdir().unwrap();
        fs_err::write(folder.path().join(FILE), json).unwrap();
        Info::read(folder.path())
            .map_err(|e| e.to_string().replace(&folder.path().display().to_string(), "FOLDER"))
    }

    fn shards(template: &str) -> Result<Vec<String>, String> {
        let info = info(&format!(
            r#"{{"name": "a", "splits": [{{"name": "b", "filepathTemplate": "{template}",
                "shardLengths": ["1", 2]}}]}}"#
        ))?;
        let folder = Path::new("f");
        let split = info.split(folder, "b").map_err(|e| e.to_string())?;
        assert_eq!(split.examples(), 3);
        let name = |i| info.shard(folder, split, i).map(|path| path.display().to_string());
        (0..2).map(|i| name(i).map_err(|e| e.to_string())).collect()
    }

    #[test]
    fn shards_are_named_by_the_template() {
        let usual = ["f/a-b.tfrecord-00000-of-00002", "f/a-b.tfrecord-00001-of-00002"];
        for template in ["", "{DATASET}-{SPLIT}.tfrecord-{SHARD_X_OF_Y}", TEMPLATE] {
            assert_eq!(shards(template).unwrap(), usual);
        }
        let other = shards("{SPLIT}/x{SHARD_INDEX}.{FILEFORMAT}-{NUM_SHARDS}y").unwrap();
        assert_eq!(other, ["f/b/x00000.tfrecord-00002y", "f/b/x00001.tfrecord-00002y"]);
    }

    #[test]
    fn templates_stay_in_the_folder() {
        for template in ["../{SPLIT}", "/etc/passwd", "{SPLIT", "{HOME}", "a/../../b"] {
            let message = shards(template).unwrap_err();
            let start = format!("f/{FILE}: file name template: expected names inside the folder");
            assert!(message.starts_with(&start), "{message}");
        }
    }

    #[test]
    fn supervised_keys_come_in_two_forms() {
        let keys = |json| {
            let info = info(&format!(r#"{{"name": "a", "supervisedKeys": {json}}}"#)).unwrap();
            info.supervised().map(|(from, to)| (from.to_owned(), to.to_owned()))
        };
        let pair = Some(("i".to_owned(), "l".to_owned()));
        assert_eq!(keys(r#"{"input": "i", "output": "l"}"#), pair);
        let tuple = r#"{"tuple": {"items": [{"featureKey": "i"}, {"featureKey": "l"}]}}"#;
        assert_eq!(keys(tuple), pair);
        assert_eq!(keys(r#"{"tuple": {"items": [{"featureKey": "i"}]}}"#), None);
        assert_eq!(keys("null"), None);
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        let message = |json| info(json).unwrap_err();
        assert_eq!(
            message(r#"{"name": "a", "fileFormat": "array_record"}"#),
            "FOLDER/dataset_info.json: file format: expected tfrecord, got array_record"
        );
        let malformed = "FOLDER/dataset_info.json: malformed description: ";
        assert!(message("{}").starts_with(&format!("{malformed}missing field `name`")));
        let length = r#"{"name": "a", "splits": [{"name": "b", "shardLengths": ["-1"]}]}"#;
        assert!(message(length).starts_with(&format!("{malformed}invalid digit")));
        let none = info(r#"{"name": "a", "splits": [{"name": "b"}]}"#).unwrap();
        let message = none.split(Path::new("f"), "b").unwrap_err().to_string();
        let expected = "malformed description: split b: expected shardLengths, got none";
        assert_eq!(message, format!("f/{FILE}: {expected}"));
    }
}
