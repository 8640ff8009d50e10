//! Levels of other kinds of pixels to RGB, with Pillow's arithmetic.

/// What is left of `light` of 255 by an ink of `ink` of 255, rounded as in Pillow's CMYK
/// conversion.
pub(super) fn through(ink: u8, light: u8) -> u8 {
    let product = u32::from(ink) * u32::from(light) + 128;
    light - (((product >> 8) + product) >> 8) as u8
}

pub(super) fn cmyk([c, m, y, k]: [u8; 4]) -> [u8; 3] {
    [c, m, y].map(|ink| through(ink, 255 - k))
}

/// Colour that was multiplied by alpha, divided by it again; black where nothing can be seen.
pub(super) fn unmultiplied(colour: u8, alpha: u8) -> u8 {
    match alpha {
        0 => 0,
        255 => colour,
        _ => (255 * u32::from(colour) / u32::from(alpha)).min(255) as u8,
    }
}

/// Each grey level three times.
pub(super) fn grey(levels: impl ExactSizeIterator<Item = u8>) -> Vec<u8> {
    let mut rgb = Vec::with_capacity(3 * levels.len());
    levels.for_each(|level| rgb.extend_from_slice(&[level; 3]));
    rgb
}

/// libtiff's conversion, in steps of 1/65536 and with the usual coefficients: Pillow leaves it
/// compressed pixels.
pub(super) fn ycbcr_of_libtiff([y, cb, cr]: [u8; 3]) -> [u8; 3] {
    let part = |factor: f64, chroma: u8| {
        let fixed = (factor.abs() * 65536.0 + 0.5) as i32;
        (if factor < 0.0 { -fixed } else { fixed }) * (i32::from(chroma) - 128)
    };
    let level = |chroma: i32| (i32::from(y) + ((chroma + (1 << 15)) >> 16)).clamp(0, 255) as u8;
    let green = part(-0.114 * 1.772 / 0.587, cb) + part(-0.299 * 1.402 / 0.587, cr);
    [level(part(1.402, cr)), level(green), level(part(1.772, cb))]
}

/// Pillow's own conversion, in steps of 1/64, which is not libjpeg's.
pub(super) fn ycbcr([y, cb, cr]: [u8; 3]) -> [u8; 3] {
    let part = |factor: f64, chroma: u8| (factor * (f64::from(chroma) - 128.0) * 64.0 + 0.5) as i32;
    let level = |chroma: i32| (i32::from(y) + (chroma >> 6)).clamp(0, 255) as u8;
    let green = part(-0.34414, cb) + part(-0.71414, cr);
    [level(part(1.402, cr)), level(green), level(part(1.772, cb))]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pixels whose two conversions differ, as Pillow 13 makes them of an uncompressed TIFF and of
    /// a compressed one.
    #[test]
    fn ycbcr_is_converted_as_pillow_and_as_libtiff_do() {
        for (pixel, pillow, libtiff) in [
            ([121, 131, 193], [212, 73, 126], [212, 74, 126]),
            ([210, 242, 63], [118, 217, 255], [119, 217, 255]),
            ([79, 222, 108], [50, 60, 245], [51, 61, 246]),
            ([104, 164, 140], [120, 83, 167], [121, 83, 168]),
            ([192, 214, 137], [204, 156, 255], [205, 156, 255]),
            ([209, 84, 115], [190, 233, 131], [191, 233, 131]),
            ([31, 116, 250], [202, 0, 9], [202, 0, 10]),
            ([67, 5, 192], [156, 63, 0], [157, 64, 0]),
        ] {
            assert_eq!(ycbcr(pixel), pillow, "{pixel:?}");
            assert_eq!(ycbcr_of_libtiff(pixel), libtiff, "{pixel:?}");
        }
    }
}
