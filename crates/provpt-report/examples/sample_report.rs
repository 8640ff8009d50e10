//! Writes the page of a made-up run, to look at: `sample_report FILE [EPOCHS] [BLOCKS] [CLASSES]`.

use std::path::PathBuf;

use provpt_report::report::{ReportInput, render};
use provpt_runs::atomic;

#[path = "../tests/sample/mod.rs"]
mod sample;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = PathBuf::from(arguments.next().ok_or("expected a file to write")?);
    let numbers: Vec<usize> = arguments.map(|a| a.parse()).collect::<Result<_, _>>()?;
    let number = |index: usize, default| numbers.get(index).copied().unwrap_or(default);

    let mut sample = sample::Sample::new(number(1, 12));
    let metrics = sample.metrics(number(0, 40));
    let page = render(&ReportInput {
        title: "PRO-VPT on sprites-orientation",
        config_toml: sample::CONFIG,
        steps: Some(&sample.steps(metrics.len())),
        result: Some(&sample.result(&metrics, number(2, 16))),
        study: Some(&sample.study()),
        failure: None,
        metrics: &metrics,
    });
    atomic::write(&path, page.as_bytes())?;
    Ok(())
}
