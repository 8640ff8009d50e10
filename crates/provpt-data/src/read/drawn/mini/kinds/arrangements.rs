//! Arrangements: where three or four figures stand to one another; what they are and how they look
//! varies.

use provpt_base::Stream;
use rand::RngExt;

use crate::read::drawn::mini::canvas::{Canvas, mixed};
use crate::read::drawn::mini::colours;
use crate::read::drawn::mini::figures::{Figure, Pose};

/// Places that there are: four in a row, four rows.
const PLACES: usize = 16;

pub(super) fn draw(kind: &mut Stream, random: &mut Stream) -> Canvas {
    let places = places(kind);
    let (mut canvas, ground) = colours::ground(random);
    colours::clutter(&mut canvas, ground, 4, random);
    let (figure, odd) = (Figure::any(random), Figure::any(random));
    let (colour, other) = (colours::light(random), colours::dark(random));
    // All of it may lie a little to one side.
    let mut aside = || random.random_range(-4.0..4.0);
    let (right, down) = (aside(), aside());
    for (number, place) in places.into_iter().enumerate() {
        let mut at = |line: usize| 11.0 + 14.0 * line as f64 + random.random_range(-2.0..2.0);
        let centre = (at(place % 4) + right, at(place / 4) + down);
        let size = random.random_range(4.0..6.5);
        let pose = Pose { centre, size, turn: random.random_range(0.0..1.0) };
        // The first one looks otherwise than the rest.
        let (figure, colour) = if number == 0 { (odd, other) } else { (figure, colour) };
        let colour = mixed(colour, colours::any(random), 0.15);
        canvas.paint(pose.within(1.0), pose.distance(|p| figure.distance(p)), |_, _| colour);
    }
    canvas
}

/// Three or four of the places, none twice.
fn places(kind: &mut Stream) -> Vec<usize> {
    let number = kind.random_range(3..=4_usize);
    let mut places = Vec::new();
    while places.len() < number {
        let place = kind.random_range(0..PLACES as u32) as usize;
        if !places.contains(&place) {
            places.push(place);
        }
    }
    places
}
