//! Random colours and backgrounds.

use provpt_base::Stream;
use rand::RngExt;

use super::canvas::{Canvas, Colour, mixed};
use super::figures::{Figure, Pose};
use super::noise::Noise;

/// Any colour of a body: neither black nor white.
pub(super) fn any(random: &mut Stream) -> Colour {
    std::array::from_fn(|_| random.random_range(0.05..0.95))
}

/// A ground's colour: darker than most, and nearly grey, so that what stands on it is what differs
/// between pictures.
pub(super) fn dull(random: &mut Stream) -> Colour {
    let level = random.random_range(0.12..0.42);
    std::array::from_fn(|_| level + random.random_range(-0.07..0.07))
}

/// A colour that stands out from all grounds.
pub(super) fn light(random: &mut Stream) -> Colour {
    let level = random.random_range(0.75..0.95);
    std::array::from_fn(|_| level + random.random_range(-0.2..0.05))
}

/// A dark colour that stands out from light ones.
pub(super) fn dark(random: &mut Stream) -> Colour {
    std::array::from_fn(|_| random.random_range(0.02..0.25))
}

/// A ground of two near colours in soft patches; gives the first of them, too.
pub(super) fn ground(random: &mut Stream) -> (Canvas, Colour) {
    let first = dull(random);
    let second = mixed(first, dull(random), 0.5);
    let (noise, size) = (Noise::new(random), random.random_range(6.0..30.0));
    let patches = move |x: f64, y: f64| mixed(first, second, noise.rough((x / size, y / size)));
    (Canvas::filled(patches), first)
}

/// Figures here and there, small, of colours near the ground's: what is there and means nothing.
pub(super) fn clutter(canvas: &mut Canvas, ground: Colour, number: u32, random: &mut Stream) {
    for _ in 0..number {
        let figure = Figure::any(random);
        let pose = Pose {
            centre: (random.random_range(0.0..64.0), random.random_range(0.0..64.0)),
            size: random.random_range(1.5..4.5),
            turn: random.random_range(0.0..1.0),
        };
        let colour = mixed(ground, any(random), 0.3);
        canvas
            .paint(pose.within(1.0), pose.distance(|point| figure.distance(point)), |_, _| colour);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_stand_out_from_grounds() {
        let random = &mut Stream::new(2);
        for _ in 0..200 {
            let (dull, light, dark) = (dull(random), light(random), dark(random));
            assert!((0..3).all(|i| light[i] > dull[i] + 0.05 && light[i] > dark[i] + 0.25));
        }
    }
}
