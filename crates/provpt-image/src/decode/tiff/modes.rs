//! What the samples of a TIFF mean, and their RGB with Pillow's arithmetic.

use tiff::decoder::DecodingResult;

use super::super::{Fault, levels};
use super::{EXTRA, Ifd, PREDICTOR};

const BITS: u16 = 258;
const PHOTOMETRIC: u16 = 262;
const SAMPLES: u16 = 277;
const COLOURS: u16 = 320;
const COEFFICIENTS: u16 = 529;
const SUBSAMPLING: u16 = 530;
const REFERENCES: u16 = 532;

/// The weights of red, green and blue in brightness, and the levels of black and white, that YCbCr
/// has where nothing else is said.
const USUAL_COEFFICIENTS: [f64; 3] = [0.299, 0.587, 0.114];
const USUAL_REFERENCES: [f64; 6] = [0.0, 255.0, 128.0, 255.0, 128.0, 255.0];

/// The kinds of pixel that Pillow opens.
pub(super) struct Mode {
    pub(super) photometric: u64,
    pub(super) samples: usize,
    bits: u64,
    premultiplied: bool,
    compressed: bool,
    /// Samples are stored as differences to the pixel before.
    pub(super) predicted: bool,
    /// Red, green and blue of every number.
    palette: Vec<[u8; 3]>,
}

/// Samples as stored, in one or more planes.
pub(super) struct Samples {
    pub(super) values: DecodingResult,
    pub(super) planes: usize,
}

impl Mode {
    const WHITE_IS_ZERO: u64 = 0;
    const BLACK_IS_ZERO: u64 = 1;
    const RGB: u64 = 2;
    const PALETTE: u64 = 3;
    pub(super) const CMYK: u64 = 5;
    const YCBCR: u64 = 6;

    pub(super) fn of(ifd: &Ifd<'_>) -> Result<Self, Fault> {
        let first = |numbers: &[u64]| numbers.first().copied().unwrap_or(1);
        let photometric = first(&ifd.numbers_or(PHOTOMETRIC, Self::WHITE_IS_ZERO)?);
        let samples = first(&ifd.numbers_or(SAMPLES, 1)?);
        let bits = ifd.numbers_or(BITS, 1)?;
        let depth = first(&bits);
        let known = match photometric {
            _ if bits.iter().any(|&bits| bits != depth) => false,
            Self::WHITE_IS_ZERO | Self::BLACK_IS_ZERO => match samples {
                1 => [1, 2, 4, 8, 16, 32].contains(&depth),
                2 => depth == 8,
                _ => false,
            },
            Self::RGB => (3..=6).contains(&samples) && [8, 16].contains(&depth),
            Self::PALETTE => samples == 1 && [1, 2, 4, 8].contains(&depth),
            Self::CMYK => samples == 4 && [8, 16].contains(&depth),
            Self::YCBCR => samples == 3 && depth == 8,
            _ => false,
        };
        let sampling = ifd.numbers(SUBSAMPLING);
        let compressed = ifd.number(super::COMPRESSION).is_some_and(|kind| kind != 1);
        // Two by two is what nothing said means, but not to Pillow itself.
        let whole = match sampling {
            _ if photometric != Self::YCBCR => true,
            Some(sampling) => sampling == [1, 1],
            None => !compressed,
        };
        if !known || !(whole || ifd.number(super::COMPRESSION) == Some(super::JPEG)) {
            return Err(Fault::Bad(format!(
                "unsupported TIFF: photometric {photometric}, {samples} samples of {depth} bits"
            )));
        }
        if !compressed && depth == 16 && samples > 1 && ifd.number(super::PLANAR) == Some(2) {
            // Pillow takes each byte for a pixel, unless libtiff unfolds them.
            let what = "unsupported TIFF: 16-bit samples in planes without compression";
            return Err(Fault::Bad(what.to_owned()));
        }
        let by_libtiff = compressed && ifd.number(super::COMPRESSION) != Some(super::JPEG);
        if photometric == Self::YCBCR && by_libtiff && !usual(ifd) {
            let what = "unsupported TIFF: YCbCr with coefficients or references of its own";
            return Err(Fault::Bad(what.to_owned()));
        }
        let premultiplied = ifd.number(EXTRA) == Some(1);
        let palette = match photometric {
            Self::PALETTE => palette(ifd, 1 << depth)?,
            _ => Vec::new(),
        };
        let (samples, bits) = (samples as usize, depth);
        // As libtiff: of LZW and deflate.
        let predicts = matches!(ifd.number(super::COMPRESSION), Some(5 | 8 | 32946));
        let predicted = predicts && ifd.number(PREDICTOR).is_some_and(|kind| kind != 1);
        Ok(Self { photometric, samples, bits, premultiplied, compressed, predicted, palette })
    }

