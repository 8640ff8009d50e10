//! What was chosen for every task and method, and what it cost.

use provpt_runs::RunResult;
use provpt_runs::sweep::Stage;

use super::{estimate, points, short, value};
use crate::comparison::document::Section;
use crate::comparison::entry::{Group, State};
use crate::comparison::view::View;
use crate::report::format;
use crate::stats::{Estimate, mean};

use crate::{Align, Table};

pub(crate) fn section(view: &View<'_>) -> Section {
    let mut section = Section::new(
        "By task and method",
        "Test top-1 over the runs reported; val top-1 and values of the best pair of the grid, by \
         the last epoch (* of an unfinished grid); learned numbers, moves and seconds are means \
         over the runs.",
    );
    let groups = &view.comparison.groups;
    let keys = keys(groups);
    let names = keys.iter().map(|key| (short(key), Align::Right));
    let first = [("task", Align::Left), ("method", Align::Left)];
    let results = ["test top-1", "runs", "val top-1"].map(|name| (name, Align::Right));
    let costs = ["learned", "moves", "time"].map(|name| (name, Align::Right));
    let mut table = Table::new(first.into_iter().chain(results).chain(names).chain(costs));
    for task in view.comparison.tasks() {
        for group in groups.iter().filter(|group| group.task == task) {
            table.row(row(group, &keys));
        }
    }
    section.table(table);
    section
}

/// All keys that anything was chosen for.
fn keys(groups: &[Group]) -> Vec<&str> {
    let chosen = groups.iter().filter_map(|group| group.chosen.as_ref());
    crate::comparison::distinct(chosen.flat_map(|chosen| chosen.values.keys().map(String::as_str)))
}

fn row(group: &Group, keys: &[&str]) -> Vec<String> {
    let tests: Vec<f64> = group.tests().into_iter().map(|test| test.1).collect();
    let results: Vec<&RunResult> = group.reported().filter_map(|e| e.result.as_ref()).collect();
    let average = |of: fn(&RunResult) -> f64| {
        mean(&results.iter().map(|result| of(result)).collect::<Vec<f64>>())
    };
    let missing = || format::MISSING.to_owned();
    let val = group.chosen.as_ref().and_then(|chosen| chosen.val);
    let chosen = |key: &&str| {
        group.chosen.as_ref().and_then(|c| c.values.get(*key)).map_or(missing(), value)
    };
    let first = [
        group.task.clone(),
        group.method.clone(),
        estimate(Estimate::of(&tests)),
        results.len().to_string(),
        val.map_or(missing(), |val| format!("{}{}", points(val), mark(group))),
    ];
    let costs = [
        average(|r| r.parameters as f64).map_or(missing(), |n| format::count(n.round() as u64)),
        average(|r| r.relocations as f64).map_or(missing(), |n| format!("{n:.1}")),
        average(|r| r.seconds).map_or(missing(), format::duration),
    ];
    first.into_iter().chain(keys.iter().map(chosen)).chain(costs).collect()
}

/// A star where trials of the grid may still do better.
fn mark(group: &Group) -> &'static str {
    let waits = |e: &crate::comparison::Entry| e.stage == Stage::Grid && e.state == State::Waiting;
    if group.entries.iter().any(waits) { "*" } else { "" }
}
