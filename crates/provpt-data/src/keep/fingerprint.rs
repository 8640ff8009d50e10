//! What prepared images are made of, hashed: files as they are now, and what is done to them.

use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use sha2::{Digest, Sha256};

use crate::keep::cache::Key;
use crate::{Crops, Error, Preprocess, Split};

/// To be raised whenever the same files would come out otherwise than before.
const GENERATION: u32 = 1;

/// The key of all images of a split; none if one of them has no file.
///
/// # Errors
/// A file is not there.
pub(crate) fn key(split: &Split, pre: &Preprocess, crops: Crops) -> Result<Option<Key>, Error> {
    let Preprocess { size, fit, interpolation, mean: _, std: _ } = pre;
    let mut hash = Sha256::new();
    let crops = match crops {
        Crops::Evaluation => "false",
        Crops::AnyPlace => "true",
        Crops::AnyPart => "any part",
    };
    hash.update(format!(
        "{GENERATION} {size} {fit:?} {interpolation} {crops} {:?}\n",
        split.decoding()
    ));
    let mut last: Option<PathBuf> = None;
    for source in split.sources() {
        let Some((path, place)) = source.origin() else { return Ok(None) };
        if last.as_deref() != Some(path) {
            file(&mut hash, path)?;
            hash.update(source.reading());
            hash.update([0]);
            last = Some(path.to_owned());
        }
        hash.update(place.to_le_bytes());
    }
    Ok(Some(hash.finalize().into()))
}

/// A file by path, length and the time it was last changed.
fn file(hash: &mut Sha256, path: &Path) -> Result<(), Error> {
    let meta = fs_err::metadata(path)?;
    let changed = meta.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    let path = std::path::absolute(path)?;
    let name = path.as_os_str().as_encoded_bytes();
    for number in [name.len() as u64, meta.len()] {
        hash.update(number.to_le_bytes());
    }
    hash.update(changed.as_nanos().to_le_bytes());
    hash.update(name);
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::{Duration, SystemTime};

    use super::*;
    use crate::source::{Item, Source, Store};
    use crate::{Decoding, Fit, Interpolation};

    const PRE: Preprocess = Preprocess {
        size: 8,
        fit: Fit::Squash,
        interpolation: Interpolation::PilBilinear,
        mean: [0.5; 3],
        std: [0.5; 3],
    };

    /// Two files, last changed so many seconds after a time of long ago.
    fn split(folder: &Path, seconds: u64) -> Split {
        let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000 + seconds);
        let paths = ["a", "b"].map(|name| folder.join(name));
        for path in &paths {
            std::fs::write(path, "image").unwrap();
            let file = std::fs::File::options().write(true).open(path).unwrap();
            file.set_modified(long_ago).unwrap();
        }
        Split::of_files(paths)
    }

    fn key_of(split: &Split, pre: &Preprocess, crops: Crops) -> Key {
        key(split, pre, crops).unwrap().unwrap()
    }

    #[test]
    fn whatever_would_come_out_otherwise_has_another_key() {
        let folder = tempfile::tempdir().unwrap();
        let same = split(folder.path(), 0);
        let expected = key_of(&same, &PRE, Crops::Evaluation);
        assert_eq!(key_of(&split(folder.path(), 0), &PRE, Crops::Evaluation), expected);
        // Statistics are applied to what is kept, not before.
        let other_mean = Preprocess { mean: [0.1; 3], std: [0.2; 3], ..PRE };
        assert_eq!(key_of(&same, &other_mean, Crops::Evaluation), expected);

        let crop = Fit::ShortSideCrop { resize: 9 };
        let others = [
            key_of(&same, &PRE, Crops::AnyPlace),
            key_of(&same, &PRE, Crops::AnyPart),
            key_of(&same, &Preprocess { size: 9, ..PRE }, Crops::Evaluation),
            key_of(&same, &Preprocess { fit: crop, ..PRE }, Crops::Evaluation),
            key_of(
                &same,
                &Preprocess { interpolation: Interpolation::Bilinear, ..PRE },
                Crops::Evaluation,
            ),
            key_of(&same.clone().decoded_with(Decoding { exif: true }), &PRE, Crops::Evaluation),
            key_of(&Split::of_files([folder.path().join("a")]), &PRE, Crops::Evaluation),
            key_of(
                &Split::of_files(["b", "a"].map(|name| folder.path().join(name))),
                &PRE,
                Crops::Evaluation,
            ),
            key_of(&split(folder.path(), 1), &PRE, Crops::Evaluation),
        ];
        for (index, other) in others.iter().enumerate() {
            assert_ne!(*other, expected, "{index}");
            assert!(!others[..index].contains(other), "{index}");
        }
        split(folder.path(), 0);
        let path = folder.path().join("b");
        let changed = std::fs::metadata(&path).unwrap().modified().unwrap();
        std::fs::write(&path, "longer").unwrap();
        std::fs::File::options().write(true).open(&path).unwrap().set_modified(changed).unwrap();
        assert_ne!(
            key_of(&same, &PRE, Crops::Evaluation),
            expected,
            "another length at the same time"
        );
    }

    /// Images in one file, at any place in there.
    #[derive(Debug)]
    struct Many {
        path: PathBuf,
        places: Vec<u64>,
        reading: &'static str,
    }

    impl Store for Many {
        fn image(&self, _: usize) -> Result<crate::Image, Error> {
            unreachable!("nothing is decoded for a key")
        }

        fn encoded(&self, _: usize) -> Result<Vec<u8>, Error> {
            unreachable!("nothing is read for a key")
        }

        fn reading(&self) -> String {
            self.reading.to_owned()
        }

        fn origin(&self, index: usize) -> (&Path, u64) {
            (&self.path, self.places[index])
        }
    }

    #[test]
    fn images_of_one_file_are_told_apart_by_their_places_and_how_it_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, "images").unwrap();
        let of = |places: &[u64], reading| {
            let (path, places) = (path.clone(), places.to_vec());
            let count = places.len();
            let store: Arc<dyn Store> = Arc::new(Many { path, places, reading });
            let item = |index: usize| Item {
                source: Source::Stored(store.clone(), index),
                label: 0,
                name: index.to_string(),
            };
            key_of(&Split::new((0..count).map(item).collect()), &PRE, Crops::Evaluation)
        };
        assert_eq!(of(&[1, 2], ""), of(&[1, 2], ""));
        for other in [of(&[2, 1], ""), of(&[1, 3], ""), of(&[1], ""), of(&[1, 2], "rgb")] {
            assert_ne!(of(&[1, 2], ""), other);
        }
    }
}
