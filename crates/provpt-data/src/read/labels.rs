//! From labels as files have them to classes `0..C`.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use super::forms::composed;
use super::label::{Label, digits};
use super::text;
use crate::Error;
use crate::spec::MAX_CLASSES;

/// The file of class names, a name per line.
pub(crate) const NAMES: &str = "labels.txt";
/// What says which classes there are, where no file of names does.
const TRAIN: &str = "train";

/// The class names in a folder's `labels.txt`, with its path, if it is there.
pub(crate) fn names_beside(folder: &Path) -> Result<Option<(String, Vec<String>)>, Error> {
    let path = folder.join(NAMES);
    if !path.is_file() {
        return Ok(None);
    }
    let text = text::read(&path)?;
    let names: Vec<String> = text.trim_end().lines().map(|name| name.trim().to_owned()).collect();
    // The number of a line is a class: one that was passed over would shift all that follow.
    if let Some(at) = names.iter().position(String::is_empty) {
        let (expected, text) = ("the name of a class", String::new());
        return Err(Error::MalformedRow { list: path, line: at + 1, expected, text });
    }
    Ok(Some((path.display().to_string(), names)))
}

/// Which class a number means. Names mean classes in the order of the names, always.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Numbers {
    /// The class of that number, counted from 0.
    AreClasses,
    /// Nothing but an order: those of train, sorted, are classes `0..C`.
    AreSorted,
}

/// The classes of a task: a name for each, and which one a label means.
#[derive(Debug)]
pub(crate) struct Classes {
    pub(crate) names: Vec<String>,
    /// None: numbers are classes.
    index: Option<HashMap<Label, usize>>,
    /// What says which classes there are.
    of: &'static str,
}

/// What is known of the classes beside the training labels.
#[derive(Default)]
pub(crate) struct Known {
    /// Names in the order of the classes, and where they stand.
    pub(crate) names: Option<(String, Vec<String>)>,
    /// How many classes there must be.
    pub(crate) count: Option<usize>,
}

impl Known {
    /// What `labels.txt` beside the data says, if it is there: a name per line.
    pub(crate) fn beside(folder: &Path, count: Option<usize>) -> Result<Self, Error> {
        Ok(Self { names: names_beside(folder)?, count })
    }
}

