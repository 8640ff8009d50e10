//! Which columns of a file are the images and the labels.

use std::path::Path;

use parquet::file::metadata::ParquetMetaData;
use parquet::schema::types::{ColumnDescriptor, SchemaDescriptor};

use provpt_base::quoted;

use super::ParquetError;
use super::choice::{Choice, image, label, name};
use super::features::Features;
use super::kind::{Kind, in_words};

/// Leaf columns of a classification data set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Columns {
    /// Encoded images.
    pub(super) image: usize,
    /// Where the image was read from, for rows without bytes.
    pub(super) path: Option<usize>,
    pub(super) label: usize,
    /// Name of the label column.
    pub(super) label_name: String,
    /// Whether labels are text.
    pub(super) label_is_text: bool,
    /// The label column in words.
    pub(super) label_kind: String,
    /// Names of the classes, if the file has them.
    pub(super) classes: Option<Vec<String>>,
    /// Where a column was taken though others would have done as well, a line each.
    pub(super) remarks: Vec<String>,
}

impl Columns {
    pub(super) fn of(metadata: &ParquetMetaData, path: &Path) -> Result<Self, ParquetError> {
        let features = Features::read(metadata.file_metadata(), path)?;
        let schema = metadata.file_metadata().schema_descr();
        let none = |what, expected| {
            let found = describe(schema);
            ParquetError::NoColumn { path: path.to_owned(), what, expected, found }
        };
        let image = image(schema, &features)
            .ok_or_else(|| none("image", "a struct with bytes, or a binary column"))?;
        let label = label(schema, &features).ok_or_else(|| {
            none(
                "label",
                "an integer or string column named label, labels, class, \
                 target or fine_label, or a class label",
            )
        })?;
        once(schema, image.leaf, "image", path)?;
        once(schema, label.leaf, "label", path)?;
        let (root, label_name) = (name(schema, image.leaf), name(schema, label.leaf).to_owned());
        let is_path = |column: &ColumnDescriptor| {
            let bytes = matches!(Kind::of(column), Kind::Text | Kind::Bytes);
            bytes && column.path().parts() == [root, "path"]
        };
        let remarks = [not_used(schema, "images", &image), not_used(schema, "labels", &label)];
        let column = schema.columns()[label.leaf].as_ref();
        Ok(Self {
            image: image.leaf,
            path: schema.columns().iter().position(|column| is_path(column)),
            label: label.leaf,
            label_is_text: Kind::of(column) == Kind::Text,
            label_kind: in_words(column),
            classes: features.names(&label_name),
            label_name,
            remarks: remarks.into_iter().flatten().collect(),
        })
    }
}

/// A column that is there twice: which one is meant cannot be told.
fn once(
    schema: &SchemaDescriptor,
    leaf: usize,
    what: &'static str,
    path: &Path,
) -> Result<(), ParquetError> {
    let name = name(schema, leaf);
    let fields = schema.root_schema().get_fields().iter();
    match fields.filter(|field| field.name().eq_ignore_ascii_case(name)).count() {
        0 | 1 => Ok(()),
        got => {
            Err(ParquetError::Repeated { path: path.to_owned(), what, name: name.to_owned(), got })
        }
    }
}

/// `images are those of column left; not used: right`.
fn not_used(schema: &SchemaDescriptor, what: &str, choice: &Choice) -> Option<String> {
    let quoted = |&leaf: &usize| quoted(name(schema, leaf)).to_string();
    let (taken, others) = (quoted(&choice.leaf), choice.others.iter().map(quoted));
    let others = others.collect::<Vec<_>>().join(", ");
    (!others.is_empty()).then(|| format!("{what} are those of column {taken}; not used: {others}"))
}

/// The columns in words, not too many.
fn describe(schema: &SchemaDescriptor) -> String {
    const MOST: usize = 12;
    let mut all: Vec<String> = schema.columns().iter().take(MOST).map(|c| in_words(c)).collect();
    if schema.num_columns() > MOST {
        all.push(format!("and {} more", schema.num_columns() - MOST));
    }
    all.join(", ")
}
