//! The VTAB-1k folder layout: lists of `path label` lines.

use std::path::{Path, PathBuf};

use crate::task::{Files, Found, MAX_CLASSES, TrainSplit};
use crate::{Error, TaskSpec};

pub(crate) const TRAIN: &str = "train800.txt";
pub(crate) const VAL: &str = "val200.txt";
pub(crate) const TRAIN_VAL: &str = "train800val200.txt";
pub(crate) const TEST: &str = "test.txt";
pub(crate) const NAMES: &str = "labels.txt";

pub(crate) fn is_list_folder(folder: &Path) -> bool {
    [TRAIN, TRAIN_VAL].iter().any(|list| folder.join(list).is_file())
}

pub(crate) fn find(folder: &Path, spec: &TaskSpec) -> Result<Found, Error> {
    let names = names(folder, spec)?;
    let known = names.as_ref().map(Vec::len).or(spec.number_classes);
    let (train, val) = training(folder, spec.train, known.unwrap_or(MAX_CLASSES))?;
    let classes = known.unwrap_or_else(|| 1 + train.iter().map(|file| file.1).max().unwrap_or(0));
    let val = val.then(|| List { folder, name: VAL, split: "val", classes }.read()).transpose()?;
    let test = List { folder, name: TEST, split: "test", classes }.read_if_there()?;
    let classes = names.unwrap_or_else(|| (0..classes).map(|c| c.to_string()).collect());
    Ok(Found { classes, train, val, test })
}

/// The training files, and whether there is a validation list beside them.
fn training(folder: &Path, split: TrainSplit, classes: usize) -> Result<(Files, bool), Error> {
    let list = |name, split| List { folder, name, split, classes };
    match split {
        TrainSplit::Train => Ok((list(TRAIN, "train").read()?, folder.join(VAL).is_file())),
        TrainSplit::TrainVal if folder.join(TRAIN_VAL).is_file() => {
            Ok((list(TRAIN_VAL, "train").read()?, false))
        }
        TrainSplit::TrainVal => {
            let mut files = list(TRAIN, "train").read()?;
            files.extend(list(VAL, "val").read_if_there()?.into_iter().flatten());
            Ok((files, false))
        }
    }
}

fn names(folder: &Path, spec: &TaskSpec) -> Result<Option<Vec<String>>, Error> {
    let path = folder.join(NAMES);
    if !path.is_file() {
        return Ok(None);
    }
    let text = fs_err::read_to_string(&path)?;
    let names: Vec<String> =
        text.lines().map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect();
    let expected = spec.number_classes.unwrap_or(names.len().max(1));
    if names.len() != expected {
        let (what, got) = (path.display().to_string(), names.len());
        return Err(Error::ClassCount { what, expected, got });
    }
    Ok(Some(names))
}

struct List<'a> {
    folder: &'a Path,
    name: &'a str,
    split: &'static str,
    /// Labels lie in `0..classes`.
    classes: usize,
}

impl List<'_> {
    fn path(&self) -> PathBuf {
        self.folder.join(self.name)
    }

    fn read_if_there(&self) -> Result<Option<Files>, Error> {
        self.path().is_file().then(|| self.read()).transpose()
    }

    fn read(&self) -> Result<Files, Error> {
        let path = self.path();
        if !path.is_file() {
            return Err(Error::MissingList { path });
        }
        let text = fs_err::read_to_string(&path)?;
        let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        let files: Files =
            lines.map(|(i, line)| self.entry(i + 1, line)).collect::<Result<_, _>>()?;
        if files.is_empty() {
            return Err(Error::EmptySplit { split: self.split, path });
        }
        Ok(files)
    }

    fn entry(&self, line: usize, text: &str) -> Result<(PathBuf, usize), Error> {
        let list = self.path();
        let Some((name, got)) = parse(text) else {
            let text = text.chars().take(80).collect();
            return Err(Error::MalformedLine { list, line, text });
        };
        let classes = self.classes;
        let label = usize::try_from(got).ok().filter(|&label| label < classes);
        let Some(label) = label else {
            return Err(Error::Label { list, line, classes, got });
        };
        let places = [self.folder.join(name), self.folder.join("images").join(name)];
        match places.into_iter().find(|path| path.is_file()) {
            Some(path) => Ok((path, label)),
            None => Err(Error::MissingImage { list, line, path: name.to_owned() }),
        }
    }
}

/// The label is the last word, so that paths may hold spaces.
fn parse(line: &str) -> Option<(&str, i64)> {
    let (path, label) = line.trim().rsplit_once(char::is_whitespace)?;
    Some((path.trim_end(), label.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::parse;

    #[test]
    fn the_label_is_the_last_word() {
        assert_eq!(parse("a.png 3"), Some(("a.png", 3)));
        assert_eq!(parse(" images/a b.png \t 3\r"), Some(("images/a b.png", 3)));
        assert_eq!(parse("a.png -1"), Some(("a.png", -1)));
        for bad in ["", "a.png", "3", "a.png three", "a.png 3.0", "a.png 99999999999999999999"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(path in "[^\\s\\pC]([^\\pC]*[^\\s\\pC])?", label in 0_i64..1000) {
            let line = format!("{path} {label}");
            prop_assert_eq!(parse(&line), Some((path.as_str(), label)));
        }

        #[test]
        fn any_line_is_read_or_refused(line in ".*") {
            if let Some((path, _)) = parse(&line) {
                prop_assert!(!path.is_empty());
            }
        }
    }
}
