//! Portable bitmaps, graymaps and pixmaps (PBM, PGM, PPM), as Pillow reads them. Written by hand:
//! the `image` crate rounds levels of other ranges than 0..=255 otherwise.

use super::{Decoded, Fault, check_size, levels};

/// What the second byte of a file says.
struct Kind {
    /// Numbers are written out, not bytes.
    plain: bool,
    /// Samples of a pixel; of a bitmap one bit.
    samples: usize,
    bits: bool,
}

/// What stands in front of the samples.
struct Header {
    width: usize,
    height: usize,
    /// The level of white; 1 for a bitmap.
    most: u32,
}

pub(super) fn decode(bytes: &[u8]) -> Result<Decoded, Fault> {
    let kind = match bytes.get(1) {
        Some(b'1') => Kind { plain: true, samples: 1, bits: true },
        Some(b'2') => Kind { plain: true, samples: 1, bits: false },
        Some(b'3') => Kind { plain: true, samples: 3, bits: false },
        Some(b'4') => Kind { plain: false, samples: 1, bits: true },
        Some(b'5') => Kind { plain: false, samples: 1, bits: false },
        _ => Kind { plain: false, samples: 3, bits: false },
    };
    let mut words = Words { bytes: bytes.get(2..).unwrap_or_default() };
    let header = header(&mut words, &kind)?;
    let count = header.width * header.height * kind.samples;
    let samples = match (kind.bits, kind.plain) {
        (true, true) => words.bits(count)?,
        (true, false) => packed_bits(words.after_blank(), &header)?,
        (false, true) => scaled((0..count).map(|_| words.level(header.most)), &kind, &header)?,
        (false, false) => raw(words.after_blank(), count, &kind, &header)?,
    };
    let rgb = if kind.samples == 1 { levels::grey(samples.into_iter()) } else { samples };
    Ok(Decoded { width: header.width, height: header.height, rgb })
}

fn header(words: &mut Words<'_>, kind: &Kind) -> Result<Header, Fault> {
    let (width, height) = (words.number()?, words.number()?);
    let most = if kind.bits { 1 } else { words.number()? };
    if width == 0 || height == 0 {
        return Err(bad(format!("expected a width and a height, got {width} and {height}")));
    }
    if !(1..1 << 16).contains(&most) {
        return Err(bad(format!("expected a level of white in 1..=65535, got {most}")));
    }
    let wide = if most > 255 { 2 } else { 1 };
    let pixels = u64::from(width) * u64::from(height);
    check_size(width, height, pixels.saturating_mul(kind.samples as u64 * wide))?;
    Ok(Header { width: width as usize, height: height as usize, most })
}

/// Samples as bytes, or as pairs of bytes where levels are above 255.
fn raw(bytes: &[u8], count: usize, kind: &Kind, header: &Header) -> Result<Vec<u8>, Fault> {
    let wide = if header.most > 255 { 2 } else { 1 };
    let bytes = bytes.get(..count * wide).ok_or_else(ended)?;
    let level = |sample: &[u8]| Ok(sample.iter().fold(0, |level, &b| level << 8 | u32::from(b)));
    scaled(bytes.chunks_exact(wide).map(level), kind, header)
}

/// Levels brought to 0..=255. Grey of more than 255 levels is a mode of its own, which Pillow
/// brings to 0..=65535, and clips at 255 when it is asked for RGB.
fn scaled(
    samples: impl Iterator<Item = Result<u32, Fault>>,
    kind: &Kind,
    header: &Header,
) -> Result<Vec<u8>, Fault> {
    let deep = kind.samples == 1 && header.most > 255;
    let white = if deep { 65_535.0 } else { 255.0 };
    let most = f64::from(header.most);
    let scale = |level: u32| (f64::from(level) / most * white).round_ties_even().min(255.0) as u8;
    samples.map(|level| level.map(scale)).collect()
}

/// Rows of bits, each filled up to a whole byte; a one is black.
fn packed_bits(bytes: &[u8], header: &Header) -> Result<Vec<u8>, Fault> {
    let row = header.width.div_ceil(8);
    let bytes = bytes.get(..row * header.height).ok_or_else(ended)?;
    let level = |row: &[u8], x: usize| if row[x / 8] >> (7 - x % 8) & 1 == 1 { 0 } else { 255 };
    let rows = bytes.chunks_exact(row);
    Ok(rows.flat_map(|row| (0..header.width).map(move |x| level(row, x))).collect())
}

/// Words between blanks, without comments.
struct Words<'a> {
    bytes: &'a [u8],
}

