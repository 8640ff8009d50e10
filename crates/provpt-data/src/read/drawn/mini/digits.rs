//! Digits of a house's number plate: written with strokes of any width, slant and hand, between
//! parts of other digits.

use provpt_base::Stream;
use rand::RngExt;

use super::canvas::Canvas;
use super::colours;
use super::figures::{Point, Pose};
use super::hand::Hand;

pub(super) const CLASSES: &[&str] = &["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

/// One of [`CLASSES`] in the middle, others cut off beside it.
pub(super) fn draw(class: usize, random: &mut Stream) -> Canvas {
    let (mut canvas, ground) = colours::ground(random);
    colours::clutter(&mut canvas, ground, 3, random);
    let ink = colours::light(random);
    let hand = Hand::any(0.1..0.18, -0.1..0.3, 0.6..1.1, random);
    let mut around = |from: f64, by: f64| from + random.random_range(-by..by);
    let centre = (around(32.0, 3.0), around(32.0, 3.0));
    let pose = Pose { centre, size: around(23.0, 3.0), turn: around(0.0, 0.05) };
    for (digit, aside) in [(None, -1.25), (Some(class), 0.0), (None, 1.25)] {
        let digit = digit.unwrap_or_else(|| random.random_range(0..10_u32) as usize);
        let pose = Pose { centre: pose.pixel((aside, 0.0)), ..pose };
        let lines = hand.written(LINES[digit], random);
        hand.paint(&mut canvas, pose, &lines, ink);
    }
    canvas
}

/// The lines of the digits; each lies in -0.55..0.55 across and -0.9..0.9 down.
const LINES: [&[&[Point]]; 10] = [
    &[&[
        (0.0, -0.9),
        (0.4, -0.7),
        (0.5, 0.0),
        (0.4, 0.7),
        (0.0, 0.9),
        (-0.4, 0.7),
        (-0.5, 0.0),
        (-0.4, -0.7),
        (0.0, -0.9),
    ]],
    &[&[(-0.35, -0.55), (0.05, -0.9), (0.05, 0.9)]],
    &[&[
        (-0.45, -0.55),
        (-0.25, -0.85),
        (0.2, -0.9),
        (0.45, -0.6),
        (0.4, -0.2),
        (-0.45, 0.85),
        (0.5, 0.85),
    ]],
    &[&[
        (-0.4, -0.75),
        (0.0, -0.9),
        (0.4, -0.7),
        (0.4, -0.3),
        (0.0, -0.05),
        (0.45, 0.2),
        (0.45, 0.65),
        (0.05, 0.9),
        (-0.45, 0.7),
    ]],
    &[&[(0.25, 0.9), (0.25, -0.9), (-0.5, 0.35), (0.55, 0.35)]],
    &[&[
        (0.45, -0.85),
        (-0.35, -0.85),
        (-0.4, -0.1),
        (0.1, -0.2),
        (0.45, 0.15),
        (0.4, 0.65),
        (0.0, 0.9),
        (-0.45, 0.7),
    ]],
    &[&[
        (0.35, -0.85),
        (-0.15, -0.6),
        (-0.45, 0.0),
        (-0.4, 0.6),
        (0.0, 0.9),
        (0.4, 0.65),
        (0.4, 0.2),
        (0.0, -0.05),
        (-0.42, 0.25),
    ]],
    &[&[(-0.5, -0.85), (0.5, -0.85), (-0.1, 0.9)]],
    &[
        &[
            (0.0, -0.05),
            (-0.4, -0.35),
            (-0.3, -0.8),
            (0.0, -0.9),
            (0.3, -0.8),
            (0.4, -0.35),
            (0.0, -0.05),
        ],
        &[
            (0.0, -0.05),
            (0.45, 0.35),
            (0.35, 0.8),
            (0.0, 0.9),
            (-0.35, 0.8),
            (-0.45, 0.35),
            (0.0, -0.05),
        ],
    ],
    &[&[
        (0.42, -0.25),
        (0.0, 0.05),
        (-0.4, -0.2),
        (-0.4, -0.65),
        (0.0, -0.9),
        (0.4, -0.6),
        (0.45, 0.0),
        (0.15, 0.6),
        (-0.35, 0.85),
    ]],
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_stay_on_their_plate() {
        for (digit, lines) in LINES.iter().enumerate() {
            let points = || lines.iter().flat_map(|line| line.iter());
            assert!(points().all(|(x, y)| x.abs() <= 0.55 && y.abs() <= 0.9), "{digit}");
            assert!(points().any(|p| p.1 < -0.8) && points().any(|p| p.1 > 0.8), "{digit}");
        }
    }
}
