//! A task of today, and the record of what it was: every image that the record knows goes where it
//! was then.

use std::collections::{HashMap, HashSet};

use super::{Differences, Digest, ImageRecord, TaskRecord};
use crate::source::Item;
use crate::{Error, Split, Task};

/// A task as it was recorded, as far as it is still there.
#[derive(Debug)]
pub struct Reunited {
    /// The recorded images that are still there, in the recorded order, and behind them the new
    /// ones, in the split that they are found in. Classes and labels are those of today.
    pub task: Task,
    /// What has changed.
    pub differences: Differences,
}

/// An image of today: its split (by number) and its place in there.
type Place = (usize, usize);

/// Today's splits, and the images of each content that nobody has taken yet.
struct Pool<'a> {
    classes: &'a [String],
    parts: Vec<(&'static str, &'a Split)>,
    left: HashMap<Digest, Vec<Place>>,
}

impl TaskRecord {
    /// Brings the images of a task back to the splits and the order of the record.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn reunite(&self, task: &Task) -> Result<Reunited, Error> {
        let mut pool = Pool::of(task)?;
        let mut found = self.take_known(&mut pool);
        let mut differences = self.compare(task, &pool, &found);
        let parts = self.parts();
        let recorded = parts.iter().flat_map(|(_, images)| images.unwrap_or_default());
        let known: HashSet<&Digest> = recorded.map(|ImageRecord(.., digest)| digest).collect();
        for (digest, (part, index)) in pool.rest() {
            let (name, split) = pool.parts[part];
            let place = (name, split.names()[index].clone());
            let Some(slot) = parts.iter().position(|(known, _)| *known == name) else { continue };
            if known.contains(digest) {
                differences.copies.push(place);
                continue;
            }
            if parts[slot].1.is_some() {
                differences.added.push(place);
            }
            found[slot].push(Some((part, index)));
        }
        Ok(Reunited { task: pool.task(task, &found), differences })
    }

    /// For each recorded image of each split where it is today.
    fn take_known(&self, pool: &mut Pool<'_>) -> [Vec<Option<Place>>; 3] {
        let parts = self.parts();
        let mut found = parts.map(|(_, images)| vec![None; images.unwrap_or_default().len()]);
        // An image that is where it was goes first: of equal ones, each keeps its own split and class.
        // Then its class tells it from copies: which split it is in today may be drawn.
        for (same_split, same_class) in [(true, true), (false, true), (true, false), (false, false)]
        {
            for ((name, images), places) in parts.iter().zip(&mut found) {
                for (ImageRecord(_, label, digest), place) in
                    images.unwrap_or_default().iter().zip(places)
                {
                    let split = same_split.then_some(*name);
                    let class = if same_class { self.classes.get(*label) } else { None };
                    *place = place.or_else(|| pool.take(digest, split, class));
                }
            }
        }
        found
    }

    /// What became of the recorded images.
    fn compare(&self, task: &Task, pool: &Pool<'_>, found: &[Vec<Option<Place>>]) -> Differences {
        let mut differences = Differences::default();
        for ((name, images), places) in self.parts().into_iter().zip(found) {
            for (ImageRecord(image, then, _), place) in
                images.unwrap_or_default().iter().zip(places)
            {
                let label = place.map(|place| pool.label(place));
                match label {
                    None => differences.gone.push((name, image.clone())),
                    Some(now) if task.classes.get(now) != self.classes.get(*then) => {
                        differences.relabelled.push((name, image.clone()));
                    }
                    Some(_) => {}
                }
            }
        }
        differences.all_gone = found.iter().flatten().all(Option::is_none);
        differences
    }
}

impl<'a> Pool<'a> {
    fn of(task: &'a Task) -> Result<Self, Error> {
        let parts = task.parts();
        let mut left: HashMap<Digest, Vec<Place>> = HashMap::new();
        for (part, (_, split)) in parts.iter().enumerate() {
            for (index, digest) in split.digests()?.into_iter().enumerate() {
                left.entry(digest).or_default().push((part, index));
            }
        }
        Ok(Self { classes: &task.classes, parts, left })
    }

    /// Takes the first image of this content, in this split and of this class where they are given.
    fn take(
        &mut self,
        digest: &Digest,
        split: Option<&str>,
        class: Option<&String>,
    ) -> Option<Place> {
        let places = self.left.get(digest)?;
        let fits = |&place: &Place| {
            let own = self.classes.get(self.label(place));
            split.is_none_or(|name| self.parts[place.0].0 == name)
                && class.is_none_or(|class| own == Some(class))
        };
        let index = places.iter().position(fits)?;
        Some(self.left.get_mut(digest)?.remove(index))
    }

    fn label(&self, (part, index): Place) -> usize {
        self.parts[part].1.labels()[index]
    }

    /// What nobody has taken, in today's order.
    fn rest(&self) -> Vec<(&Digest, Place)> {
        let all =
            self.left.iter().flat_map(|(digest, places)| places.iter().map(move |&p| (digest, p)));
        let mut rest: Vec<(&Digest, Place)> = all.collect();
        rest.sort_unstable_by_key(|&(_, place)| place);
        rest
    }

    fn item(&self, (part, index): Place) -> Item {
        let split = self.parts[part].1;
        Item {
            source: split.sources()[index].clone(),
            label: split.labels()[index],
            name: split.names()[index].clone(),
        }
    }

    /// The task with these images in its splits.
    fn task(&self, task: &Task, found: &[Vec<Option<Place>>; 3]) -> Task {
        let split = |places: &Vec<Option<Place>>| {
            let items = places.iter().flatten().map(|&place| self.item(place));
            Split::new(items.collect()).decoded_with(task.train.decoding())
        };
        let [train, val, test] = found.each_ref().map(split);
        let some = |split: Split| (!split.is_empty()).then_some(split);
        let train = train.with_carved(task.train.carved().to_vec());
        Task { train, val: some(val), test: some(test), ..task.clone() }
    }
}
