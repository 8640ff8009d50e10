//! Distances to figures: negative inside. Figures lie in a frame of their own, in which 1 is their
//! size.

use std::f64::consts::TAU;

use provpt_base::Stream;
use rand::RngExt;

/// A point of a frame: x to the right, y down.
pub(super) type Point = (f64, f64);

/// What a figure lies within, in pixels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Circle {
    pub(super) centre: Point,
    pub(super) radius: f64,
}

/// Where a figure stands in the picture.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pose {
    /// The frame's zero, in pixels.
    pub(super) centre: Point,
    /// Pixels that are 1 in the frame.
    pub(super) size: f64,
    /// Turns, clockwise as one sees it.
    pub(super) turn: f64,
}

impl Pose {
    /// The distance, in pixels, of a pixel to a figure that is described in the frame.
    pub(super) fn distance(self, figure: impl Fn(Point) -> f64) -> impl Fn(f64, f64) -> f64 {
        let to_frame = self.to_frame();
        move |x, y| self.size * figure(to_frame(x, y))
    }

    /// The circle, in pixels, that holds what reaches so far from the frame's zero.
    pub(super) fn within(self, far: f64) -> Circle {
        Circle { centre: self.centre, radius: far * self.size }
    }

    /// From pixels to the frame.
    pub(super) fn to_frame(self) -> impl Fn(f64, f64) -> Point {
        // libm, not the platform's own, so that the pictures are the same everywhere.
        let (sin, cos) = libm::sincos(TAU * self.turn);
        move |x, y| {
            let (right, down) = (x - self.centre.0, y - self.centre.1);
            let turned = (cos * right + sin * down, cos * down - sin * right);
            (turned.0 / self.size, turned.1 / self.size)
        }
    }

    /// From the frame to pixels.
    pub(super) fn pixel(self, point: Point) -> Point {
        let (sin, cos) = libm::sincos(TAU * self.turn);
        let (right, down) = (cos * point.0 - sin * point.1, sin * point.0 + cos * point.1);
        (self.centre.0 + self.size * right, self.centre.1 + self.size * down)
    }
}

pub(super) fn length((x, y): Point) -> f64 {
    (x * x + y * y).sqrt()
}

/// To a disc around a point.
pub(super) fn disc(point: Point, centre: Point, radius: f64) -> f64 {
    length((point.0 - centre.0, point.1 - centre.1)) - radius
}

/// To a rectangle that lies straight, by its middle and half of its sides.
pub(super) fn slab(point: Point, centre: Point, half: Point) -> f64 {
    let right = (point.0 - centre.0).abs() - half.0;
    let down = (point.1 - centre.1).abs() - half.1;
    length((right.max(0.0), down.max(0.0))) + right.max(down).min(0.0)
}

/// To a line through points, of some half width.
pub(super) fn stroke(point: Point, line: &[Point], half: f64) -> f64 {
    let parts = line.windows(2).map(|ends| squared(point, ends[0], ends[1]));
    parts.fold(f64::INFINITY, f64::min).sqrt() - half
}

/// To the area within corners, whatever the sense of going round.
pub(super) fn polygon(point: Point, corners: &[Point]) -> f64 {
    let (mut nearest, mut inside) = (f64::INFINITY, false);
    for (i, &to) in corners.iter().enumerate() {
        let from = corners[if i == 0 { corners.len() - 1 } else { i - 1 }];
        nearest = nearest.min(squared(point, from, to));
        // A ray to the right crosses an odd number of edges of what it starts in.
        if (from.1 > point.1) != (to.1 > point.1) {
            let at = from.0 + (to.0 - from.0) * (point.1 - from.1) / (to.1 - from.1);
            inside ^= point.0 < at;
        }
    }
    if inside { -nearest.sqrt() } else { nearest.sqrt() }
}

