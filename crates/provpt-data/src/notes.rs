//! What a user should know of a task though nothing is wrong with it.

use crate::catalogue::find;
use crate::{Split, Task};
use provpt_base::quoted;

/// So many training images are looked at for their format.
const LOOKED_AT: usize = 64;

impl Task {
    /// What a user should know though nothing is wrong, a line each: [`Self::remarks`], classes
    /// that lack images, and what the [`catalogue`](crate::catalogue) knows of a task of this name.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = self.remarks.clone();
        notes.extend(compressed_again(&self.name, &self.train));
        notes.extend(counted_from_1(self));
        for (split, part) in self.parts() {
            notes.extend(few(split, part, &self.classes));
        }
        notes
    }
}

/// Classes named in a note.
const NAMED: usize = 8;

/// Lists whose labels count from 1 have a class 0 that is not there.
fn counted_from_1(task: &Task) -> Option<String> {
    let empty = |class| task.parts().iter().all(|(_, split)| !split.labels().contains(&class));
    let numbered =
        (0..).zip(&task.classes).all(|(class, name): (usize, _)| *name == class.to_string());
    (numbered && task.classes.len() > 1 && empty(0)).then(|| {
        "class 0 has no image in any split: labels count from 0, and these seem to count from 1; \
         the class that is not there is learned, too"
            .to_owned()
    })
}

/// A line where a split lacks classes, and one for classes that have a single image to learn from.
fn few(split: &str, part: &Split, classes: &[String]) -> Vec<String> {
    let mut counts = vec![0_usize; classes.len()];
    for &label in part.labels() {
        if let Some(count) = counts.get_mut(label) {
            *count += 1;
        }
    }
    let line = |count: usize, what: &str| {
        let with = counts.iter().zip(classes).filter(|(n, _)| **n == count);
        let names: Vec<String> = with.map(|(_, name)| quoted(name).to_string()).collect();
        let named = names.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
        let more = match names.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let (some, all) = (names.len(), classes.len());
        (some > 0).then(|| format!("{split}: {some} of {all} classes have {what}: {named}{more}"))
    };
    let one = if split == "train" { line(1, "one image only") } else { None };
    line(0, "no image").into_iter().chain(one).collect()
}

/// Small lossless images that someone has made JPEG of.
fn compressed_again(name: &str, train: &Split) -> Option<String> {
    let task = find(name).filter(|task| task.images.fragile())?;
    let [width, height] = task.images.size?;
    let step = train.len().div_ceil(LOOKED_AT).max(1);
    let looked_at: Vec<bool> = (0..train.len())
        .step_by(step)
        .filter_map(|index| train.encoded(index).ok().flatten())
        .map(|bytes| bytes.starts_with(b"\xff\xd8\xff"))
        .collect();
    let jpeg = looked_at.iter().filter(|&&jpeg| jpeg).count();
    (jpeg > 0).then(|| {
        format!(
            "{}: {jpeg} of {} images looked at are JPEG, but the official {width}x{height} images \
             are lossless; so small, they lose detail (users report about ten points of accuracy \
             on CIFAR-100): read the tensorflow-datasets folder instead",
            task.name,
            looked_at.len()
        )
    })
}
