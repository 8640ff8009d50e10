//! Pictures at the size of a cell.

use crate::{Error, Image};

/// An image with its longer side at most `side`: shrunk as Pillow would (bilinear, antialiased), or
/// grown by a whole factor without interpolation, so that every pixel of a small image shows.
pub(super) fn thumbnail(image: &Image, side: usize) -> Result<Image, Error> {
    let (width, height) = (image.width(), image.height());
    let longer = width.max(height);
    if longer <= side {
        return grown(image, side / longer);
    }
    let short = |length: usize| ((length * side + longer / 2) / longer).max(1);
    Ok(image.resized(short(width), short(height))?)
}

fn grown(image: &Image, factor: usize) -> Result<Image, Error> {
    let (width, height) = (image.width() * factor, image.height() * factor);
    let (pixels, _) = image.pixels().as_chunks::<3>();
    let mut grown = Vec::with_capacity(3 * width * height);
    for y in 0..height {
        let row = &pixels[y / factor * image.width()..][..image.width()];
        grown.extend((0..width).flat_map(|x| row[x / factor]));
    }
    Ok(Image::from_rgb(width, height, grown)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_pixels_show_and_large_images_fit() {
        let two = Image::from_rgb(2, 1, vec![1, 2, 3, 4, 5, 6]).unwrap();
        let grown = thumbnail(&two, 5).unwrap();
        assert_eq!((grown.width(), grown.height()), (4, 2));
        assert_eq!(grown.pixels()[..12], [1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6]);
        let sizes = [(640, 480), (3, 4000), (100, 100), (101, 1)];
        let fitted = sizes.map(|(width, height)| {
            let image = Image::from_rgb(width, height, vec![77; 3 * width * height]).unwrap();
            let small = thumbnail(&image, 100).unwrap();
            assert!(small.pixels().iter().all(|&level| level == 77));
            (small.width(), small.height())
        });
        assert_eq!(fitted, [(100, 75), (1, 100), (100, 100), (100, 1)]);
    }
}
