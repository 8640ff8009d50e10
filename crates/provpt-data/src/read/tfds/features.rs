//! `features.json`: what an example holds, flattened to the names that records use.

use std::fmt;
use std::path::Path;

use serde_json::{Map, Value};

use super::TfdsError;

pub(super) const FILE: &str = "features.json";

/// A feature as records hold it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feature {
    /// Its name in records, nested ones with slashes: `objects/location`.
    pub path: String,
    /// What its values mean.
    pub kind: FeatureKind,
    /// Dimensions of its values, outermost first, none where they vary from example to example;
    /// empty for one value. An encoded image is one value.
    pub shape: Vec<Option<u64>>,
    /// Sequences around it. Two or more are stored flattened: see
    /// [`Example::row_lengths`](super::Example::row_lengths).
    pub sequences: usize,
}

/// What the values of a [`Feature`] mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FeatureKind {
    /// Encoded images (bytes) of channels of a numpy `dtype`: `uint8`, `uint16`, or `float32`
    /// disguised as four channels.
    Image {
        /// Of the channels.
        dtype: String,
    },
    /// Class labels (int64).
    Label {
        /// Number of classes.
        classes: u64,
        /// Name of each class, from `PATH.labels.txt`, if there.
        names: Option<Vec<String>>,
    },
    /// UTF-8 text (bytes).
    Text,
    /// Numbers of a numpy `dtype`: booleans and integers are stored as int64, floats as f32, and
    /// encoded tensors as bytes.
    Tensor {
        /// Before it was stored.
        dtype: String,
    },
    /// Anything else, by the class of the official library.
    Other {
        /// Without its modules: `Audio`.
        class: String,
    },
}

impl fmt::Display for FeatureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Image { dtype } => write!(f, "images of {dtype}"),
            Self::Label { classes, .. } => write!(f, "labels of {classes} classes"),
            Self::Text => f.write_str("text"),
            Self::Tensor { dtype } => write!(f, "numbers of {dtype}"),
            Self::Other { class } => f.write_str(class),
        }
    }
}

/// The features in the order of the file; none if there is no file, as before 2020.
pub(super) fn read(folder: &Path) -> Result<Vec<Feature>, TfdsError> {
    let path = folder.join(FILE);
    if !path.is_file() {
        return Ok(Vec::new());
    }
    let malformed = |cause| TfdsError::Json { path: path.clone(), cause };
    let node = serde_json::from_str(&fs_err::read_to_string(&path)?)
        .map_err(|e| malformed(e.to_string()))?;
    let mut flat = Flat { folder, features: Vec::new() };
    flat.walk(&node, &At::default())?;
    Ok(flat.features)
}

struct Flat<'a> {
    folder: &'a Path,
    features: Vec<Feature>,
}

/// Where a feature stands among the others.
#[derive(Clone, Default)]
struct At {
    path: String,
    /// The path as files beside `features.json` have it.
    stem: String,
    shape: Vec<Option<u64>>,
    sequences: usize,
}

impl At {
    fn child(&self, name: &str) -> Self {
        let stem = name.replace('/', ".");
        if self.path.is_empty() {
            return Self { path: name.to_owned(), stem, ..self.clone() };
        }
        let path = format!("{}/{name}", self.path);
        Self { path, stem: format!("{}-{stem}", self.stem), ..self.clone() }
    }

    fn repeated(&self, length: Option<u64>) -> Self {
        let mut inner = self.clone();
        inner.shape.push(length);
        inner.sequences += 1;
        inner
    }
}

