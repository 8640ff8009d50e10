//! Damaged files: an error or the right number of images, never a panic.
#![allow(clippy::unwrap_used)]

use std::path::PathBuf;

use proptest::prelude::*;

use crate::{Error, ParquetError, TaskSpec, survey};

const FILES: [&str; 4] = [
    "photos/data/test-00000-of-00001.parquet",
    "codec-snappy.parquet",
    "codec-gzip.parquet",
    "codec-zstd.parquet",
];

fn fixture(name: &str) -> Vec<u8> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/parquet");
    fs_err::read(PathBuf::from(root).join(name)).unwrap()
}

/// Reads all there is to read, and returns the problems.
fn read_all(bytes: &[u8]) -> Vec<Error> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.parquet");
    fs_err::write(&path, bytes).unwrap();
    let spec = TaskSpec { path: Some(path), ..TaskSpec::new("damaged") };
    match survey(&spec) {
        Err(error) => vec![error],
        Ok((task, mut problems)) => {
            let splits = [Some(&task.train), task.val.as_ref(), task.test.as_ref()];
            for split in splits.into_iter().flatten() {
                problems.extend((0..split.len()).filter_map(|i| split.image(i).err()));
            }
            problems
        }
    }
}

/// Whether an error is one that a damaged file deserves: on one line, naming the file.
fn is_fair(error: &Error) -> bool {
    let message = error.to_string();
    message.lines().count() == 1 && message.contains("x.parquet")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn flipped_bits_are_errors(file in 0..FILES.len(), flips in prop::collection::vec((any::<prop::sample::Index>(), 0_u8..8), 1..4)) {
        let mut bytes = fixture(FILES[file]);
        for (at, bit) in flips {
            let at = at.index(bytes.len());
            bytes[at] ^= 1_u8 << bit;
        }
        for error in read_all(&bytes) {
            prop_assert!(is_fair(&error), "{}", error);
        }
    }

    #[test]
    fn flipped_bits_of_the_footer_are_errors(file in 0..FILES.len(), at in 1_usize..1500, bit in 0_u8..8) {
        let mut bytes = fixture(FILES[file]);
        let at = bytes.len().saturating_sub(at);
        bytes[at] ^= 1_u8 << bit;
        for error in read_all(&bytes) {
            prop_assert!(is_fair(&error), "{}", error);
        }
    }

    #[test]
    fn what_is_cut_off_is_an_error(file in 0..FILES.len(), keep in any::<prop::sample::Index>()) {
        let mut bytes = fixture(FILES[file]);
        bytes.truncate(1 + keep.index(bytes.len() - 1));
        let errors = read_all(&bytes);
        let damaged = |e: &Error| matches!(e, Error::Parquet(ParquetError::Damaged { .. }));
        prop_assert!(errors.len() == 1 && errors.iter().all(damaged), "{:?}", errors);
    }
}

#[test]
fn other_files_and_absurd_footers_are_refused() {
    let message = |bytes: &[u8]| {
        let message = read_all(bytes)[0].to_string();
        message.split_once("x.parquet: ").unwrap().1.to_owned()
    };
    assert!(message(&[7; 400]).starts_with("damaged Parquet file: "));
    let other = "kind of file: expected a Parquet file, got ";
    assert_eq!(message(b""), format!("{other}an empty file"));
    assert_eq!(message(&[b'x'; 400]), format!("{other}text"));
    // A footer that claims to be as long as a whole file of 100 MB.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.parquet");
    let file = fs_err::File::create(&path).unwrap();
    file.set_len(100_000_000).unwrap();
    drop(file);
    let mut file = fs_err::OpenOptions::new().append(true).open(&path).unwrap();
    std::io::Write::write_all(&mut file, b"\x00\xe0\xf5\x05PAR1").unwrap();
    let spec = TaskSpec { path: Some(path), ..TaskSpec::new("damaged") };
    let error = survey(&spec).unwrap_err().to_string();
    assert!(error.ends_with("expected at most 67108864 bytes, got 99999744"), "{error}");
}

#[test]
fn a_codec_that_is_not_built_in_is_no_damage() {
    let error = read_all(&fixture("brotli.parquet"))[0].to_string();
    let (_, what) = error.split_once("x.parquet: ").unwrap();
    assert!(
        what.starts_with("unsupported Parquet file: expected no compression, or snappy"),
        "{error}"
    );
    assert!(what.ends_with("brotli"), "{error}");
}

#[test]
fn a_file_that_shrinks_after_it_was_opened_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.parquet");
    let bytes = fixture(FILES[0]);
    fs_err::write(&path, &bytes).unwrap();
    let spec = TaskSpec { path: Some(path.clone()), ..TaskSpec::new("damaged") };
    let task = survey(&spec).unwrap().0;
    fs_err::write(&path, &bytes[..100]).unwrap();
    let error = task.train.image(0).unwrap_err();
    assert!(is_fair(&error), "{error}");
}
