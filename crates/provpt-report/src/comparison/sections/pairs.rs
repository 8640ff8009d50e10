//! Which differences between methods are more than luck.

use super::points;
use crate::comparison::document::Section;
use crate::comparison::paired::{Paired, RESAMPLES, Runs, TIE};
use crate::comparison::view::View;
use crate::report::format;
use crate::{Align, Table};

pub(crate) fn section(view: &View<'_>) -> Section {
    let mut section = Section::new("Method against method", hint());
    let groups = &view.comparison.groups;
    let methods = ranked(view);
    let mut all: Vec<Paired> = Vec::new();
    for (at, first) in methods.iter().enumerate() {
        let pairs = methods[at + 1..].iter().map(|second| Paired::of(groups, [first, second]));
        all.extend(pairs.flatten());
    }
    section.table(overview(&all));
    let detail = match &view.pair {
        Some([first, second]) => Paired::of(groups, [first, second]),
        None => all.into_iter().next(),
    };
    match (detail, &view.pair) {
        (Some(paired), _) => {
            section.note(format!("{} less {}, task by task:", paired.names[0], paired.names[1]));
            section.table(by_task(&paired));
        }
        (None, Some([first, second])) => {
            section.note(format!("No task has results of both {first} and {second}."));
        }
        (None, None) => {}
    }
    section
}

fn hint() -> String {
    format!(
        "Differences of test top-1 in points, the first method less the second, on the tasks that \
         both have, by runs with the same seed where there are any. Interval: the middle 95 % of \
         the mean difference over {} bootstrap resamples, of tasks and, within each task drawn, of \
         its runs. Up to {} points either way are a tie.",
        format::count(RESAMPLES as u64),
        100.0 * TIE
    )
}

/// Methods with the most tasks first, then the best mean over their tasks.
fn ranked<'a>(view: &'a View<'_>) -> Vec<&'a str> {
    let groups = &view.comparison.groups;
    let tasks: Vec<String> = view.comparison.tasks().into_iter().map(str::to_owned).collect();
    let mut scored: Vec<(usize, f64, &str)> = view
        .comparison
        .methods()
        .into_iter()
        .filter_map(|method| {
            let mean = crate::comparison::means::of_tasks(groups, method, tasks.iter(), 0)?;
            Some((mean.tasks, mean.mean, method))
        })
        .collect();
    scored.sort_by(|a, b| b.0.cmp(&a.0).then(b.1.total_cmp(&a.1)));
    scored.into_iter().map(|(.., method)| method).collect()
}

fn overview(all: &[Paired]) -> Table {
    let names = ["first", "second"].map(|name| (name, Align::Left));
    let numbers = ["tasks", "difference", "95 % interval", "win / tie / loss"];
    let mut table = Table::new(names.into_iter().chain(numbers.map(|name| (name, Align::Right))));
    for paired in all {
        let [wins, ties, losses] = paired.outcomes;
        table.row([
            paired.names[0].clone(),
            paired.names[1].clone(),
            paired.tasks.len().to_string(),
            signed(paired.mean),
            paired.interval.map_or(format::MISSING.to_owned(), |(low, high)| {
                format!("{} to {}", signed(low), signed(high))
            }),
            format!("{wins} / {ties} / {losses}"),
        ]);
    }
    table
}

fn by_task(paired: &Paired) -> Table {
    let [first, second] = &paired.names;
    let columns = [first.as_str(), second, "difference", "runs"];
    let columns = columns.map(|name| (name, Align::Right));
    let mut table = Table::new(std::iter::once(("task", Align::Left)).chain(columns));
    for task in &paired.tasks {
        table.row([
            task.task.clone(),
            points(task.means[0]),
            points(task.means[1]),
            signed(task.difference),
            match &task.runs {
                Runs::Paired(runs) => format!("{} pairs", runs.len()),
                Runs::Apart(a, b) => format!("{} and {}", a.len(), b.len()),
            },
        ]);
    }
    table
}

/// Points with a sign and two decimals.
fn signed(difference: f64) -> String {
    format!("{:+.2}", 100.0 * difference).replace('-', "−").replace("−0.00", "+0.00")
}
