//! Generated tasks after dSprites (Matthey et al., 2017) and their VTAB versions: tell the
//! orientation or the horizontal position of a white shape, in 16 bins.

use std::collections::HashSet;

use provpt_base::{Purpose, Stream, stream};
use rand::RngExt;

use super::shapes::{Mask, ORIENTATIONS, POSITIONS, SCALES, SIDE, Shape, Sprite};
use crate::source::Item;
use crate::{Error, Image};

const BINS: u32 = 16;

/// What is asked about a sprite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Attribute {
    /// Of 16 equal parts of a turn. Squares cannot be told from their quarter turns, nor ellipses
    /// from their half turn, so that no classifier is right much more often than (1/4 + 1/2 + 1)/3.
    Orientation,
    /// Of 16 pairs of columns.
    Location,
}

impl Attribute {
    pub(crate) const ALL: [Self; 2] = [Self::Orientation, Self::Location];

    pub(crate) fn task_name(self) -> &'static str {
        match self {
            Self::Orientation => "sprites-orientation",
            Self::Location => "sprites-location",
        }
    }

    pub(super) fn classes(self) -> Vec<String> {
        (0..BINS).map(|bin| self.class(bin)).collect()
    }

    /// `n` images; the same seed gives the same sprites, whatever is asked.
    pub(super) fn items(self, n: usize, seed: u64) -> Result<Vec<Item>, Error> {
        let sprites = draw(n, &mut stream(seed, Purpose::Sprites, [0, 0]));
        let item = |(sprite, mask): &(Sprite, Mask)| {
            Ok(Item::drawn(image(mask)?, self.label(sprite) as usize, name(sprite)))
        };
        sprites.iter().map(item).collect()
    }

    fn label(self, sprite: &Sprite) -> u32 {
        match self {
            Self::Orientation => sprite.orientation * BINS / ORIENTATIONS,
            Self::Location => sprite.x * BINS / POSITIONS,
        }
    }

    fn class(self, bin: u32) -> String {
        match self {
            Self::Orientation => {
                let degrees = 360.0 / f64::from(BINS);
                let from = degrees * f64::from(bin);
                format!("{from:.1}-{:.1} degrees", from + degrees)
            }
            Self::Location => format!("x {}-{}", 2 * bin, 2 * bin + 1),
        }
    }
}

/// `n` sprites no two of which look the same: distinct factors would not do, since a square turned
/// by a quarter would let a training image return in the test split.
fn draw(n: usize, random: &mut Stream) -> Vec<(Sprite, Mask)> {
    let mut seen = HashSet::with_capacity(n);
    let mut sprites = Vec::with_capacity(n);
    while sprites.len() < n {
        let sprite = Sprite {
            shape: Shape::ALL[random.random_range(0..3_u32) as usize],
            scale: random.random_range(0..SCALES),
            orientation: random.random_range(0..ORIENTATIONS),
            x: random.random_range(0..POSITIONS),
            y: random.random_range(0..POSITIONS),
        };
        let mask = sprite.draw();
        if seen.insert(mask) {
            sprites.push((sprite, mask));
        }
    }
    sprites
}

fn image(mask: &Mask) -> Result<Image, Error> {
    let bits = mask.iter().flat_map(|row| (0..SIDE).map(move |column| row >> column & 1 == 1));
    let pixels = bits.flat_map(|white| [if white { 255 } else { 0 }; 3]);
    Ok(Image::from_rgb(SIDE, SIDE, pixels.collect())?)
}

fn name(sprite: &Sprite) -> String {
    let Sprite { shape, scale, orientation, x, y } = sprite;
    format!("{}-scale{scale}-orientation{orientation}-x{x}-y{y}", shape.name())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Split, Task, TaskSpec, TrainSplit};

    fn images(split: &Split) -> Vec<Image> {
        (0..split.len()).map(|i| split.image(i).unwrap()).collect()
    }

    fn open(name: &str, train: TrainSplit, seed: u64) -> Task {
        crate::open(&TaskSpec { train, seed, ..TaskSpec::new(name) }).unwrap()
    }

    #[test]
    fn sizes_classes_and_labels_are_those_of_vtab() {
        let task = open("sprites-orientation", TrainSplit::Train, 0);
        assert_eq!(
            task.to_string(),
            "sprites-orientation: 16 classes; 800 train, 200 val, 2000 test images"
        );
        assert_eq!(task.classes[1], "22.5-45.0 degrees");
        let test = task.test.unwrap();
        let image = test.image(0).unwrap();
        assert_eq!((image.width(), image.height()), (64, 64));
        assert!(image.pixels().iter().all(|&v| v == 0 || v == 255));
        for (name, &label) in test.names().iter().zip(test.labels()) {
            let orientation: usize = name
                .split("orientation")
                .nth(1)
                .unwrap()
                .split('-')
                .next()
                .unwrap()
                .parse()
                .unwrap();
            assert_eq!(label, orientation * 16 / 40, "{name}");
        }
        for bin in 0..16 {
            let count = test.labels().iter().filter(|&&label| label == bin).count();
            assert!((60..200).contains(&count), "{bin}: {count}"); // 2 or 3 of 40 orientations
        }
    }

    #[test]
    fn location_is_half_the_column_and_shows_in_the_picture() {
        let task = open("sprites-location", TrainSplit::Train, 0);
        for (image, &label) in images(&task.train).iter().zip(task.train.labels()) {
            let columns: Vec<usize> = image
                .pixels()
                .chunks(3)
                .enumerate()
                .filter(|(_, p)| p[0] > 0)
                .map(|(i, _)| i % 64)
                .collect();
            let centre = columns.iter().sum::<usize>() as f64 / columns.len() as f64;
            let expected = 16.5 + 2.0 * label as f64;
            assert!((centre - expected).abs() < 3.0, "{centre} {expected}");
        }
    }

    #[test]
    fn splits_do_not_overlap_and_the_seed_decides() {
        let task = open("sprites-location", TrainSplit::Train, 5);
        let (val, test) = (task.val.clone().unwrap(), task.test.clone().unwrap());
        let all: Vec<Image> = [&task.train, &val, &test].into_iter().flat_map(images).collect();
        let distinct: HashSet<&[u8]> = all.iter().map(Image::pixels).collect();
        assert_eq!(distinct.len(), 3_000);
        assert_eq!(open("sprites-location", TrainSplit::Train, 5), task);
        assert_ne!(open("sprites-location", TrainSplit::Train, 6).train, task.train);

        let folded = open("sprites-location", TrainSplit::TrainVal, 5);
        assert_eq!((folded.train.len(), &folded.val), (1_000, &None));
        assert_eq!(images(&folded.train)[..800], images(&task.train));
        assert_eq!(images(&folded.train)[800..], images(&val));
        assert_eq!(folded.test, task.test);
    }

    #[test]
    fn the_number_of_classes_is_fixed() {
        let spec = TaskSpec { number_classes: Some(10), ..TaskSpec::new("sprites-location") };
        let message = crate::open(&spec).unwrap_err().to_string();
        assert_eq!(message, "sprites-location: number of classes: expected 10, got 16");
    }
}
