//! Whether a worker that cannot be seen still shows signs of life.

use std::collections::HashMap;
use std::time::Duration;

/// What one process has seen of others' claims.
#[derive(Debug)]
pub(crate) struct Watch {
    patience: Duration,
    /// By trial: the claim, its signs of life, and when there was a first or new one.
    seen: HashMap<usize, (u64, u64, Duration)>,
}

impl Watch {
    /// Takes claims for stale that give no sign for so long.
    pub(crate) fn new(patience: Duration) -> Self {
        Self { patience, seen: HashMap::new() }
    }

    /// Whether a claim on a trial has shown no sign of life for too long. `now` is monotonic, from
    /// any origin: the time between looks counts, and nothing else.
    pub(crate) fn is_stale(
        &mut self,
        trial: usize,
        generation: u64,
        beats: u64,
        now: Duration,
    ) -> bool {
        let news = (generation, beats, now);
        let seen = self.seen.entry(trial).or_insert(news);
        if (seen.0, seen.1) != (generation, beats) {
            *seen = news;
        }
        now.saturating_sub(seen.2) >= self.patience
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn silence_is_measured_from_the_last_news() {
        let mut watch = Watch::new(at(60));
        assert!(!watch.is_stale(0, 1, 5, at(1000)), "first seen");
        assert!(!watch.is_stale(0, 1, 5, at(1059)));
        assert!(!watch.is_stale(0, 1, 6, at(1060)), "a sign of life");
        assert!(!watch.is_stale(0, 1, 6, at(1119)));
        assert!(watch.is_stale(0, 1, 6, at(1120)));
        assert!(watch.is_stale(0, 1, 6, at(1500)), "it remains so");
        assert!(!watch.is_stale(0, 2, 0, at(1121)), "another claim");
        assert!(!watch.is_stale(7, 1, 6, at(1121)), "another trial");
    }

    #[test]
    fn no_clock_but_our_own_counts() {
        // Whatever the holder's clock says, or the file's time: neither is asked. And ours, should
        // it ever go backwards, makes nobody stale.
        let mut watch = Watch::new(at(60));
        assert!(!watch.is_stale(0, 1, 5, at(1000)));
        assert!(!watch.is_stale(0, 1, 5, at(0)));
        assert!(watch.is_stale(0, 1, 5, at(1060)));
    }
}
