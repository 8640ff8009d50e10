//! Pillow's antialiased filters, to the level.

use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::F32x3;
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};

use crate::resize::Window;
use crate::{Error, Image};

/// Source rows held as floats at a time, so that a large image does not grow fourfold.
const BAND: usize = 64;

/// Resizes as Pillow: along the rows first, then along the columns, whole levels in between. The
/// library's own u8 path goes the other way with coarser weights, which costs up to six levels
/// where a bicubic overshoot is clipped; each of these passes sums in f64 instead.
pub(crate) fn pillow(
    image: &Image,
    window: Window,
    filter: FilterType,
    resizer: &mut Resizer,
) -> Result<Vec<f32>, Error> {
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(filter));
    let narrow = narrow(image, window, options, resizer)?;
    let (width, height) = window.size;
    let (top, length) = span(image.height(), window.full.1, window.corner.1, height);
    let mut target = TypedImage::new(width as u32, height as u32);
    let options = options.crop(0.0, top, width as f64, length);
    resizer.resize_typed(&narrow, &mut target, &options).map_err(refused)?;
    whole_levels(target.pixels_mut());
    Ok(target.pixels().iter().flat_map(|pixel| pixel.0).collect())
}

/// The window's columns at their final width, all rows of the source.
fn narrow(
    image: &Image,
    window: Window,
    options: ResizeOptions,
    resizer: &mut Resizer,
) -> Result<TypedImage<'static, F32x3>, Error> {
    let width = window.size.0;
    let (left, length) = span(image.width(), window.full.0, window.corner.0, width);
    let mut narrow = TypedImage::new(width as u32, image.height() as u32);
    let bands = image.pixels().chunks(BAND * 3 * image.width());
    for (source, target) in bands.zip(narrow.pixels_mut().chunks_mut(BAND * width)) {
        let rows = target.len() / width;
        let (source, _) = source.as_chunks();
        let source: Vec<_> = source.iter().map(|&rgb| F32x3::new(rgb.map(f32::from))).collect();
        let source = TypedImageRef::new(image.width() as u32, rows as u32, &source);
        let target = TypedImage::from_pixels_slice(width as u32, rows as u32, target);
        let options = options.crop(left, 0.0, length, rows as f64);
        resizer
            .resize_typed(&source.map_err(refused)?, &mut target.map_err(refused)?, &options)
            .map_err(refused)?;
    }
    whole_levels(narrow.pixels_mut());
    Ok(narrow)
}

/// Start and length in the source of `size` target pixels from `corner` on.
fn span(source: usize, full: usize, corner: usize, size: usize) -> (f64, f64) {
    let per = |n: usize| source as f64 * n as f64 / full as f64;
    // Rounding must not push the end beyond the image.
    (per(corner), per(size).min(source as f64 - per(corner)))
}

fn whole_levels(pixels: &mut [F32x3]) {
    for pixel in pixels {
        pixel.0 = pixel.0.map(|level| level.round().clamp(0.0, 255.0));
    }
}

fn refused(cause: impl std::fmt::Display) -> Error {
    Error::Resize(cause.to_string())
}
