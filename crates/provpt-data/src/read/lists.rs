//! The VTAB-1k folder layout: lists of `path label` lines.

use std::path::Path;

use crate::read::found::Found;
use crate::read::labels::names_beside;
use crate::source::Item;
use crate::spec::MAX_CLASSES;
use crate::{Error, TaskSpec, TrainSplit, catalogue};

pub(crate) const TRAIN: &str = "train800.txt";
pub(crate) const VAL: &str = "val200.txt";
pub(crate) const TRAIN_VAL: &str = "train800val200.txt";
pub(crate) const TEST: &str = "test.txt";

/// The list that makes a folder one of this layout.
pub(crate) fn sign(folder: &Path) -> Option<String> {
    let list = [TRAIN, TRAIN_VAL].into_iter().find(|list| folder.join(list).is_file());
    list.map(str::to_owned)
}

pub(crate) fn find(folder: &Path, spec: &TaskSpec) -> Result<Found, Error> {
    // Where nobody says how many classes there are, the catalogue may know.
    let known = || catalogue::find(&spec.name).map(|task| task.classes);
    let spec = &TaskSpec { number_classes: spec.number_classes.or_else(known), ..spec.clone() };
    let mut problems = Vec::new();
    let names = names(folder, spec, &mut problems)?;
    let known = names.as_ref().map(Vec::len).or(spec.number_classes);
    let mut read = Lists { folder, classes: known.unwrap_or(MAX_CLASSES), problems };
    let (train, val) = training(&mut read, spec.train)?;
    read.classes = known.unwrap_or_else(|| 1 + train.iter().map(|t| t.label).max().unwrap_or(0));
    let val = if val { read.list_if_there(VAL, "val")? } else { None };
    let test = read.list_if_there(TEST, "test")?;
    let Lists { classes, problems, .. } = read;
    let classes = names.unwrap_or_else(|| (0..classes).map(|c| c.to_string()).collect());
    Ok(Found { classes, train, val, test, problems, ..Found::default() })
}

/// The training images, and whether validation has a list to itself.
fn training(read: &mut Lists<'_>, split: TrainSplit) -> Result<(Vec<Item>, bool), Error> {
    match split {
        TrainSplit::Train => Ok((read.list(TRAIN, "train")?, true)),
        TrainSplit::TrainVal if read.folder.join(TRAIN_VAL).is_file() => {
            Ok((read.list(TRAIN_VAL, "train")?, false))
        }
        TrainSplit::TrainVal => {
            let mut items = read.list(TRAIN, "train")?;
            items.extend(read.list_if_there(VAL, "val")?.into_iter().flatten());
            Ok((items, false))
        }
    }
}

fn names(
    folder: &Path,
    spec: &TaskSpec,
    problems: &mut Vec<Error>,
) -> Result<Option<Vec<String>>, Error> {
    let Some((what, names)) = names_beside(folder)? else { return Ok(None) };
    let expected = spec.number_classes.unwrap_or(names.len().max(1));
    if names.len() != expected {
        problems.push(Error::ClassCount { what, expected, got: names.len() });
    }
    Ok(Some(names))
}

/// The lists of a folder, as far as they can be used.
struct Lists<'a> {
    folder: &'a Path,
    /// Labels lie in `0..classes`.
    classes: usize,
    problems: Vec<Error>,
}

impl Lists<'_> {
    fn list_if_there(
        &mut self,
        name: &str,
        split: &'static str,
    ) -> Result<Option<Vec<Item>>, Error> {
        self.folder.join(name).is_file().then(|| self.list(name, split)).transpose()
    }

    fn list(&mut self, name: &str, split: &'static str) -> Result<Vec<Item>, Error> {
        let list = self.folder.join(name);
        if !list.is_file() {
            return Err(Error::MissingList { path: list });
        }
        let text = fs_err::read_to_string(&list)?;
        let mut items = Vec::new();
        let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        for (i, line) in lines {
            match self.entry(&list, i + 1, line) {
                Ok(item) => items.push(item),
                Err(problem) => self.problems.push(problem),
            }
        }
        if items.is_empty() {
            self.problems.push(Error::EmptySplit { split, path: list });
        }
        Ok(items)
    }

    fn entry(&self, list: &Path, line: usize, text: &str) -> Result<Item, Error> {
        let list = || list.to_owned();
        let Some((name, got)) = parse(text) else {
            let text = text.chars().take(80).collect();
            return Err(Error::MalformedLine { list: list(), line, text });
        };
        let classes = self.classes;
        let label = usize::try_from(got).ok().filter(|&label| label < classes);
        let Some(label) = label else {
            return Err(Error::Label { list: list(), line, classes, got });
        };
        let places = [self.folder.join(name), self.folder.join("images").join(name)];
        match places.into_iter().find(|path| path.is_file()) {
            Some(path) => Ok(Item::file(path, label)),
            None => Err(Error::MissingImage { list: list(), line, path: name.to_owned() }),
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
