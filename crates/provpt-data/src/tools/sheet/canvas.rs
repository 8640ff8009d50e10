//! A page to draw on.

/// RGB bytes `[height, width, 3]`. Nothing is drawn beyond its edges.
pub(super) struct Canvas {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

impl Canvas {
    pub(super) fn new(width: usize, height: usize, colour: [u8; 3]) -> Self {
        Self { width, height, pixels: colour.repeat(width * height) }
    }

    pub(super) fn into_pixels(self) -> Vec<u8> {
        self.pixels
    }

    /// Paints a pixel with a colour that covers `cover / 255` of it.
    pub(super) fn mix(&mut self, x: usize, y: usize, colour: [u8; 3], cover: u8) {
        if x >= self.width || y >= self.height {
            return;
        }
        let at = 3 * (y * self.width + x);
        for (old, new) in self.pixels[at..at + 3].iter_mut().zip(colour) {
            let (from, to, cover) = (u32::from(*old), u32::from(new), u32::from(cover));
            *old = ((from * (255 - cover) + to * cover + 127) / 255) as u8;
        }
    }

    /// Fills a rectangle.
    pub(super) fn fill(
        &mut self,
        (left, top): (usize, usize),
        (width, height): (usize, usize),
        colour: [u8; 3],
    ) {
        for y in top..top + height {
            for x in left..left + width {
                self.mix(x, y, colour, 255);
            }
        }
    }

    /// Copies `pixels` `[rows, width, 3]`.
    pub(super) fn paste(&mut self, (left, top): (usize, usize), width: usize, pixels: &[u8]) {
        let (pixels, _) = pixels.as_chunks();
        for (y, row) in pixels.chunks(width.max(1)).enumerate() {
            for (x, &pixel) in row.iter().enumerate() {
                self.mix(left + x, top + y, pixel, 255);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drawing_stays_on_the_page() {
        let mut canvas = Canvas::new(3, 2, [0; 3]);
        canvas.fill((1, 1), (9, 9), [200, 100, 0]);
        canvas.paste((0, 0), 1, &[1, 2, 3, 4, 5, 6, 7, 8, 9]);
        canvas.mix(2, 0, [255; 3], 128);
        let row = |pixels: [[u8; 3]; 3]| pixels.concat();
        let expected =
            [row([[1, 2, 3], [0; 3], [128; 3]]), row([[4, 5, 6], [200, 100, 0], [200, 100, 0]])];
        assert_eq!(canvas.into_pixels(), expected.concat());
    }
}