impl Classes {
    /// By the labels of `train`, which all are of one kind.
    ///
    /// # Errors
    /// [`Error::ClassCount`] where two sources disagree; `what` names the training file.
    pub(crate) fn settle<'a>(
        train: impl IntoIterator<Item = &'a Label>,
        numbers: Numbers,
        known: Known,
        what: &Path,
    ) -> Result<Self, Error> {
        let seen: BTreeSet<&Label> = train.into_iter().collect();
        if let (Some((file, names)), Some(count)) = (&known.names, known.count) {
            same(file, count, names.len())?;
        }
        let stored = matches!(seen.first(), None | Some(Label::Number(_)));
        if stored && numbers == Numbers::AreClasses {
            let of = of(&known);
            return Ok(Self { names: counted(&seen, known), index: None, of });
        }
        let here = what.display().to_string();
        match known.names {
            // Names given by a file say which classes there are; train may lack some.
            Some((file, names)) if !stored => Self::by_name(&file, names, NAMES),
            given => {
                let count = known.count.unwrap_or(seen.len());
                same(&here, count, seen.len())?;
                if let Some((file, names)) = &given {
                    same(file, seen.len(), names.len())?;
                }
                let own = || seen.iter().map(ToString::to_string).collect();
                let names = given.map_or_else(own, |(_, names)| names);
                let index = (0..).zip(&seen).map(|(i, label)| ((*label).clone(), i)).collect();
                Ok(Self { names, index: Some(index), of: TRAIN })
            }
        }
    }

    /// Of class folders, by their names, which are in order. With `labels.txt`, by the names in
    /// there, or where folders have numbers for names by these, counted from 0.
    ///
    /// # Errors
    /// As [`Self::settle`].
    pub(crate) fn of_folders(folders: &[String], known: Known, root: &Path) -> Result<Self, Error> {
        let what = root.display().to_string();
        let Some((file, names)) = known.names else {
            same(&what, known.count.unwrap_or(folders.len()), folders.len())?;
            return Self::by_name(&what, folders.to_vec(), TRAIN);
        };
        same(&file, known.count.unwrap_or(names.len()), names.len())?;
        let number = |folder: &String| {
            let class = usize::try_from(digits(folder)?).ok()?;
            (class < names.len()).then_some(class)
        };
        let numbers: Option<Vec<usize>> = folders.iter().map(number).collect();
        match numbers {
            Some(numbers) if !folders.iter().any(|folder| names.contains(folder)) => {
                let index = folders.iter().map(|f| Label::Name(f.clone())).zip(numbers).collect();
                Ok(Self { names, index: Some(index), of: NAMES })
            }
            _ => Self::by_name(&file, names, NAMES),
        }
    }

    /// Classes that are meant by their names, which stand in `file`.
    fn by_name(file: &str, names: Vec<String>, of: &'static str) -> Result<Self, Error> {
        let mut index = HashMap::new();
        for (class, name) in names.iter().enumerate() {
            if index.insert(Label::Name(name.clone()), class).is_some() {
                return Err(Error::SameClass { what: file.to_owned(), name: name.clone() });
            }
        }
        Ok(Self { names, index: Some(index), of })
    }

    /// The class that a label means.
    pub(crate) fn index(&self, label: &Label) -> Option<usize> {
        match (&self.index, label) {
            (Some(index), label) => index.get(label).copied().or_else(|| self.in_other_form(label)),
            (None, Label::Number(number)) => {
                usize::try_from(*number).ok().filter(|&class| class < self.names.len())
            }
            (None, Label::Name(_)) => None,
        }
    }

    /// The class whose name is the same text in another form.
    fn in_other_form(&self, label: &Label) -> Option<usize> {
        let Label::Name(name) = label else { return None };
        if name.is_ascii() {
            return None;
        }
        let name = composed(name);
        self.names.iter().position(|class| !class.is_ascii() && composed(class) == name)
    }

    /// Whether numbers are classes, so that there is a range to speak of.
    pub(crate) fn are_numbers(&self) -> bool {
        self.index.is_none()
    }

    /// Whether numbers are classes, and no names say how many there are.
    pub(crate) fn are_counted(&self) -> bool {
        self.are_numbers() && self.of == TRAIN
    }

    /// A remark where labels are numbers, and names are others.
    pub(crate) fn misleading(&self) -> Option<String> {
        let are_digits = self.names.iter().all(|name| digits(name).is_some());
        let other = |(class, name): &(usize, &String)| digits(name) != Some(*class as i64);
        let (class, name) = (0..).zip(&self.names).find(other)?;
        (are_digits && self.are_numbers() && self.of == NAMES).then(|| {
            format!("labels count the lines of {NAMES} from 0: label {class} is called {name}")
        })
    }

    /// What says which classes there are.
    pub(crate) fn of(&self) -> &'static str {
        self.of
    }
}

fn of(known: &Known) -> &'static str {
    if known.names.is_some() { NAMES } else { TRAIN }
}

/// Names of classes that labels count: given ones, or numbers up to the largest sensible label.
fn counted(seen: &BTreeSet<&Label>, known: Known) -> Vec<String> {
    if let Some((_, names)) = known.names {
        return names;
    }
    let sensible = |label: &Label| match label {
        Label::Number(number) => usize::try_from(*number).ok().filter(|n| *n < MAX_CLASSES),
        Label::Name(_) => None,
    };
    let largest = seen.iter().rev().find_map(|label| sensible(label));
    let count = known.count.unwrap_or_else(|| largest.map_or(0, |label| label + 1));
    (0..count).map(|class| class.to_string()).collect()
}

