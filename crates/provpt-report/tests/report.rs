//! The whole page, from records and from a run's folder.

use std::fs;

use provpt_report::report::{self, ReportInput, render};
use provpt_runs::{EpochRecord, Error, Metrics, RunFolder, RunResult, atomic};

mod page;
mod sample;

use page::{assert_self_contained, assert_well_formed};

fn page(epochs: usize, blocks: usize, classes: usize) -> String {
    let mut sample = sample::Sample::new(blocks);
    let metrics = sample.metrics(epochs);
    let page = render(&ReportInput {
        title: "<script>alert('title')</script>",
        config_toml: sample::CONFIG,
        steps: Some(&sample.steps(epochs)),
        result: Some(&sample.result(&metrics, classes)),
        study: Some(&sample.study()),
        failure: None,
        metrics: &metrics,
    });
    assert_well_formed(&page);
    assert_self_contained(&page);
    assert!(!page.contains("NaN") && !page.contains("inf\""), "a number is not finite");
    page
}

#[test]
fn pages_of_all_sizes() {
    for (epochs, blocks, classes) in [(0, 12, 2), (1, 1, 3), (40, 12, 16), (200, 24, 100)] {
        let page = page(epochs, blocks, classes);
        assert!(page.len() < 1_500_000, "{epochs} epochs make {} bytes", page.len());
    }
}

#[test]
fn words_from_outside_are_escaped() {
    let page = page(2, 2, 2);
    assert!(page.contains("<h1>&lt;script&gt;alert('title')&lt;/script&gt;</h1>"));
    assert!(page.contains("name = &quot;&lt;sprites&gt;&quot;"));
}

#[test]
fn a_diverged_run_has_a_page() {
    let record = EpochRecord {
        lr: f64::NAN,
        train_loss: f64::INFINITY,
        train_top1: f64::NAN,
        grad_norm: f64::NEG_INFINITY,
        ..EpochRecord::default()
    };
    let metrics = Metrics::from(vec![record]);
    let input = ReportInput {
        title: "diverged",
        config_toml: "",
        metrics: &metrics,
        steps: None,
        result: None,
        study: None,
        failure: None,
    };
    let page = render(&input);
    assert_well_formed(&page);
    assert!(!page.contains("NaN") && !page.contains("inf"), "{page}");
}

#[test]
fn write_takes_what_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let run = RunFolder::create(folder.path().join("first & last")).unwrap();
    let missing = report::write(&run).unwrap_err();
    assert!(matches!(missing, Error::Read { path, .. } if path == run.config()));

    atomic::write(&run.config(), b"seed = 18\n").unwrap();
    report::write(&run).unwrap();
    let page = fs::read_to_string(run.report()).unwrap();
    assert!(page.contains("<h1>first &amp; last</h1>") && page.contains("seed = 18"));
    assert!(page.contains("no epoch finished yet"));

    let mut sample = sample::Sample::new(3);
    let metrics = sample.metrics(4);
    metrics.store(&run.metrics()).unwrap();
    report::write(&run).unwrap();
    let page = fs::read_to_string(run.report()).unwrap();
    assert!(page.contains("not finished: 4 epochs so far") && page.contains("Where the prompts"));

    sample.result(&metrics, 3).store(&run.result()).unwrap();
    sample.study().store(&run.study()).unwrap();
    report::write(&run).unwrap();
    let page = fs::read_to_string(run.report()).unwrap();
    assert!(page.contains("<h1>pro-vpt-ppo on sprites-orientation</h1>"));
    assert!(page.contains("Which idleness tells the truth"));
    assert_well_formed(&page);
}

#[test]
fn a_file_that_cannot_be_read_keeps_the_old_page() {
    let folder = tempfile::tempdir().unwrap();
    let run = RunFolder::create(folder.path()).unwrap();
    atomic::write(&run.config(), b"").unwrap();
    atomic::write(&run.report(), b"old").unwrap();
    atomic::write(&run.result(), b"{}").unwrap();
    let message = report::write(&run).unwrap_err().to_string();
    assert!(message.contains("result.json: malformed file: "), "{message}");
    assert_eq!(fs::read(run.report()).unwrap(), b"old");
    assert!(RunResult::load(&run.result()).is_err());
}
