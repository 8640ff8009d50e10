use crate::Error;

/// A decoded RGB image: u8, rows from top to bottom, `pixels` `[height, width, 3]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

impl Image {
    /// Wraps `pixels` `[height, width, 3]`.
    ///
    /// # Errors
    /// [`Error::Pixels`] when the bytes do not fit the size or there are none.
    pub fn from_rgb(width: usize, height: usize, pixels: Vec<u8>) -> Result<Self, Error> {
        let expected = width.saturating_mul(height).saturating_mul(3);
        if expected == 0 || pixels.len() != expected {
            let got = pixels.len();
            return Err(Error::Pixels { width, height, expected, got });
        }
        Ok(Self { width, height, pixels })
    }

    /// Pixels per row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Rows.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Bytes `[height, width, 3]`.
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_must_fill_the_image() {
        let message = |w, h, bytes| Image::from_rgb(w, h, vec![0; bytes]).unwrap_err().to_string();
        assert_eq!(message(2, 3, 17), "image of 2x3: expected 18 bytes, at least 3, got 17");
        assert_eq!(message(0, 3, 0), "image of 0x3: expected 0 bytes, at least 3, got 0");
        assert_eq!(Image::from_rgb(2, 3, vec![7; 18]).unwrap().height(), 3);
    }
}
