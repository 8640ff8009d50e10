//! One run: numbers, the loss over epochs, and where its prompts are.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Style, Stylize};
use ratatui::symbols::Marker;
use ratatui::text::{Line, Span};
use ratatui::widgets::{
    Axis, Bar, BarChart, BarGroup, Block, Chart, Dataset, GraphType, LegendPosition, Widget,
};

use super::frame::{colour, name};
use super::runs::{epochs, full_name, left};
use super::view::View;
use crate::text;
use crate::watch::{Point, Sight, State};

pub(super) fn draw(view: &View, area: Rect, buffer: &mut Buffer) {
    let Some(run) = view.run() else { return };
    let [head, numbers, body] =
        Layout::vertical([Constraint::Length(1), Constraint::Length(1), Constraint::Min(0)])
            .areas(area);
    let state = Span::styled(name(run.state), colour(run.state));
    Line::from(vec![state, "  ".into(), full_name(run).bold()]).render(head, buffer);
    Line::from(facts(run)).render(numbers, buffer);
    let distribution = &view.curve.distribution;
    let share = if distribution.is_empty() { 100 } else { 60 };
    let [curve, bars] =
        Layout::horizontal([Constraint::Percentage(share), Constraint::Min(0)]).areas(body);
    loss(&view.curve.points, run.total, curve, buffer);
    blocks(distribution, bars, buffer);
}

/// `epoch 12/100  loss 0.1234  train 97.3%  val 91.0%  left 4m 05s`
fn facts(run: &Sight) -> String {
    let mut parts = vec![format!("epoch {}", epochs(run))];
    if let Some(last) = &run.last {
        parts.push(format!(
            "loss {:.4}  train {}",
            last.train_loss,
            text::percent(last.train_top1)
        ));
        parts.extend(last.val.map(|val| format!("val {}", text::accuracy(&val))));
    }
    parts.extend(run.test.map(|test| format!("test {}", text::percent(test))));
    match run.state {
        State::Failed => parts.extend(run.reason.clone()),
        State::Quiet => {
            parts.push(format!("no sign of life for {}", text::duration(run.silence)));
        }
        _ if run.seconds > 0.0 => parts.push(format!("trained {}", text::duration(run.seconds))),
        _ => {}
    }
    parts.extend(left(run).map(|left| format!("left {}", text::duration(left))));
    parts.join("  ")
}

/// Training and validation loss over epochs.
fn loss(points: &[Point], total: Option<usize>, area: Rect, buffer: &mut Buffer) {
    let block = Block::bordered().title("loss");
    let curve = |loss: &dyn Fn(&Point) -> Option<f64>| -> Vec<(f64, f64)> {
        let of = |point| Some((point_epoch(point), loss(point).filter(|loss| loss.is_finite())?));
        points.iter().filter_map(of).collect()
    };
    let train = curve(&|point| Some(point.train_loss));
    let val = curve(&|point| Some(point.val?.loss));
    let losses = train.iter().chain(&val).map(|point| point.1);
    let (low, high) =
        losses.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), y| (l.min(y), h.max(y)));
    if low > high {
        Widget::render(Line::from("no epoch yet"), block.inner(area), buffer);
        return block.render(area, buffer);
    }
    let margin = if low < high { 0.02 * (high - low) } else { 0.5 };
    let last = total.unwrap_or(points.len()).max(points.len()).max(2);
    let ends = |low: f64, high: f64| [format!("{low:.3}"), format!("{high:.3}")];
    let line = |name, colour, data| {
        let set = Dataset::default().name(name).data(data).style(Style::new().fg(colour));
        set.marker(Marker::Braille).graph_type(GraphType::Line)
    };
    let mut sets = vec![line("train", Color::Cyan, &train[..])];
    if !val.is_empty() {
        sets.push(line("val", Color::Yellow, &val[..]));
    }
    let x = Axis::default().bounds([1.0, last as f64]).labels(["1".to_owned(), last.to_string()]);
    let y = Axis::default().bounds([low - margin, high + margin]).labels(ends(low, high));
    Chart::new(sets)
        .block(block)
        .x_axis(x)
        .y_axis(y)
        .legend_position(Some(LegendPosition::TopRight))
        .hidden_legend_constraints((Constraint::Percentage(60), Constraint::Percentage(60)))
        .render(area, buffer);
}

/// Epochs count from 1 for people.
fn point_epoch(point: &Point) -> f64 {
    point.epoch as f64 + 1.0
}

/// Prompts per block.
fn blocks(distribution: &[usize], area: Rect, buffer: &mut Buffer) {
    if distribution.is_empty() {
        return;
    }
    let block = Block::bordered().title("prompts per block");
    let columns = block.inner(area).width / u16::try_from(distribution.len()).unwrap_or(u16::MAX);
    let gap = u16::from(columns > 1);
    let width = (columns - gap.min(columns)).clamp(1, 6);
    let bars: Vec<Bar<'_>> = distribution
        .iter()
        .enumerate()
        .map(|(at, &count)| {
            let fits = count.to_string().len() <= usize::from(width);
            let text = if fits { count.to_string() } else { String::new() };
            Bar::default().value(count as u64).text_value(text).label(label(at + 1, width))
        })
        .collect();
    BarChart::default()
        .block(block)
        .bar_width(width)
        .bar_gap(gap)
        .bar_style(Style::new().fg(Color::Green))
        .value_style(Style::new().fg(Color::Black).bg(Color::Green))
        .data(BarGroup::default().bars(&bars))
        .render(area, buffer);
}

/// A block's number, or its last digit where there is no room for both.
fn label(block: usize, width: u16) -> String {
    let number = block.to_string();
    if number.len() <= usize::from(width) { number } else { (block % 10).to_string() }
}
