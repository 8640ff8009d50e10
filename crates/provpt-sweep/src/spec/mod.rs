//! What a user asks for: a small TOML file.

mod grid;
mod read;

use std::path::{Path, PathBuf};

use provpt_runs::MethodRow;
use provpt_runs::sweep::{Halving, Protocol};

pub(crate) use grid::Grid;

use crate::words::Setting;
use crate::{Error, error};

/// A sweep as it was asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Spec {
    /// Where it was read.
    pub(crate) path: PathBuf,
    /// Its text.
    pub(crate) text: String,
    pub(crate) protocol: Protocol,
    pub(crate) name: String,
    /// A configuration that all trials build on.
    pub(crate) base: Option<PathBuf>,
    pub(crate) output: PathBuf,
    /// Of final trials; of all trials where there are no final ones.
    pub(crate) seeds: Vec<u64>,
    /// Of grid trials, where there are final ones.
    pub(crate) seed: u64,
    pub(crate) set: Vec<Setting>,
    pub(crate) tasks: Vec<Part>,
    pub(crate) methods: Vec<Part>,
    pub(crate) grid: Grid,
    pub(crate) halving: Option<Halving>,
}

/// A task or a method.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Part {
    pub(crate) name: String,
    /// Later ones win. Those that a method's name stands for come first.
    pub(crate) set: Vec<Setting>,
    /// Instead of the spec's.
    pub(crate) grid: Option<Grid>,
}

/// Names that a spec may use: what the caller knows of methods and tasks.
#[derive(Debug, Clone, Copy, Default)]
pub struct Known<'a> {
    /// Methods, with what each stands for.
    pub methods: &'a [MethodRow],
    /// The tasks that the protocol `mini` means where a spec names none.
    pub mini: &'a [&'a str],
}

impl Spec {
    /// Reads a spec, in which what is `known` has a name. A relative `base` counts from the spec's
    /// folder; `output` and paths in settings from the current one.
    ///
    /// # Errors
    /// The file cannot be read, or one of [`Error::Malformed`], [`Error::Spec`] and
    /// [`Error::Unknown`].
    pub fn load(path: &Path, known: Known<'_>) -> Result<Self, Error> {
        let text = provpt_base::text_of(&fs_err::read(path)?).map_err(|error| {
            Error::Malformed { path: path.to_owned(), cause: error.to_string() }
        })?;
        Self::parse(path, text, known)
    }

    /// The folder that the sweep is to be planned in, unless another is wanted.
    pub fn output(&self) -> &Path {
        &self.output
    }

    pub(crate) fn wrong(&self, what: &str, expected: &str, got: impl ToString) -> Error {
        wrong(&self.path, what, expected, got)
    }
}

fn wrong(path: &Path, what: &str, expected: &str, got: impl ToString) -> Error {
    let (what, expected, got) = (what.to_owned(), expected.to_owned(), got.to_string());
    Error::Spec { path: path.to_owned(), what, expected, got }
}

fn unknown(path: &Path, kind: &'static str, name: &str, names: &[&str]) -> Error {
    let nearest = error::nearest(name, names.iter().copied());
    Error::Unknown { path: path.to_owned(), kind, name: name.to_owned(), nearest }
}

#[cfg(test)]
mod tests;
