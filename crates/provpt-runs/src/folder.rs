use std::path::{Path, PathBuf};

use crate::Error;

/// The folder of one run. Knows where everything lies; reads and writes nothing but itself.
///
/// ```text
/// config.toml      the resolved configuration
/// data.json        which images the run learns from and is measured by
/// metrics.jsonl    one JSON object per epoch
/// steps.jsonl      one JSON object per training step, if they were asked for
/// adapter/         what was learned
/// checkpoint/      what is needed to go on after a kill
/// result.json      the final numbers, written last
/// failure.json     the error that ended the run, if one did
/// report.html      one page that shows it all
/// log.txt          what the run said
/// study.json       leave-one-out study of the idleness scores, if one was made
/// insertion.json   study of what further prompts would do, if one was made
/// tensorboard/     TensorBoard's events, if they were asked for
/// lock             locked while a process trains here; its text says which. It may stay behind
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunFolder {
    path: PathBuf,
}

impl RunFolder {
    /// Makes the folder (and its parents) for a new run. A folder that is there already is fine,
    /// unless it holds a run.
    ///
    /// # Errors
    /// [`Error::RunExists`], or [`Error::CreateFolder`].
    pub fn create(path: impl Into<PathBuf>) -> Result<Self, Error> {
        let run = Self { path: path.into() };
        if run.config().exists() {
            return Err(Error::RunExists { path: run.path });
        }
        match std::fs::create_dir_all(&run.path) {
            Ok(()) => Ok(run),
            Err(cause) => Err(Error::CreateFolder { path: run.path, cause }),
        }
    }

    /// The folder of a run that exists.
    ///
    /// # Errors
    /// [`Error::NotARun`] if there is no `config.toml` in it.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, Error> {
        let run = Self { path: path.into() };
        if run.config().is_file() { Ok(run) } else { Err(Error::NotARun { path: run.path }) }
    }

    /// The folder of a run that may or may not be there. Reads nothing.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The folder's own name, or its whole path where it has none (`.`).
    pub fn name(&self) -> String {
        let name = self.path.file_name().unwrap_or(self.path.as_os_str());
        name.to_string_lossy().into_owned()
    }

    /// `config.toml`: the resolved configuration.
    pub fn config(&self) -> PathBuf {
        self.path.join("config.toml")
    }

    /// `data.json`: which images the run learns from and is measured by.
    pub fn data(&self) -> PathBuf {
        self.path.join("data.json")
    }

    /// `metrics.jsonl`: see [`Metrics`](crate::Metrics).
    pub fn metrics(&self) -> PathBuf {
        self.path.join("metrics.jsonl")
    }

    /// `steps.jsonl`: see [`Steps`](crate::Steps).
    pub fn steps(&self) -> PathBuf {
        self.path.join("steps.jsonl")
    }

    /// `adapter/`: what was learned.
    pub fn adapter(&self) -> PathBuf {
        self.path.join("adapter")
    }

    /// `checkpoint/`: what is needed to go on after a kill.
    pub fn checkpoint(&self) -> PathBuf {
        self.path.join("checkpoint")
    }

    /// `result.json`: see [`RunResult`](crate::RunResult).
    pub fn result(&self) -> PathBuf {
        self.path.join("result.json")
    }

    /// `failure.json`: see [`RunFailure`](crate::RunFailure).
    pub fn failure(&self) -> PathBuf {
        self.path.join("failure.json")
    }

    /// `report.html`: one page that shows it all.
    pub fn report(&self) -> PathBuf {
        self.path.join("report.html")
    }

    /// `log.txt`: what the run said.
    pub fn log(&self) -> PathBuf {
        self.path.join("log.txt")
    }

    /// `study.json`: see [`IdlenessStudy`](crate::IdlenessStudy).
    pub fn study(&self) -> PathBuf {
        self.path.join("study.json")
    }

    /// `insertion.json`: see [`InsertionStudy`](crate::InsertionStudy).
    pub fn insertion(&self) -> PathBuf {
        self.path.join("insertion.json")
    }

    /// `tensorboard/`: TensorBoard's events.
    pub fn tensorboard(&self) -> PathBuf {
        self.path.join("tensorboard")
    }

    /// `lock`: see [`RunLock`](crate::RunLock).
    pub fn lock(&self) -> PathBuf {
        self.path.join("lock")
    }

    /// Whether the run came to its end: `result.json` is written last.
    pub fn is_finished(&self) -> bool {
        self.result().is_file()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::atomic;

    #[test]
    fn life_of_a_run() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/run");
        let message = RunFolder::open(&path).unwrap_err().to_string();
        let expected = "not a run: expected a folder with config.toml, got none";
        assert_eq!(message, format!("{}: {expected}", path.display()));

        let run = RunFolder::create(&path).unwrap();
        assert_eq!(run.name(), "run");
        atomic::write(&run.config(), b"seed = 1\n").unwrap();
        assert!(!RunFolder::open(&path).unwrap().is_finished());
        atomic::write(&run.result(), b"{}").unwrap();
        assert!(run.is_finished());

        assert!(matches!(RunFolder::create(&path), Err(Error::RunExists { .. })));
    }

    #[test]
    fn a_file_is_no_place_for_a_run() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        atomic::write(&file, b"").unwrap();
        let message = RunFolder::create(file.join("run")).unwrap_err().to_string();
        assert!(message.contains("file/run: cannot create the folder: "), "{message}");
    }
}
