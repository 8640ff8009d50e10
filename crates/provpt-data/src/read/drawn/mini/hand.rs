//! How somebody writes: strokes of some width, slant and steadiness.

use std::ops::Range;

use provpt_base::Stream;
use rand::RngExt;

use super::canvas::{Canvas, Colour};
use super::figures::{Point, Pose, stroke};

pub(super) struct Hand {
    half: f64,
    slant: f64,
    width: f64,
    wobble: f64,
}

impl Hand {
    /// Any one with strokes of these half widths, slants, and widths of signs.
    pub(super) fn any(
        half: Range<f64>,
        slant: Range<f64>,
        width: Range<f64>,
        random: &mut Stream,
    ) -> Self {
        Self {
            half: random.random_range(half),
            slant: random.random_range(slant),
            width: random.random_range(width),
            wobble: random.random_range(0.0..0.09),
        }
    }

    /// A sign's lines by this hand.
    pub(super) fn written(
        &self,
        lines: &[impl AsRef<[Point]>],
        random: &mut Stream,
    ) -> Vec<Vec<Point>> {
        let mut point = |&(x, y): &Point| {
            let mut off = || self.wobble * random.random_range(-1.0..=1.0);
            let (x, y) = (x + off(), y + off());
            (self.width * x - self.slant * y, y)
        };
        lines.iter().map(|line| line.as_ref().iter().map(&mut point).collect()).collect()
    }

    /// Puts written lines there.
    pub(super) fn paint(&self, canvas: &mut Canvas, pose: Pose, lines: &[Vec<Point>], ink: Colour) {
        let distance = |point| {
            lines.iter().map(|line| stroke(point, line, self.half)).fold(f64::INFINITY, f64::min)
        };
        canvas.paint(pose.within(1.7), pose.distance(distance), |_, _| ink);
    }
}
