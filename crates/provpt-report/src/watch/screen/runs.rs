//! The list of runs, and that of failures.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Rect};
use ratatui::style::{Style, Stylize};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Cell, Paragraph, Row, Table, Widget, Wrap};

use super::frame::{colour, name};
use super::view::View;
use crate::text;
use crate::watch::{Scene, Sight, State};

/// Rows that the whole list would take, its header included.
pub(super) fn wanted(view: &View) -> u16 {
    u16::try_from(view.order.len() + 1).unwrap_or(u16::MAX)
}

/// The runs around the chosen one.
pub(super) fn list(view: &View, area: Rect, buffer: &mut Buffer) {
    let Some(scene) = &view.scene else { return };
    let rows = usize::from(area.height.saturating_sub(1));
    let last = view.order.len().saturating_sub(rows);
    let first = view.chosen.saturating_sub(rows / 2).min(last);
    let shown = view.order.iter().enumerate().skip(first).take(rows);
    let rows = shown.map(|(place, &run)| {
        let style = if place == view.chosen { Style::new().reversed() } else { Style::new() };
        row(&scene.runs[run]).style(style)
    });
    let widths = [8, 9, 7, 7, 8].map(Constraint::Length).into_iter().chain([Constraint::Min(10)]);
    Table::new(rows, widths)
        .header(Row::new(["state", "epoch", "train", "val", "left", "run"]).dim())
        .render(area, buffer);
}

fn row(run: &Sight) -> Row<'_> {
    let val = run.last.and_then(|last| last.val);
    Row::new([
        Cell::from(Span::styled(name(run.state), colour(run.state))),
        Cell::from(epochs(run)),
        Cell::from(run.last.map(|last| text::percent(last.train_top1)).unwrap_or_default()),
        Cell::from(val.map(|val| text::accuracy(&val)).unwrap_or_default()),
        Cell::from(left(run).map(text::duration).unwrap_or_default()),
        Cell::from(full_name(run)),
    ])
}

/// `12/100`
pub(super) fn epochs(run: &Sight) -> String {
    run.total.map_or_else(|| run.epochs.to_string(), |total| format!("{}/{total}", run.epochs))
}

/// `flowers vpt-deep base_lr=1`, as far as it is known.
pub(super) fn full_name(run: &Sight) -> String {
    let words = [run.task.as_str(), run.method.as_str(), run.name.as_str()];
    words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Seconds until a running run is done, as its epochs took so far.
pub(super) fn left(run: &Sight) -> Option<f64> {
    let total = run.total.filter(|_| run.state == State::Running && run.epochs > 0)?;
    Some(run.seconds / run.epochs as f64 * total.saturating_sub(run.epochs) as f64)
}

/// What went wrong, with reasons.
pub(super) fn failures(scene: &Scene, area: Rect, buffer: &mut Buffer) {
    let mut lines = Vec::new();
    for run in scene.runs.iter().filter(|run| run.state == State::Failed) {
        lines.push(Line::from(full_name(run)).style(colour(State::Failed)));
        lines.push(Line::from(format!("  {}", run.reason.as_deref().unwrap_or("no reason given"))));
    }
    if lines.is_empty() {
        lines.push(Line::from("nothing failed"));
    }
    Paragraph::new(lines).wrap(Wrap { trim: false }).render(area, buffer);
}
