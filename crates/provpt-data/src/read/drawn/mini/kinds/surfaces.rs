//! Surfaces: an element that is repeated in rows, with a wave across; colours, size and direction
//! vary.

use std::f64::consts::TAU;

use provpt_base::Stream;
use rand::RngExt;

use crate::read::drawn::mini::canvas::{Canvas, mixed};
use crate::read::drawn::mini::colours;
use crate::read::drawn::mini::figures::{Figure, Point, Pose};
use crate::read::drawn::mini::noise::Noise;
use crate::read::drawn::mini::textures::lit;

/// What makes one kind of surface.
struct Surface {
    element: Figure,
    /// Of the element in its cell, half of which is 1.
    pose: Pose,
    /// How far each row is shifted against the one above.
    shift: f64,
    /// Rows per cell's width.
    rows: f64,
    /// The wave: how often, along which direction, and how strong.
    often: f64,
    along: Point,
    strength: f64,
    /// How far all is bent.
    bend: f64,
    /// The share of clouds in it.
    clouds: f64,
}

pub(super) fn draw(kind: &mut Stream, random: &mut Stream) -> Canvas {
    let surface = Surface::any(kind);
    let first = colours::dull(random);
    let second = mixed(first, colours::light(random), random.random_range(0.5..1.0));
    let (noise, light) = (Noise::new(random), Noise::new(random));
    let pose = Pose {
        centre: (random.random_range(0.0..64.0), random.random_range(0.0..64.0)),
        size: random.random_range(7.0..15.0),
        turn: random.random_range(0.0..1.0),
    };
    let (to_frame, share) = (pose.to_frame(), surface.share(noise));
    lit([first, second], light, |x, y| share(to_frame(x, y)))
}

impl Surface {
    fn any(kind: &mut Stream) -> Self {
        let turn = kind.random_range(0.0..1.0);
        let pose = Pose { centre: (0.0, 0.0), size: kind.random_range(0.4..0.95), turn };
        let direction = Pose { turn: kind.random_range(0.0..1.0), ..pose };
        Self {
            element: Figure::any(kind),
            pose,
            shift: [0.0, 0.5, 0.33][kind.random_range(0..3_u32) as usize],
            rows: [0.5, 1.0, 1.0, 2.0][kind.random_range(0..4_u32) as usize],
            often: kind.random_range(0.3..2.5),
            along: direction.to_frame()(direction.size, 0.0),
            strength: kind.random_range(-0.8..0.8),
            bend: kind.random_range(0.1..0.9),
            clouds: kind.random_range(0.0..0.7),
        }
    }

    /// 0 to 1: the share of the second colour in a point.
    fn share(&self, noise: Noise) -> impl Fn(Point) -> f64 {
        let to_element = self.pose.to_frame();
        move |(x, y)| {
            let bent = |aside: f64| self.bend * (noise.smooth((x * 0.7 + aside, y * 0.7)) - 0.5);
            let (x, y) = (x + bent(0.0), y + bent(90.0));
            let row = (y * self.rows).floor();
            let along = x + self.shift * row;
            let across = 2.0 * (along - along.floor()) - 1.0;
            let element =
                self.element.distance(to_element(across, 2.0 * (y * self.rows - row) - 1.0));
            let element = (0.5 - 4.0 * element).clamp(0.0, 1.0);
            let phase = TAU * self.often * (x * self.along.0 + y * self.along.1);
            let waved = element + self.strength * 0.5 * (1.0 + libm::sin(phase));
            let clouds = noise.rough((x * 0.8, y * 0.8 + 30.0));
            (waved + self.clouds * (2.0 * clouds - 1.0)).clamp(0.0, 1.0)
        }
    }
}
