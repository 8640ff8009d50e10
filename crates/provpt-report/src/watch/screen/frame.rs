//! The screen: what all is doing on top, a view below, the keys at the bottom.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Style, Stylize};
use ratatui::text::{Line, Span};
use ratatui::widgets::{LineGauge, Widget};

use super::view::{Tab, View};
use super::{detail, groups, runs};
use crate::text;
use crate::watch::{Scene, Sight, State};

pub(super) fn draw(view: &View, area: Rect, buffer: &mut Buffer) {
    let Some(scene) = &view.scene else { return };
    let [top, gauge, body, bottom] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Min(0),
        Constraint::Length(1),
    ])
    .areas(area);
    title(scene).render(top, buffer);
    progress(scene, gauge, buffer);
    match view.tab {
        _ if scene.runs.is_empty() => Line::from("no runs yet").render(body, buffer),
        _ if view.is_single() => detail::draw(view, body, buffer),
        Tab::Runs => {
            let height = runs::wanted(view).min(body.height / 2);
            let [list, one] =
                Layout::vertical([Constraint::Length(height), Constraint::Min(0)]).areas(body);
            runs::list(view, list, buffer);
            detail::draw(view, one, buffer);
        }
        Tab::One => detail::draw(view, body, buffer),
        Tab::Best => groups::draw(scene, body, buffer),
        Tab::Failures => runs::failures(scene, body, buffer),
    }
    keys(view).render(bottom, buffer);
}

/// `vtab  2 running  1 failed  12 done  25 waiting`
fn title(scene: &Scene) -> Line<'_> {
    let mut spans = vec![scene.title.as_str().bold()];
    for state in State::ALL {
        let count = scene.count(state);
        if count > 0 {
            spans.push(Span::styled(format!("  {count} {}", name(state)), colour(state)));
        }
    }
    Line::from(spans)
}

fn progress(scene: &Scene, area: Rect, buffer: &mut Buffer) {
    let (done, total) = epochs(scene);
    if total == 0 {
        return;
    }
    let left = left(scene).map(|left| format!("  about {} left", text::duration(left)));
    LineGauge::default()
        .ratio((done as f64 / total as f64).clamp(0.0, 1.0))
        .label(format!("epoch {done} of {total}{}", left.unwrap_or_default()))
        .filled_style(Color::Green)
        .filled_symbol("━")
        .unfilled_symbol("─")
        .render(area, buffer);
}

/// Epochs done and in all. Trials that will not go on count as far as they came.
fn epochs(scene: &Scene) -> (usize, usize) {
    let of = |run: &Sight| match run.state {
        State::Done | State::Failed | State::Stopped => (run.epochs, run.epochs),
        _ => (run.epochs, run.total.unwrap_or(run.epochs).max(run.epochs)),
    };
    scene.runs.iter().map(of).fold((0, 0), |sum, run| (sum.0 + run.0, sum.1 + run.1))
}

/// Seconds until all is done, if epochs take as long and as many run at once as now.
fn left(scene: &Scene) -> Option<f64> {
    let seconds: f64 = scene.runs.iter().map(|run| run.seconds).sum();
    let trained: usize = scene.runs.iter().map(|run| run.epochs).sum();
    let (done, total) = epochs(scene);
    let running = scene.count(State::Running);
    let known = trained > 0 && running > 0;
    known.then(|| seconds / trained as f64 * (total - done) as f64 / running as f64)
}

fn keys(view: &View) -> Line<'static> {
    let mut spans = Vec::new();
    if !view.is_single() {
        for tab in Tab::ALL {
            let style = if tab == view.tab { Style::new().reversed() } else { Style::new() };
            spans.extend([Span::styled(format!(" {} ", tab.name()), style), Span::from(" ")]);
        }
        spans.push("tab view  up/down choose  ".dim());
    }
    spans.push("q end".dim());
    Line::from(spans)
}

pub(super) fn name(state: State) -> &'static str {
    match state {
        State::Running => "running",
        State::Quiet => "quiet",
        State::Failed => "failed",
        State::Done => "done",
        State::Stopped => "stopped",
        State::Waiting => "waiting",
    }
}

pub(super) fn colour(state: State) -> Style {
    match state {
        State::Running => Style::new().fg(Color::Cyan),
        State::Quiet => Style::new().fg(Color::Yellow),
        State::Failed => Style::new().fg(Color::Red),
        State::Done => Style::new().fg(Color::Green),
        State::Stopped | State::Waiting => Style::new().dim(),
    }
}
