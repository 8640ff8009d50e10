//! Image files named on the command line.

use std::path::{Path, PathBuf};

use provpt_base::quoted;
use provpt_data::{LeftOut, images_in};

use crate::app::App;
use crate::failure::Failure;

/// Images handed over at a time.
const BATCH: usize = 64;

/// What was found of what was named.
#[derive(Debug, Default)]
pub(crate) struct Images {
    /// The files as given, and the image files of folders at any depth, sorted.
    pub(crate) files: Vec<PathBuf>,
    /// Files in these folders that are no images that can be read.
    left_out: Vec<LeftOut>,
    /// What is wrong: names of nothing, links that lead nowhere.
    faults: Vec<String>,
}

impl Images {
    /// Looks for what is named.
    pub(crate) fn find(given: &[PathBuf]) -> Self {
        let mut images = Self::default();
        for path in given {
            if path.is_dir() {
                images.folder(path);
            } else if path.exists() {
                images.files.push(path.clone());
            } else {
                images.faults.push(format!(
                    "{}: missing image: expected an image or a folder, got nothing",
                    quoted(path)
                ));
            }
        }
        images
    }

    fn folder(&mut self, folder: &Path) {
        let walked = images_in(folder);
        self.faults.extend(walked.problems.iter().map(ToString::to_string));
        if walked.images.is_empty() {
            let left_out = &walked.left_out;
            let got = if left_out.is_empty() { "none".to_owned() } else { left_out.to_string() };
            let folder = quoted(folder);
            self.faults.push(format!("{folder}: no images: expected at least one, got {got}"));
        } else if !walked.left_out.is_empty() {
            self.left_out.push(walked.left_out);
        }
        self.files.extend(walked.images);
    }

    /// Says what was left out, and what is wrong, and goes on: then through all images, some at a
    /// time. Where one of them cannot be read, the others are done all the same, and it is named.
    ///
    /// # Errors
    /// At the end, if anything could not be done; at once, if it is nothing about an image.
    pub(crate) fn each<T>(
        &self,
        app: &App,
        work: impl Fn(&[PathBuf]) -> Result<T, provpt::Error>,
        mut done: impl FnMut(&[PathBuf], T) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        self.left_out.iter().for_each(|left_out| app.terminal.note(&format!("note: {left_out}")));
        self.faults.iter().for_each(|fault| app.terminal.fault(fault));
        let mut bad = self.faults.len();
        match self.work_through(app, &work, &mut done, &mut bad) {
            // That nobody reads the results any more does not make them complete.
            Err(failure) if failure.is_broken_pipe() && bad > 0 => {}
            ended => ended?,
        }
        match bad {
            0 => Ok(()),
            1 => Err(Failure::usage("images: expected all to be read, got one that could not")),
            _ => Err(Failure::usage(format!(
                "images: expected all to be read, got {bad} that could not"
            ))),
        }
    }

    /// Through the files; counts those that cannot be read.
    fn work_through<T>(
        &self,
        app: &App,
        work: &impl Fn(&[PathBuf]) -> Result<T, provpt::Error>,
        done: &mut impl FnMut(&[PathBuf], T) -> Result<(), Failure>,
        bad: &mut usize,
    ) -> Result<(), Failure> {
        for batch in self.files.chunks(BATCH) {
            match work(batch) {
                Ok(result) => done(batch, result)?,
                Err(provpt::Error::Data(_)) => one_by_one(batch, app, work, done, bad)?,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

/// A batch in which something cannot be read.
fn one_by_one<T>(
    batch: &[PathBuf],
    app: &App,
    work: &impl Fn(&[PathBuf]) -> Result<T, provpt::Error>,
    done: &mut impl FnMut(&[PathBuf], T) -> Result<(), Failure>,
    bad: &mut usize,
) -> Result<(), Failure> {
    for one in batch.chunks(1) {
        match work(one) {
            Ok(result) => done(one, result)?,
            Err(error @ provpt::Error::Data(_)) => {
                app.terminal.fault(&error.to_string());
                *bad += 1;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_walked_in_order_and_files_kept_as_given() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for name in [
            "b/2.JPG",
            "b/1.png",
            "a.webp",
            "notes.txt",
            ".cache/x.png",
            "b/.y.png",
            "__MACOSX/z.png",
        ] {
            fs_err::create_dir_all(path(name).parent().unwrap()).unwrap();
            fs_err::write(path(name), "").unwrap();
        }
        let images = Images::find(&[path("notes.txt"), folder.path().to_owned()]);
        let expected = ["notes.txt", "a.webp", "b/1.png", "b/2.JPG"].map(path);
        assert_eq!(images.files, expected);
        assert!(images.faults.is_empty());
        let left_out = images.left_out[0].to_string();
        assert!(left_out.starts_with("left out 1 file: 1 of other kinds ("), "{left_out}");
    }

    #[test]
    fn nothing_is_a_fault() {
        let folder = tempfile::tempdir().unwrap();
        let images = Images::find(&[folder.path().to_owned(), "no/such.png".into()]);
        assert!(images.faults[0].ends_with(": no images: expected at least one, got none"));
        let expected = "no/such.png: missing image: expected an image or a folder, got nothing";
        assert_eq!(images.faults[1], expected);
        assert!(images.files.is_empty() && images.faults.len() == 2);
    }
}
