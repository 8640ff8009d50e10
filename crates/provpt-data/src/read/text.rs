//! Text files: every reader of text goes by this one.

use std::path::Path;

use provpt_base::text_of;

use crate::Error;

/// The text of a file, in any encoding that can be told.
///
/// # Errors
/// [`Error::Encoding`] for another one.
pub(crate) fn read(path: &Path) -> Result<String, Error> {
    let bytes = fs_err::read(path)?;
    text_of(&bytes).map_err(|error| {
        let (line, got) = (error.line, error.got);
        Error::Encoding { path: path.to_owned(), line, got }
    })
}

/// The first line that is not blank, also of a file in an encoding that is refused, as far as it is
/// ASCII: enough to know what the file is meant to be.
pub(crate) fn first_line(path: &Path) -> Option<String> {
    let bytes = fs_err::read(path).ok()?;
    let lossy = || String::from_utf8_lossy(&bytes).replace(['\0', '\u{fffd}'], "");
    let text = text_of(&bytes).unwrap_or_else(|_| lossy());
    text.lines().find(|line| !line.trim().is_empty()).map(str::to_owned)
}