fn same(what: &str, expected: usize, got: usize) -> Result<(), Error> {
    if expected == got {
        return Ok(());
    }
    Err(Error::ClassCount { what: what.to_owned(), expected, got })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<Label> {
        names.iter().map(|name| Label::Name((*name).to_owned())).collect()
    }

    fn settle(train: &[Label], numbers: Numbers, names: &[&str], count: usize) -> String {
        let given = names.iter().map(ToString::to_string).collect();
        let names = (!names.is_empty()).then(|| ("labels.txt".to_owned(), given));
        let known = Known { names, count: (count > 0).then_some(count) };
        match Classes::settle(train, numbers, known, Path::new("train")) {
            Err(error) => error.to_string(),
            Ok(classes) => {
                let index = |label| classes.index(label).map_or("-".to_owned(), |i| i.to_string());
                let indices: Vec<_> = train.iter().map(index).collect();
                format!("{} | {}", classes.names.join(" "), indices.join(" "))
            }
        }
    }

    #[test]
    fn classes_that_labels_count_have_a_bound() {
        let count = |largest: usize| {
            let train = [Label::Number(largest as i64), Label::Number(1)];
            let known = Known::default();
            Classes::settle(&train, Numbers::AreClasses, known, Path::new("train")).unwrap().names
        };
        assert_eq!(count(MAX_CLASSES - 1).len(), MAX_CLASSES);
        assert_eq!(count(MAX_CLASSES), ["0", "1"], "no data set has so many");
        assert!(settle(&[], Numbers::AreClasses, &[], 0).starts_with(" |"));
    }

    #[test]
    fn folders_that_are_numbers_count_given_names_if_all_of_them_do() {
        let classes = |folders: &[&str], names: &[&str]| {
            let all = |words: &[&str]| words.iter().map(ToString::to_string).collect::<Vec<_>>();
            let known = Known { names: Some(("labels.txt".to_owned(), all(names))), count: None };
            let classes = Classes::of_folders(&all(folders), known, Path::new("root")).unwrap();
            let index = |name: &&str| classes.index(&Label::Name((*name).to_owned()));
            folders.iter().map(index).collect::<Vec<_>>()
        };
        assert_eq!(classes(&["0", "1"], &["ant", "bee"]), [Some(0), Some(1)]);
        assert_eq!(classes(&["1"], &["ant", "bee"]), [Some(1)]);
        assert_eq!(classes(&["0", "2"], &["ant", "bee"]), [None, None], "there is no third name");
        assert_eq!(classes(&["0", "bee"], &["ant", "bee"]), [None, Some(1)]);
        assert_eq!(classes(&["0", "1"], &["1", "0"]), [Some(1), Some(0)], "they are names");
        assert_eq!(classes(&["0", "1"], &["0", "ant"]), [Some(0), None], "one of them is");
        let names = Some(("labels.txt".to_owned(), vec!["ant".to_owned(), "bee".to_owned()]));
        let known = Known { names, count: Some(3) };
        let error = Classes::of_folders(&["ant".to_owned()], known, Path::new("root")).unwrap_err();
        assert_eq!(error.to_string(), "labels.txt: number of classes: expected 3, got 2");
    }

    #[test]
    fn numbers_are_classes_or_an_order() {
        let train = [5, 1, -2, 5].map(Label::Number);
        assert_eq!(settle(&train, Numbers::AreClasses, &[], 0), "0 1 2 3 4 5 | 5 1 - 5");
        assert_eq!(settle(&train, Numbers::AreClasses, &["a", "b"], 0), "a b | - 1 - -");
        assert_eq!(settle(&train, Numbers::AreClasses, &[], 3), "0 1 2 | - 1 - -");
        assert_eq!(settle(&train, Numbers::AreSorted, &[], 0), "-2 1 5 | 2 1 0 2");
        assert_eq!(settle(&train, Numbers::AreSorted, &["a", "b", "c"], 3), "a b c | 2 1 0 2");
        let huge = [Label::Number(i64::MAX), Label::Number(1)];
        assert_eq!(settle(&huge, Numbers::AreClasses, &[], 0), "0 1 | - 1");
    }

    #[test]
    fn names_are_sorted_or_as_given() {
        let train = names(&["dog", "cat", "eel"]);
        for numbers in [Numbers::AreClasses, Numbers::AreSorted] {
            assert_eq!(settle(&train, numbers, &[], 0), "cat dog eel | 1 0 2");
            let given = ["eel", "dog", "ant", "cat"];
            assert_eq!(settle(&train, numbers, &given, 4), "eel dog ant cat | 1 3 0");
            assert_eq!(settle(&train, numbers, &["eel", "dog"], 0), "eel dog | 1 - 0");
        }
    }

    #[test]
    fn counts_must_agree() {
        let wrong = |what: &str, expected, got| {
            format!("{what}: number of classes: expected {expected}, got {got}")
        };
        let train = names(&["dog", "cat", "eel"]);
        assert_eq!(settle(&train, Numbers::AreClasses, &[], 4), wrong("train", 4, 3));
        assert_eq!(settle(&train, Numbers::AreClasses, &["a"], 4), wrong("labels.txt", 4, 1));
        let train = [7, 8].map(Label::Number);
        assert_eq!(settle(&train, Numbers::AreSorted, &[], 3), wrong("train", 3, 2));
        assert_eq!(settle(&train, Numbers::AreSorted, &["a"], 0), wrong("labels.txt", 2, 1));
    }
}
