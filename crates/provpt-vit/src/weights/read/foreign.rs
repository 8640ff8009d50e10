//! Files of NumPy and PyTorch against the values that these libraries say they hold.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::file;

#[derive(Deserialize)]
struct Expected {
    tensors: BTreeMap<String, Values>,
    skipped: Vec<String>,
}

#[derive(Deserialize)]
struct Values {
    shape: Vec<usize>,
    values: Vec<f64>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/weights")
}

fn expected() -> BTreeMap<String, Expected> {
    let text = fs_err::read_to_string(folder().join("expected.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn every_value_is_what_the_writer_says() {
    let files = expected();
    assert_eq!(files.len(), 6);
    for (name, expected) in files {
        let mut state = file::read(&folder().join(&name), None).unwrap().state;
        state.skipped.sort();
        // None of these files shows a backbone, so that nothing of them is taken for something else.
        let of_model = |name: &&String| !name.starts_with("optimizer.");
        let skipped: Vec<_> = expected.skipped.iter().filter(of_model).collect();
        assert_eq!(state.skipped.iter().collect::<Vec<_>>(), skipped, "{name}");
        let own = |name: &'_ str| name.strip_prefix("state_dict.").unwrap_or(name).to_owned();
        let tensors = state.tensors.iter().filter(|(name, _)| of_model(name));
        let tensors: BTreeMap<String, _> = tensors.map(|(name, t)| (own(name), t)).collect();
        let names: Vec<_> = tensors.keys().collect();
        assert_eq!(names, expected.tensors.keys().collect::<Vec<_>>(), "{name}");
        for (tensor, expected) in expected.tensors {
            let got = tensors[&tensor];
            assert_eq!(got.shape, expected.shape, "{name}: {tensor}");
            let bits = |values: &mut dyn Iterator<Item = f32>| values.map(f32::to_bits).collect();
            let got: Vec<u32> = bits(&mut got.data.iter().copied());
            let expected: Vec<u32> = bits(&mut expected.values.iter().map(|value| *value as f32));
            assert_eq!(got, expected, "{name}: {tensor}");
        }
    }
}

#[test]
fn files_and_bytes_are_read_alike() {
    for name in expected().keys() {
        let path = folder().join(name);
        let (of_file, bytes) = (file::read(&path, None).unwrap(), fs_err::read(&path).unwrap());
        let of_bytes = file::read_bytes(name, &bytes, None).unwrap();
        assert!(of_file.state.tensors == of_bytes.state.tensors, "{name}");
        assert_eq!((of_file.format, of_file.sha256), (of_bytes.format, of_bytes.sha256), "{name}");
    }
}
