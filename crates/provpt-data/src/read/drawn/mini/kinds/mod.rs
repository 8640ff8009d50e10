//! Two hundred and fifty-six kinds of things without names, to pretrain a small backbone on: signs,
//! bodies, surfaces and arrangements that are drawn by lot once and for all. None of them is a class
//! of another task.

mod arrangements;
mod bodies;
mod signs;
mod surfaces;

use provpt_base::{Purpose, Stream, stream};
use rand::RngExt;

use super::Series;
use super::canvas::Canvas;
use super::figures::Pose;
use crate::Error;
use crate::source::Item;

/// Enter the keys of images and of what kinds are: never renumber. Other numbers are the tasks'.
const IMAGES: u64 = 100;
const KINDS: u64 = 101;

/// Kinds of one family; there are four.
const FAMILY: usize = 64;
pub(crate) const CLASSES: usize = 4 * FAMILY;

/// The name of a kind: its family and its number there.
pub(crate) fn name(class: usize) -> String {
    let family = ["sign", "body", "surface", "arrangement"][class / FAMILY];
    format!("{family}-{:02}", class % FAMILY)
}

/// The first `n` images of a seed: each depends on its number only.
pub(crate) fn items(n: usize, seed: u64) -> Result<Vec<Item>, Error> {
    Series { name: "kinds", number: IMAGES, classes: CLASSES, draw }.items(n, seed)
}

fn draw(class: usize, random: &mut Stream) -> Canvas {
    // What a kind is does not depend on the seed.
    let kind = &mut stream(0, Purpose::Mini, [KINDS, class as u64]);
    match class / FAMILY {
        0 => signs::draw(kind, random),
        1 => bodies::draw(kind, random),
        2 => surfaces::draw(kind, random),
        _ => arrangements::draw(kind, random),
    }
}

/// Anywhere in the picture, nearly upright.
fn anywhere(size: f64, random: &mut Stream) -> Pose {
    let mut room = || random.random_range(size + 1.0..63.0 - size);
    let centre = (room(), room());
    Pose { centre, size, turn: random.random_range(-0.05..0.05) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_differ_and_keep_what_they_are_in_all_seeds() {
        // The same lots, so that two pictures differ by their kinds alone.
        let picture = |class: usize| {
            let random = &mut Stream::new(9);
            draw(class, random).into_image(0.0, random).unwrap().pixels().to_vec()
        };
        let pictures: Vec<Vec<u8>> = (0..CLASSES).map(picture).collect();
        for (class, one) in pictures.iter().enumerate() {
            for other in &pictures[..class] {
                let apart = one.iter().zip(other).filter(|(a, b)| a.abs_diff(**b) > 20).count();
                assert!(apart > 60, "{}: {apart}", name(class));
            }
        }
        assert_eq!(pictures[7], picture(7));
    }

    /// Runs depend on every level.
    #[test]
    fn the_pictures_are_the_same_everywhere_and_ever() {
        let items = items(400, 0).unwrap();
        let bytes = items.iter().flat_map(|item| item.source.content().unwrap());
        assert_eq!(crc32c::crc32c(&bytes.collect::<Vec<u8>>()), 3_941_872_129);
        assert_eq!(items[7].name, "kinds-7");
    }

    #[test]
    fn seeds_draw_other_images_of_all_kinds() {
        let labels = |seed| items(3_000, seed).unwrap().iter().map(|i| i.label).collect::<Vec<_>>();
        let (one, other) = (labels(1), labels(2));
        assert_ne!(one, other);
        assert!((0..CLASSES).all(|class| one.contains(&class)));
        assert_eq!((name(0).as_str(), name(255).as_str()), ("sign-00", "arrangement-63"));
    }
}
