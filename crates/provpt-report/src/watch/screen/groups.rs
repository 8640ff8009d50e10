//! How far each task and method is, and its best so far.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Rect};
use ratatui::style::Stylize;
use ratatui::widgets::{Row, Table, Widget};

use crate::text;
use crate::watch::{Scene, Sight, State};

/// One row: what is known of a task and method.
#[derive(Default)]
struct Group<'a> {
    runs: usize,
    done: usize,
    /// Of what was trained to choose by validation, or of all where nothing was.
    best: Option<&'a Sight>,
    /// Test top-1 of those that report it.
    tests: Vec<f64>,
}

pub(super) fn draw(scene: &Scene, area: Rect, buffer: &mut Buffer) {
    let mut groups: BTreeMap<(&str, &str), Group<'_>> = BTreeMap::new();
    for run in &scene.runs {
        groups.entry((&run.task, &run.method)).or_default().add(run);
    }
    let rows = groups.iter().map(|((task, method), group)| {
        let best = group.best.map(|run| (text::percent(val(run).unwrap_or(f64::NAN)), &run.name));
        let (val, name) = best.map(|(val, name)| (val, name.as_str())).unwrap_or_default();
        let done = format!("{}/{}", group.done, group.runs);
        Row::new([
            (*task).to_owned(),
            (*method).to_owned(),
            done,
            val,
            group.test(),
            name.to_owned(),
        ])
    });
    let widths = [
        Constraint::Fill(2),
        Constraint::Fill(2),
        Constraint::Length(9),
        Constraint::Length(7),
        Constraint::Length(12),
        Constraint::Fill(3),
    ];
    Table::new(rows, widths)
        .header(Row::new(["task", "method", "done", "val", "test", "best"]).dim())
        .render(area, buffer);
}

impl<'a> Group<'a> {
    fn add(&mut self, run: &'a Sight) {
        self.runs += 1;
        let done = run.state == State::Done;
        self.done += usize::from(done);
        self.tests.extend(run.test.filter(|_| done && !run.grid));
        // One that is done says more than one that is not, whatever it says.
        let rank = |run: &Sight| (run.grid, run.state == State::Done);
        let better = |old: &Sight| {
            let order = rank(run).cmp(&rank(old));
            order.then(val(run).partial_cmp(&val(old)).unwrap_or(Ordering::Equal)).is_gt()
        };
        if val(run).is_some() && self.best.is_none_or(better) {
            self.best = Some(run);
        }
    }

    /// `93.1% of 3`: the mean, and of how many.
    fn test(&self) -> String {
        let runs = self.tests.len();
        if runs == 0 {
            return String::new();
        }
        let mean = self.tests.iter().sum::<f64>() / runs as f64;
        format!("{} of {runs}", text::percent(mean))
    }
}

fn val(run: &Sight) -> Option<f64> {
    run.last?.val?.accuracy()
}
