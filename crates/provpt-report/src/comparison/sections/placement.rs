//! Where the prompts went.

use maud::{Markup, html};
use provpt_runs::{Error, Metrics, RunResult, if_there};

use crate::comparison::document::Section;
use crate::comparison::entry::{Entry, Group};
use crate::comparison::view::View;
use crate::report::cells::{CellMap, MapCell, Mark};
use crate::report::{heatmap::Scale, prompts};
use crate::{Align, Table};

pub(crate) fn section(view: &View<'_>) -> Result<Section, Error> {
    let mut section = Section::new(
        "Where the prompts went",
        "Prompts per block at the end, mean over the runs reported, for methods that move them; \
         blocks from the input.",
    );
    for method in view.comparison.methods() {
        let groups: Vec<&Group> =
            view.comparison.groups.iter().filter(|group| group.method == method).collect();
        let rows: Vec<(&str, Vec<f64>)> = groups.iter().filter_map(|group| ends(group)).collect();
        if rows.is_empty() {
            continue;
        }
        section.table(table(method, &rows));
        section.figure(map(method, &rows));
        if let Some(history) = history(&groups)? {
            section.figure(history);
        }
    }
    Ok(section)
}

/// A task's mean distribution, if its runs change it.
fn ends(group: &Group) -> Option<(&str, Vec<f64>)> {
    let results: Vec<&RunResult> = group.reported().filter_map(|e| e.result.as_ref()).collect();
    let blocks = results.first()?.distribution.len();
    let alike = results.iter().all(|result| result.distribution.len() == blocks);
    if !alike || blocks == 0 || !results.iter().any(|result| result.redistributed()) {
        return None;
    }
    let mean = |block: usize| {
        let sum: usize = results.iter().map(|result| result.distribution[block]).sum();
        sum as f64 / results.len() as f64
    };
    Some((&group.task, (0..blocks).map(mean).collect()))
}

fn table(method: &str, rows: &[(&str, Vec<f64>)]) -> Table {
    let blocks = rows.iter().map(|(_, row)| row.len()).max().unwrap_or(0);
    let numbers = (1..=blocks).map(|block| (block.to_string(), Align::Right));
    let first = std::iter::once((method.to_owned(), Align::Left));
    let mut table = Table::new(first.chain(numbers));
    for (task, row) in rows {
        let cells = row.iter().map(|count| format!("{count:.1}"));
        table.row(std::iter::once((*task).to_owned()).chain(cells));
    }
    table
}

fn map(method: &str, rows: &[(&str, Vec<f64>)]) -> Markup {
    let all = || rows.iter().flat_map(|(_, row)| row.iter().copied());
    let high = all().fold(0.0, f64::max);
    let blocks = rows.iter().map(|(_, row)| row.len()).max().unwrap_or(0);
    let cell = |task: &str, block: usize, count: f64| {
        let tip = format!("{task}, block {}: {count:.1} prompts", block + 1);
        Some(MapCell { value: Some(count), text: format!("{count:.1}"), tip, mark: Mark::None })
    };
    let cells = rows.iter().map(|(task, row)| {
        row.iter().enumerate().map(|(block, &count)| cell(task, block, count)).collect()
    });
    CellMap {
        title: method,
        axes: ["task", "block"],
        rows: rows.iter().map(|(task, _)| (*task).to_owned()).collect(),
        columns: (1..=blocks).map(|block| block.to_string()).collect(),
        cells: cells.collect(),
        scale: Scale::Sequential { low: 0.0, high },
    }
    .render()
}

/// The distribution over epochs of the method's first run, as an example.
fn history(groups: &[&Group]) -> Result<Option<Markup>, Error> {
    let moved = |e: &&Entry| e.result.as_ref().is_some_and(RunResult::redistributed);
    let first = groups.iter().find_map(|g| Some((g, g.reported().find(moved)?)));
    let Some((group, entry)) = first else { return Ok(None) };
    let metrics = if_there(&entry.run.metrics(), Metrics::load)?.unwrap_or_default();
    let Some(map) = prompts::map(&metrics) else { return Ok(None) };
    Ok(Some(html! {
        p.hint { "Over epochs: " (group.task) ", seed " (entry.seed) "; on the right, at the end." }
        (map)
    }))
}
