use std::path::PathBuf;

use clap::Args;
use provpt_report::{Align, Table};
use provpt_runs::sweep::Epochs;
use provpt_sweep::{Counts, GroupStatus, Status as State, Sweep};

use crate::app::App;
use crate::failure::Failure;
use crate::text;

/// How far a sweep is: done, running, failed and why, waiting, and the best so far
#[derive(Debug, Args)]
#[command(after_help = "Example:
  provpt sweep status out/vtab")]
pub(crate) struct Status {
    /// The sweep: its folder, or the plan in it
    #[arg(value_name = "PLAN")]
    plan: PathBuf,
    /// As one line of JSON
    #[arg(long)]
    json: bool,
}

impl Status {
    pub(crate) fn run(&self, app: &App) -> Result<(), Failure> {
        let status = provpt_sweep::status(&Sweep::open(&self.plan)?)?;
        if self.json {
            return app.terminal.json(&status);
        }
        app.terminal.result(&page(&status))
    }
}

const COLUMNS: [(&str, Align); 9] = [
    ("task", Align::Left),
    ("method", Align::Left),
    ("done", Align::Right),
    ("running", Align::Right),
    ("failed", Align::Right),
    ("stopped", Align::Right),
    ("waiting", Align::Right),
    ("best val", Align::Right),
    ("with", Align::Left),
];

fn page(status: &State) -> String {
    let mut table = Table::new(COLUMNS);
    for group in &status.groups {
        table.row(row(group));
    }
    let mut page = table.plain();
    for group in &status.groups {
        for failure in &group.failures {
            let (task, method) = (&group.task, &group.method);
            page += &format!("failed  {} ({method} on {task}): {}\n", failure.id, failure.reason);
        }
    }
    let choices = status.groups.iter().filter_map(|group| group.choice.as_ref());
    let epochs: Epochs = choices.map(|choice| choice.epochs).sum();
    let Epochs { trained, full } = epochs;
    if trained < full {
        let share = text::percent(epochs.saved());
        page += &format!("halving trained {trained} of {full} epochs, {share} saved\n");
    }
    page + &total(status)
}

fn total(status: &State) -> String {
    let Counts { done, running, failed, stopped, waiting } = status.trials;
    let left = status.seconds_left.filter(|_| waiting > 0).map(text::duration);
    let left = left.map(|left| format!("; about {left} left")).unwrap_or_default();
    let stopped = if stopped > 0 { format!(", {stopped} stopped early") } else { String::new() };
    format!("{done} done, {running} running, {failed} failed{stopped}, {waiting} waiting{left}")
}

fn row(group: &GroupStatus) -> Vec<String> {
    let Counts { done, running, failed, stopped, waiting } = group.trials;
    let counts = [done, running, failed, stopped, waiting].map(|count| count.to_string());
    let best = group.best.as_ref();
    let names = [group.task.clone(), group.method.clone()].into_iter().chain(counts);
    names
        .chain([
            best.map(|best| text::percent(best.val_top1)).unwrap_or_default(),
            best.map(|best| super::values(&best.values)).unwrap_or_default(),
        ])
        .collect()
}
