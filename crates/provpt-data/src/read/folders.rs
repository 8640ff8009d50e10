//! Plain image folders: one subfolder per class, perhaps in a folder per split.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::found::Found;
use super::label::Label;
use super::labels::{self, Classes, Known};
use super::split_folders::{self, Splits};
use super::unused;
use super::walk::{self, Listed, Subfolder, Walked, images_in};
use crate::left_out::LeftOut;
use crate::source::Item;
use crate::{Error, TaskSpec};
use provpt_base::quoted;

pub(crate) fn find(folder: &Path, spec: &TaskSpec) -> Result<Found, Error> {
    let Splits { train: root, val, test, mut remarks, problems } = split_folders::find(folder)?;
    let mut look = Look { problems, ..Look::default() };
    let folders = look.class_folders(&root);
    let classes = class_names(folder, &folders, spec)?;
    let train = look.train(&folders, &classes);
    let mut given = |path: Option<PathBuf>, split| look.given(&path?, split, &classes);
    let (val, test) = (given(val, "val"), given(test, "test"));
    let Look { left_out, mut problems, nested, remarks: more } = look;
    if let [only] = &*folders {
        problems.insert(0, one_class(&root, only));
    }
    remarks.extend(more);
    remarks.extend(unused::files(folder, &[]));
    remarks.extend(nesting(&nested));
    let left_out = left_out.seen_from(folder);
    remarks.extend((!left_out.is_empty()).then(|| left_out.to_string()));
    let names = classes.names;
    Found { classes: names, train, val, test, problems, remarks, ..Found::default() }
        .complete(spec, folder)
}

/// The classes: in the order of `labels.txt` if it is there, else of the folders' names.
fn class_names(task: &Path, folders: &[Subfolder], spec: &TaskSpec) -> Result<Classes, Error> {
    let names: Vec<String> = folders.iter().map(|folder| folder.name.clone()).collect();
    let known = Known::beside(task, spec.number_classes)?;
    let root = folders.first().and_then(|f| f.path.parent()).unwrap_or(task);
    Classes::of_folders(&names, known, root)
}

/// All that is met on the way.
#[derive(Default)]
struct Look {
    left_out: LeftOut,
    problems: Vec<Error>,
    /// Classes that are folders of folders, with these in brackets.
    nested: Vec<String>,
    remarks: Vec<String>,
}

impl Look {
    /// The folders of classes; images beside them belong to no class.
    fn class_folders(&mut self, root: &Path) -> Vec<Subfolder> {
        let Listed { folders, files, problems } = walk::list(root);
        self.problems.extend(problems);
        self.left_out.append(walk::loose(files));
        folders
    }

    fn images(&mut self, folder: &Path) -> Walked {
        let mut walked = images_in(folder);
        self.problems.append(&mut walked.problems);
        self.left_out.append(walked.left_out.clone());
        walked
    }

    /// The images to learn from, and to make other splits of, in the order of the classes.
    fn train(&mut self, folders: &[Subfolder], classes: &Classes) -> Vec<Item> {
        let mut of_class: Vec<Vec<Item>> = vec![Vec::new(); classes.names.len()];
        for folder in folders {
            let walked = self.images(&folder.path);
            let label = classes.index(&Label::Name(folder.name.clone()));
            if walked.images.is_empty() && label.is_some() {
                let left_out = walked.left_out.clone().seen_from(&folder.path);
                self.problems.push(Error::EmptyClass { path: folder.path.clone(), left_out });
            }
            self.nested.extend(nested(folder, &walked));
            match label {
                Some(label) => of_class[label].extend(labelled(walked, label)),
                None => self.problems.push(unknown(folder.clone(), labels::NAMES)),
            }
        }
        of_class.concat()
    }

    /// The images of a split that has a folder of its own; none where no class is told of any.
    fn given(&mut self, path: &Path, split: &'static str, classes: &Classes) -> Option<Vec<Item>> {
        let before = self.left_out.len();
        let folders = self.class_folders(path);
        if folders.is_empty() && self.left_out.len() > before {
            let name = path.file_name().unwrap_or_default();
            self.remarks.push(format!(
                "{}/ has images, but no class folders: it is not used",
                quoted(name)
            ));
            return None;
        }
        let mut items = Vec::new();
        for folder in folders {
            match classes.index(&Label::Name(folder.name.clone())) {
                Some(label) => items.extend(labelled(self.images(&folder.path), label)),
                None => self.problems.push(unknown(folder, "train")),
            }
        }
        if items.is_empty() {
            self.problems.push(Error::EmptySplit { split, path: path.to_owned() });
        }
        Some(items)
    }
}

fn labelled(walked: Walked, label: usize) -> impl Iterator<Item = Item> {
    walked.images.into_iter().map(move |path| Item::file(path, label))
}

fn unknown(folder: Subfolder, of: &'static str) -> Error {
    Error::UnknownClass { path: folder.path, class: folder.name, of }
}

/// A folder that is the only class is mostly one that was wrapped around the classes.
fn one_class(root: &Path, only: &Subfolder) -> Error {
    let inside: Vec<String> = walk::list(&only.path).folders.into_iter().map(|f| f.name).collect();
    let got = match &*inside {
        [] => format!("{} alone", only.name),
        _ => format!("{} alone, a folder with {}", only.name, few(&inside)),
    };
    Error::OneClass { what: root.display().to_string(), got }
}

/// A class without images of its own, whose folders may have been meant as classes.
fn nested(folder: &Subfolder, walked: &Walked) -> Option<String> {
    let mut inner = BTreeSet::new();
    for image in &walked.images {
        let mut parts = image.strip_prefix(&folder.path).ok()?.iter();
        let first = parts.next()?;
        parts.next()?; // an image of the class itself
        inner.insert(first.to_string_lossy().into_owned());
    }
    let inner: Vec<String> = inner.into_iter().collect();
    (inner.len() > 1).then(|| format!("{} ({})", quoted(&folder.name), few(&inner)))
}

fn nesting(nested: &[String]) -> Option<String> {
    (!nested.is_empty()).then(|| {
        format!(
            "classes are the topmost folders, with all that is in them; folders of folders: {}",
            few(nested)
        )
    })
}

/// The first names, and how many more there are.
fn few(names: &[String]) -> String {
    const SHOWN: usize = 5;
    let shown: Vec<String> =
        names.iter().take(SHOWN).map(|name| quoted(name).to_string()).collect();
    match names.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
