//! What must hold for the classes of a task in any layout.

use std::collections::HashMap;
use std::path::Path;

use super::labels::names_beside;
use crate::{Error, Task};
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
