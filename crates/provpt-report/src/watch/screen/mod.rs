//! What a [`Watcher`] sees, on a terminal: as a screen that moves, or as a page of text.

mod detail;
mod frame;
mod groups;
mod live;
mod runs;
#[cfg(test)]
mod tests;
mod view;

pub use live::show;

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;

use super::Watcher;
use view::View;

/// A page without a terminal: columns and rows.
const PAGE: Rect = Rect { x: 0, y: 0, width: 100, height: 40 };

/// What there is to see now, as text.
pub fn page(watcher: &mut Watcher) -> String {
    let mut view = View::default();
    view.update(watcher.look());
    let mut buffer = Buffer::empty(PAGE);
    frame::draw(&view, PAGE, &mut buffer);
    let rows = buffer.content().chunks(usize::from(PAGE.width));
    let lines: Vec<String> = rows.map(line).collect();
    let end = lines.iter().rposition(|line| !line.is_empty()).map_or(0, |last| last + 1);
    lines[..end].join("\n")
}

fn line(cells: &[Cell]) -> String {
    let text: String = cells.iter().map(Cell::symbol).collect();
    text.trim_end().to_owned()
}
