//! One process at a time trains a run.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::{Error, RunFolder};

/// How often a lock that is waited for is tried.
const EVERY: Duration = Duration::from_millis(50);

/// The right to train a run, given back when dropped. The system takes it back when the process
/// ends, however it ends: nothing is left to clean up.
#[derive(Debug)]
pub struct RunLock {
    /// None where the file system has no locks.
    _file: Option<File>,
}

impl RunLock {
    /// Locks the run, whose folder exists, for this process; if another one has it, tries again for
    /// as long as `wait`. On a file system without locks it warns and lets everybody in.
    ///
    /// # Errors
    /// [`Error::Locked`], or [`Error::Write`] if the lock file cannot be made.
    pub fn take(run: &RunFolder, wait: Duration) -> Result<Self, Error> {
        let path = run.lock();
        // Not truncated: until the lock is ours, the text is another's.
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let file = options.open(&path);
        let file = file.map_err(|cause| Error::Write { path: path.clone(), cause })?;
        let begun = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if begun.elapsed() < wait => sleep(EVERY),
                Err(TryLockError::WouldBlock) => {
                    return Err(Error::Locked { path: run.path().to_owned(), holder: holder(run) });
                }
                Err(TryLockError::Error(cause)) => {
                    tracing::warn!("{}: cannot lock, going on without: {cause}", path.display());
                    return Ok(Self { _file: None });
                }
            }
        }
        // The lock is what counts; that the disk is too full for the text is no reason to stop.
        let _ = sign(&file);
        Ok(Self { _file: Some(file) })
    }
}

/// Says who has the lock.
fn sign(mut file: &File) -> io::Result<()> {
    let host = gethostname::gethostname();
    file.set_len(0)?;
    writeln!(file, "pid {} on host {}", std::process::id(), host.to_string_lossy())
}

/// Who says to have the lock. The text may be missing for a moment, and was written by others.
fn holder(run: &RunFolder) -> String {
    let text = std::fs::read(run.lock()).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let line = text.lines().next().unwrap_or_default();
    let shown: String = line.chars().filter(|c| !c.is_control()).take(120).collect();
    if shown.is_empty() { "one that does not say which it is".to_owned() } else { shown }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOT: Duration = Duration::ZERO;

    #[test]
    fn one_at_a_time_and_the_file_may_stay() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunFolder::at(folder.path());
        let lock = RunLock::take(&run, NOT).unwrap();
        let message = RunLock::take(&run, NOT).unwrap_err().to_string();
        let expected = format!(
            "{}: another process is training here: expected none, got pid {} on host ",
            folder.path().display(),
            std::process::id()
        );
        assert!(message.starts_with(&expected), "{message}");
        drop(lock);
        assert!(run.lock().exists());
        drop(RunLock::take(&run, NOT).unwrap());
    }

    #[test]
    fn who_waits_gets_it_when_it_is_free() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunFolder::at(folder.path());
        let lock = RunLock::take(&run, NOT).unwrap();
        let wait = Duration::from_secs(60);
        let waiting = std::thread::spawn(move || RunLock::take(&run, wait).map(drop));
        sleep(2 * EVERY);
        assert!(!waiting.is_finished());
        drop(lock);
        waiting.join().unwrap().unwrap();
    }

    #[test]
    fn hostile_text_is_cut_short() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunFolder::at(folder.path());
        std::fs::write(run.lock(), b"\x1b[2J\xff".repeat(100)).unwrap();
        let shown = holder(&run);
        assert!(shown.chars().count() == 120 && !shown.contains('\x1b'), "{shown:?}");
        std::fs::write(run.lock(), "").unwrap();
        assert_eq!(holder(&run), "one that does not say which it is");
    }
}
