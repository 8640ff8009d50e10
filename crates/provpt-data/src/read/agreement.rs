//! What must hold for the classes of a task in any layout.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::Path;

use super::forms::likeness;
use super::labels::names_beside;
use crate::{Error, Task, catalogue};
use provpt_base::quoted;

/// `labels.txt` beside the data says which classes there are, in their order. Data that have names
/// of their own must have the same ones: a disagreement would be two tasks in one.
pub(super) fn with_names_beside(path: &Path, task: &Task) -> Result<Option<Error>, Error> {
    let folder = if path.is_file() { path.parent().unwrap_or(Path::new("")) } else { path };
    let Some((file, names)) = names_beside(folder)? else { return Ok(None) };
    let most = names.len().max(task.classes.len());
    let differs = |class: &usize| names.get(*class) != task.classes.get(*class);
    let name = |names: &[String], class: usize| names.get(class).cloned().unwrap_or("none".into());
    Ok((0..most).find(differs).map(|class| Error::OtherClasses {
        path: file.into(),
        class,
        expected: name(&task.classes, class),
        by: task.recognised.layout.to_owned(),
        got: name(&names, class),
    }))
}

/// A published task's name says how many classes there are. Where numbers are classes, some may lack
/// images, but the last one has one in some split: else it is another task of that name.
pub(super) fn with_published_name(task: &Task, what: &str) -> Option<Error> {
    let expected = catalogue::find(&task.name)?.classes;
    let labels = task.parts().into_iter().flat_map(|(_, split)| split.labels());
    let got = labels.max()? + 1;
    (got < expected).then(|| Error::ClassCount { what: what.to_owned(), expected, got })
}

/// A remark about classes that are told apart by their numbers only.
pub(super) fn same_names(classes: &[String]) -> Option<String> {
    let mut seen = HashMap::new();
    for (class, name) in classes.iter().enumerate() {
        if let Some(first) = seen.insert(name, class) {
            return Some(format!(
                "classes {first} and {class} have the same name, {}: what is printed does not tell \
                 them apart",
                quoted(name)
            ));
        }
    }
    None
}

/// A remark about classes whose names look the same: mostly one class in two spellings.
pub(super) fn look_alike(classes: &[String]) -> Option<String> {
    const NAMED: usize = 3;
    let mut seen: HashMap<String, &String> = HashMap::new();
    let mut pairs = Vec::new();
    for name in classes {
        match seen.entry(likeness(name)) {
            Entry::Vacant(place) => drop(place.insert(name)),
            Entry::Occupied(first) if *first.get() != name => {
                pairs.push(format!("{} and {}", quoted(first.get()), quoted(name)));
            }
            Entry::Occupied(_) => {}
        }
    }
    let more = match pairs.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    pairs.truncate(NAMED);
    (!pairs.is_empty()).then(|| {
        format!("classes of their own with names that look alike: {}{more}", pairs.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Image;

    #[test]
    fn the_first_class_that_differs_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let image = Image::from_rgb(1, 1, vec![0; 3]).unwrap();
        let images = ["ant", "bee"].map(|class| (image.clone(), class));
        let task = Task::of_images("t", images, [0.0; 2]).unwrap();
        let data = folder.path().join("data");
        fs_err::write(&data, "").unwrap();
        let differs = |text: &str| {
            fs_err::write(folder.path().join("labels.txt"), text).unwrap();
            let of = |path: &Path| with_names_beside(path, &task).unwrap();
            let told = |error: Option<Error>| match error {
                Some(Error::OtherClasses { class, expected, got, .. }) => {
                    Some((class, expected, got))
                }
                other => other.map(|error| panic!("{error}")),
            };
            let beside = told(of(&data));
            assert_eq!(told(of(folder.path())), beside, "of a folder as of a file in it");
            beside
        };
        let some = |class, expected: &str, got: &str| Some((class, expected.into(), got.into()));
        assert_eq!(differs("ant\nbee\n"), None);
        assert_eq!(differs("wasp\nfly\n"), some(0, "ant", "wasp"));
        assert_eq!(differs("ant\nfly\n"), some(1, "bee", "fly"));
        assert_eq!(differs("ant\n"), some(1, "bee", "none"));
        assert_eq!(differs("ant\nbee\nfly\n"), some(2, "none", "fly"));
    }

    #[test]
    fn the_first_name_that_comes_again_is_told() {
        let names = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(same_names(&names(&["ant", "bee"])), None);
        let remark = same_names(&names(&["ant", "bee", "fly", "bee"])).unwrap();
        assert!(remark.starts_with("classes 1 and 3 have the same name, bee"), "{remark}");
    }
}
