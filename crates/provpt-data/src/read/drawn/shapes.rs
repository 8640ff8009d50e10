//! White shapes on black, drawn by asking of each pixel's centre whether it lies inside.

use std::f64::consts::TAU;

/// Pixels per side.
pub(crate) const SIDE: usize = 64;
/// Values of each factor; with three shapes 737,280 sprites.
pub(crate) const SCALES: u32 = 6;
pub(crate) const ORIENTATIONS: u32 = 40;
pub(crate) const POSITIONS: u32 = 32;

/// Largest distance of a shape's points from its centre at scale 1, in pixels. Centres keep 16.5
/// from the border, so that no shape is ever cut.
const RADIUS: f64 = 15.5;
const MARGIN: f64 = 16.5;

/// A quarter turn leaves the square as it was, half a turn the ellipse; only the heart tells all
/// orientations apart. This is so in dSprites, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Square,
    Ellipse,
    Heart,
}

impl Shape {
    pub(crate) const ALL: [Self; 3] = [Self::Square, Self::Ellipse, Self::Heart];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Square => "square",
            Self::Ellipse => "ellipse",
            Self::Heart => "heart",
        }
    }

    /// Whether a point lies in the upright shape, scaled to reach just to the unit circle.
    fn contains(self, x: f64, y: f64) -> bool {
        match self {
            Self::Square => x.abs().max(y.abs()) <= 0.5_f64.sqrt(),
            Self::Ellipse => x * x + (y / 0.55) * (y / 0.55) <= 1.0,
            Self::Heart => {
                // A disc, each column lifted by the root of its distance from the middle, which
                // makes notch and tip. Its centre of mass is (0, 0.427), the tip 1.427 below.
                let (x, y) = (1.43 * x, 1.43 * y + 0.427);
                let lifted = y - 0.7 * x.abs().sqrt();
                x * x + lifted * lifted <= 1.0
            }
        }
    }
}

/// One combination of factors, each an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sprite {
    pub(crate) shape: Shape,
    /// 0.5, 0.6, .. 1.
    pub(crate) scale: u32,
    /// In fortieths of a turn, counter-clockwise. dSprites goes from 0 to a full turn inclusive,
    /// which shows its first orientation twice under two labels; here the turn is half-open.
    pub(crate) orientation: u32,
    /// Centre, from left, a pixel a step.
    pub(crate) x: u32,
    /// Centre, from top, a pixel a step.
    pub(crate) y: u32,
}

/// One bit per pixel: the lowest bit of a row is its leftmost pixel.
pub(crate) type Mask = [u64; SIDE];

impl Sprite {
    pub(crate) fn draw(&self) -> Mask {
        let size = RADIUS * (0.5 + 0.1 * f64::from(self.scale));
        // libm, not the platform's own, so that the pictures are the same everywhere.
        let (sin, cos) = libm::sincos(TAU * f64::from(self.orientation) / f64::from(ORIENTATIONS));
        let (left, top) = (MARGIN + f64::from(self.x), MARGIN + f64::from(self.y));
        let inside = |column: usize, row: usize| {
            let right = (column as f64 + 0.5 - left) / size;
            let up = (top - row as f64 - 0.5) / size;
            self.shape.contains(cos * right + sin * up, cos * up - sin * right)
        };
        std::array::from_fn(|row| {
            (0..SIDE).fold(0, |bits, column| bits | u64::from(inside(column, row)) << column)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn sprite(shape: Shape, scale: u32, orientation: u32) -> Sprite {
        Sprite { shape, scale, orientation, x: 0, y: 0 }
    }

    fn every_form() -> impl Iterator<Item = Sprite> {
        Shape::ALL.into_iter().flat_map(|shape| {
            (0..SCALES).flat_map(move |s| (0..ORIENTATIONS).map(move |o| sprite(shape, s, o)))
        })
    }

    #[test]
    fn no_shape_touches_the_border_anywhere() {
        const INNER: u64 = !(1 | 1 << 63);
        for form in every_form() {
            for (x, y) in [(0, 0), (0, 31), (31, 0), (31, 31), (13, 17)] {
                let mask = Sprite { x, y, ..form }.draw();
                assert!(mask.iter().all(|row| row & !INNER == 0), "{form:?}");
                assert_eq!((mask[0], mask[63]), (0, 0), "{form:?}");
            }
        }
    }

    #[test]
    fn shapes_fill_their_circle_and_grow_with_scale() {
        for shape in Shape::ALL {
            let area =
                |s, o| sprite(shape, s, o).draw().iter().map(|r| r.count_ones()).sum::<u32>();
            let areas: Vec<u32> = (0..SCALES).map(|scale| area(scale, 3)).collect();
            assert!(areas.is_sorted_by(|a, b| a < b), "{shape:?}: {areas:?}");
            assert!(areas[0] > 60, "{shape:?}: {areas:?}");
            let ratio = f64::from(areas[5]) / f64::from(areas[0]);
            assert!((3.5..4.5).contains(&ratio), "{shape:?}: {areas:?}");
            let turned = f64::from(area(5, 11)) / f64::from(areas[5]);
            assert!((0.95..1.05).contains(&turned), "{shape:?}: {turned}");
        }
    }

    #[test]
    fn orientation_shows_but_for_the_shapes_symmetry() {
        // Distinct pictures of a full turn: all for the heart, half, and a quarter.
        for (shape, expected) in [(Shape::Heart, 40), (Shape::Ellipse, 20), (Shape::Square, 10)] {
            for scale in 0..SCALES {
                let pictures: HashSet<Mask> =
                    (0..ORIENTATIONS).map(|o| sprite(shape, scale, o).draw()).collect();
                assert_eq!(pictures.len(), expected, "{shape:?} at scale {scale}");
            }
        }
    }

    #[test]
    fn the_heart_stands_upright_and_turns_counter_clockwise() {
        let extent = |orientation| {
            let mask = sprite(Shape::Heart, 5, orientation).draw();
            let columns = mask.iter().fold(0, |all, row| all | row);
            (mask.iter().filter(|row| **row != 0).count(), columns.count_ones() as usize, mask)
        };
        let (_, _, upright) = extent(0);
        let rows: Vec<u32> =
            upright.iter().map(|r| r.count_ones()).filter(|&width| width > 0).collect();
        assert!(rows[2] > 2 * rows[rows.len() - 3], "broad above, a tip below: {rows:?}");
        let middle = upright.iter().find(|row| **row != 0).unwrap();
        assert_eq!(middle >> 16 & 1, 0, "a notch between two lobes");
        let (_, _, quarter) = extent(10); // the tip, which points down, turns to the right
        let right = quarter.iter().map(|row| (row >> 17).count_ones()).sum::<u32>();
        let left = quarter.iter().map(|row| (row & 0xffff).count_ones()).sum::<u32>();
        assert!(left > right, "{left} {right}");
    }

    #[test]
    fn a_step_in_position_moves_the_picture_by_a_pixel() {
        for form in every_form().step_by(7) {
            let (here, there) = (form.draw(), Sprite { x: 5, y: 3, ..form }.draw());
            for row in 0..SIDE - 3 {
                assert_eq!(here[row] << 5, there[row + 3], "{form:?}");
            }
        }
    }
}
