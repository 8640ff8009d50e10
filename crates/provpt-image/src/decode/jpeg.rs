//! JPEG, to the level as libjpeg-turbo (which Pillow uses) decodes it: the accurate integer cosine
//! transform and triangle-filtered chroma, whatever the machine's vector units.

use libjpeg_turbo_rs::{
    ColorSpace, ComponentInfo, DecodeLimits, Decoder, FrameHeader, PixelFormat,
};

use super::{
    Decoded, Fault, MAX_BYTES, MAX_SIDE, check_size, jpeg_damage, jpeg_inks, levels, orientation,
};

/// More scans than any encoder writes; each one costs a pass over the image.
const MAX_SCANS: usize = 256;

/// The image, and the orientation that EXIF asks for.
pub(super) fn decode(bytes: &[u8]) -> Result<(Decoded, u8), Fault> {
    let side = MAX_SIDE as usize;
    decode_as(bytes, false, (side, side))
}

/// `plain`: three components are red, green and blue, and four are inks, whatever the file's markers
/// say. `most`: width and height.
pub(super) fn decode_as(
    bytes: &[u8],
    plain: bool,
    most: (usize, usize),
) -> Result<(Decoded, u8), Fault> {
    let mut decoder = Decoder::new_with_limits(bytes, limits(most))?;
    let (width, height) = checked_size(decoder.header())?;
    jpeg_damage::check_markers(bytes)?;
    decoder.set_lenient(true);
    let orientation = orientation::read(decoder.exif_data(), decoder.xmp_data());
    let rgb = match jpeg_inks::is_one(&decoder.header().components) {
        true => cmyk(&jpeg_inks::decode(bytes, decoder, plain)?, !plain),
        false => even(bytes, decoder, plain)?,
    };
    Ok((Decoded { width, height, rgb }, orientation))
}

fn checked_size(frame: &FrameHeader) -> Result<(usize, usize), Fault> {
    let (width, height) = (u32::from(frame.width), u32::from(frame.height));
    check_size(width, height, area(width, height) * frame.components.len() as u64)?;
    if frame.precision != 8 {
        return Err(Fault::Bad(format!("bits per sample: expected 8, got {}", frame.precision)));
    }
    if width == 0 || height == 0 {
        return Err(Fault::Bad(format!("expected a width and a height, got {width} and {height}")));
    }
    Ok((width as usize, height as usize))
}

/// The RGB of what the decoder enlarges itself.
fn even(bytes: &[u8], mut decoder: Decoder<'_>, plain: bool) -> Result<Vec<u8>, Fault> {
    let is_progressive = decoder.header().is_progressive;
    check_sampling(&decoder.header().components)?;
    let format = match decoder.jpeg_color_space() {
        ColorSpace::Cmyk | ColorSpace::Ycck => PixelFormat::Cmyk,
        ColorSpace::Grayscale => PixelFormat::Grayscale,
        _ => PixelFormat::Rgb,
    };
    decoder.set_output_format(format);
    match decoder.jpeg_color_space() {
        space @ (ColorSpace::YCbCr | ColorSpace::Ycck) if plain => {
            decoder.set_output_colorspace(space);
        }
        _ => {}
    }
    // As libjpeg: progressive images with too few scans are smoothed.
    decoder.set_block_smoothing(true);
    let image = decoder.decode_image()?;
    jpeg_damage::check_warnings(bytes, is_progressive, &image.warnings)?;
    Ok(match format {
        PixelFormat::Cmyk => cmyk(&image.data, !plain),
        PixelFormat::Grayscale => levels::grey(image.data.into_iter()),
        _ => image.data,
    })
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

/// Pillow takes every JPEG of inks for inverted, as Adobe writes them.
fn cmyk(inks: &[u8], inverted: bool) -> Vec<u8> {
    let (pixels, _) = inks.as_chunks::<4>();
    let mask = if inverted { 255 } else { 0 };
    pixels.iter().flat_map(|inks| levels::cmyk(inks.map(|level| level ^ mask))).collect()
}
