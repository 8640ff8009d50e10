//! `tf.train.Example`: named lists of bytes, floats or integers.
//!
//! Decoded by hand, since nothing is copied so: a label is read without its image being touched,
//! and a hostile length costs nothing. The messages, from TensorFlow's `example.proto` and
//! `feature.proto`:
//!
//! ```text
//! Example { features: Features = 1 }    Features { feature: map<string, Feature> = 1 }
//! Feature { oneof { bytes_list: BytesList = 1, float_list = 2, int64_list = 3 } }
//! BytesList { value: repeated bytes = 1 }    FloatList, Int64List: packed or not
//! ```

use std::ops::Range;

use super::wire::{Fields, Value, WireError};

/// More features than any data set has.
const MAX_COLUMNS: usize = 4096;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    Bytes,
    Float,
    Int,
}

impl Type {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Bytes => "bytes",
            Self::Float => "float",
            Self::Int => "int64",
        }
    }
}

/// A feature by name; its list is not decoded yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    name: Range<usize>,
    /// None for a feature without a list: no value of any type.
    pub(super) list: Option<(Type, Range<usize>)>,
}

/// The features of one example, sorted by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Columns {
    bytes: Vec<u8>,
    columns: Vec<Column>,
}

impl Columns {
    pub(super) fn new(bytes: Vec<u8>) -> Result<Self, WireError> {
        let mut columns = Vec::new();
        for features in messages(&bytes, 0..bytes.len()) {
            for entry in messages(&bytes, features?) {
                if columns.len() == MAX_COLUMNS {
                    return Err(WireError { what: "more than 4096 features", at: entry?.start });
                }
                columns.push(column(&bytes, entry?)?);
            }
        }
        let name = |column: &Column| bytes.get(column.name.clone()).unwrap_or_default();
        columns.sort_by(|a, b| name(a).cmp(name(b)));
        if let Some([_, twice]) = columns.array_windows().find(|[a, b]| name(a) == name(b)) {
            return Err(WireError { what: "feature named twice", at: twice.name.start });
        }
        Ok(Self { bytes, columns })
    }

    fn text(&self, range: &Range<usize>) -> &str {
        self.bytes.get(range.clone()).and_then(|b| str::from_utf8(b).ok()).unwrap_or_default()
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|column| self.text(&column.name))
    }

    pub(super) fn get(&self, name: &str) -> Option<&Column> {
        let found = self.columns.binary_search_by(|column| self.text(&column.name).cmp(name));
        self.columns.get(found.ok()?)
    }

    /// The values of a list of bytes.
    pub(super) fn blobs(&self, list: Range<usize>) -> Result<Vec<&[u8]>, WireError> {
        let blob = |range: Range<usize>| self.bytes.get(range).unwrap_or_default();
        messages(&self.bytes, list).map(|range| range.map(blob)).collect()
    }

    /// The values of a list of floats.
    pub(super) fn floats(&self, list: Range<usize>) -> Result<Vec<f32>, WireError> {
        let packed = |fields: &mut Fields<'_>| fields.fixed().map(f32::from_le_bytes);
        self.numbers(list, packed, |value| match value {
            Value::Fixed32(bits) => Some(f32::from_bits(*bits)),
            _ => None,
        })
    }

    /// The values of a list of integers.
    pub(super) fn ints(&self, list: Range<usize>) -> Result<Vec<i64>, WireError> {
        let packed = |fields: &mut Fields<'_>| fields.varint().map(u64::cast_signed);
        self.numbers(list, packed, |value| match value {
            Value::Varint(bits) => Some(bits.cast_signed()),
            _ => None,
        })
    }

    fn numbers<T>(
        &self,
        list: Range<usize>,
        packed: impl Fn(&mut Fields<'_>) -> Result<T, WireError>,
        single: impl Fn(&Value) -> Option<T>,
    ) -> Result<Vec<T>, WireError> {
        let start = list.start;
        let mut values = Vec::new();
        for field in Fields::new(&self.bytes, list) {
            match field? {
                (1, Value::Bytes(range)) => {
                    let mut fields = Fields::new(&self.bytes, range);
                    while !fields.is_empty() {
                        values.push(packed(&mut fields)?);
                    }
                }
                (1, value) => {
                    let wrong = WireError { what: "number of the wrong wire type", at: start };
                    values.push(single(&value).ok_or(wrong)?);
                }
                _ => {}
            }
        }
        Ok(values)
    }
}

/// Every field 1 of a message, which must be a message, text or bytes; others are skipped.
fn messages(
    bytes: &[u8],
    message: Range<usize>,
) -> impl Iterator<Item = Result<Range<usize>, WireError>> {
    let start = message.start;
    Fields::new(bytes, message).filter_map(move |field| match field {
        Ok((1, Value::Bytes(range))) => Some(Ok(range)),
        Ok((1, _)) => Some(Err(WireError { what: "number instead of a message", at: start })),
        Ok(_) => None,
        Err(error) => Some(Err(error)),
    })
}

fn column(bytes: &[u8], entry: Range<usize>) -> Result<Column, WireError> {
    let (mut name, mut list) = (entry.start..entry.start, None);
    let at = entry.start;
    for field in Fields::new(bytes, entry) {
        match field? {
            (1, Value::Bytes(range)) => name = range,
            (2, Value::Bytes(range)) if list.is_none() => list = Some(feature(bytes, range)?),
            (2, Value::Bytes(_)) => return Err(WireError { what: "feature given twice", at }),
            (1 | 2, _) => return Err(WireError { what: "number instead of a feature", at }),
            _ => {}
        }
    }
    if bytes.get(name.clone()).is_none_or(|name| str::from_utf8(name).is_err()) {
        return Err(WireError { what: "feature name that is not UTF-8", at: name.start });
    }
    Ok(Column { name, list: list.flatten() })
}

fn feature(bytes: &[u8], feature: Range<usize>) -> Result<Option<(Type, Range<usize>)>, WireError> {
    let (mut list, at) = (None, feature.start);
    for field in Fields::new(bytes, feature) {
        let (kind, value) = field?;
        let kind = match kind {
            1 => Type::Bytes,
            2 => Type::Float,
            3 => Type::Int,
            _ => continue,
        };
        let Value::Bytes(range) = value else {
            return Err(WireError { what: "number instead of a list", at });
        };
        if list.replace((kind, range)).is_some() {
            return Err(WireError { what: "feature with two lists", at });
        }
    }
    Ok(list)
}
