//! Failed trials, to be tried again.

use std::io;
use std::path::Path;

use crate::{Error, Sweep};

/// What became of failures.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Retried {
    /// Trials that wait again.
    pub again: usize,
    /// Trials of grids that stay failed: what was settled without them is in use.
    pub kept: usize,
}

/// Forgets failures, so that whoever works on the sweep tries those trials again, from their
/// checkpoints where there are any. A grid of which a final run has begun, or of which halving has
/// settled a rung, keeps its failures: runs that began would have been chosen otherwise.
///
/// # Errors
/// A file cannot be removed.
pub fn retry_failed(sweep: &Sweep) -> Result<Retried, Error> {
    let mut retried = Retried::default();
    for group in sweep.groups() {
        let failure = |&trial: &usize| sweep.folder.failure(&sweep.trials[trial].id);
        let begun =
            group.finals.iter().any(|&t| sweep.folder.run(&sweep.trials[t]).config().exists());
        let settled = begun || sweep.folder.rungs(&group.task, &group.method).exists();
        let mut grid = 0;
        for path in group.grid.iter().map(failure).filter(|path| path.exists()) {
            if settled {
                retried.kept += 1;
            } else {
                gone(&path)?;
                grid += 1;
            }
        }
        if grid > 0 {
            gone(&sweep.folder.choice(&group.task, &group.method))?;
        }
        for path in group.finals.iter().map(failure).filter(|path| path.exists()) {
            gone(&path)?;
            retried.again += 1;
        }
        retried.again += grid;
    }
    Ok(retried)
}

fn gone(path: &Path) -> Result<(), Error> {
    match fs_err::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}