    /// One bit per pixel.
    pub(super) fn is_of_bits(&self) -> bool {
        self.samples == 1 && self.bits == 1
    }

    /// Of a row as stored; of one plane where they lie in planes.
    pub(super) fn row_bytes(&self, width: usize, in_planes: bool) -> u64 {
        let samples = if in_planes { 1 } else { self.samples as u64 };
        (width as u64 * samples * self.bits).div_ceil(8)
    }

    /// Of the decoded samples.
    pub(super) fn bytes_per_pixel(&self) -> u64 {
        self.samples as u64 * self.bits.div_ceil(8)
    }

    /// `[height, width, 3]` of `size` (width, height).
    pub(super) fn rgb(&self, samples: &Samples, size: (usize, usize)) -> Result<Vec<u8>, Fault> {
        let pixels = size.0 * size.1;
        let bytes = self.to_bytes(&samples.values, size)?;
        let bytes = interleaved(bytes, samples.planes);
        // Samples without a meaning may be left out.
        let needed = if self.photometric == Self::CMYK { 4 } else { self.samples.min(3) };
        let each = (bytes.len() / pixels.max(1)).min(self.samples);
        if each < needed {
            let (expected, got) = (pixels * needed, bytes.len());
            return Err(Fault::Bad(format!("samples: expected {expected}, got {got}")));
        }
        if each < self.samples && self.predicted {
            let what = "unsupported TIFF: predictions of samples without a meaning";
            return Err(Fault::Bad(what.to_owned()));
        }
        let bytes = &bytes[..pixels * each];
        Ok(match self.photometric {
            Self::PALETTE => {
                let colour = |&number: &u8| self.palette.get(usize::from(number)).copied();
                bytes.iter().flat_map(|number| colour(number).unwrap_or_default()).collect()
            }
            Self::RGB => self.colour(bytes, each),
            Self::CMYK => {
                let (pixels, _) = bytes.as_chunks::<4>();
                pixels.iter().flat_map(|&inks| levels::cmyk(inks)).collect()
            }
            Self::YCBCR => {
                let (pixels, _) = bytes.as_chunks::<3>();
                let convert =
                    if self.compressed { levels::ycbcr_of_libtiff } else { levels::ycbcr };
                pixels.iter().flat_map(|&pixel| convert(pixel)).collect()
            }
            _ => self.grey(bytes),
        })
    }

    fn grey(&self, bytes: &[u8]) -> Vec<u8> {
        let (two, premultiplied) = (self.samples == 2, self.premultiplied);
        match two {
            true if premultiplied => {
                let (pixels, _) = bytes.as_chunks::<2>();
                levels::grey(pixels.iter().map(|&[grey, alpha]| levels::unmultiplied(grey, alpha)))
            }
            true => levels::grey(bytes.as_chunks::<2>().0.iter().map(|pixel| pixel[0])),
            false => levels::grey(bytes.iter().copied()),
        }
    }

    fn colour(&self, bytes: &[u8], each: usize) -> Vec<u8> {
        let pixels = bytes.chunks_exact(each);
        let divided = |pixel: &[u8]| {
            let alpha = if self.premultiplied { pixel[3] } else { 255 };
            [0, 1, 2].map(|c| levels::unmultiplied(pixel[c], alpha))
        };
        match each {
            3 => bytes.to_vec(),
            _ => pixels.flat_map(divided).collect(),
        }
    }

