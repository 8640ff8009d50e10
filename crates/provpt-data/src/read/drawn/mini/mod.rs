//! A benchmark in miniature, after VTAB's three groups (Zhai et al., 2019): photos that are none,
//! surfaces and views from above, and questions about where things are. All is drawn, so that
//! methods can be told apart without a download.

mod canvas;
mod colours;
mod digits;
mod figures;
mod hand;
pub(crate) mod kinds;
mod noise;
mod objects;
mod scenes;
mod textures;
mod tiles;

use provpt_base::{Purpose, Stream, stream};
use rand::RngExt;
use rayon::prelude::*;

use self::canvas::Canvas;
use crate::Error;
use crate::source::Item;

/// One task: an image is drawn for a class; what else it shows is drawn by lot.
#[derive(Debug)]
pub(crate) struct Mini {
    pub(crate) name: &'static str,
    /// Enters the key of its images: never renumber.
    number: u64,
    pub(crate) classes: &'static [&'static str],
    draw: fn(usize, &mut Stream) -> Canvas,
}

/// Of a pixel, up and down.
const NOISE: f64 = 0.03;

const fn mini(
    number: u64,
    name: &'static str,
    classes: &'static [&'static str],
    draw: fn(usize, &mut Stream) -> Canvas,
) -> Mini {
    Mini { name, number, classes, draw }
}

/// By group: natural, specialized, structured.
pub(crate) const ALL: [Mini; 10] = [
    mini(0, "mini-digits", digits::CLASSES, digits::draw),
    mini(1, "mini-objects", objects::CLASSES, objects::draw),
    mini(2, "mini-textures", textures::CLASSES, textures::draw),
    mini(3, "mini-tiles", tiles::CLASSES, tiles::draw),
    mini(4, "mini-location", scenes::PLACES, scenes::location),
    mini(5, "mini-orientation", scenes::DIRECTIONS, scenes::orientation),
    mini(6, "mini-count", scenes::NUMBERS, scenes::count),
    mini(7, "mini-distance", scenes::DISTANCES, scenes::distance),
    mini(8, "mini-size", scenes::SIZES, scenes::size),
    mini(9, "mini-depth", scenes::DEPTHS, scenes::depth),
];

impl Mini {
    /// The first `n` images of a seed: each depends on its number only.
    pub(crate) fn items(&self, n: usize, seed: u64) -> Result<Vec<Item>, Error> {
        let Self { name, number, classes, draw } = *self;
        Series { name, number, classes: classes.len(), draw }.items(n, seed)
    }
}

/// Images that depend on the seed, the series and their own number only.
struct Series {
    name: &'static str,
    /// Enters the key of its images.
    number: u64,
    classes: usize,
    draw: fn(usize, &mut Stream) -> Canvas,
}

impl Series {
    fn items(&self, n: usize, seed: u64) -> Result<Vec<Item>, Error> {
        (0..n).into_par_iter().map(|i| self.item(i, seed)).collect()
    }

    fn item(&self, index: usize, seed: u64) -> Result<Item, Error> {
        let random = &mut stream(seed, Purpose::Mini, [self.number, index as u64]);
        let label = random.random_range(0..self.classes as u32) as usize;
        let image = (self.draw)(label, random).into_image(NOISE, random)?;
        Ok(Item::drawn(image, label, format!("{}-{index}", self.name)))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::catalogue::Benchmark;
    use crate::{Split, TaskSpec, TrainSplit, open};

    #[test]
    fn names_and_numbers_are_distinct() {
        let names: HashSet<&str> = ALL.iter().map(|task| task.name).collect();
        let numbers: HashSet<u64> = ALL.iter().map(|task| task.number).collect();
        assert_eq!((names.len(), numbers.len()), (ALL.len(), ALL.len()));
    }

    #[test]
    fn the_catalogue_knows_what_is_drawn() {
        let known = Benchmark::Mini.tasks();
        let known: Vec<_> =
            known.map(|task| (task.name, task.classes, task.splits.sizes())).collect();
        let drawn = ALL.each_ref().map(|task| (task.name, task.classes.len(), [800, 200, 2_000]));
        assert_eq!(known, drawn);
    }

    #[test]
    fn every_task_has_its_sizes_and_all_classes() {
        for task in &ALL {
            let opened = open(&TaskSpec::new(task.name)).unwrap();
            let test = opened.test.unwrap();
            assert_eq!(
                (opened.train.len(), opened.val.unwrap().len(), test.len()),
                (800, 200, 2_000)
            );
            for (class, name) in task.classes.iter().enumerate() {
                let count = test.labels().iter().filter(|&&label| label == class).count();
                let expected = 2_000 / task.classes.len();
                assert!(count.abs_diff(expected) < expected / 3, "{} {name}: {count}", task.name);
            }
        }
    }

    #[test]
    fn no_image_is_there_twice_and_the_seed_decides() {
        let pixels = |split: &Split| -> Vec<Vec<u8>> {
            (0..split.len()).map(|i| split.image(i).unwrap().pixels().to_vec()).collect()
        };
        let spec = |train, seed| TaskSpec { train, seed, ..TaskSpec::new("mini-tiles") };
        let task = open(&spec(TrainSplit::Train, 1)).unwrap();
        let (val, test) = (task.val.as_ref().unwrap(), task.test.as_ref().unwrap());
        let all: HashSet<Vec<u8>> = [&task.train, val, test].into_iter().flat_map(pixels).collect();
        assert_eq!(all.len(), 3_000);
        assert_ne!(open(&spec(TrainSplit::Train, 2)).unwrap().train, task.train);
        let folded = open(&spec(TrainSplit::TrainVal, 1)).unwrap();
        assert_eq!((folded.train.len(), folded.val.is_some()), (1_000, false));
        assert_eq!(pixels(&folded.train)[..800], pixels(&task.train));
        assert_eq!(folded.test, task.test);
    }

    /// Labels and CRC-32C of the first 40 images of seed 0.
    const KNOWN: [(&str, &str, u32); 10] = [
        ("mini-digits", "0355720556005455516714981157011978240677", 0x4783_1216),
        ("mini-objects", "3638595853746168516225884103919607821080", 0x9878_1909),
        ("mini-textures", "2642735266698732919993422628729749911109", 0x9e25_88b6),
        ("mini-tiles", "6463626217255340472704477707641120350537", 0xe514_2720),
        ("mini-location", "3014104301300003403034220430024424401304", 0x8f86_c666),
        ("mini-orientation", "4143514522537670024306641537736320652112", 0x7099_7028),
        ("mini-count", "3521525235554145520151232455335530524535", 0x70fd_9875),
        ("mini-distance", "2213312303233213213212122320333100132023", 0x012e_b759),
        ("mini-size", "5140113442422453001331341504210354103042", 0x0f76_fcfe),
        ("mini-depth", "3404124321134404304220304110340410010110", 0xacb6_27ec),
    ];

    /// Runs depend on every level.
    #[test]
    fn the_pictures_are_the_same_everywhere_and_ever() {
        let sums = ALL.each_ref().map(|task| {
            let items = task.items(40, 0).unwrap();
            let bytes = items.iter().flat_map(|item| item.source.content().unwrap());
            let labels: String = items.iter().map(|item| item.label.to_string()).collect();
            (task.name, labels, crc32c::crc32c(&bytes.collect::<Vec<u8>>()))
        });
        let known = KNOWN.map(|(name, labels, sum)| (name, labels.to_owned(), sum));
        assert_eq!(sums, known);
    }
}
