//! Questions about where things are and how many: what is asked about is the label, all else varies.

mod measures;
mod places;
#[cfg(test)]
mod tests;

use provpt_base::Stream;
use rand::RngExt;

use super::canvas::{Canvas, Colour};
use super::figures::{Figure, Pose, length};

pub(super) use self::measures::{DEPTHS, DISTANCES, SIZES, depth, distance, size};
pub(super) use self::places::{DIRECTIONS, NUMBERS, PLACES, count, location, orientation};

/// A number in a class's range, of ranges that follow one another.
fn within(class: usize, first: f64, step: f64, random: &mut Stream) -> f64 {
    first + step * (class as f64 + random.random_range(0.0..1.0))
}

fn turn(random: &mut Stream) -> f64 {
    random.random_range(0.0..1.0)
}

fn put(canvas: &mut Canvas, figure: Figure, pose: Pose, colour: Colour) {
    canvas.paint(pose.within(1.0), pose.distance(|point| figure.distance(point)), |_, _| colour);
}

/// A place for one more of some size that touches none of those that are there.
fn beside(there: &[Pose], size: f64, random: &mut Stream) -> Option<Pose> {
    (0..60).find_map(|_| {
        let mut room = || random.random_range(size + 0.5..63.5 - size);
        let centre = (room(), room());
        let turn = turn(random);
        let is_free = |other: &Pose| {
            let apart = length((other.centre.0 - centre.0, other.centre.1 - centre.1));
            apart > other.size + size + 1.5
        };
        there.iter().all(is_free).then_some(Pose { centre, size, turn })
    })
}
