//! Zip archives, as NumPy and PyTorch write them.

use std::io::{Read, Seek};

use zip::ZipArchive;
use zip::read::{ArchiveOffset, Config};
use zip::result::ZipError;

use super::fault::Fault;

/// Opens an archive that begins where its file begins; the error says what is damaged.
///
/// Left to itself, the library looks for the archive's beginning, and takes a file of PyTorch for
/// one with something in front if the record that ends its directory is as long as the directory's
/// first entry: zip64's is, 76 bytes, for a `data.pkl` in a folder of 21 letters.
pub(super) fn open<R: Read + Seek>(file: R) -> Result<ZipArchive<R>, Fault> {
    let config = Config { archive_offset: ArchiveOffset::Known(0) };
    ZipArchive::with_config(config, file).map_err(fault)
}

/// An archive that the library does not read may be whole: encrypted, or compressed in some other
/// way.
pub(super) fn fault(error: ZipError) -> Fault {
    match error {
        ZipError::UnsupportedArchive(what) => Fault::Unreadable(format!("a zip archive: {what}")),
        other => Fault::Damaged(other.to_string()),
    }
}
