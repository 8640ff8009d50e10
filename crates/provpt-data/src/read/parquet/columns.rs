//! Which columns of a file are the images and the labels.

use std::path::Path;

use parquet::basic::{ConvertedType, LogicalType, Type};
use parquet::file::metadata::ParquetMetaData;
use parquet::schema::types::{ColumnDescriptor, SchemaDescriptor};

use super::ParquetError;
use super::features::Features;

const IMAGES: [&str; 2] = ["image", "img"];
const LABELS: [&str; 5] = ["label", "labels", "class", "target", "fine_label"];

/// Leaf columns of a classification data set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Columns {
    /// Encoded images.
    pub(super) image: usize,
    /// Where the image was read from, for rows without bytes.
    pub(super) path: Option<usize>,
    pub(super) label: usize,
    /// The label column in words.
    pub(super) label_kind: String,
    /// Names of the classes, if the file has them.
    pub(super) classes: Option<Vec<String>>,
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
        let root = name(schema, image);
        let is_path = |column: &ColumnDescriptor| column.path().parts() == [root, "path"];
        let place = schema.columns().iter().position(|c| is_path(c) && is_bytes(c));
        let label_name = name(schema, label);
        Ok(Self {
            image,
            path: place,
            label,
            label_kind: one(schema.columns()[label].as_ref()),
            classes: features.names(label_name),
        })
    }
}

/// Name of the top column that a leaf belongs to.
fn name(schema: &SchemaDescriptor, leaf: usize) -> &str {
    schema.columns()[leaf].path().parts().first().map_or("", String::as_str)
}

/// One value per row, at most.
fn is_plain(column: &ColumnDescriptor) -> bool {
    column.max_rep_level() == 0
}

fn is_bytes(column: &ColumnDescriptor) -> bool {
    is_plain(column) && column.physical_type() == Type::BYTE_ARRAY
}

fn is_text(column: &ColumnDescriptor) -> bool {
    is_bytes(column)
        && (column.converted_type() == ConvertedType::UTF8
            || matches!(column.logical_type_ref(), Some(LogicalType::String)))
}

/// The column that is declared an image, or called so, or else the first with the shape of one.
fn image(schema: &SchemaDescriptor, features: &Features) -> Option<usize> {
    let columns = schema.columns();
    let is_struct = |i: usize| {
        let parts = columns[i].path().parts();
        parts.len() == 2 && parts[1] == "bytes" && is_bytes(&columns[i])
    };
    let is_binary = |i: usize| columns[i].path().parts().len() == 1 && is_bytes(&columns[i]);
    let all: Vec<usize> = (0..columns.len()).filter(|&i| is_struct(i) || is_binary(i)).collect();
    let first = |wanted: &dyn Fn(usize) -> bool| all.iter().copied().find(|&i| wanted(i));
    first(&|i| features.kind(name(schema, i)) == Some("Image"))
        .or_else(|| first(&|i| IMAGES.contains(&name(schema, i)) && !is_text(&columns[i])))
        .or_else(|| first(&|i| is_struct(i) && !is_text(&columns[i])))
        .or_else(|| first(&|i| !is_text(&columns[i])))
}

/// The column with a usual name for labels, or else the first class label.
fn label(schema: &SchemaDescriptor, features: &Features) -> Option<usize> {
    let columns = schema.columns();
    let suits = |i: &usize| {
        let column = &columns[*i];
        let number = matches!(column.physical_type(), Type::INT32 | Type::INT64 | Type::BOOLEAN);
        let alone = column.path().parts().len() == 1 && is_plain(column);
        alone && (number || is_text(column))
    };
    let all: Vec<usize> = (0..columns.len()).filter(suits).collect();
    let called = |wanted: &&str| all.iter().copied().find(|&i| name(schema, i) == *wanted);
    let declared = |&i: &usize| features.kind(name(schema, i)) == Some("ClassLabel");
    LABELS.iter().find_map(called).or_else(|| all.iter().copied().find(declared))
}

/// `label int64`, `image.bytes binary`.
fn one(column: &ColumnDescriptor) -> String {
    let kind = match column.physical_type() {
        Type::BOOLEAN => "bool",
        Type::INT32 => "int32",
        Type::INT64 => "int64",
        Type::INT96 => "int96",
        Type::FLOAT => "float",
        Type::DOUBLE => "double",
        Type::BYTE_ARRAY if is_text(column) => "string",
        Type::BYTE_ARRAY => "binary",
        Type::FIXED_LEN_BYTE_ARRAY => "fixed binary",
    };
    let list = if is_plain(column) { "" } else { "list of " };
    format!("{} {list}{kind}", column.path().string())
}

/// The columns in words, not too many.
fn describe(schema: &SchemaDescriptor) -> String {
    const MOST: usize = 12;
    let mut all: Vec<String> = schema.columns().iter().take(MOST).map(|c| one(c)).collect();
    if schema.num_columns() > MOST {
        all.push(format!("and {} more", schema.num_columns() - MOST));
    }
    all.join(", ")
}
