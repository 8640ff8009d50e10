//! Which of the columns that would do are taken.

use parquet::schema::types::SchemaDescriptor;

use super::features::Features;
use super::kind::{Kind, is_plain};

const IMAGES: [&str; 2] = ["image", "img"];
const LABELS: [&str; 5] = ["label", "labels", "class", "target", "fine_label"];

/// A leaf column.
pub(super) struct Choice {
    pub(super) leaf: usize,
    /// Leaves that would have done as well.
    pub(super) others: Vec<usize>,
}

/// Name of the top column that a leaf belongs to.
pub(super) fn name(schema: &SchemaDescriptor, leaf: usize) -> &str {
    schema.columns()[leaf].path().parts().first().map_or("", String::as_str)
}

/// Of leaves that would do: the first one that is called as a wanted name, in any case.
fn called(schema: &SchemaDescriptor, leaves: &[usize], wanted: &[&str]) -> Option<Choice> {
    let by = |wanted: &&str| {
        leaves.iter().copied().find(|&i| name(schema, i).eq_ignore_ascii_case(wanted))
    };
    let leaf = wanted.iter().find_map(by)?;
    Some(Choice { leaf, others: Vec::new() })
}

/// The first of some leaves.
fn first(leaves: &[usize]) -> Option<Choice> {
    let (&leaf, others) = leaves.split_first()?;
    Some(Choice { leaf, others: others.to_vec() })
}

/// The column that is declared an image and called so, or has one of both, or else the first with the
/// shape of one.
pub(super) fn image(schema: &SchemaDescriptor, features: &Features) -> Option<Choice> {
    let columns = schema.columns();
    let is_struct = |i: &usize| {
        let parts = columns[*i].path().parts();
        parts.len() == 2 && parts[1] == "bytes"
    };
    let shaped = |i: &usize| {
        let top = columns[*i].path().parts().len() == 1;
        (top || is_struct(i)) && is_plain(&columns[*i])
    };
    let all: Vec<usize> = (0..columns.len()).filter(shaped).collect();
    let only = |leaves: &[usize], suits: &dyn Fn(&usize) -> bool| -> Vec<usize> {
        leaves.iter().copied().filter(suits).collect()
    };
    let kind = |i: &usize| Kind::of(&columns[*i]);
    let bytes = only(&all, &|i| kind(i) == Kind::Bytes);
    let structs = only(&bytes, &is_struct);
    let is_declared = |i: &usize| features.kind(name(schema, *i)) == Some("Image");
    let declared = only(&all, &|i| is_declared(i) && matches!(kind(i), Kind::Bytes | Kind::Text));
    called(schema, &declared, &IMAGES)
        .or_else(|| first(&declared))
        .or_else(|| called(schema, &bytes, &IMAGES))
        .or_else(|| first(&structs))
        .or_else(|| first(&bytes))
}

/// The column with a usual name for labels, or else the first class label.
pub(super) fn label(schema: &SchemaDescriptor, features: &Features) -> Option<Choice> {
    let columns = schema.columns();
    let suits = |i: &usize| {
        let (column, kind) = (&columns[*i], Kind::of(&columns[*i]));
        let alone = column.path().parts().len() == 1 && is_plain(column);
        alone && (kind.is_number() || kind == Kind::Text)
    };
    let all: Vec<usize> = (0..columns.len()).filter(suits).collect();
    let is_declared = |i: &usize| features.kind(name(schema, *i)) == Some("ClassLabel");
    let declared: Vec<usize> = all.iter().copied().filter(is_declared).collect();
    called(schema, &all, &LABELS).or_else(|| first(&declared))
}
