//! Logging by `tracing`: to stderr, and to the log of a run once its folder exists.

use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use fs_err::OpenOptions;
use provpt_base::quoted;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::{self, MakeWriter};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

use crate::args::Global;
use crate::failure::Failure;
use crate::terminal::Terminal;

/// Target of the lines that tell a run's story. People see them as progress already, so stderr
/// leaves them out and the run's log never does.
pub(crate) const STORY: &str = "run";

/// Starts logging. What `RUST_LOG` says goes for both places.
pub(crate) fn start(global: &Global, terminal: &Terminal) -> RunLog {
    let default = match global.verbose {
        0 => LevelFilter::WARN,
        1 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    };
    let asked = std::env::var("RUST_LOG").ok();
    let chosen = asked.as_deref().map(str::parse::<Targets>);
    let filter = |default: LevelFilter, story: LevelFilter| {
        let targets = match &chosen {
            Some(Ok(targets)) => targets.clone(),
            _ => Targets::new().with_default(default),
        };
        targets.with_target(STORY, story)
    };
    let log = RunLog::default();
    let stderr = fmt::layer().without_time().with_ansi(false).with_writer(Stderr(terminal.clone()));
    let file = fmt::layer().with_ansi(false).with_writer(log.clone());
    let layers = tracing_subscriber::registry()
        .with(stderr.with_filter(filter(default, LevelFilter::OFF)))
        .with(file.with_filter(filter(LevelFilter::INFO, LevelFilter::INFO)));
    // Fails only if logging has been started before.
    let _ = layers.try_init();
    if let (Some(asked), Some(Err(cause))) = (&asked, &chosen) {
        let asked = quoted(asked);
        tracing::warn!(
            "RUST_LOG is ignored: expected a level or target=level, got {asked}: {cause}"
        );
    }
    log
}

/// The log file of a run. Lines that come before its folder exists are kept until then.
#[derive(Clone, Default)]
pub(crate) struct RunLog(Arc<Mutex<Sink>>);

enum Sink {
    Waiting(Vec<u8>),
    File(fs_err::File),
    Closed,
}

impl Default for Sink {
    fn default() -> Self {
        Self::Waiting(Vec::new())
    }
}

impl RunLog {
    /// Writes to this file from now on, behind what is in it.
    pub(crate) fn open(&self, path: &Path) -> Result<(), Failure> {
        let mut file = OpenOptions::new().create(true).append(true).open(path)?;
        let mut sink = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Sink::Waiting(lines) = &*sink {
            file.write_all(lines)?;
        }
        *sink = Sink::File(file);
        Ok(())
    }

    /// Ends the file; lines are dropped until another is opened.
    pub(crate) fn close(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Sink::Closed;
    }
}

impl Write for RunLog {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Sink::Waiting(lines) => lines.extend(bytes),
            Sink::File(file) => file.write_all(bytes)?,
            Sink::Closed => {}
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for RunLog {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Standard error, above the bars.
struct Stderr(Terminal);

impl Write for Stderr {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.stderr(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Stderr {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        Self(self.0.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn early_lines_wait_for_the_file_and_old_ones_stay() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.txt");
        fs_err::write(&path, "old\n").unwrap();
        let mut log = RunLog::default();
        log.write_all(b"early\n").unwrap();
        log.open(&path).unwrap();
        log.write_all(b"late\n").unwrap();
        log.close();
        log.write_all(b"after\n").unwrap();
        assert_eq!(fs_err::read_to_string(&path).unwrap(), "old\nearly\nlate\n");
    }
}
