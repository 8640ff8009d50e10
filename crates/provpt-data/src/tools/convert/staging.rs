//! A folder that is there whole or not at all.

use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::Error;

/// A folder that grows beside its final place under a temporary name. Dropped unfinished, it goes.
pub(super) struct Staging {
    out: PathBuf,
    folder: TempDir,
}

impl Staging {
    /// # Errors
    /// [`Error::OutputExists`], and [`Error::Io`] where the folder above cannot be written to.
    pub(super) fn begin(out: &Path) -> Result<Self, Error> {
        free(out)?;
        let above = match out.parent() {
            Some(above) if above != Path::new("") => above,
            _ => Path::new("."),
        };
        fs_err::create_dir_all(above)?;
        let mut builder = tempfile::Builder::new();
        builder.prefix(".tmp-");
        #[cfg(unix)]
        {
            // As any other folder; the library makes them for their owner alone.
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(std::fs::Permissions::from_mode(0o777));
        }
        let folder = builder.tempdir_in(above).map_err(|error| {
            // The name that it would have for a while says nothing to anybody.
            let (out, kind) = (out.display(), error.kind());
            io::Error::new(kind, format!("{out}: cannot write: {}", io::Error::from(kind)))
        })?;
        Ok(Self { out: out.to_owned(), folder })
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Takes the final name.
    pub(super) fn finish(self) -> Result<(), Error> {
        free(&self.out)?;
        fs_err::rename(self.folder.path(), &self.out)?;
        // It has another name now, so that there is nothing left to remove.
        let _ = self.folder.keep();
        Ok(())
    }
}

fn free(out: &Path) -> Result<(), Error> {
    // A dangling link is something, too.
    match out.symlink_metadata() {
        Ok(_) => Err(Error::OutputExists { path: out.to_owned() }),
        Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs_err::read_dir(folder).unwrap();
        entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("deeper/out");
        let staging = Staging::begin(&out).unwrap();
        fs_err::write(staging.path().join("half"), "x").unwrap();
        assert!(!out.exists());
        drop(staging);
        assert!(names(&folder.path().join("deeper")).is_empty());
        let staging = Staging::begin(&out).unwrap();
        fs_err::write(staging.path().join("whole"), "x").unwrap();
        staging.finish().unwrap();
        assert_eq!(names(&out), ["whole"]);
        assert_eq!(names(&folder.path().join("deeper")), ["out"]);
    }

    #[test]
    fn what_is_there_stays() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out");
        let staging = Staging::begin(&out).unwrap();
        fs_err::create_dir(&out).unwrap(); // meanwhile
        let expected = format!("{}: output: expected nothing there yet, got ", out.display());
        let message = staging.finish().unwrap_err().to_string();
        assert!(message.starts_with(&expected), "{message}");
        let message = Staging::begin(&out).err().unwrap().to_string();
        assert!(message.starts_with(&expected), "{message}");
        assert_eq!(names(folder.path()), ["out"]);
    }

    #[cfg(unix)]
    #[test]
    fn others_may_read_as_the_umask_says() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let (ours, plain) = (folder.path().join("ours"), folder.path().join("plain"));
        Staging::begin(&ours).unwrap().finish().unwrap();
        fs_err::create_dir(&plain).unwrap();
        let mode = |path| fs_err::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode(ours), mode(plain));
    }
}
