//! A task looked through: what is in it, and all that is wrong with it, in one pass.

mod duplicates;
mod facts;
mod repeats;

use rayon::prelude::*;
use serde::Serialize;

use crate::{Error, Image, Split, Task};
use duplicates::{Fingerprint, fingerprint};
pub use facts::{Sizes, SplitFacts};
pub use repeats::{Place, Repeat};

/// What a task holds, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// Name of each class.
    pub classes: Vec<String>,
    /// Counts, split by split.
    pub splits: Vec<SplitFacts>,
    /// Images that could be read.
    pub readable: usize,
    /// Of these, images that are grey in every pixel.
    pub grey: usize,
    /// Sizes of these; none if there are none.
    pub sizes: Option<Sizes>,
    /// Groups of images with equal pixels.
    pub repeats: Vec<Repeat>,
    /// What keeps the task from being what it says, a line each: unreadable images, lines and
    /// labels that make no sense, files that are missing, equal images of one split with different
    /// labels.
    pub problems: Vec<String>,
    /// What may be meant so, a line each: small images that were made JPEG of, equal images in two
    /// splits, classes with few images.
    pub warnings: Vec<String>,
}

/// Reads every image of a task once. `problems` are those that its reader found; `tick` is called
/// for each image that is done. Works in parallel on the current rayon pool, holds a few images at
/// a time and some bytes of each, and gives the same whatever the pool.
pub fn check(task: &Task, problems: &[Error], tick: &(dyn Fn() + Sync)) -> Checked {
    let parts = task.parts();
    let mut problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
    let mut seen = Vec::new();
    for (_, split) in &parts {
        let looks: Vec<_> = (0..split.len())
            .into_par_iter()
            .map(|index| {
                let look = split.image(index).map(|image| Seen::new(&image));
                tick();
                look
            })
            .collect();
        for look in looks {
            seen.push(look.map_err(|error| problems.push(error.to_string())).ok());
        }
    }
    let repeats = repeats(&parts, &seen);
    problems.extend(repeats.iter().flat_map(Repeat::contradictions));
    let count = |(name, split): &(&'static str, &Split)| {
        SplitFacts::new(name, split.labels(), task.classes.len())
    };
    let splits: Vec<SplitFacts> = parts.iter().map(count).collect();
    let mut warnings = task.notes();
    warnings.extend(repeats.iter().filter_map(Repeat::leak));
    let read = || seen.iter().flatten();
    Checked {
        classes: task.classes.clone(),
        splits,
        readable: read().count(),
        grey: read().filter(|seen| seen.grey).count(),
        sizes: Sizes::new(read().map(|seen| seen.size).collect()),
        repeats,
        problems,
        warnings,
    }
}

/// What is kept of an image.
struct Seen {
    size: [usize; 2],
    grey: bool,
    print: Fingerprint,
}

impl Seen {
    fn new(image: &Image) -> Self {
        let (rgb, _) = image.pixels().as_chunks::<3>();
        Self {
            size: [image.width(), image.height()],
            grey: rgb.iter().all(|&[r, g, b]| r == g && g == b),
            print: fingerprint(image),
        }
    }
}

fn repeats(parts: &[(&'static str, &Split)], seen: &[Option<Seen>]) -> Vec<Repeat> {
    let places: Vec<(&'static str, &Split, usize)> = parts
        .iter()
        .flat_map(|&(name, split)| (0..split.len()).map(move |index| (name, split, index)))
        .collect();
    let place = |at: usize| {
        let (name, split, index) = places[at];
        Place { split: name, name: split.names()[index].clone(), label: split.labels()[index] }
    };
    let prints: Vec<_> = seen.iter().map(|seen| seen.as_ref().map(|seen| seen.print)).collect();
    let groups = duplicates::groups(&prints).into_iter();
    groups.map(|group| Repeat { images: group.into_iter().map(place).collect() }).collect()
}
