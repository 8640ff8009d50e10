//! How much memory a trial takes, seen from outside.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::place::peak_of;

/// Between looks at a trial that is known already.
const PAUSE: Duration = Duration::from_secs(5);

/// Looks at a trial that runs. What it has before its first epoch is done says nothing.
pub(super) struct Weighing {
    /// Grows by a line with each epoch.
    metrics: PathBuf,
    /// Its length when the trial started, or went on.
    before: u64,
    looked: Option<Instant>,
}

impl Weighing {
    pub(super) fn new(metrics: PathBuf) -> Self {
        let before = length(&metrics);
        Self { metrics, before, looked: None }
    }

    /// The most memory that the process has had, if there is news of it.
    pub(super) fn look(&mut self, process: u32) -> Option<u64> {
        let due = match self.looked {
            None => length(&self.metrics) > self.before,
            Some(looked) => looked.elapsed() >= PAUSE,
        };
        due.then(|| self.looked = Some(Instant::now()))?;
        peak_of(process)
    }
}

fn length(path: &std::path::Path) -> u64 {
    fs_err::metadata(path).map_or(0, |metadata| metadata.len())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_trial_is_weighed_when_it_has_done_an_epoch() {
        let folder = tempfile::tempdir().unwrap();
        let metrics = folder.path().join("metrics.jsonl");
        let own = std::process::id();
        let mut fresh = Weighing::new(metrics.clone());
        assert_eq!(fresh.look(own), None);
        fs_err::write(&metrics, "{}\n").unwrap();
        let mut on = Weighing::new(metrics.clone());
        assert!(fresh.look(own).is_some_and(|bytes| bytes > 0));
        assert_eq!(fresh.look(own), None, "not all the time");
        assert_eq!(on.look(own), None, "what it was before it was killed");
        fs_err::write(&metrics, "{}\n{}\n").unwrap();
        assert!(on.look(own).is_some());
    }
}