impl Flat<'_> {
    fn walk(&mut self, node: &Value, at: &At) -> Result<(), TfdsError> {
        let (class, content) = class_and_content(node).ok_or_else(|| TfdsError::Json {
            path: self.folder.join(FILE),
            cause: format!("feature {}: expected an object with its class", at.path),
        })?;
        let content = &content;
        match class {
            "FeaturesDict" => {
                // Older layouts have the features there at once, one of them perhaps "features".
                let inner = content.get("features").filter(|inner| !inner["type"].is_string());
                let children = inner.unwrap_or(content);
                for (name, child) in children.as_object().into_iter().flatten() {
                    self.walk(child, &at.child(name))?;
                }
                Ok(())
            }
            "Sequence" | "Dataset" if content.get("feature").is_some() => {
                self.walk(&content["feature"], &at.repeated(dimension(&content["length"])))
            }
            _ => {
                let feature = self.leaf(class, content, at)?;
                self.features.push(feature);
                Ok(())
            }
        }
    }

    fn leaf(&self, class: &str, content: &Value, at: &At) -> Result<Feature, TfdsError> {
        let (mut shape, mut sequences) = (at.shape.clone(), at.sequences);
        let dtype = || content["dtype"].as_str().unwrap_or_default().to_owned();
        let kind = match class {
            "Image" | "LabeledImage" => FeatureKind::Image { dtype: dtype() },
            "Video" => {
                shape.push(dimensions(content).first().copied().flatten());
                sequences += 1;
                FeatureKind::Image { dtype: dtype() }
            }
            "ClassLabel" => {
                let count = content.get("numClasses").or_else(|| content.get("num_classes"));
                let classes = count.and_then(dimension).unwrap_or_default();
                FeatureKind::Label { classes, names: self.names(at)? }
            }
            "Text" => FeatureKind::Text,
            "Tensor" | "Scalar" | "BBoxFeature" => {
                let encoded = content["encoding"].as_str().is_some_and(|how| how != "none");
                if !encoded {
                    shape.extend(dimensions(content));
                }
                FeatureKind::Tensor { dtype: dtype() }
            }
            class => FeatureKind::Other { class: class.to_owned() },
        };
        Ok(Feature { path: at.path.clone(), kind, shape, sequences })
    }

    fn names(&self, at: &At) -> Result<Option<Vec<String>>, TfdsError> {
        let path = self.folder.join(format!("{}.labels.txt", at.stem));
        if at.stem.contains(std::path::is_separator) || !path.is_file() {
            return Ok(None);
        }
        let text = fs_err::read_to_string(&path)?;
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        Ok(Some(lines.map(str::to_owned).collect()))
    }
}

/// Since 2021: `{"pythonClassName": "a.b.Image", "image": {..}}`; before: `{"type": "a.b.Image",
/// "content": {..}}`, the content sometimes as text.
fn class_and_content(node: &Value) -> Option<(&str, Value)> {
    let node = node.as_object()?;
    let class = |key: &str| Some(node.get(key)?.as_str()?.rsplit('.').next().unwrap_or_default());
    if let Some(class) = class("type") {
        let content = node.get("content").unwrap_or(&Value::Null);
        let parsed = content.as_str().and_then(|text| serde_json::from_str(text).ok());
        return Some((class, parsed.unwrap_or_else(|| content.clone())));
    }
    Some((class("pythonClassName")?, body(node).cloned().unwrap_or_default()))
}

/// The only object of a feature; beside it stand texts and the value range.
fn body(node: &Map<String, Value>) -> Option<&Value> {
    node.iter().find(|(key, value)| value.is_object() && *key != "valueRange").map(|found| found.1)
}

/// `{"shape": {"dimensions": ["-1", "3"]}}`, or before 2021 `{"shape": [null, 3]}`.
fn dimensions(content: &Value) -> Vec<Option<u64>> {
    let shape = &content["shape"];
    let list = shape.get("dimensions").unwrap_or(shape);
    list.as_array().into_iter().flatten().map(dimension).collect()
}

