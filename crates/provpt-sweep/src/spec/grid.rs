//! The values that a grid spans.

use std::path::Path;

use toml::{Table, Value};

use super::{unknown, wrong};
use crate::Error;
use crate::words::{self, DECAY, GRIDS, LR};

/// Keys as they were spelled, each with its values.
pub(crate) type Grid = Vec<(String, Vec<Value>)>;

/// Reads `"published"`, or a table of keys with a list, a name or `{ log = [a, b], points = n }`.
pub(super) fn grid(path: &Path, value: &Value) -> Result<Grid, Error> {
    match value {
        Value::String(name) => [LR, DECAY]
            .into_iter()
            .map(|key| Ok((key.to_owned(), named(path, key, name)?)))
            .collect(),
        Value::Table(table) => {
            let mut grid = Grid::new();
            keys(path, "", table, &mut grid)?;
            Ok(grid)
        }
        other => Err(wrong(path, "grid", "a table, or the name of a grid", other)),
    }
}

/// `[grid.solver] base_lr = ..` is the same as `[grid] "solver.base_lr" = ..`.
fn keys(path: &Path, prefix: &str, table: &Table, grid: &mut Grid) -> Result<(), Error> {
    for (name, value) in table {
        let key = format!("{prefix}{name}");
        match value {
            Value::Table(range) if range.contains_key("log") || range.contains_key("points") => {
                let values = range_of(path, &key, range)?;
                grid.push((key, values));
            }
            Value::Table(inner) => keys(path, &format!("{key}."), inner, grid)?,
            Value::Array(values) if !values.is_empty() => grid.push((key, values.clone())),
            Value::String(name) => {
                let values = named(path, &key, name)?;
                grid.push((key, values));
            }
            other => {
                let expected = "a list of values, the name of a grid, or { log = [from, to], \
                                points = n }";
                return Err(wrong(path, &format!("grid.{key}"), expected, other));
            }
        }
    }
    Ok(())
}

fn named(path: &Path, key: &str, name: &str) -> Result<Vec<Value>, Error> {
    if !GRIDS.contains(&name) {
        return Err(unknown(path, "grid", name, GRIDS));
    }
    let values = words::grid(name, &key.to_lowercase());
    values.ok_or_else(|| {
        let expected = format!("a list of values: {name} names some of {LR} and {DECAY} only");
        wrong(path, &format!("grid.{key}"), &expected, format!("{name:?}"))
    })
}

/// Values at even distances in the logarithm, both ends included, to six digits.
fn range_of(path: &Path, key: &str, range: &Table) -> Result<Vec<Value>, Error> {
    let number = |value: &Value| value.as_float().or(value.as_integer().map(|n| n as f64));
    let ends: Option<Vec<f64>> =
        range.get("log").and_then(Value::as_array).and_then(|l| l.iter().map(number).collect());
    let points = range.get("points").and_then(Value::as_integer);
    match (ends.as_deref(), points) {
        (Some(&[low, high]), Some(points @ 2..=1000))
            if low > 0.0 && high > low && high.is_finite() && range.len() == 2 =>
        {
            let at = |index: i64| {
                let share = index as f64 / (points - 1) as f64;
                let value = low * (high / low).powf(share);
                format!("{value:.5e}").parse().map_or(value, |rounded: f64| rounded)
            };
            Ok((0..points).map(|index| Value::Float(at(index))).collect())
        }
        _ => {
            let expected = "{ log = [from, to], points = n }, 0 < from < to, n from 2 to 1000";
            Err(wrong(path, &format!("grid.{key}"), expected, Value::Table(range.clone())))
        }
    }
}
