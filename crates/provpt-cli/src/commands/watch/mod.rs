//! `provpt watch`: runs in a terminal, while they happen.

mod detail;
mod frame;
mod groups;
mod live;
mod runs;
#[cfg(test)]
mod tests;
mod view;

use std::io::{self, IsTerminal};
use std::path::PathBuf;

use clap::Args;
use provpt_report::watch::Watcher;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::App;
use crate::failure::Failure;
use view::View;

/// A page without a terminal: columns and rows.
const PAGE: Rect = Rect { x: 0, y: 0, width: 100, height: 40 };

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
            return app.terminal.result(&page(&mut watcher));
        }
        live::show(&mut watcher)
    }
}

/// What there is to see, as text.
fn page(watcher: &mut Watcher) -> String {
    let mut view = View::default();
    view.update(watcher.look());
    let mut buffer = Buffer::empty(PAGE);
    frame::draw(&view, PAGE, &mut buffer);
    let rows = buffer.content().chunks(usize::from(PAGE.width));
    let lines: Vec<String> = rows.map(line).collect();
    let end = lines.iter().rposition(|line| !line.is_empty()).map_or(0, |last| last + 1);
    lines[..end].join("\n")
}

fn line(cells: &[ratatui::buffer::Cell]) -> String {
    let text: String = cells.iter().map(ratatui::buffer::Cell::symbol).collect();
    text.trim_end().to_owned()
}
