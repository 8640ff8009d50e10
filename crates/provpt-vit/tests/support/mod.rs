//! Reading golden files.
#![allow(dead_code, clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeMap;

use provpt_vit::weights::{LoadOptions, Source};
use provpt_vit::{Backbone, Pooling};
use safetensors::SafeTensors;

/// A golden file's tensors.
pub(crate) struct Golden(BTreeMap<String, Vec<f32>>);

impl Golden {
    pub(crate) fn read(name: &str) -> Self {
        let path = format!("{}/../../fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
        let bytes = std::fs::read(&path).unwrap();
        let tensors = SafeTensors::deserialize(&bytes).unwrap();
        let values = |data: &[u8], dtype| match dtype {
            safetensors::Dtype::F32 => {
                data.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect()
            }
            safetensors::Dtype::I64 => data
                .chunks_exact(8)
                .map(|b| i64::from_le_bytes(b.try_into().unwrap()) as f32)
                .collect(),
            safetensors::Dtype::U8 => data.iter().copied().map(f32::from).collect(),
            _ => Vec::new(),
        };
        Self(tensors.iter().map(|(n, t)| (n.to_owned(), values(t.data(), t.dtype()))).collect())
    }

    pub(crate) fn get(&self, name: &str) -> &[f32] {
        self.try_get(name).unwrap_or_else(|| panic!("no tensor {name}"))
    }

    /// What stands behind a prefix, in the order of names.
    pub(crate) fn under<'a>(
        &'a self,
        prefix: &'a str,
    ) -> impl Iterator<Item = (&'a str, &'a [f32])> {
        let stripped = move |(name, values): (&'a String, &'a Vec<f32>)| {
            Some((name.strip_prefix(prefix)?, &values[..]))
        };
        self.0.iter().filter_map(stripped)
    }

    pub(crate) fn try_get(&self, name: &str) -> Option<&[f32]> {
        self.0.get(name).map(Vec::as_slice)
    }
}

/// Asserts that `got` agrees with `expected` to `absolute + relative * |expected|`.
pub(crate) fn assert_close(
    what: &str,
    got: &[f32],
    expected: &[f32],
    absolute: f32,
    relative: f32,
) {
    assert_eq!(got.len(), expected.len(), "{what}: length");
    for (i, (g, e)) in got.iter().zip(expected).enumerate() {
        let bound = absolute + relative * e.abs();
        assert!((g - e).abs() <= bound, "{what}[{i}]: got {g}, expected {e}, bound {bound}");
    }
}

/// One of the tiny golden backbones.
pub(crate) fn backbone(file: &str, pooling: Pooling) -> Backbone {
    let path = format!("{}/../../fixtures/{file}", env!("CARGO_MANIFEST_DIR"));
    let options = LoadOptions { heads: Some(4), pooling: Some(pooling), ..LoadOptions::default() };
    Backbone::open(&Source::File(path.into()), &options).unwrap()
}