/// The square of the distance to a segment.
fn squared(point: Point, from: Point, to: Point) -> f64 {
    let (along, here) = ((to.0 - from.0, to.1 - from.1), (point.0 - from.0, point.1 - from.1));
    let long = along.0 * along.0 + along.1 * along.1;
    let share = if long > 0.0 { (along.0 * here.0 + along.1 * here.1) / long } else { 0.0 };
    let share = share.clamp(0.0, 1.0);
    let (right, down) = (here.0 - share * along.0, here.1 - share * along.1);
    right * right + down * down
}

/// Simple figures, none of which reaches further than 1 from its middle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Figure {
    Disc,
    Square,
    Triangle,
    Star,
    Cross,
    Ring,
}

impl Figure {
    pub(super) const ALL: [Self; 6] =
        [Self::Disc, Self::Square, Self::Triangle, Self::Star, Self::Cross, Self::Ring];

    pub(super) fn any(random: &mut Stream) -> Self {
        Self::ALL[random.random_range(0..Self::ALL.len() as u32) as usize]
    }

    pub(super) fn distance(self, point: Point) -> f64 {
        match self {
            Self::Disc => disc(point, (0.0, 0.0), 0.95),
            Self::Square => slab(point, (0.0, 0.0), (0.7, 0.7)),
            Self::Triangle => polygon(point, &TRIANGLE),
            Self::Star => polygon(point, &STAR),
            Self::Cross => {
                let across = slab(point, (0.0, 0.0), (0.9, 0.3));
                across.min(slab(point, (0.0, 0.0), (0.3, 0.9)))
            }
            Self::Ring => disc(point, (0.0, 0.0), 0.72).abs() - 0.22,
        }
    }
}

const TRIANGLE: [Point; 3] = [(0.0, -0.98), (0.849, 0.49), (-0.849, 0.49)];

/// Corners and notches in turn, the first corner on top.
const STAR: [Point; 10] = [
    (0.0, -0.98),
    (0.247, -0.34),
    (0.932, -0.303),
    (0.399, 0.13),
    (0.576, 0.793),
    (0.0, 0.42),
    (-0.576, 0.793),
    (-0.399, 0.13),
    (-0.932, -0.303),
    (-0.247, -0.34),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_those_of_the_figures() {
        assert_eq!(slab((3.0, 4.0), (0.0, 0.0), (0.0, 0.0)), 5.0);
        assert_eq!(slab((0.5, 0.0), (0.0, 0.0), (2.0, 1.0)), -1.0);
        assert_eq!(stroke((1.0, 2.0), &[(0.0, 0.0), (2.0, 0.0), (2.0, 9.0)], 0.25), 0.75);
        assert_eq!(stroke((-3.0, 4.0), &[(0.0, 0.0), (0.0, 0.0)], 0.0), 5.0);
        let square = [(0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 4.0)];
        assert_eq!(polygon((1.0, 2.0), &square), -1.0);
        assert_eq!(polygon((7.0, 8.0), &square), 5.0);
    }

    #[test]
    fn figures_stay_within_their_circle_and_hold_some_of_it() {
        for figure in Figure::ALL {
            let grid = |i: i32| f64::from(i) / 20.0;
            let all = || (-30..=30).flat_map(|x| (-30..=30).map(move |y| (grid(x), grid(y))));
            let inside = all().filter(|&point| figure.distance(point) < 0.0);
            let area = inside.clone().count();
            assert!(inside.into_iter().all(|point| length(point) <= 1.0), "{figure:?}");
            assert!(area > 250, "{figure:?}: {area} of 1257");
        }
    }

    #[test]
    fn frames_go_there_and_back() {
        let pose = Pose { centre: (20.0, 30.0), size: 8.0, turn: 0.25 };
        let (x, y) = pose.pixel((1.0, 0.0));
        assert!((x - 20.0).abs() < 1e-12 && (y - 38.0).abs() < 1e-12, "right becomes down");
        let back = pose.to_frame()(x, y);
        assert!((back.0 - 1.0).abs() < 1e-12 && back.1.abs() < 1e-12);
        let distance = pose.distance(|point| disc(point, (0.0, 0.0), 1.0));
        assert!((distance(20.0, 30.0) + 8.0).abs() < 1e-12);
    }
}
