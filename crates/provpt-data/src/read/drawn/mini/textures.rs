//! Surfaces, told by their structure: colours, size and direction vary.

use std::f64::consts::TAU;

use provpt_base::Stream;
use rand::RngExt;

use super::canvas::{Canvas, Colour, mixed};
use super::colours;
use super::figures::{Point, Pose};
use super::noise::Noise;

pub(super) const CLASSES: &[&str] = &[
    "bricks", "checks", "stripes", "dots", "clouds", "wood", "marble", "cells", "weave", "scales",
];

/// One of [`CLASSES`], all over the picture.
pub(super) fn draw(class: usize, random: &mut Stream) -> Canvas {
    let first = colours::dull(random);
    let second = mixed(first, colours::light(random), random.random_range(0.5..1.0));
    let texture = Texture { class, ..Texture::any(random) };
    lit([first, second], Noise::new(random), |x, y| texture.at(x, y))
}

/// A surface of two colours, of which the second has some share in a pixel, in uneven light.
pub(super) fn lit(
    [first, second]: [Colour; 2],
    light: Noise,
    share: impl Fn(f64, f64) -> f64,
) -> Canvas {
    Canvas::filled(move |x, y| {
        let colour = mixed(first, second, share(x, y));
        mixed(colour, [0.0; 3], 0.35 * light.smooth((x / 40.0, y / 40.0)))
    })
}

/// A surface in some size and direction.
#[derive(Debug, Clone, Copy)]
pub(super) struct Texture {
    class: usize,
    pose: Pose,
    noise: Noise,
}

impl Texture {
    pub(super) fn any(random: &mut Stream) -> Self {
        let class = random.random_range(0..CLASSES.len() as u32) as usize;
        let pose = Pose {
            centre: (random.random_range(0.0..64.0), random.random_range(0.0..64.0)),
            size: random.random_range(5.0..14.0),
            turn: random.random_range(0.0..1.0),
        };
        Self { class, pose, noise: Noise::new(random) }
    }

    /// A colour with this surface, darker where it has its second colour; so strong, 0 to 1.
    pub(super) fn on(&self, colour: Colour, strength: f64) -> impl Fn(f64, f64) -> Colour {
        let dark = colour.map(|value| 0.4 * value);
        move |x, y| mixed(colour, dark, strength * self.at(x, y))
    }

    /// 0 to 1: the share of the second colour in a pixel.
    pub(super) fn at(&self, x: f64, y: f64) -> f64 {
        let (x, y) = self.pose.to_frame()(x, y);
        let noise = self.noise;
        // Nothing that is made or grown is quite straight.
        let bend = 0.25 * (noise.smooth((x * 0.7, y * 0.7 + 50.0)) - 0.5);
        let point = (x + bend, y + bend);
        match CLASSES[self.class] {
            "bricks" => bricks(noise, point),
            "checks" => soft(wave(point.0) * wave(point.1), 0.05),
            "stripes" => soft(wave(point.0), 0.1),
            "dots" => dots(point),
            "clouds" => noise.rough((x * 0.5, y * 0.5)),
            "wood" => 0.5 + 0.5 * wave(1.5 * noise.rough((x * 0.15, y * 0.9)) * 4.0),
            "marble" => {
                let vein = wave(0.5 * x + 2.5 * noise.rough((x * 0.5, y * 0.5)));
                1.0 - vein.abs().sqrt()
            }
            "cells" => {
                let (nearest, next, _) = noise.cell(point);
                soft(next - nearest - 0.12, 0.06)
            }
            "weave" => weave(point),
            _ => scales(point),
        }
    }
}

fn wave(x: f64) -> f64 {
    libm::sin(TAU * x)
}

/// 0 or 1 by the sign, with an edge.
fn soft(value: f64, edge: f64) -> f64 {
    (0.5 + value / (2.0 * edge)).clamp(0.0, 1.0)
}

/// How far a number is from the next whole one.
fn to_whole(x: f64) -> f64 {
    (x - x.round()).abs()
}

fn bricks(noise: Noise, (x, y): Point) -> f64 {
    let row = (2.0 * y).floor();
    let along = x + 0.5 * row;
    let joint = to_whole(along).min(0.5 * to_whole(2.0 * y));
    let shade = 0.3 * noise.hash(along.floor() as i64, row as i64, 5);
    soft(joint - 0.06, 0.03) * (1.0 - shade)
}

fn dots((x, y): Point) -> f64 {
    let (dx, dy) = (to_whole(x), to_whole(y));
    soft(0.09 - (dx * dx + dy * dy), 0.03)
}

/// Ribbons that go over and under one another.
fn weave((x, y): Point) -> f64 {
    let over = (x.floor() + y.floor()).rem_euclid(2.0) < 1.0;
    let across = if over { to_whole(x - 0.5) } else { to_whole(y - 0.5) };
    (1.0 - 2.2 * across).clamp(0.0, 1.0)
}

/// Round tiles of a roof, each row over the one below.
fn scales((x, y): Point) -> f64 {
    let row = y.floor();
    let across = x + 0.5 * row.rem_euclid(2.0);
    let (dx, dy) = (across - across.round(), y - row);
    let radius = (dx * dx + 0.5 * dy * dy).sqrt();
    (1.0 - 1.4 * radius).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_texture_has_both_colours_and_stays_between() {
        for (class, name) in CLASSES.iter().enumerate() {
            let texture = Texture { class, ..Texture::any(&mut Stream::new(4)) };
            let shares: Vec<f64> =
                (0..4_096).map(|i| texture.at(f64::from(i % 64), f64::from(i / 64))).collect();
            assert!(shares.iter().all(|share| (0.0..=1.0).contains(share)), "{name}");
            let (low, high) =
                shares.iter().fold((1.0_f64, 0.0_f64), |(l, h), &s| (l.min(s), h.max(s)));
            assert!(low < 0.3 && high > 0.65, "{name}: {low} to {high}");
        }
    }
}
