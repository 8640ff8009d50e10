//! Things made of a few figures, in any colours and surfaces, somewhere on a ground with clutter.

use provpt_base::Stream;
use rand::RngExt;

use super::canvas::Canvas;
use super::colours;
use super::figures::{Point, Pose, disc, polygon, slab, stroke};
use super::textures::Texture;

pub(super) const CLASSES: &[&str] =
    &["house", "tree", "car", "fish", "cup", "boat", "mushroom", "umbrella", "key", "bird"];

/// One of [`CLASSES`].
pub(super) fn draw(class: usize, random: &mut Stream) -> Canvas {
    let (mut canvas, ground) = colours::ground(random);
    colours::clutter(&mut canvas, ground, 10, random);
    let size = random.random_range(13.0..22.0);
    let mut room = || random.random_range(size + 2.0..62.0 - size);
    let centre = (room(), room());
    let pose = Pose { centre, size, turn: random.random_range(-0.1..0.1) };
    let is_turned_round = random.random_range(0..2_u32) == 1;
    let body = colours::light(random);
    let paints = [body, colours::dark(random)];
    let (texture, strength) = (Texture::any(random), random.random_range(0.0..0.5));
    for (part, paint) in parts(CLASSES[class]) {
        let distance = pose.distance(|(x, y)| part((if is_turned_round { -x } else { x }, y)));
        canvas.paint(pose.within(1.3), distance, texture.on(paints[*paint], strength));
    }
    canvas
}

/// A figure and which paint it has.
type Part = (fn(Point) -> f64, usize);

/// What a thing is made of, in the order of painting.
fn parts(class: &str) -> &'static [Part] {
    match class {
        "house" => &[
            (|p| slab(p, (0.0, 0.35), (0.7, 0.5)), 0),
            (|p| polygon(p, &[(-0.95, -0.1), (0.95, -0.1), (0.0, -0.9)]), 1),
            (|p| slab(p, (0.3, 0.55), (0.14, 0.3)), 1),
            (|p| slab(p, (-0.3, 0.3), (0.16, 0.16)), 1),
        ],
        "tree" => &[
            (|p| slab(p, (0.0, 0.55), (0.12, 0.4)), 1),
            (
                |p| {
                    let left = disc(p, (-0.35, -0.1), 0.42);
                    left.min(disc(p, (0.35, -0.1), 0.42)).min(disc(p, (0.0, -0.45), 0.48))
                },
                0,
            ),
        ],
        "car" => &[
            (|p| slab(p, (0.0, 0.15), (0.95, 0.22)), 0),
            (|p| polygon(p, &[(-0.6, -0.05), (-0.4, -0.45), (0.3, -0.45), (0.6, -0.05)]), 0),
            (|p| slab(p, (-0.05, -0.22), (0.3, 0.13)), 1),
            (|p| disc(p, (-0.55, 0.38), 0.22).min(disc(p, (0.55, 0.38), 0.22)), 1),
        ],
        "fish" => &[
            (|(x, y)| disc((0.6 * x, y), (-0.08, 0.0), 0.42), 0),
            (|p| polygon(p, &[(0.5, 0.0), (0.98, -0.4), (0.85, 0.0), (0.98, 0.4)]), 0),
            (|p| disc(p, (-0.5, -0.1), 0.09), 1),
        ],
        "cup" => &[
            (|p| disc(p, (0.6, 0.0), 0.3).abs() - 0.08, 0),
            (|p| polygon(p, &[(-0.6, -0.6), (0.55, -0.6), (0.4, 0.65), (-0.45, 0.65)]), 0),
            (|(x, y)| disc((x, 2.5 * y), (-0.02, -1.5), 0.5), 1),
        ],
        "boat" => &[
            (|p| polygon(p, &[(-0.95, 0.35), (0.95, 0.35), (0.55, 0.8), (-0.6, 0.8)]), 0),
            (|p| slab(p, (0.0, -0.25), (0.05, 0.65)), 0),
            (|p| polygon(p, &[(0.1, -0.85), (0.8, 0.2), (0.1, 0.2)]), 1),
            (|p| polygon(p, &[(-0.1, -0.6), (-0.6, 0.2), (-0.1, 0.2)]), 1),
        ],
        "mushroom" => &[
            (|p| slab(p, (0.0, 0.45), (0.2, 0.45)), 1),
            (|p| disc(p, (0.0, 0.1), 0.85).max(p.1 - 0.1), 0),
            (|p| disc(p, (-0.35, -0.2), 0.14).min(disc(p, (0.3, -0.35), 0.14)), 1),
        ],
        "umbrella" => &[
            (
                |p| {
                    let hook = [(0.0, -0.2), (0.0, 0.7), (0.12, 0.85), (0.28, 0.75)];
                    stroke(p, &hook, 0.06)
                },
                1,
            ),
            (
                |p| {
                    let top = disc(p, (0.0, 0.0), 0.92).max(p.1);
                    let notches = disc(p, (-0.6, 0.05), 0.3).min(disc(p, (0.6, 0.05), 0.3));
                    top.max(-notches).max(-disc(p, (0.0, 0.05), 0.3))
                },
                0,
            ),
        ],
        "key" => &[
            (|p| disc(p, (-0.55, 0.0), 0.28).abs() - 0.12, 0),
            (|p| slab(p, (0.3, 0.0), (0.6, 0.09)), 0),
            (|p| slab(p, (0.8, 0.18), (0.08, 0.2)).min(slab(p, (0.5, 0.15), (0.08, 0.16))), 0),
        ],
        _ => &[
            (|(x, y)| disc((x, 1.5 * y), (0.05, 0.15), 0.6), 0),
            (|p| disc(p, (-0.5, -0.3), 0.3), 0),
            (|p| polygon(p, &[(-0.75, -0.4), (-0.75, -0.15), (-0.98, -0.25)]), 1),
            (|p| polygon(p, &[(-0.1, 0.1), (0.5, -0.75), (0.4, 0.15)]), 1),
            (|p| polygon(p, &[(0.5, 0.0), (0.98, -0.15), (0.95, 0.3)]), 0),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::drawn::mini::figures::length;

    #[test]
    fn things_stay_within_their_circle_and_differ() {
        let grid = |i: i32| f64::from(i) / 12.0;
        let points: Vec<Point> =
            (-18..=18).flat_map(|x| (-18..=18).map(move |y| (grid(x), grid(y)))).collect();
        let outline = |class: &str| -> Vec<bool> {
            let inside = |&p: &Point| parts(class).iter().any(|(part, _)| part(p) < 0.0);
            points.iter().map(inside).collect()
        };
        let outlines: Vec<Vec<bool>> = CLASSES.iter().map(|class| outline(class)).collect();
        for (i, outline) in outlines.iter().enumerate() {
            let far = points.iter().zip(outline).find(|(p, inside)| **inside && length(**p) > 1.2);
            assert_eq!(far, None, "{}", CLASSES[i]);
            for other in &outlines[..i] {
                let apart = outline.iter().zip(other).filter(|(a, b)| a != b).count();
                assert!(apart > 60, "{} like another: {apart}", CLASSES[i]);
            }
        }
    }
}
