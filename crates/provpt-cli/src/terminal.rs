//! The one place that prints: results to stdout, everything else to stderr.

use std::io::{self, IsTerminal, Write};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use serde::Serialize;

use crate::failure::Failure;

/// Both streams. Nothing here panics when a stream is closed, unlike the print macros.
#[derive(Clone)]
pub(crate) struct Terminal {
    bars: MultiProgress,
    quiet: bool,
    live: bool,
}

impl Terminal {
    pub(crate) fn new(quiet: bool) -> Self {
        Self { bars: MultiProgress::new(), quiet, live: io::stderr().is_terminal() }
    }

    /// Whether stderr can show a bar that moves, and should.
    pub(crate) fn live(&self) -> bool {
        self.live && !self.quiet
    }

    /// Part of the command's result, to stdout.
    pub(crate) fn result(&self, text: &str) -> Result<(), Failure> {
        let newline = if text.ends_with('\n') { "" } else { "\n" };
        let mut stdout = io::stdout().lock();
        let written = write!(stdout, "{text}{newline}").and_then(|()| stdout.flush());
        written.map_err(Failure::Stdout)
    }

    /// A result that programs read: one line of JSON.
    pub(crate) fn json(&self, value: &impl Serialize) -> Result<(), Failure> {
        let line = serde_json::to_string(value);
        self.result(&line.map_err(|error| Failure::Stdout(error.into()))?)
    }

    /// A line for people, to stderr; not if they asked for quiet.
    pub(crate) fn note(&self, line: &str) {
        if !self.quiet {
            self.stderr(format!("{line}\n").as_bytes());
        }
    }

    /// Why the command failed, and what may help.
    pub(crate) fn error(&self, error: &Failure, hint: Option<&str>) {
        self.stderr(format!("error: {error}\n").as_bytes());
        if let Some(hint) = hint {
            self.stderr(format!("hint: {hint}\n").as_bytes());
        }
    }

    /// One of several things that went wrong, which does not end the command.
    pub(crate) fn fault(&self, line: &str) {
        self.stderr(format!("error: {line}\n").as_bytes());
    }

    /// Bytes to stderr, above the bars. If stderr is closed there is no one to tell.
    pub(crate) fn stderr(&self, bytes: &[u8]) {
        self.bars.suspend(|| {
            let _ = io::stderr().lock().write_all(bytes);
        });
    }

    /// A bar of `steps`, counted in `unit`s, with a message behind; hidden unless stderr is a
    /// terminal.
    pub(crate) fn bar(&self, steps: usize, unit: &str) -> ProgressBar {
        if !self.live() {
            return ProgressBar::hidden();
        }
        let template = format!("{{bar:20}} {unit} {{pos}}/{{len}}  {{wide_msg}}");
        let style = ProgressStyle::with_template(&template)
            .unwrap_or_else(|_| ProgressStyle::default_bar());
        self.bars.add(ProgressBar::new(steps as u64).with_style(style))
    }
}
