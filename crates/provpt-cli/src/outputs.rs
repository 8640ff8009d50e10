//! Where results may go: not over what they are made of.

use std::path::{Path, PathBuf};

use provpt_base::quoted;

use crate::failure::Failure;

/// Refuses to replace a file that is read, or one in a folder that is.
pub(crate) fn not_over(inputs: &[PathBuf], output: &Path) -> Result<(), Failure> {
    let Ok(output) = output.canonicalize() else { return Ok(()) };
    let places = [Some(&*output), output.parent()];
    let same =
        |input: &&PathBuf| input.canonicalize().is_ok_and(|input| places.contains(&Some(&*input)));
    match inputs.iter().find(same) {
        None => Ok(()),
        Some(input) => {
            let input = quoted(input);
            let expected = "--output: expected another file than what is read";
            Err(Failure::usage(format!("{expected}, got {input}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_not_replaced_however_it_is_called() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs_err::write(path("a"), "").unwrap();
        fs_err::write(path("b"), "").unwrap();
        let inputs = [path("gone"), path("a")];
        assert!(not_over(&inputs, &path("b")).is_ok());
        assert!(not_over(&inputs, &path("gone")).is_ok());
        assert!(not_over(&[folder.path().to_owned()], &path("new")).is_ok());
        assert!(not_over(&[folder.path().to_owned()], &path("b")).is_err());
        let message = not_over(&inputs, &path("./a")).unwrap_err().to_string();
        assert!(message.starts_with("--output: expected another file than what is read, got "));
    }
}
