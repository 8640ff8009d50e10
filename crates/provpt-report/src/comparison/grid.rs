//! Val top-1 over a grid of two keys, and the region near its best.

use serde_json::Value;

use super::entry::{Group, State};
use super::pick::{Candidate, candidates};

/// As far below the best as a pair may be to count as near it: one point.
pub(crate) const NEAR: f64 = 0.01;

/// A task and method's grid: learning rates down, weight decays across, where these are its keys.
#[derive(Debug)]
pub(crate) struct Grid {
    pub(crate) keys: [String; 2],
    /// Descending.
    pub(crate) rows: Vec<Value>,
    /// Descending. A grid of one key has one column, `null`.
    pub(crate) columns: Vec<Value>,
    /// `[row][column]`; none where nothing was planned.
    pub(crate) cells: Vec<Vec<Option<Cell>>>,
}

/// One pair of values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Cell {
    /// The best val top-1 with these values, over further keys; none if no run got to its end
    /// with a finite number.
    pub(crate) val: Option<f64>,
    pub(crate) state: State,
    /// Whether the chosen values are among them.
    pub(crate) chosen: bool,
}

impl Grid {
    /// The grid of a group, if there is something to vary.
    pub(crate) fn of(group: &Group) -> Option<Self> {
        let all = candidates(&group.entries);
        let keys = keys(&all)?;
        let axis = |key: &str| {
            let mut values: Vec<Value> = Vec::new();
            for value in all.iter().map(|c| value(c, key)) {
                if !values.contains(value) {
                    values.push(value.clone());
                }
            }
            values.sort_by(descending);
            values
        };
        let (rows, columns) = (axis(&keys[0]), axis(&keys[1]));
        let at = |row: &Value, column: &Value| {
            let here =
                |c: &&Candidate<'_>| value(c, &keys[0]) == row && value(c, &keys[1]) == column;
            cell(group, &all.iter().filter(here).collect::<Vec<_>>())
        };
        let cells = rows.iter().map(|row| columns.iter().map(|column| at(row, column)).collect());
        Some(Self { cells: cells.collect(), keys, rows, columns })
    }
}

/// Which two keys: learning rate and weight decay first, else in order. None if nothing varies.
fn keys(all: &[Candidate<'_>]) -> Option<[String; 2]> {
    if all.len() < 2 {
        return None;
    }
    let mut keys: Vec<&String> = all[0].values.keys().collect();
    let rank = |key: &str| match key {
        "solver.base_lr" => 0,
        "solver.weight_decay" => 1,
        _ => 2,
    };
    keys.sort_by_key(|key| rank(key));
    let second = keys.get(1).map_or(String::new(), |key| (*key).clone());
    Some([(*keys.first()?).clone(), second])
}

fn value<'a>(candidate: &'a Candidate<'_>, key: &str) -> &'a Value {
    candidate.values.get(key).unwrap_or(&Value::Null)
}

fn descending(a: &Value, b: &Value) -> std::cmp::Ordering {
    match (a.as_f64(), b.as_f64()) {
        (Some(a), Some(b)) => b.total_cmp(&a),
        _ => a.to_string().cmp(&b.to_string()),
    }
}

fn cell(group: &Group, here: &[&Candidate<'_>]) -> Option<Cell> {
    let states = here.iter().flat_map(|c| c.entries.iter().map(|entry| entry.state));
    let state = states.min()?;
    let val = here.iter().filter_map(|c| c.val).reduce(f64::max);
    let chosen = |c: &&Candidate<'_>| {
        group.chosen.as_ref().is_some_and(|chosen| super::entry::same(c.values, &chosen.values))
    };
    Some(Cell { val, state, chosen: here.iter().any(chosen) })
}

/// The pairs within [`NEAR`] of the best.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Region {
    /// The best val top-1.
    pub(crate) best: f64,
    /// Pairs near it.
    pub(crate) near: usize,
    /// All pairs of the grid, failed and stopped ones too.
    pub(crate) pairs: usize,
    /// Smallest and largest value of both keys near the best, where these are numbers.
    pub(crate) spans: [Option<(f64, f64)>; 2],
    /// Whether the grid's end is near the best, so that the region may go on beyond it.
    pub(crate) open: [bool; 2],
}

impl Region {
    /// None until a pair has a result.
    pub(crate) fn of(grid: &Grid) -> Option<Self> {
        let all = || grid.cells.iter().flatten().flatten();
        let best = all().filter_map(|cell| cell.val).reduce(f64::max)?;
        let is_near = |cell: &Option<Cell>| {
            cell.and_then(|c| c.val).is_some_and(|val| val >= best - NEAR - 1e-9)
        };
        let rows: Vec<bool> = grid.cells.iter().map(|row| row.iter().any(is_near)).collect();
        let columns: Vec<bool> = (0..grid.columns.len())
            .map(|column| grid.cells.iter().any(|row| is_near(&row[column])))
            .collect();
        Some(Self {
            best,
            near: grid.cells.iter().flatten().filter(|cell| is_near(cell)).count(),
            pairs: all().count(),
            spans: [span(&grid.rows, &rows), span(&grid.columns, &columns)],
            open: [open(&rows), open(&columns)],
        })
    }

    /// Largest over smallest value of a key near the best; none if it is no ratio.
    pub(crate) fn ratio(&self, key: usize) -> Option<f64> {
        self.spans[key].filter(|(low, _)| *low > 0.0).map(|(low, high)| high / low)
    }
}

fn span(values: &[Value], near: &[bool]) -> Option<(f64, f64)> {
    let near = values.iter().zip(near).filter(|(_, near)| **near);
    let numbers: Vec<f64> = near.filter_map(|(value, _)| value.as_f64()).collect();
    let low = numbers.iter().copied().reduce(f64::min)?;
    Some((low, numbers.iter().copied().fold(low, f64::max)))
}

fn open(near: &[bool]) -> bool {
    near.len() > 1 && (near.first() == Some(&true) || near.last() == Some(&true))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(vals: [[Option<f64>; 2]; 4]) -> Grid {
        let cell = |val: Option<f64>| {
            let state = if val.is_some() { State::Done } else { State::Failed };
            Some(Cell { val, state, chosen: false })
        };
        Grid {
            keys: ["solver.base_lr".into(), "solver.weight_decay".into()],
            rows: [50.0, 10.0, 2.5, 0.5].map(Value::from).to_vec(),
            columns: [0.01, 0.0].map(Value::from).to_vec(),
            cells: vals.map(|row| row.map(cell).to_vec()).to_vec(),
        }
    }

    #[test]
    fn the_region_within_one_point() {
        let region = Region::of(&grid([
            [None, Some(0.1)],
            [Some(0.795), Some(0.79)],
            [Some(0.7899), Some(0.8)],
            [Some(0.7), Some(0.2)],
        ]))
        .unwrap();
        assert_eq!((region.best, region.near, region.pairs), (0.8, 3, 8));
        assert_eq!(region.spans, [Some((2.5, 10.0)), Some((0.0, 0.01))]);
        assert_eq!((region.ratio(0), region.ratio(1)), (Some(4.0), None));
        assert_eq!(region.open, [false, true]);
    }

    #[test]
    fn a_grid_that_failed_has_no_region() {
        assert_eq!(Region::of(&grid([[None; 2]; 4])), None);
        let edge = Region::of(&grid([[Some(0.5), None], [None; 2], [None; 2], [None; 2]])).unwrap();
        assert_eq!((edge.near, edge.ratio(0), edge.open[0]), (1, Some(1.0), true));
    }
}
