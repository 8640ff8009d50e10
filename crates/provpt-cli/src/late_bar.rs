//! A bar for work that may be over before anyone looks.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use indicatif::ProgressBar;

use crate::terminal::Terminal;

/// How long nothing shows.
const PATIENCE: Duration = Duration::from_secs(1);

/// A bar that appears when the work takes more than a second, and goes with this value.
pub(crate) struct LateBar {
    terminal: Terminal,
    steps: usize,
    unit: &'static str,
    begun: Instant,
    done: AtomicUsize,
    bar: OnceLock<ProgressBar>,
}

impl LateBar {
    pub(crate) fn new(terminal: &Terminal, steps: usize, unit: &'static str) -> Self {
        Self {
            terminal: terminal.clone(),
            steps,
            unit,
            begun: Instant::now(),
            done: AtomicUsize::new(0),
            bar: OnceLock::new(),
        }
    }

    /// One more step is done, on whatever thread.
    pub(crate) fn tick(&self) {
        let done = 1 + self.done.fetch_add(1, Ordering::Relaxed);
        if self.begun.elapsed() > PATIENCE {
            let bar = self.bar.get_or_init(|| self.terminal.bar(self.steps, self.unit));
            bar.set_position(done as u64);
        }
    }
}

impl Drop for LateBar {
    fn drop(&mut self) {
        if let Some(bar) = self.bar.get() {
            bar.finish_and_clear();
        }
    }
}
