//! Contact sheets: a look at what a task is made of. Drawn by the feature `sheets`.

#[cfg(feature = "sheets")]
mod canvas;
#[cfg(feature = "sheets")]
mod choose;
#[cfg(feature = "sheets")]
mod draw;
#[cfg(feature = "sheets")]
mod layout;
#[cfg(feature = "sheets")]
mod text;
#[cfg(feature = "sheets")]
mod thumbnail;

use crate::{Error, Image, Task};

/// What a contact sheet shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SheetOptions {
    /// `train`, `val` or `test`.
    pub split: String,
    /// Images, at most [`Self::MOST`].
    pub images: usize,
    /// Decides which.
    pub seed: u64,
}

impl SheetOptions {
    /// More than anyone can look at; a sheet of them takes about 40 MB of pixels.
    pub const MOST: usize = 1_000;
}

impl Task {
    /// A contact sheet: pictures of one split, as equally many of each class as can be, sorted by
    /// class, each with its label and name. Small images are enlarged by a whole factor, so that
    /// their pixels show.
    ///
    /// # Errors
    /// [`Error::Feature`] without the feature `sheets`; [`Error::NoSuchSplit`]; those of reading the
    /// images that are shown.
    pub fn sheet(&self, options: &SheetOptions) -> Result<Image, Error> {
        #[cfg(feature = "sheets")]
        return draw::sheet(self, options);
        #[cfg(not(feature = "sheets"))]
        Err(Error::Feature {
            what: format!("contact sheet of {}", options.split),
            feature: "sheets",
        })
    }
}
