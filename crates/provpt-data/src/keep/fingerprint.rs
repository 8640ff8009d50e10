//! What prepared images are made of, hashed: files as they are now, and what is done to them.

use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use sha2::{Digest, Sha256};

use crate::keep::cache::Key;
use crate::{Error, Preprocess, Split};

/// To be raised whenever the same files would come out otherwise than before.
const GENERATION: u32 = 1;

/// The key of all images of a split; none if one of them has no file.
///
/// # Errors
/// A file is not there.
pub(crate) fn key(split: &Split, pre: &Preprocess, crops: bool) -> Result<Option<Key>, Error> {
    let Preprocess { size, fit, interpolation, mean: _, std: _ } = pre;
    let mut hash = Sha256::new();
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
