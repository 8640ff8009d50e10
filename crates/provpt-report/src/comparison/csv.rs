//! One line per task and method, for other programs.

use std::path::PathBuf;

use provpt_runs::Error;
use provpt_runs::sweep::Stage;

use super::entry::Group;
use super::grid::{Grid, Region};
use super::view::View;
use crate::stats::{Estimate, mean};

const COLUMNS: [&str; 23] = [
    "task",
    "method",
    "backbone",
    "test_top1_mean",
    "test_top1_std",
    "runs",
    "test_top1_by_seed",
    "val_top1",
    "values",
    "parameters",
    "moves",
    "seconds",
    "grid_done",
    "grid_failed",
    "grid_stopped",
    "grid_waiting",
    "final_done",
    "final_failed",
    "final_waiting",
    "near_best",
    "pairs",
    "lr_ratio_near_best",
    "chosen",
];

/// The lines, with their header. Accuracies are fractions; what is missing is empty.
pub(super) fn lines(view: &View<'_>) -> Result<String, Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut write = |cells: &[String]| writer.write_record(cells);
    let written = write(&COLUMNS.map(str::to_owned))
        .and_then(|()| view.comparison.groups.iter().try_for_each(|group| write(&line(group))));
    let failed = |cause: std::io::Error| Error::Write { path: PathBuf::from("report.csv"), cause };
    written.map_err(|error| failed(error.into()))?;
    let bytes = writer.into_inner().map_err(|error| failed(error.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn line(group: &Group) -> [String; 23] {
    let tests = group.tests();
    let estimate = Estimate::of(&tests.iter().map(|test| test.1).collect::<Vec<_>>());
    let seeds: Vec<String> =
        tests.iter().map(|(seed, top1)| format!("{seed}:{}", number(Some(*top1)))).collect();
    let results: Vec<_> = group.reported().filter_map(|entry| entry.result.as_ref()).collect();
    let first = results.first();
    let average =
        |of: &dyn Fn(usize) -> f64| number(mean(&(0..results.len()).map(of).collect::<Vec<_>>()));
    let [grid_done, grid_failed, grid_stopped, grid_waiting] = group.counts(Stage::Grid);
    let [final_done, final_failed, _, final_waiting] = group.counts(Stage::Final);
    let region = Grid::of(group).as_ref().and_then(Region::of);
    let chosen = group.chosen.as_ref();
    let values = chosen.map_or(String::new(), |chosen| {
        let pairs = chosen.values.iter().map(|(key, value)| format!("{key}={value}"));
        pairs.collect::<Vec<_>>().join(" ")
    });
    [
        group.task.clone(),
        group.method.clone(),
        first.map_or(String::new(), |result| result.backbone.clone()),
        number(estimate.map(|e| e.mean)),
        number(estimate.and_then(|e| e.std)),
        tests.len().to_string(),
        seeds.join(" "),
        number(chosen.and_then(|chosen| chosen.val)),
        values,
        first.map_or(String::new(), |result| result.parameters.to_string()),
        average(&|at| results[at].relocations as f64),
        average(&|at| results[at].seconds),
        grid_done.to_string(),
        grid_failed.to_string(),
        grid_stopped.to_string(),
        grid_waiting.to_string(),
        final_done.to_string(),
        final_failed.to_string(),
        final_waiting.to_string(),
        region.as_ref().map_or(String::new(), |region| region.near.to_string()),
        region.as_ref().map_or(String::new(), |region| region.pairs.to_string()),
        number(region.as_ref().and_then(|region| region.ratio(0))),
        match chosen {
            Some(chosen) if chosen.settled => "recorded".to_owned(),
            Some(_) => "best so far".to_owned(),
            None => String::new(),
        },
    ]
}

/// Eight decimals at most: more are noise.
fn number(value: Option<f64>) -> String {
    value.filter(|v| v.is_finite()).map_or(String::new(), |v| ((v * 1e8).round() / 1e8).to_string())
}