/// A number, as such or as text; none if it is negative or null: it varies.
fn dimension(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flat(json: &str) -> Vec<Feature> {
        let folder = tempfile::tempdir().unwrap();
        fs_err::write(folder.path().join(FILE), json).unwrap();
        fs_err::write(folder.path().join("objects-type.name.labels.txt"), "car\n van \n\n")
            .unwrap();
        read(folder.path()).unwrap()
    }

    fn kitti() -> Vec<Feature> {
        let names = Some(vec!["car".to_owned(), "van".to_owned()]);
        let feature = |path: &str, kind, shape: &[Option<u64>], sequences| Feature {
            path: path.to_owned(),
            kind,
            shape: shape.to_vec(),
            sequences,
        };
        let tensor = || FeatureKind::Tensor { dtype: "float32".to_owned() };
        vec![
            feature("image", FeatureKind::Image { dtype: "uint8".to_owned() }, &[], 0),
            feature("objects/bbox", tensor(), &[None, Some(4)], 1),
            feature("objects/type/name", FeatureKind::Label { classes: 2, names }, &[None], 1),
            feature("sound", FeatureKind::Other { class: "Audio".to_owned() }, &[], 0),
            feature("text", FeatureKind::Text, &[], 0),
        ]
    }

    #[test]
    fn nested_features_are_flattened() {
        let json = r#"{
            "pythonClassName": "tensorflow_datasets.core.features.features_dict.FeaturesDict",
            "featuresDict": {"features": {
                "image": {"pythonClassName": "a.b.Image", "image": {
                    "dtype": "uint8", "shape": {"dimensions": ["-1", "-1", "3"]}}},
                "objects": {"pythonClassName": "a.Sequence", "sequence": {
                    "length": "-1",
                    "feature": {"pythonClassName": "a.FeaturesDict", "featuresDict": {"features": {
                        "bbox": {"pythonClassName": "a.BBoxFeature", "boundingBox": {
                            "dtype": "float32", "shape": {"dimensions": ["4"]}}},
                        "type/name": {"pythonClassName": "a.ClassLabel", "description": "d",
                            "valueRange": {}, "classLabel": {"numClasses": "2"}}
                    }}}}},
                "sound": {"pythonClassName": "a.b.Audio", "audio": {"shape": {}}},
                "text": {"pythonClassName": "a.b.Text", "text": {}}
            }}}"#;
        assert_eq!(flat(json), kitti());
    }

    /// As written until 2021.
    #[test]
    fn the_older_layout_means_the_same() {
        let json = r#"{"type": "tensorflow_datasets.core.features.features_dict.FeaturesDict",
            "content": {
                "image": {"type": "a.Image", "content": {
                    "shape": [null, null, 3], "dtype": "uint8", "encoding_format": "png"}},
                "objects": {"type": "a.Sequence", "content": {
                    "length": null,
                    "feature": {"type": "a.FeaturesDict", "content": {
                        "bbox": {"type": "a.BBoxFeature", "content": {
                            "shape": [4], "dtype": "float32"}},
                        "type/name": {"type": "a.ClassLabel", "content": "{\"numClasses\": \"2\"}",
                            "proto_cls": "tensorflow_datasets.ClassLabel"}
                    }}}},
                "sound": {"type": "a.Audio", "content": {"shape": [null]}},
                "text": {"type": "a.Text", "content": {"use_encoder": false}}
            }}"#;
        assert_eq!(flat(json), kitti());
    }

    #[test]
    fn what_is_no_description_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let message = |json: &str| {
            let path = folder.path().join(FILE);
            fs_err::write(&path, json).unwrap();
            let message = read(folder.path()).unwrap_err().to_string();
            message.replace(&path.display().to_string(), "FILE")
        };
        assert_eq!(
            message("[]"),
            "FILE: malformed description: feature : expected an object with its class"
        );
        assert_eq!(
            message(
                r#"{"type": "FeaturesDict", "content":
                    {"a": {"type": "FeaturesDict", "content": {"b": 3}}}}"#
            ),
            "FILE: malformed description: feature a/b: expected an object with its class"
        );
        assert!(message("{").starts_with("FILE: malformed description: EOF"));
        let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(message(&deep).starts_with("FILE: malformed description: recursion limit"));
    }

    #[test]
    fn there_may_be_no_file() {
        assert!(read(tempfile::tempdir().unwrap().path()).unwrap().is_empty());
    }
}