    /// One byte per sample: a level, or a palette's number.
    fn to_bytes(&self, values: &DecodingResult, size: (usize, usize)) -> Result<Vec<u8>, Fault> {
        let single = self.samples == 1;
        Ok(match values {
            DecodingResult::U8(bytes) if self.bits < 8 => self.unpacked(bytes, size),
            DecodingResult::U8(bytes) if single && self.photometric == Self::WHITE_IS_ZERO => {
                bytes.iter().map(|level| 255 - level).collect()
            }
            DecodingResult::U8(bytes) => bytes.clone(),
            DecodingResult::I8(bytes) => bytes.iter().map(|&level| level as u8).collect(),
            // Pillow clips what is wider than a byte, but for colour keeps the high byte.
            DecodingResult::U16(wide) if single => clipped(wide.iter().map(|&v| f64::from(v))),
            DecodingResult::U16(wide) => wide.iter().map(|level| (level >> 8) as u8).collect(),
            DecodingResult::I16(wide) if single => clipped(wide.iter().map(|&v| f64::from(v))),
            // Pillow holds 32 bits as signed numbers.
            DecodingResult::U32(wide) if single => {
                clipped(wide.iter().map(|&v| f64::from(v as i32)))
            }
            DecodingResult::I32(wide) if single => clipped(wide.iter().map(|&v| f64::from(v))),
            DecodingResult::F32(wide) if single => clipped(wide.iter().map(|&v| f64::from(v))),
            _ => return Err(Fault::Bad("unsupported TIFF: kind of sample".to_owned())),
        })
    }

    /// Numbers of 1, 2 or 4 bits, rows padded to whole bytes; grey ones stretched to 0..=255.
    fn unpacked(&self, bytes: &[u8], (width, height): (usize, usize)) -> Vec<u8> {
        let bits = self.bits as usize;
        let most = (1_u8 << bits) - 1;
        let level = |number: u8| match self.photometric {
            Self::PALETTE => number,
            Self::WHITE_IS_ZERO => (most - number) * (255 / most),
            _ => number * (255 / most),
        };
        let stride = (width * bits).div_ceil(8).max(1);
        let rows = bytes.chunks(stride).take(height);
        let pick = |row: &[u8], x: usize| {
            let byte = row.get(x * bits / 8).copied().unwrap_or(0);
            byte >> (8 - bits - x * bits % 8) & most
        };
        rows.flat_map(|row| (0..width).map(move |x| level(pick(row, x)))).collect()
    }
}

/// Whether a YCbCr image is to be converted with the usual numbers.
fn usual(ifd: &Ifd<'_>) -> bool {
    let is = |tag, usual: &[f64]| {
        let near = |own: &[f64]| {
            own.len() == usual.len() && own.iter().zip(usual).all(|(a, b)| (a - b).abs() < 1e-5)
        };
        !ifd.has(tag) || ifd.fractions(tag).is_some_and(|own| near(&own))
    };
    is(COEFFICIENTS, &USUAL_COEFFICIENTS) && is(REFERENCES, &USUAL_REFERENCES)
}

/// As Pillow's conversion from 32 bits: fractions are cut off.
fn clipped(levels: impl Iterator<Item = f64>) -> Vec<u8> {
    levels.map(|level| level.clamp(0.0, 255.0) as u8).collect()
}

fn interleaved(bytes: Vec<u8>, planes: usize) -> Vec<u8> {
    if planes < 2 {
        return bytes;
    }
    let len = bytes.len() / planes;
    (0..len)
        .flat_map(|i| (0..planes).map(move |plane| (plane, i)))
        .map(|(plane, i)| bytes[plane * len + i])
        .collect()
}

fn palette(ifd: &Ifd<'_>, colours: usize) -> Result<Vec<[u8; 3]>, Fault> {
    let levels = ifd.numbers(COLOURS).unwrap_or_default();
    if levels.len() < 3 * colours {
        let (expected, got) = (3 * colours, levels.len());
        return Err(Fault::Bad(format!("palette: expected {expected} numbers, got {got}")));
    }
    let level = |c: usize, i: usize| (levels[c * (levels.len() / 3) + i] >> 8) as u8;
    Ok((0..colours).map(|i| [0, 1, 2].map(|c| level(c, i))).collect())
}