impl<'a> Words<'a> {
    /// What follows the one blank that ends a header.
    fn after_blank(&self) -> &'a [u8] {
        self.bytes.get(1..).unwrap_or_default()
    }

    /// To the next byte that is neither blank nor comment.
    fn skip(&mut self) {
        while let [byte, rest @ ..] = self.bytes {
            self.bytes = match byte {
                b'#' => {
                    let end = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
                    end.map_or(&[][..], |end| &rest[end..])
                }
                byte if byte.is_ascii_whitespace() || *byte == 0x0b => rest,
                _ => return,
            };
        }
    }

    fn number(&mut self) -> Result<u32, Fault> {
        self.skip();
        let digits = self.bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (word, rest) = self.bytes.split_at(digits);
        if rest.first().is_some_and(|b| !b.is_ascii_whitespace() && !matches!(b, b'#' | 0x0b)) {
            return Err(bad(format!("expected a number, got the byte 0x{:02x}", rest[0])));
        }
        self.bytes = rest;
        let text = std::str::from_utf8(word)?;
        if text.is_empty() { Err(ended()) } else { Ok(text.parse()?) }
    }

    fn level(&mut self, most: u32) -> Result<u32, Fault> {
        match self.number()? {
            level if level <= most => Ok(level),
            level => Err(bad(format!("expected levels of at most {most}, got {level}"))),
        }
    }

    /// Ones and zeros, with or without blanks between them; a one is black.
    fn bits(&mut self, count: usize) -> Result<Vec<u8>, Fault> {
        let mut levels = Vec::new();
        while levels.len() < count {
            self.skip();
            let (bit, rest) = self.bytes.split_first().ok_or_else(ended)?;
            levels.push(match bit {
                b'0' => 255,
                b'1' => 0,
                other => return Err(bad(format!("expected 0 or 1, got the byte 0x{other:02x}"))),
            });
            self.bytes = rest;
        }
        Ok(levels)
    }
}

fn bad(cause: String) -> Fault {
    Fault::Bad(format!("PNM: {cause}"))
}

fn ended() -> Fault {
    Fault::Bad("PNM: expected more samples, got the end of the file".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The levels of red, as Pillow 12 has them.
    fn red(file: &[u8]) -> Result<Vec<u8>, String> {
        match decode(file) {
            Ok(image) => Ok(image.rgb.iter().step_by(3).copied().collect()),
            Err(Fault::Bad(cause)) => Err(cause),
            Err(Fault::TooLarge(..)) => Err("too large".to_owned()),
        }
    }

    #[test]
    fn all_six_kinds_are_read() {
        assert_eq!(red(b"P1\n# hi\n3 2\n1 0 1\n010").unwrap(), [0, 255, 0, 255, 0, 255]);
        assert_eq!(
            red(b"P4 9 2\n\x80\x80\x00\x00").unwrap()[..9],
            [0, 255, 255, 255, 255, 255, 255, 255, 0]
        );
        assert_eq!(red(b"P2 3 1 6\n1 3 6").unwrap(), [42, 128, 255]);
        assert_eq!(red(b"P5 3 1 255 \x01\x80\xff").unwrap(), [1, 128, 255]);
        assert_eq!(red(b"P3 1 1 15 1 2 3").unwrap(), [17]);
        assert_eq!(red(b"P6 2 1 255\nabcdef").unwrap(), [b'a', b'd']);
    }

    #[test]
    fn deep_levels_are_scaled_in_colour_and_clipped_in_grey() {
        assert_eq!(red(b"P6 1 1 65535\n\x80\x00\x00\x00\x00\x00").unwrap(), [128]);
        assert_eq!(red(b"P5 2 1 65535\n\x00\x07\x80\x00").unwrap(), [7, 255]);
        assert_eq!(red(b"P2 1 1 1000 1").unwrap(), [66]);
    }

    #[test]
    fn what_is_short_or_wrong_is_told() {
        for (file, cause) in [
            (&b"P5 3 1 255 \x01\x80"[..], "expected more samples, got the end"),
            (b"P3 1 1 15 1 2", "expected more samples"),
            (b"P2 1 1 15 16", "expected levels of at most 15, got 16"),
            (b"P1 2 1 2", "expected 0 or 1, got the byte 0x32"),
            (b"P5 0 1 255 ", "expected a width and a height, got 0 and 1"),
            (b"P5 1 1 65536 ", "expected a level of white in 1..=65535, got 65536"),
            (b"P5 1x1 255 ", "expected a number, got the byte 0x78"),
            (b"P6 99999 99999 255 ", "too large"),
            (b"P6 99999999999 1 255 ", "number too large"),
        ] {
            let got = red(file).unwrap_err();
            assert!(got.contains(cause), "{got}");
        }
    }
}
