//! What an image is written as.

#[cfg(feature = "parquet")]
use std::path::Path;

use image::ImageFormat;

use crate::{Error, Split};

/// Whose bytes are kept as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Encoding {
    /// PNG files are kept; of all others the decoded pixels become PNG.
    #[default]
    Png,
    /// Every file is kept, lossy ones too. What has no file (drawn or raw pixels) becomes PNG.
    Keep,
}

/// A file to be.
pub(super) struct Encoded {
    pub(super) bytes: Vec<u8>,
    /// `png`, `jpg`, ...
    pub(super) extension: &'static str,
}

/// Decodes image `index` in any case: what cannot be read is not passed on.
pub(super) fn encode(split: &Split, index: usize, encoding: Encoding) -> Result<Encoded, Error> {
    let image = split.image(index)?;
    if let Some(bytes) = split.encoded(index)? {
        let format = image::guess_format(&bytes).ok();
        let kept = format.filter(|&f| f == ImageFormat::Png || encoding == Encoding::Keep);
        if let Some(extension) = kept.and_then(|format| format.extensions_str().first().copied()) {
            return Ok(Encoded { bytes, extension });
        }
    }
    Ok(Encoded { bytes: image.to_png()?, extension: "png" })
}

/// The last part of a name with the extension of what is written: `dir/a.b.jpg` -> `a.b.png`.
#[cfg(feature = "parquet")]
pub(super) fn file_name(name: &str, extension: &str) -> String {
    let tail = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let stem = match ImageFormat::from_path(Path::new(tail)) {
        Ok(_) => tail.rsplit_once('.').map_or(tail, |(stem, _)| stem),
        Err(_) => tail,
    };
    format!("{stem}.{extension}")
}

#[cfg(all(test, feature = "parquet"))]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_is_written() {
        let cases = [
            ("a/b.c/d.e.jpg", "png", "d.e.png"),
            ("square-x1.5", "png", "square-x1.5.png"),
            ("data\\x.PNG", "png", "x.png"),
            ("x", "jpg", "x.jpg"),
        ];
        for (name, extension, expected) in cases {
            assert_eq!(file_name(name, extension), expected);
        }
    }
}
