use std::path::PathBuf;

use super::columns::{Columns, Type};
use super::wire::WireError;
use super::{Feature, FeatureKind, RecordPlace, TfdsError};
use crate::{Decoding, Error, Image};

/// One example of a split: named lists of bytes, floats or integers. Values are decoded when they
/// are asked for. Nested features have flattened names and one list per example:
/// `objects/location` of shape `[none, 3]` holds three floats for each object.
#[derive(Debug, Clone)]
pub struct Example<'a> {
    columns: Columns,
    features: &'a [Feature],
    place: RecordPlace,
    number: usize,
}

impl<'a> Example<'a> {
    pub(super) fn new(
        data: Vec<u8>,
        features: &'a [Feature],
        place: RecordPlace,
        number: usize,
    ) -> Result<Self, TfdsError> {
        match Columns::new(data) {
            Ok(columns) => Ok(Self { columns, features, place, number }),
            Err(error) => Err(malformed(&place, &error)),
        }
    }

    /// The shard that holds it, and where.
    pub fn place(&self) -> &RecordPlace {
        &self.place
    }

    /// What the official library calls `tfds_id`: the name of the shard, two underscores, and the
    /// number of the example in the shard.
    pub fn id(&self) -> String {
        let shard = self.place.shard.file_name().unwrap_or_default().to_string_lossy();
        format!("{shard}__{}", self.number)
    }

    /// Names of its features, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.columns.names()
    }

    /// All integers of a feature, in row-major order.
    ///
    /// # Errors
    /// [`TfdsError::MissingFeature`], [`TfdsError::FeatureType`], [`TfdsError::ValueCount`] when
    /// their number does not fit the feature's shape, [`TfdsError::Malformed`].
    pub fn ints(&self, name: &str) -> Result<Vec<i64>, TfdsError> {
        self.list(name, Type::Int, Columns::ints)
    }

    /// All floats of a feature, in row-major order.
    ///
    /// # Errors
    /// As [`Self::ints`].
    pub fn floats(&self, name: &str) -> Result<Vec<f32>, TfdsError> {
        self.list(name, Type::Float, Columns::floats)
    }

    /// All texts, encoded images or other bytes of a feature.
    ///
    /// # Errors
    /// As [`Self::ints`].
    pub fn blobs(&self, name: &str) -> Result<Vec<&[u8]>, TfdsError> {
        self.list(name, Type::Bytes, Columns::blobs)
    }

    /// The only integer of a feature.
    ///
    /// # Errors
    /// As [`Self::ints`].
    pub fn int(&self, name: &str) -> Result<i64, TfdsError> {
        self.one(name, self.ints(name)?)
    }

    /// The only float of a feature.
    ///
    /// # Errors
    /// As [`Self::ints`].
    pub fn float(&self, name: &str) -> Result<f32, TfdsError> {
        self.one(name, self.floats(name)?)
    }

    /// The only text, encoded image or other bytes of a feature.
    ///
    /// # Errors
    /// As [`Self::ints`].
    pub fn blob(&self, name: &str) -> Result<&[u8], TfdsError> {
        self.one(name, self.blobs(name)?)
    }

    /// The only image of a feature, decoded as [`decode_file`](crate::decode_file) does.
    ///
    /// # Errors
    /// As [`Self::ints`]; also when its pixels are no levels but disguised floats. As
    /// [`decode_file`](crate::decode_file) for the image, which is named `SHARD@OFFSET`.
    pub fn image(&self, name: &str) -> Result<Image, Error> {
        let encoded = self.blob(name)?;
        if let Some(FeatureKind::Image { dtype }) = self.declared(name).map(|f| &f.kind)
            && dtype.starts_with("float")
        {
            let got = format!("pixels of type {dtype}");
            return Err(self.wrong_type(name, "pixels of 8 or 16 bits", got).into());
        }
        let RecordPlace { shard, offset } = &self.place;
        let name = PathBuf::from(format!("{}@{offset}", shard.display()));
        Ok(provpt_image::decode_bytes(encoded, &name, Decoding::default())?)
    }

    /// How many elements each row of a sequence of sequences has, where `depth` 0 is the outermost
    /// pair. The elements are stored one after the other: [`Self::ints`] and the like.
    ///
    /// # Errors
    /// As [`Self::ints`].
    pub fn row_lengths(&self, name: &str, depth: usize) -> Result<Vec<i64>, TfdsError> {
        self.ints(&format!("{name}/ragged_row_lengths_{depth}"))
    }

    fn declared(&self, name: &str) -> Option<&'a Feature> {
        self.features.iter().find(|feature| feature.path == name)
    }

    fn list<'s, T>(
        &'s self,
        name: &str,
        expected: Type,
        values: impl Fn(&'s Columns, std::ops::Range<usize>) -> Result<Vec<T>, WireError>,
    ) -> Result<Vec<T>, TfdsError> {
        let feature = self.declared(name);
        let ragged = feature.is_some_and(|feature| feature.sequences > 1);
        let stored = if ragged { format!("{name}/ragged_flat_values") } else { name.to_owned() };
        let Some(column) = self.columns.get(&stored) else {
            let (place, name) = (self.place.clone(), stored);
            let known = self.names().collect::<Vec<_>>().join(", ");
            return Err(TfdsError::MissingFeature { place, name, known });
        };
        let values = match column.list.clone() {
            None => Vec::new(),
            Some((got, list)) if got == expected => {
                values(&self.columns, list).map_err(|error| malformed(&self.place, &error))?
            }
            Some((got, _)) => {
                return Err(self.wrong_type(name, expected.name(), got.name().to_owned()));
            }
        };
        match feature.and_then(|feature| expected_count(feature, values.len())) {
            Some(expected) => Err(self.wrong_count(name, expected, values.len())),
            None => Ok(values),
        }
    }

    fn one<T>(&self, name: &str, values: Vec<T>) -> Result<T, TfdsError> {
        let got = values.len();
        let mut values = values.into_iter();
        match (values.next(), values.next()) {
            (Some(value), None) => Ok(value),
            _ => Err(self.wrong_count(name, "1".to_owned(), got)),
        }
    }

    fn wrong_count(&self, name: &str, expected: String, got: usize) -> TfdsError {
        TfdsError::ValueCount { place: self.place.clone(), name: name.to_owned(), expected, got }
    }

    fn wrong_type(&self, name: &str, expected: &'static str, got: String) -> TfdsError {
        TfdsError::FeatureType { place: self.place.clone(), name: name.to_owned(), expected, got }
    }
}

fn malformed(place: &RecordPlace, error: &WireError) -> TfdsError {
    TfdsError::Malformed { place: place.clone(), cause: error.to_string() }
}

/// The number of values that the feature's shape asks for, if it is not `got`.
fn expected_count(feature: &Feature, got: usize) -> Option<String> {
    if matches!(feature.kind, FeatureKind::Other { .. }) {
        return None;
    }
    let outer = if feature.sequences > 1 { feature.sequences } else { 0 };
    let inner = feature.shape.get(outer..).unwrap_or_default();
    let known = inner.iter().flatten().fold(1, |product: u64, &side| product.saturating_mul(side));
    let got = got as u64;
    if outer == 0 && inner.iter().all(Option::is_some) {
        return (got != known).then(|| known.to_string());
    }
    let fits = if known == 0 { got == 0 } else { got.is_multiple_of(known) };
    (!fits).then(|| format!("a multiple of {known}"))
}
