//! Bodies made of a few figures, in two paints, somewhere on a ground with clutter.

use provpt_base::Stream;
use rand::RngExt;

use super::anywhere;
use crate::read::drawn::mini::canvas::Canvas;
use crate::read::drawn::mini::colours;
use crate::read::drawn::mini::figures::{Figure, Point, Pose};
use crate::read::drawn::mini::textures::Texture;

/// A figure, where it stands in the body's frame, and which paint it has.
struct Part {
    figure: Figure,
    pose: Pose,
    /// How much narrower than tall.
    narrow: f64,
    paint: usize,
}

pub(super) fn draw(kind: &mut Stream, random: &mut Stream) -> Canvas {
    let parts: Vec<Part> = (0..kind.random_range(3..=5_usize)).map(|i| part(i, kind)).collect();
    let (mut canvas, ground) = colours::ground(random);
    colours::clutter(&mut canvas, ground, 8, random);
    let paints = [colours::light(random), colours::dark(random)];
    let (texture, strength) = (Texture::any(random), random.random_range(0.0..0.5));
    let pose = anywhere(random.random_range(12.0..22.0), random);
    let is_turned_round = random.random_range(0..2_u32) == 1;
    for part in &parts {
        let to_part = part.pose.to_frame();
        let distance = |(x, y): Point| {
            let (x, y) = to_part(if is_turned_round { -x } else { x }, y);
            part.pose.size * part.figure.distance((x * part.narrow, y))
        };
        let paint = texture.on(paints[part.paint], strength);
        canvas.paint(pose.within(1.4), pose.distance(distance), paint);
    }
    canvas
}

/// The first part is the trunk, others stand about it.
fn part(index: usize, kind: &mut Stream) -> Part {
    let figure = Figure::any(kind);
    let (far, size) = if index == 0 { (0.15, 0.45..0.7) } else { (0.65, 0.2..0.45) };
    let mut aside = || kind.random_range(-far..far);
    let centre = (aside(), aside());
    let pose = Pose { centre, size: kind.random_range(size), turn: kind.random_range(0.0..1.0) };
    Part { figure, pose, narrow: kind.random_range(1.0..2.2), paint: index % 2 }
}
