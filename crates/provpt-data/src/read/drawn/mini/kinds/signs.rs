//! Signs of scripts that nobody writes: a few strokes, by any hand.

use provpt_base::Stream;
use rand::RngExt;

use super::anywhere;
use crate::read::drawn::mini::canvas::Canvas;
use crate::read::drawn::mini::colours;
use crate::read::drawn::mini::figures::Point;
use crate::read::drawn::mini::hand::Hand;

/// Where strokes bend: across, and down.
const ACROSS: [f64; 3] = [-0.5, 0.0, 0.5];
const DOWN: [f64; 5] = [-0.9, -0.45, 0.0, 0.45, 0.9];

pub(super) fn draw(kind: &mut Stream, random: &mut Stream) -> Canvas {
    let lines = strokes(kind);
    let (mut canvas, ground) = colours::ground(random);
    colours::clutter(&mut canvas, ground, 4, random);
    let ink = colours::light(random);
    let hand = Hand::any(0.09..0.17, -0.25..0.25, 0.7..1.2, random);
    let lines = hand.written(&lines, random);
    let pose = anywhere(random.random_range(12.0..24.0), random);
    hand.paint(&mut canvas, pose, &lines, ink);
    canvas
}

/// Two or three lines of two to four points.
fn strokes(kind: &mut Stream) -> Vec<Vec<Point>> {
    let point = |kind: &mut Stream| {
        let across = ACROSS[kind.random_range(0..3_u32) as usize];
        (across, DOWN[kind.random_range(0..5_u32) as usize])
    };
    (0..kind.random_range(2..=3_u32))
        .map(|_| (0..kind.random_range(2..=4_u32)).map(|_| point(kind)).collect())
        .collect()
}
