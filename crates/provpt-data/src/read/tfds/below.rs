//! A data set that lies deeper than its own folder: `NAME/CONFIG/VERSION`, or a folder of one.

use std::path::{Path, PathBuf};

use super::{TfdsError, here};
use crate::read::walk;

/// How deep a version may lie: `tensorflow_datasets/NAME/CONFIG/VERSION`.
const DEEPEST: usize = 4;
/// Data sets named before the rest is only counted.
const SHOWN: usize = 8;
/// What the names of folders hold whose preparation has not come to its end.
const UNFINISHED: &str = "incomplete";

/// The only data set below a folder that is none itself; nothing where there is none.
///
/// # Errors
/// [`TfdsError::Several`]: which one is meant is not ours to guess.
pub(crate) fn below(folder: &Path) -> Result<Option<PathBuf>, TfdsError> {
    let mut found = Vec::new();
    look(folder, DEEPEST, &mut found);
    if found.len() < 2 {
        return Ok(found.pop());
    }
    let inside = |path: &PathBuf| path.strip_prefix(folder).unwrap_or(path).display().to_string();
    let shown: Vec<String> = found.iter().take(SHOWN).map(inside).collect();
    let more = match found.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let found = format!("{}{more}", shown.join(", "));
    Err(TfdsError::Several { path: folder.to_owned(), found })
}

fn look(folder: &Path, levels: usize, found: &mut Vec<PathBuf>) {
    if levels == 0 {
        return;
    }
    for subfolder in walk::list(folder).folders {
        if subfolder.name.contains(UNFINISHED) {
            continue;
        }
        match here(&subfolder.path) {
            Some(_) => found.push(subfolder.path),
            None => look(&subfolder.path, levels - 1, found),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;

    fn set(path: &Path) {
        fs_err::create_dir_all(path).unwrap();
        testing::write(path, &[vec![testing::example([], true)]]);
    }

    #[test]
    fn the_only_one_is_found_and_several_are_named() {
        let root = tempfile::tempdir().unwrap();
        let path = |inside: &str| root.path().join(inside);
        assert_eq!(below(root.path()).unwrap(), None);
        set(&path("name/config/1.0.0"));
        set(&path("name/config/2.0.0.incompleteA1B2C3"));
        set(&path(".cache/1.0.0"));
        assert_eq!(below(root.path()).unwrap(), Some(path("name/config/1.0.0")));
        assert_eq!(below(&path("name")).unwrap(), Some(path("name/config/1.0.0")));
        assert_eq!(below(&path("name/config/1.0.0")).unwrap(), None, "nothing is below itself");
        set(&path("name/other"));
        let told = below(root.path()).unwrap_err().to_string();
        let got = "expected one data set, got name/config/1.0.0, name/other";
        assert!(told.ends_with(got), "{told}");
        for i in 0..9 {
            set(&path(&format!("more/{i}.0.0")));
        }
        let told = below(root.path()).unwrap_err().to_string();
        assert!(told.ends_with(", more/7.0.0 and 3 more"), "{told}");
    }
}
