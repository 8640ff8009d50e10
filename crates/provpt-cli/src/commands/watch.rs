//! `provpt watch`: runs in a terminal, while they happen.

use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use clap::Args;
use provpt_report::watch::{Watcher, screen};

use crate::app::App;
use crate::failure::Failure;

/// Watch a run, a sweep or a folder of runs while they happen
///
/// Reads files and nothing else: runs do not notice, and any number may watch, from any machine
/// that sees the folder.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  provpt watch sweeps/vtab

Keys: up and down choose a run, tab changes the view, q ends.")]
pub(crate) struct Watch {
    /// A run, a sweep, or a folder in which runs are or will be
    #[arg(value_name = "PATH")]
    path: PathBuf,
    /// Print what there is to see now and end, as without a terminal
    #[arg(long)]
    once: bool,
}

impl Watch {
    pub(crate) fn run(&self, app: &App) -> Result<(), Failure> {
        let mut watcher = Watcher::new(&self.path)?;
        if self.once || !io::stdout().is_terminal() {
            return app.terminal.result(&screen::page(&mut watcher));
        }
        Ok(screen::show(&mut watcher, &*ended_by_signal()?)?)
    }
}

/// Becomes true when a signal asks for an end. Not SIGHUP, which ends the program at once: reading
/// from a terminal that has gone never ends.
fn ended_by_signal() -> io::Result<Arc<AtomicBool>> {
    let ended = Arc::new(AtomicBool::new(false));
    #[cfg(unix)]
    for signal in [signal_hook::consts::SIGTERM, signal_hook::consts::SIGINT] {
        signal_hook::flag::register(signal, Arc::clone(&ended))?;
    }
    Ok(ended)
}
