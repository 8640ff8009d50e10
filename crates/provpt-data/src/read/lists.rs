//! The VTAB-1k folder layout: lists of `path label` lines.

use std::path::Path;

use super::found::Found;
use super::label::Label;
use super::labels::{Known, Numbers};
use super::rows::{List, Lists, Row, locate};
use super::{text, unused};
use crate::{Error, TaskSpec, TrainSplit};

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
    let known = Known::beside(folder, spec.number_classes)?;
    let names = known.names.as_ref().map_or(&[][..], |(_, names)| names);
    let mut problems = Vec::new();
    let mut list = |name: &str| read(folder, name, names, &mut problems);
    let mut if_there = |name: &str| folder.join(name).is_file().then(|| list(name)).transpose();
    let folded = spec.train == TrainSplit::TrainVal;
    let combined = if folded { if_there(TRAIN_VAL)? } else { None };
    let val = if combined.is_some() { None } else { if_there(VAL)? };
    let test = if_there(TEST)?;
    let train = combined.map_or_else(|| list(TRAIN), Ok)?;
    let places = [folder.to_owned(), folder.join("images")];
    let lists = Lists { train, val, test, val_is_learned: folded };
    let near = |_: &Path, path: &str| locate(&places, path);
    let mut found = lists.resolve(Numbers::AreClasses, known, near, problems)?;
    if folded {
        found.train.extend(found.val.take().into_iter().flatten());
    }
    let known = [TRAIN, VAL, TRAIN_VAL, TEST].map(|list| folder.join(list));
    found.remarks.extend(unused::files(folder, &known));
    Ok(found)
}

fn read(
    folder: &Path,
    name: &str,
    classes: &[String],
    problems: &mut Vec<Error>,
) -> Result<List, Error> {
    let list = folder.join(name);
    if !list.is_file() {
        return Err(Error::MissingList { path: list });
    }
    let text = text::read(&list)?;
    let mut rows = Vec::new();
    let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    for (line, text) in lines {
        match parse(text, classes) {
            Some((path, label)) => {
                let (path, label) = (path.to_owned(), Label::Name(label.to_owned()));
                rows.push(Row { path, label, line });
            }
            None => {
                let text = text.chars().take(80).collect();
                problems.push(Error::MalformedLine { list: list.clone(), line, text });
            }
        }
    }
    Ok(List { path: list, rows })
}

/// The label is the last word, so that paths may hold spaces; or the longest of the known names
/// that the line ends with, so that names may, too.
fn parse<'a>(line: &'a str, names: &[String]) -> Option<(&'a str, &'a str)> {
    let line = line.trim();
    let path_before = |name: &&String| {
        let path = line.strip_suffix(name.as_str())?;
        path.ends_with(char::is_whitespace).then(|| path.trim_end()).filter(|p| !p.is_empty())
    };
    let known = names.iter().filter(|name| path_before(name).is_some()).max_by_key(|n| n.len());
    if let Some(name) = known {
        return Some(line.split_at(line.len() - name.len()))
            .map(|(path, label)| (path.trim_end(), label));
    }
    let (path, label) = line.rsplit_once(char::is_whitespace)?;
    Some((path.trim_end(), label))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::parse;

    #[test]
    fn the_label_is_the_last_word_or_a_known_name() {
        let parse = |line| parse(line, &["bee".to_owned(), "honey bee".to_owned()]);
        assert_eq!(parse("a.png 3"), Some(("a.png", "3")));
        assert_eq!(parse(" images/a b.png \t 3\r"), Some(("images/a b.png", "3")));
        assert_eq!(parse("a.png honey bee"), Some(("a.png", "honey bee")));
        assert_eq!(parse("my honey.png bee"), Some(("my honey.png", "bee")));
        assert_eq!(parse("a.png honey\tbee"), Some(("a.png honey", "bee")));
        assert_eq!(parse("a.png wasp"), Some(("a.png", "wasp")));
        for bad in ["", "a.png", "3", "bee", " honey "] {
            assert_eq!(parse(bad), None, "{bad}");
        }
        assert_eq!(parse("honey bee"), Some(("honey", "bee")));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(path in "[^\\s\\pC]([^\\pC]*[^\\s\\pC])?", label in 0_i64..1000) {
            let (line, label) = (format!("{path} {label}"), label.to_string());
            prop_assert_eq!(parse(&line, &[]), Some((path.as_str(), label.as_str())));
        }

        #[test]
        fn any_line_is_read_or_refused(line in ".*", name in ".*") {
            if let Some((path, label)) = parse(&line, &[name]) {
                prop_assert!(!path.is_empty() && !label.is_empty());
            }
        }
    }
}
