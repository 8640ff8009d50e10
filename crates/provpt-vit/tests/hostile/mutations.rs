//! Every fixture, cut and changed at random: a backbone or a line that says why not.

use std::path::Path;
use std::sync::OnceLock;

use proptest::prelude::*;

use super::read;

/// Names and contents of all checkpoints among the fixtures.
fn files() -> &'static [(String, Vec<u8>)] {
    static FILES: OnceLock<Vec<(String, Vec<u8>)>> = OnceLock::new();
    FILES.get_or_init(|| {
        let fixtures = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures"));
        let mut files = Vec::new();
        for folder in [fixtures.to_owned(), fixtures.join("weights")] {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let name = path.file_name().unwrap().to_string_lossy().into_owned();
                let is_checkpoint = [".npz", ".pth", ".pth.tar", ".safetensors"]
                    .iter()
                    .any(|end| name.ends_with(end));
                let belongs = ["vit.", "dinov2.", "arrays.", "tensors."]
                    .iter()
                    .any(|start| name.starts_with(start));
                if is_checkpoint && belongs && !name.contains("expected") {
                    files.push((name, std::fs::read(&path).unwrap()));
                }
            }
        }
        files.sort();
        assert!(files.len() >= 13, "{}", files.len());
        files
    })
}

/// A place in a file: anywhere, or where the descriptions are.
fn place(len: usize) -> impl Strategy<Value = usize> {
    let edge = len.min(4000);
    prop_oneof![0..len, 0..edge, len - edge..len]
}

#[derive(Clone, Debug)]
enum Change {
    Flip(u8),
    Set(u8),
    /// Overwrites with this number.
    Number(u64),
    /// Takes bytes out.
    Remove(usize),
    /// Puts a copy of what stands here in once more.
    Repeat(usize),
}

fn change() -> impl Strategy<Value = Change> {
    let extremes = prop_oneof![Just(u64::MAX), Just(1 << 63), Just(1 << 32), Just(0), any::<u64>()];
    prop_oneof![
        3 => (0..8_u8).prop_map(Change::Flip),
        3 => any::<u8>().prop_map(Change::Set),
        1 => extremes.prop_map(Change::Number),
        1 => (1..64_usize).prop_map(Change::Remove),
        1 => (1..64_usize).prop_map(Change::Repeat),
    ]
}

fn apply(bytes: &mut Vec<u8>, at: usize, change: &Change) {
    let at = at.min(bytes.len().saturating_sub(1));
    let end = |len: usize| (at + len).min(bytes.len());
    match *change {
        Change::Flip(bit) => bytes[at] ^= 1 << bit,
        Change::Set(value) => bytes[at] = value,
        Change::Number(number) => {
            let end = end(8);
            bytes[at..end].copy_from_slice(&number.to_le_bytes()[..end - at]);
        }
        Change::Remove(len) => drop(bytes.drain(at..end(len))),
        Change::Repeat(len) => {
            let copy = bytes[at..end(len)].to_vec();
            bytes.splice(at..at, copy);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn changed_files_are_read_or_refused(
        (file, changes) in (0..files().len()).prop_flat_map(|file| {
            let changes = (place(files()[file].1.len()), change());
            (Just(file), prop::collection::vec(changes, 1..6))
        })
    ) {
        let (name, bytes) = &files()[file];
        let mut bytes = bytes.clone();
        for (at, change) in &changes {
            if !bytes.is_empty() {
                apply(&mut bytes, *at, change);
            }
        }
        if let Ok(backbone) = read(name, &bytes) {
            for tensor in backbone.tensors.values() {
                prop_assert_eq!(tensor.data.len(), tensor.shape.iter().product::<usize>());
            }
        }
    }

    #[test]
    fn cut_files_are_refused(
        (file, len) in (0..files().len()).prop_flat_map(|file| {
            (Just(file), place(files()[file].1.len()))
        })
    ) {
        let (name, bytes) = &files()[file];
        prop_assert!(read(name, &bytes[..len]).is_err(), "{} of {}", len, name);
    }
}
