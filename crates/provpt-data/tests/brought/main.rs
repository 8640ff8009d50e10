//! What people really bring: no silent wrong answer, nothing refused for a wrong reason.

#![allow(clippy::unwrap_used)] // the helpers between the tests, too

mod classes;
mod junk;
mod names;
mod one_rule;
mod rows;
mod splits;
mod texts;

use std::path::PathBuf;

use provpt_data::{Split, Task, TaskSpec, survey};
use tempfile::TempDir;

/// A folder of files: a text that is a number is an image of that grey level, in the format of the
/// name's ending, PNG where there is none; any other text is written as it is.
pub(crate) fn folder<S: AsRef<str>, T: AsRef<[u8]>>(
    files: impl IntoIterator<Item = (S, T)>,
) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name.as_ref());
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        let level = std::str::from_utf8(text.as_ref()).ok().and_then(|text| text.parse().ok());
        let bytes = level.map_or_else(|| text.as_ref().to_vec(), png);
        fs_err::write(&path, bytes).unwrap();
    }
    folder
}

/// A grey image.
pub(crate) fn png(level: u8) -> Vec<u8> {
    provpt_data::Image::from_rgb(4, 3, vec![level; 36]).unwrap().to_png().unwrap()
}

/// A task without a name, nothing split off.
pub(crate) fn spec(path: impl Into<PathBuf>) -> TaskSpec {
    let path = Some(path.into());
    TaskSpec { path, val_fraction: 0.0, test_fraction: 0.0, ..TaskSpec::new("") }
}

/// What was made of a folder.
#[derive(Debug)]
pub(crate) struct Read {
    pub(crate) task: Option<Task>,
    /// One line each, the folder's path left out.
    pub(crate) problems: Vec<String>,
    pub(crate) notes: Vec<String>,
}

pub(crate) fn read(folder: &TempDir) -> Read {
    read_by(folder, &spec(folder.path()))
}

pub(crate) fn read_by(folder: &TempDir, spec: &TaskSpec) -> Read {
    let root = folder.path().display().to_string();
    let line = |text: &str| {
        assert_eq!(text.lines().count(), 1, "{text}");
        text.replace(&format!("{root}/"), "").replace(&root, "FOLDER")
    };
    match survey(spec) {
        Err(error) => {
            let problems = vec![line(&error.to_string())];
            Read { task: None, problems, notes: Vec::new() }
        }
        Ok((task, problems)) => {
            let notes = task.notes().iter().map(|note| line(note)).collect();
            let problems = problems.iter().map(|problem| line(&problem.to_string())).collect();
            Read { task: Some(task), problems, notes }
        }
    }
}

impl Read {
    /// A task in which nothing is wrong.
    pub(crate) fn sound(&self) -> &Task {
        assert!(self.problems.is_empty(), "{self:#?}");
        self.task.as_ref().unwrap()
    }

    /// Grey level and class name of each image of train, val and test.
    pub(crate) fn facts(&self) -> [Vec<(u8, &str)>; 3] {
        let task = self.sound();
        let fact = |split: &Split, i: usize| {
            (split.image(i).unwrap().pixels()[0], task.classes[split.labels()[i]].as_str())
        };
        [Some(&task.train), task.val.as_ref(), task.test.as_ref()].map(|split| {
            split.map_or_else(Vec::new, |split| (0..split.len()).map(|i| fact(split, i)).collect())
        })
    }
}
