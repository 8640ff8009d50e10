//! A picture in the making: colours in `0..1`, painted over one another.

use std::ops::Range;

use provpt_base::Stream;
use rand::RngExt;

use super::figures::Circle;
use crate::{Error, Image};

/// Pixels per side.
pub(super) const SIDE: usize = 64;

/// Red, green and blue, 0 to 1.
pub(super) type Colour = [f64; 3];

/// A circle around all of the picture.
pub(super) const EVERYWHERE: Circle = Circle { centre: (32.0, 32.0), radius: 46.0 };

pub(super) struct Canvas {
    pixels: Vec<Colour>,
}

impl Canvas {
    /// All of it in the colours that a function gives to the centres of pixels.
    pub(super) fn filled(colour: impl Fn(f64, f64) -> Colour) -> Self {
        let places = (0..SIDE).flat_map(|row| (0..SIDE).map(move |column| centre(row, column)));
        Self { pixels: places.map(|(x, y)| colour(x, y)).collect() }
    }

    /// Paints where a distance, in pixels, is negative; edges are half a pixel soft to both sides.
    /// Pixels beyond the circle and its soft edge are not even asked for.
    pub(super) fn paint(
        &mut self,
        within: Circle,
        distance: impl Fn(f64, f64) -> f64,
        colour: impl Fn(f64, f64) -> Colour,
    ) {
        let (rows, columns) = (span(within.centre.1, within), span(within.centre.0, within));
        for row in rows {
            for column in columns.clone() {
                let (x, y) = centre(row, column);
                let cover = (0.5 - distance(x, y)).clamp(0.0, 1.0);
                if cover > 0.0 {
                    let pixel = &mut self.pixels[row * SIDE + column];
                    *pixel = mixed(*pixel, colour(x, y), cover);
                }
            }
        }
    }

    /// The image as a camera would take it: with noise, the same one in all channels.
    pub(super) fn into_image(self, noise: f64, random: &mut Stream) -> Result<Image, Error> {
        let mut bytes = Vec::with_capacity(self.pixels.len() * 3);
        for pixel in self.pixels {
            let by = noise * random.random_range(-1.0..1.0);
            bytes.extend(pixel.map(|value| ((value + by).clamp(0.0, 1.0) * 255.0).round() as u8));
        }
        Ok(Image::from_rgb(SIDE, SIDE, bytes)?)
    }
}

/// From one colour to another by a share.
pub(super) fn mixed(from: Colour, to: Colour, share: f64) -> Colour {
    std::array::from_fn(|i| from[i] + (to[i] - from[i]) * share)
}

/// Rows or columns that may have something of a circle.
fn span(centre: f64, circle: Circle) -> Range<usize> {
    let from = (centre - circle.radius - 1.0).floor().clamp(0.0, SIDE as f64);
    let to = (centre + circle.radius + 1.0).ceil().clamp(from, SIDE as f64);
    from as usize..to as usize
}

fn centre(row: usize, column: usize) -> (f64, f64) {
    (column as f64 + 0.5, row as f64 + 0.5)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::drawn::mini::figures::disc;

    #[test]
    fn paint_covers_what_lies_inside_and_half_of_the_edge() {
        let mut canvas = Canvas::filled(|_, _| [0.0; 3]);
        canvas.paint(EVERYWHERE, |x, _| x - 10.5, |_, _| [1.0, 0.5, 0.0]);
        let row = &canvas.pixels[..SIDE];
        assert_eq!(row[9], [1.0, 0.5, 0.0]);
        assert_eq!(row[10], [0.5, 0.25, 0.0]);
        assert_eq!(row[11], [0.0; 3]);
    }

    #[test]
    fn a_circle_around_a_figure_spares_work_and_nothing_else() {
        let (mut whole, mut near) =
            (Canvas::filled(|_, _| [0.0; 3]), Canvas::filled(|_, _| [0.0; 3]));
        for (x, y) in [(31.3, 7.9), (0.2, 63.5), (70.0, 20.0), (-9.0, -9.0)] {
            let circle = Circle { centre: (x, y), radius: 6.4 };
            let distance = |px, py| disc((px, py), (x, y), 6.4);
            whole.paint(EVERYWHERE, distance, |_, _| [1.0; 3]);
            near.paint(circle, distance, |_, _| [1.0; 3]);
        }
        assert_eq!(whole.pixels, near.pixels);
        let painted = near.pixels.iter().filter(|pixel| pixel[0] > 0.0).count();
        assert!((150..400).contains(&painted), "{painted}");
    }

    #[test]
    fn noise_is_grey_and_bounded() {
        let canvas = Canvas::filled(|_, _| [0.5; 3]);
        let image = canvas.into_image(0.1, &mut Stream::new(3)).unwrap();
        let levels: Vec<&[u8]> = image.pixels().chunks(3).collect();
        assert!(levels.iter().all(|p| p[0] == p[1] && p[1] == p[2] && p[0].abs_diff(128) <= 26));
        assert!(levels.iter().any(|p| p[0] < 110) && levels.iter().any(|p| p[0] > 145));
    }
}
