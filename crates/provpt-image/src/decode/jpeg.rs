//! JPEG, to the level as libjpeg-turbo (which Pillow uses) decodes it: the accurate integer cosine
//! transform and triangle-filtered chroma, whatever the machine's vector units.

use libjpeg_turbo_rs::{
    ColorSpace, ComponentInfo, DecodeLimits, DecodeWarning, Decoder, PixelFormat,
};

use super::{Decoded, Fault, MAX_BYTES, MAX_SIDE, check_size, levels, orientation};

/// More scans than any encoder writes; each one costs a pass over the image.
const MAX_SCANS: usize = 256;

/// The image, and the orientation that EXIF asks for.
pub(super) fn decode(bytes: &[u8]) -> Result<(Decoded, u8), Fault> {
    let side = MAX_SIDE as usize;
    decode_as(bytes, false, (side, side))
}

/// `plain`: three components are red, green and blue, whatever the file's markers say. `most`:
/// width and height.
pub(super) fn decode_as(
    bytes: &[u8],
    plain: bool,
    most: (usize, usize),
) -> Result<(Decoded, u8), Fault> {
    let mut decoder = Decoder::new_with_limits(bytes, limits(most))?;
    let frame = decoder.header();
    let (width, height) = (u32::from(frame.width), u32::from(frame.height));
    check_size(width, height, area(width, height) * frame.components.len() as u64)?;
    if frame.precision != 8 {
        return Err(Fault::Bad(format!("bits per sample: expected 8, got {}", frame.precision)));
    }
    check_sampling(&frame.components)?;
    let format = match decoder.jpeg_color_space() {
        ColorSpace::Cmyk | ColorSpace::Ycck => PixelFormat::Cmyk,
        ColorSpace::Grayscale => PixelFormat::Grayscale,
        _ => PixelFormat::Rgb,
    };
    decoder.set_output_format(format);
    if plain && decoder.jpeg_color_space() == ColorSpace::YCbCr {
        decoder.set_output_colorspace(ColorSpace::YCbCr);
    }
    // As libjpeg: progressive files that end early are smoothed, bad codes spoil some blocks only.
    decoder.set_block_smoothing(true);
    decoder.set_lenient(true);
    let image = decoder.decode_image()?;
    if let Some(short) = image.warnings.iter().find(|warning| is_fatal(warning)) {
        return Err(Fault::Bad(short.to_string()));
    }
    let orientation = orientation::read(image.exif_data.as_deref(), image.xmp_data.as_deref());
    let rgb = match format {
        PixelFormat::Cmyk => inverted_cmyk(&image.data),
        PixelFormat::Grayscale => levels::grey(image.data.into_iter()),
        _ => image.data,
    };
    Ok((Decoded { width: image.width, height: image.height, rgb }, orientation))
}

/// The decoder enlarges all components to the first one, and reads past a plane where another is
/// finer. No encoder writes such files.
fn check_sampling(components: &[ComponentInfo]) -> Result<(), Fault> {
    let Some((first, others)) = components.split_first() else { return Ok(()) };
    let finer = |c: &ComponentInfo| {
        c.horizontal_sampling > first.horizontal_sampling
            || c.vertical_sampling > first.vertical_sampling
    };
    match others.iter().find(|other| finer(other)) {
        None => Ok(()),
        Some(other) => Err(Fault::Bad(format!(
            "sampling: expected the first component's {}x{} to be the finest, got {}x{}",
            first.horizontal_sampling,
            first.vertical_sampling,
            other.horizontal_sampling,
            other.vertical_sampling
        ))),
    }
}

fn limits((max_width, max_height): (usize, usize)) -> DecodeLimits {
    DecodeLimits {
        max_width,
        max_height,
        max_scans: MAX_SCANS,
        max_memory: Some(2 * MAX_BYTES),
        ..DecodeLimits::default()
    }
}

fn area(width: u32, height: u32) -> u64 {
    u64::from(width) * u64::from(height)
}

fn is_fatal(warning: &DecodeWarning) -> bool {
    use DecodeWarning::{TruncatedData, UnsupportedRecovered};
    matches!(warning, TruncatedData { .. } | UnsupportedRecovered { .. })
}

/// Pillow takes every CMYK JPEG for inverted, as Adobe writes them.
fn inverted_cmyk(inverted: &[u8]) -> Vec<u8> {
    let (pixels, _) = inverted.as_chunks::<4>();
    pixels.iter().flat_map(|inks| levels::cmyk(inks.map(|level| 255 - level))).collect()
}
