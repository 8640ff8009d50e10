//! How far apart, how large, how far away.

use provpt_base::Stream;
use rand::RngExt;

use super::{beside, put, within};
use crate::read::drawn::mini::canvas::{Canvas, EVERYWHERE, mixed};
use crate::read::drawn::mini::colours;
use crate::read::drawn::mini::figures::{Figure, Point, Pose, slab};

pub(in super::super) const DISTANCES: &[&str] = &["12-21", "21-30", "30-39", "39-48"];
pub(in super::super) const SIZES: &[&str] = &["4-6", "6-8", "8-10", "10-12", "12-14", "14-16"];
pub(in super::super) const DEPTHS: &[&str] = &["2-2.4", "2.4-2.9", "2.9-3.5", "3.5-4.1", "4.1-5"];

/// How far the ring is from the cross, which stands beside it.
pub(in super::super) fn distance(class: usize, random: &mut Stream) -> Canvas {
    let (mut canvas, ground) = colours::ground(random);
    colours::clutter(&mut canvas, ground, 2, random);
    let far = within(class, 12.0, 9.0, random);
    let inside = |(x, y): Point| (7.0..57.0).contains(&x) && (7.0..57.0).contains(&y);
    let (from, to) = loop {
        let from = (random.random_range(7.0..57.0), random.random_range(7.0..57.0));
        let turn =
            0.5 * f64::from(random.random_range(0..2_u32)) + random.random_range(-0.06..0.06);
        let to = Pose { centre: from, size: far, turn }.pixel((1.0, 0.0));
        if inside(to) {
            break (from, to);
        }
    };
    for (figure, centre) in [(Figure::Ring, from), (Figure::Cross, to)] {
        let pose = Pose { centre, size: random.random_range(5.5..7.0), turn: 0.0 };
        put(&mut canvas, figure, pose, colours::light(random));
    }
    canvas
}

/// How large the ring is.
pub(in super::super) fn size(class: usize, random: &mut Stream) -> Canvas {
    let (mut canvas, ground) = colours::ground(random);
    colours::clutter(&mut canvas, ground, 4, random);
    let size = within(class, 4.0, 2.0, random);
    let mut room = || random.random_range(17.0..47.0);
    let ring = Pose { centre: (room(), room()), size, turn: 0.0 };
    if let Some(pose) = beside(&[ring], random.random_range(4.0..9.0), random) {
        put(&mut canvas, Figure::Disc, pose, colours::light(random));
    }
    put(&mut canvas, Figure::Ring, ring, colours::light(random));
    canvas
}

/// How far away the nearest box on the ground is: nearer ones are larger and stand lower, but boxes
/// are of any size themselves, and the eye of any height.
pub(in super::super) fn depth(class: usize, random: &mut Stream) -> Canvas {
    let (horizon, eye) = (random.random_range(13.0..20.0), random.random_range(1.3..1.5));
    let (sky, earth) = (mixed(colours::dull(random), [1.0; 3], 0.3), colours::dull(random));
    let mut canvas = Canvas::filled(|_, y| match y > horizon {
        true => mixed(sky, earth, (0.3 + (y - horizon) / 40.0).min(1.0)),
        false => sky,
    });
    let nearest = 2.0 * libm::pow(1.2, within(class, 0.0, 1.0, random));
    let mut boxes = vec![nearest];
    boxes.extend(
        (0..random.random_range(0..3_u32)).map(|_| nearest + random.random_range(0.5..3.0)),
    );
    boxes.sort_by(|a, b| b.total_cmp(a));
    for far in boxes {
        let scale = 46.0 / far;
        let half = scale * random.random_range(0.18..0.32);
        let (foot, x) = (horizon + scale * eye, random.random_range(half + 1.0..63.0 - half));
        let shadow = move |px, py| slab((px, py), (x, foot), (1.2 * half, 0.25 * half));
        canvas.paint(EVERYWHERE, shadow, |_, _| [0.1; 3]);
        let colour = colours::light(random);
        let face = move |px, py| slab((px, py), (x, foot - half), (half, half));
        canvas.paint(EVERYWHERE, face, |_, _| colour);
    }
    canvas
}
