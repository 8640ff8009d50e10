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
