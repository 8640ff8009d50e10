//! Tasks of images that are in memory already.

use std::collections::BTreeSet;

use super::found::Found;
use crate::source::Item;
use crate::task::Recognised;
use crate::{Error, Image, Task, TaskSpec};

impl Task {
    /// A task of images with the names of their classes. Classes are in the order of their names;
    /// of each class the shares `[val, test]` are split off, 0 for no such split.
    ///
    /// # Errors
    /// There is no image, or the shares leave nothing to learn from.
    pub fn of_images<C: Into<String>>(
        name: &str,
        images: impl IntoIterator<Item = (Image, C)>,
        [val_fraction, test_fraction]: [f64; 2],
    ) -> Result<Self, Error> {
        let images: Vec<(Image, String)> =
            images.into_iter().map(|(image, class)| (image, class.into())).collect();
        let classes: BTreeSet<String> = images.iter().map(|(_, class)| class.clone()).collect();
        let classes: Vec<String> = classes.into_iter().collect();
        let label = |class: &String| classes.binary_search(class).unwrap_or_default();
        let items: Vec<Item> = images
            .into_iter()
            .enumerate()
            .map(|(place, (image, class))| Item::drawn(image, label(&class), place.to_string()))
            .collect();
        if items.is_empty() {
            return Err(Error::EmptySplit { split: "train", path: name.into() });
        }
        let by = "the caller".to_owned();
        let recognised = Recognised { layout: "images in memory", by };
        let found = Found { recognised, classes, train: items, ..Found::default() };
        let spec = TaskSpec { val_fraction, test_fraction, ..TaskSpec::new(name) };
        let (task, problems) = found.complete(&spec, name.as_ref())?.into_task(name);
        problems.into_iter().next().map_or(Ok(task), Err)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Split;

    fn images(count: usize) -> impl Iterator<Item = (Image, &'static str)> {
        let image = |level| Image::from_rgb(1, 1, vec![level; 3]).unwrap();
        (0..count).map(move |i| (image(i as u8), ["pear", "apple"][i % 2]))
    }

    #[test]
    fn classes_are_sorted_and_shares_are_taken_of_each() {
        let task = Task::of_images("fruit", images(20), [0.1, 0.2]).unwrap();
        assert_eq!(task.classes, ["apple", "pear"]);
        let labels = |split: &Split| split.labels().to_vec();
        assert_eq!(task.train.len(), 14);
        assert_eq!(labels(task.val.as_ref().unwrap()).iter().sum::<usize>(), 1);
        assert_eq!(labels(task.test.as_ref().unwrap()).iter().sum::<usize>(), 2);
        for index in 0..task.train.len() {
            let level = task.train.image(index).unwrap().pixels()[0];
            assert_eq!(
                task.train.labels()[index],
                usize::from(level.is_multiple_of(2)),
                "pears are even"
            );
        }
    }

    #[test]
    fn without_shares_all_is_learned_from() {
        let task = Task::of_images("fruit", images(3), [0.0, 0.0]).unwrap();
        assert_eq!((task.train.len(), task.val, task.test), (3, None, None));
    }

    #[test]
    fn no_images_and_impossible_shares_are_errors() {
        assert!(Task::of_images("none", images(0), [0.1, 0.1]).is_err());
        assert!(Task::of_images("fruit", images(4), [0.5, 0.5]).is_err());
    }
}
