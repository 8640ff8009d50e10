//! Pieces of ground seen from above.

use std::f64::consts::TAU;

use provpt_base::Stream;
use rand::RngExt;

use super::canvas::{Canvas, Colour, EVERYWHERE, mixed};
use super::colours;
use super::figures::{Point, Pose, disc, length, slab, stroke};
use super::noise::Noise;

pub(super) const CLASSES: &[&str] =
    &["field", "forest", "lake", "houses", "road", "crossing", "river", "cars"];

const GREEN: Colour = [0.3, 0.45, 0.2];
const EARTH: Colour = [0.5, 0.42, 0.3];
const WATER: Colour = [0.15, 0.3, 0.4];
const TAR: Colour = [0.35, 0.35, 0.37];

/// One of [`CLASSES`], in any direction and light.
pub(super) fn draw(class: usize, random: &mut Stream) -> Canvas {
    let mut view = View::any(random);
    match CLASSES[class] {
        "field" => view.rows(),
        "forest" => view.crowns(),
        "lake" => view.lake(),
        "houses" => view.boxes((0.75, 1.05), (0.3, 0.22), random),
        "road" => view.band(&[&[(-9.0, 0.0), (9.0, 0.0)]], 0.28, TAR, random),
        "crossing" => {
            let lines: &[&[Point]] = &[&[(-9.0, 0.0), (9.0, 0.0)], &[(0.0, -9.0), (0.0, 9.0)]];
            view.band(lines, 0.24, TAR, random);
        }
        "river" => {
            let bend = random.random_range(0.4..0.9);
            let line: Vec<Point> =
                (-12..=12).map(|i| (f64::from(i) * 0.25, bend * libm::sin(f64::from(i)))).collect();
            view.band(&[&line], 0.3, WATER, random);
        }
        _ => {
            view.canvas = Canvas::filled(|_, _| view.tint(TAR));
            view.boxes((0.34, 0.6), (0.11, 0.2), random);
        }
    }
    view.canvas
}

struct View {
    canvas: Canvas,
    pose: Pose,
    noise: Noise,
    /// The light and the camera's colours: what all colours are mixed with.
    light: (Colour, f64),
}

impl View {
    /// A ground without anything.
    fn any(random: &mut Stream) -> Self {
        let mut around = || random.random_range(22.0..42.0);
        let (centre, noise) = ((around(), around()), Noise::new(random));
        let turn = random.random_range(0.0..1.0);
        let pose = Pose { centre, size: random.random_range(14.0..24.0), turn };
        let light = (colours::any(random), random.random_range(0.3..0.75));
        let ground = mixed(mixed(GREEN, EARTH, random.random_range(0.0..1.0)), light.0, light.1);
        let shade = ground.map(|value| 0.6 * value);
        let canvas = Canvas::filled(|x, y| mixed(ground, shade, noise.rough((x / 9.0, y / 9.0))));
        Self { canvas, pose, noise, light }
    }

    fn tint(&self, colour: Colour) -> Colour {
        mixed(colour, self.light.0, self.light.1)
    }

    /// Rows of crops in plots: some narrow, some wide.
    fn rows(&mut self) {
        let (to_frame, noise) = (self.pose.to_frame(), self.noise);
        let (green, earth) = (self.tint(GREEN.map(|value| 0.5 * value)), self.tint(EARTH));
        self.canvas = Canvas::filled(|x, y| {
            let (x, y) = to_frame(x, y);
            let plot = noise.hash((x * 0.8).floor() as i64, 0, 7);
            let row = 0.5 + 0.5 * libm::sin(TAU * y * (2.2 + 1.5 * plot));
            mixed(mixed(earth, green, 0.4 * plot), green, row)
        });
    }

    fn crowns(&mut self) {
        let (noise, green) = (self.noise, self.tint(GREEN));
        let size = 0.25 * self.pose.size;
        self.canvas = Canvas::filled(|x, y| {
            let (nearest, _, own) = noise.cell((x / size, y / size));
            let dark = (1.3 * nearest).min(1.0);
            mixed(green.map(|value| value * (0.8 + 0.6 * own)), [0.0; 3], 0.75 * dark)
        });
    }

    /// Water with a shore somewhere.
    fn lake(&mut self) {
        let (noise, water) = (self.noise, self.tint(WATER));
        let pose = self.pose;
        let shore = move |point: Point| {
            let bend = noise.smooth((point.0 + 7.0, point.1)) - 0.5;
            disc(point, (0.0, 0.6), 1.7) + 0.9 * bend
        };
        let ripple = |x: f64, y: f64| 0.15 * noise.smooth((x / 2.0, y / 5.0));
        self.canvas
            .paint(EVERYWHERE, pose.distance(shore), |x, y| mixed(water, [1.0; 3], ripple(x, y)));
    }

    /// A road or river along lines.
    fn band(&mut self, lines: &[&[Point]], half: f64, colour: Colour, random: &mut Stream) {
        let (colour, half) = (self.tint(colour), half * random.random_range(0.6..1.2));
        let near = |point| {
            lines.iter().map(|line| stroke(point, line, half)).fold(f64::INFINITY, f64::min)
        };
        self.canvas.paint(EVERYWHERE, self.pose.distance(near), |_, _| colour);
    }

    /// Roofs or cars in a lattice, some places empty, each with a shadow.
    fn boxes(&mut self, mesh: Point, half: Point, random: &mut Stream) {
        let fill = random.random_range(0.55..0.95);
        for (column, row) in (-8..=8).flat_map(|c| (-8..=8).map(move |r| (c, r))) {
            if random.random_range(0.0..1.0) > fill {
                continue;
            }
            let centre = (f64::from(column) * mesh.0, f64::from(row) * mesh.1);
            let colour = self.tint(colours::any(random));
            let shadow = (centre.0 + 0.3 * half.0, centre.1 + 0.3 * half.1);
            for (centre, colour) in [(shadow, [0.08; 3]), (centre, colour)] {
                let near = Pose { centre: self.pose.pixel(centre), ..self.pose };
                let distance = self.pose.distance(|point| slab(point, centre, half));
                self.canvas.paint(near.within(length(half)), distance, |_, _| colour);
            }
        }
    }
}
