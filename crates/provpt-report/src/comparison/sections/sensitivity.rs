//! How much hangs on the grid's values.

use maud::html;

use super::{points, short, value};
use crate::comparison::document::Section;
use crate::comparison::entry::State;
use crate::comparison::grid::{Cell, Grid, NEAR, Region};
use crate::comparison::view::View;
use crate::report::cells::{CellMap, MapCell, Mark};
use crate::report::{format, heatmap::Scale};
use crate::stats::median;
use crate::{Align, Table};

/// A group's grid.
struct Mapped<'a> {
    task: &'a str,
    method: &'a str,
    grid: Grid,
    region: Option<Region>,
}

pub(crate) fn section(view: &View<'_>) -> Section {
    let mut section = Section::new("Sensitivity", hint());
    let mut mapped = Vec::new();
    for task in view.comparison.tasks() {
        for method in view.comparison.methods() {
            let group = view.comparison.group(task, method);
            if let Some(grid) = group.and_then(Grid::of) {
                let region = Region::of(&grid);
                mapped.push(Mapped { task, method, grid, region });
            }
        }
    }
    section.table(by_method(view, &mapped));
    section.table(by_task(&mapped));
    for task in view.comparison.tasks() {
        let of_task: Vec<&Mapped<'_>> = mapped.iter().filter(|m| m.task == task).collect();
        if !of_task.is_empty() {
            section.figure(html! {
                h3 { (task) }
                div.maps { @for mapped in of_task { (map(mapped)) } }
            });
        }
    }
    section
}

fn hint() -> String {
    format!(
        "Val top-1 of the last epoch over the grid. Near the best: pairs within {} point of it, of \
         all pairs of the grid, those that failed or were stopped too. Spans are the largest over \
         the smallest value near the best; with ≥ they reach an end of the grid. In the maps a \
         frame marks the pair that was chosen, × a run that failed or diverged, – one that was \
         stopped early.",
        100.0 * NEAR
    )
}

fn by_method(view: &View<'_>, mapped: &[Mapped<'_>]) -> Table {
    let numbers = ["grids", "near the best, median", "lr span, median", "smallest", "largest"];
    let numbers = numbers.map(|name| (name, Align::Right));
    let mut table = Table::new(std::iter::once(("method", Align::Left)).chain(numbers));
    for method in view.comparison.methods() {
        let regions: Vec<&Region> = mapped
            .iter()
            .filter(|m| m.method == method)
            .filter_map(|m| m.region.as_ref())
            .collect();
        if regions.is_empty() {
            continue;
        }
        let shares: Vec<f64> = regions.iter().map(|region| share(region)).collect();
        let ratios: Vec<f64> = regions.iter().filter_map(|region| region.ratio(0)).collect();
        let least = shares.iter().copied().reduce(f64::min);
        let most = shares.iter().copied().reduce(f64::max);
        table.row([
            method.to_owned(),
            regions.len().to_string(),
            format::percent(median(&shares)),
            format::number(median(&ratios)),
            format::percent(least),
            format::percent(most),
        ]);
    }
    table
}

fn share(region: &Region) -> f64 {
    region.near as f64 / region.pairs as f64
}

fn by_task(mapped: &[Mapped<'_>]) -> Table {
    let names = [("task", Align::Left), ("method", Align::Left)];
    let keys = mapped.first().map(|m| m.grid.keys.clone()).unwrap_or_default();
    let spans = keys.iter().map(|key| (short(key).to_owned(), Align::Right));
    let numbers = ["best", "near it", "share"].map(|name| (name.to_owned(), Align::Right));
    let ratio = std::iter::once(("lr span".to_owned(), Align::Right));
    let names = names.map(|(name, align)| (name.to_owned(), align)).into_iter();
    let mut table = Table::new(names.chain(numbers).chain(spans).chain(ratio));
    for m in mapped {
        let Some(region) = &m.region else { continue };
        let open = if region.open[0] { "≥ " } else { "" };
        let ratio = region.ratio(0).map_or(format::MISSING.to_owned(), |ratio| {
            format!("{open}{}", format::number(Some(ratio)))
        });
        table.row([
            m.task.to_owned(),
            m.method.to_owned(),
            points(region.best),
            format!("{} of {}", region.near, region.pairs),
            format::percent(Some(share(region))),
            span(region.spans[0]),
            span(region.spans[1]),
            ratio,
        ]);
    }
    table
}

fn span(span: Option<(f64, f64)>) -> String {
    match span {
        None => format::MISSING.to_owned(),
        Some((low, high)) if low == high => low.to_string(),
        Some((low, high)) => format!("{low} to {high}"),
    }
}

fn map(mapped: &Mapped<'_>) -> maud::Markup {
    let grid = &mapped.grid;
    let vals = || grid.cells.iter().flatten().flatten().filter_map(|cell| cell.val);
    let low = vals().reduce(f64::min).unwrap_or(0.0);
    let high = vals().reduce(f64::max).unwrap_or(1.0);
    let cells = grid.cells.iter().enumerate().map(|(row, cells)| {
        let cell = |(column, cell): (usize, &Option<Cell>)| {
            cell.map(|cell| shown(grid, row, column, &cell))
        };
        cells.iter().enumerate().map(cell).collect()
    });
    CellMap {
        title: mapped.method,
        axes: [short(&grid.keys[0]), short(&grid.keys[1])],
        rows: grid.rows.iter().map(value).collect(),
        columns: grid.columns.iter().map(value).collect(),
        cells: cells.collect(),
        scale: Scale::Sequential { low, high },
    }
    .render()
}

fn shown(grid: &Grid, row: usize, column: usize, cell: &Cell) -> MapCell {
    let at = |axis: usize, values: &[serde_json::Value], index: usize| {
        format!("{} {}", short(&grid.keys[axis]), value(&values[index]))
    };
    let place = format!("{}, {}", at(0, &grid.rows, row), at(1, &grid.columns, column));
    let (text, word) = match (cell.val, cell.state) {
        (Some(val), _) => (points(val), format!("val top-1 {} %", points(val))),
        (None, State::Failed) => ("×".to_owned(), "failed".to_owned()),
        (None, State::Stopped) => ("–".to_owned(), "stopped early".to_owned()),
        (None, State::Done) => ("?".to_owned(), "without validation".to_owned()),
        (None, State::Waiting) => (String::new(), "waiting".to_owned()),
    };
    let mark = if cell.chosen { Mark::Chosen } else { Mark::None };
    MapCell { value: cell.val, text, tip: format!("{place}: {word}"), mark }
}
