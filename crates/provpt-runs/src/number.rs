//! Numbers that may not be finite. JSON has no word for them, and `serde_json` writes `null`;
//! these read a `null` back as NaN, so that a diverged run can still be looked at.

use serde::{Deserialize, Deserializer};

/// For `#[serde(deserialize_with)]` on an `f64`.
pub(crate) fn or_nan<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or(f64::NAN))
}

/// For `#[serde(deserialize_with)]` on a `Vec<f64>`.
pub(crate) fn list_or_nan<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<f64>, D::Error> {
    let numbers: Vec<Option<f64>> = Vec::deserialize(deserializer)?;
    Ok(numbers.into_iter().map(|n| n.unwrap_or(f64::NAN)).collect())
}
