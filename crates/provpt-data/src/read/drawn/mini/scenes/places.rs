//! Where something is, where it points, how many there are.

use provpt_base::Stream;
use rand::RngExt;

use super::{beside, put, turn, within};
use crate::read::drawn::mini::canvas::{Canvas, mixed};
use crate::read::drawn::mini::colours;
use crate::read::drawn::mini::figures::{Figure, Point, Pose, polygon};

pub(in super::super) const PLACES: &[&str] =
    &["x 7-17", "x 17-27", "x 27-37", "x 37-47", "x 47-57"];
pub(in super::super) const DIRECTIONS: &[&str] =
    &["up", "up right", "right", "down right", "down", "down left", "left", "up left"];
pub(in super::super) const NUMBERS: &[&str] =
    &["1 figure", "2 figures", "3 figures", "4 figures", "5 figures", "6 figures"];

/// Where the star is, from left to right; another figure stands about.
pub(in super::super) fn location(class: usize, random: &mut Stream) -> Canvas {
    let (mut canvas, ground) = colours::ground(random);
    colours::clutter(&mut canvas, ground, 4, random);
    let x = within(class, 7.0, 10.0, random);
    let centre = (x, random.random_range(9.0..55.0));
    let star = Pose { centre, size: random.random_range(8.0..11.0), turn: turn(random) };
    let other =
        [Figure::Disc, Figure::Square, Figure::Ring][random.random_range(0..3_u32) as usize];
    let colour = colours::dark(random);
    if let Some(pose) = beside(&[star], random.random_range(4.0..6.0), random) {
        put(&mut canvas, other, pose, colour);
    }
    put(&mut canvas, Figure::Star, star, colours::light(random));
    canvas
}

/// Where the arrow points.
pub(in super::super) fn orientation(class: usize, random: &mut Stream) -> Canvas {
    const ARROW: [Point; 7] = [
        (0.0, -1.0),
        (0.7, -0.2),
        (0.28, -0.2),
        (0.28, 0.9),
        (-0.28, 0.9),
        (-0.28, -0.2),
        (-0.7, -0.2),
    ];
    let (mut canvas, ground) = colours::ground(random);
    colours::clutter(&mut canvas, ground, 4, random);
    let size = random.random_range(12.0..20.0);
    let mut room = || random.random_range(size..64.0 - size);
    let centre = (room(), room());
    let turn = (class as f64 + random.random_range(-0.35..0.35)) / 8.0;
    let pose = Pose { centre, size, turn };
    let colour = colours::light(random);
    canvas.paint(pose.within(1.0), pose.distance(|point| polygon(point, &ARROW)), |_, _| colour);
    canvas
}

/// How many figures of one kind there are.
pub(in super::super) fn count(class: usize, random: &mut Stream) -> Canvas {
    let (mut canvas, ground) = colours::ground(random);
    colours::clutter(&mut canvas, ground, 4, random);
    let (figure, colour) = (Figure::any(random), colours::light(random));
    let mut there = Vec::new();
    while there.len() <= class {
        match beside(&there, random.random_range(5.0..7.0), random) {
            Some(pose) => there.push(pose),
            // No room: from the beginning, since the number must be right.
            None => there.clear(),
        }
    }
    for pose in there {
        put(&mut canvas, figure, pose, mixed(colour, colours::any(random), 0.2));
    }
    canvas
}
