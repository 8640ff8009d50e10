//! The VTAB-1k folder layout, written.

use std::fmt::Write as _;
use std::path::Path;

use rayon::prelude::*;

use super::item::{Encoding, encode};
use crate::read::{labels, lists};
use crate::{Error, Split, Task};

/// `labels.txt`, `images/SPLIT/000000.png` and so on, and the lists by the names of the layout,
/// however many images there are.
pub(super) fn write(
    task: &Task,
    encoding: Encoding,
    folder: &Path,
    tick: &(dyn Fn() + Sync),
) -> Result<(), Error> {
    fs_err::write(folder.join(labels::NAMES), names(&task.classes)?)?;
    let list = |split: &Split, name| images(split, name, encoding, folder, tick);
    let train = list(&task.train, "train")?;
    let val = task.val.as_ref().map(|split| list(split, "val")).transpose()?;
    let test = task.test.as_ref().map(|split| list(split, "test")).transpose()?;
    if let Some(val) = &val {
        fs_err::write(folder.join(lists::VAL), val)?;
        fs_err::write(folder.join(lists::TRAIN_VAL), format!("{train}{val}"))?;
    }
    if let Some(test) = test {
        fs_err::write(folder.join(lists::TEST), test)?;
    }
    fs_err::write(folder.join(lists::TRAIN), train)?;
    Ok(())
}

/// Writes the images of a split; its list.
fn images(
    split: &Split,
    name: &str,
    encoding: Encoding,
    folder: &Path,
    tick: &(dyn Fn() + Sync),
) -> Result<String, Error> {
    fs_err::create_dir_all(folder.join("images").join(name))?;
    let written: Vec<Result<String, Error>> = (0..split.len())
        .into_par_iter()
        .map(|index| {
            let encoded = encode(split, index, encoding)?;
            let path = format!("images/{name}/{index:06}.{}", encoded.extension);
            fs_err::write(folder.join(&path), encoded.bytes)?;
            tick();
            Ok(path)
        })
        .collect();
    let mut list = String::new();
    for (path, label) in written.into_iter().zip(split.labels()) {
        let _ = writeln!(list, "{} {label}", path?); // writing to a string cannot fail
    }
    Ok(list)
}

/// A class name per line, as the reader takes them.
fn names(classes: &[String]) -> Result<String, Error> {
    let mut text = String::new();
    for (class, name) in classes.iter().enumerate() {
        if name.is_empty() || name.trim() != name || name.lines().count() != 1 {
            return Err(Error::ClassName { class, name: name.clone() });
        }
        text.push_str(name);
        text.push('\n');
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_would_not_come_back_are_refused() {
        let names = |name: &str| names(&["ant".to_owned(), name.to_owned()]);
        assert_eq!(names("honey bee").unwrap(), "ant\nhoney bee\n");
        for bad in ["", " bee", "bee\n", "a\nb", "a\r\nb"] {
            let message = names(bad).unwrap_err().to_string();
            assert!(message.starts_with("name of class 1: expected one line"), "{message}");
            assert_eq!(message.lines().count(), 1);
        }
    }
}
