//! Two tasks meet: the one that was learned, and one that is measured. Classes are the same where
//! their names are.

use provpt_data::{Split, Task};

use crate::error::Error;

/// A split of a task with the labels of the classes that were learned. A task may lack some of
/// them, and may have them in another order.
///
/// # Errors
/// [`Error::UnknownClasses`] if the task has others.
pub(crate) fn matched(learned: &[String], task: &Task, split: &Split) -> Result<Split, Error> {
    if task.classes == learned {
        return Ok(split.clone());
    }
    let place = |class| learned.iter().position(|known| known == class);
    let places: Vec<Option<usize>> = task.classes.iter().map(place).collect();
    let unknown: Vec<String> = task
        .classes
        .iter()
        .zip(&places)
        .filter(|(_, p)| p.is_none())
        .map(|(c, _)| c.clone())
        .collect();
    if unknown.is_empty() {
        let places: Vec<usize> = places.into_iter().flatten().collect();
        return Ok(split.relabelled(&places)?);
    }
    let (task, learned) = (task.name.clone(), learned.to_vec());
    Err(Error::UnknownClasses { task, learned, unknown })
}

/// A task with the classes that were learned, and labels that say so.
///
/// # Errors
/// As [`matched`].
pub(crate) fn with_classes(learned: &[String], task: Task) -> Result<Task, Error> {
    let train = matched(learned, &task, &task.train)?;
    let other = |split: &Option<Split>| {
        split.as_ref().map(|split| matched(learned, &task, split)).transpose()
    };
    let (val, test) = (other(&task.val)?, other(&task.test)?);
    Ok(Task { train, val, test, classes: learned.to_vec(), ..task })
}

#[cfg(test)]
mod tests {
    use provpt_data::Image;

    use super::*;

    fn task(classes: &[&str]) -> Task {
        let image = || Image::from_rgb(1, 1, vec![0; 3]).unwrap();
        let images = classes.iter().map(|&class| (image(), class));
        Task::of_images("t", images, [0.0; 2]).unwrap()
    }

    fn labels(learned: &[&str], given: &[&str]) -> Result<Vec<usize>, String> {
        let learned: Vec<String> = learned.iter().map(|&class| class.to_owned()).collect();
        let task = task(given);
        let matched = matched(&learned, &task, &task.train);
        matched.map(|split| split.labels().to_vec()).map_err(|error| error.to_string())
    }

    #[test]
    fn classes_are_matched_by_name() {
        assert_eq!(labels(&["ant", "bee", "cat"], &["ant", "bee", "cat"]), Ok(vec![0, 1, 2]));
        assert_eq!(labels(&["cat", "ant", "bee"], &["ant", "bee", "cat"]), Ok(vec![1, 2, 0]));
        assert_eq!(labels(&["ant", "bee", "cat"], &["ant", "cat"]), Ok(vec![0, 2]));
    }

    #[test]
    fn classes_that_were_not_learned_are_named() {
        let refused = labels(&["ant", "bee"], &["ant", "bat", "bee", "cow"]).unwrap_err();
        let expected =
            "task t: expected the classes that were learned (ant, bee), got also bat, cow";
        assert_eq!(refused, expected);
    }
}
