//! The whole page, from records and from a run's folder.

use std::fs;

use provpt_report::report::{self, LiveReport, ReportInput, render};
use provpt_runs::{
    EpochRecord, Error, Metrics, RunFailure, RunFolder, RunResult, Score, StepRecord, atomic,
};

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
    let mut input = ReportInput {
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
    assert!(!page.contains("NaN") && !page.contains("inf\"") && !page.contains(">inf"), "{page}");
    assert!(page.contains("diverged: the training loss of epoch 1 is not a finite number"));
    assert!(page.contains("<span>Train loss</span><b>not finite</b>"), "{page}");

    // A guess has its share of right answers; it is not to look like an accuracy.
    let late =
        RunResult { test: Some(Score { loss: f64::NAN, top1: 0.333 }), ..RunResult::default() };
    let none = Metrics::default();
    (input.metrics, input.result) = (&none, Some(&late));
    let page = render(&input);
    assert!(page.contains("diverged: the test loss at the end is not a finite number"));
    assert!(page.contains("<span>Test top-1</span><b>diverged</b>") && !page.contains("33.3"));

    (input.result, input.failure) = (None, Some("disk: <full>"));
    let page = render(&input);
    assert!(page.contains("An error ended this run: disk: &lt;full&gt;"), "{page}");
    assert!(page.contains("failed after 0 epochs"), "{page}");
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

    let failure = RunFailure { reason: "the power went".to_owned(), epochs: 4 };
    failure.store(&run.failure()).unwrap();
    report::write(&run).unwrap();
    let page = fs::read_to_string(run.report()).unwrap();
    assert!(page.contains("failed after 4 epochs") && page.contains("the power went"));
    fs::remove_file(run.failure()).unwrap();

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

#[test]
fn a_live_report_ends_with_the_page_that_the_files_give() {
    let folder = tempfile::tempdir().unwrap();
    let run = RunFolder::create(folder.path().join("run")).unwrap();
    atomic::write(&run.config(), sample::CONFIG.as_bytes()).unwrap();
    let mut sample = sample::Sample::new(3);
    let (metrics, steps) = (sample.metrics(4), sample.steps(4));
    let result = sample.result(&metrics, 3);
    let page = || fs::read_to_string(run.report()).unwrap();

    // Two epochs, a kill, the last two epochs, and the end.
    let tell = |live: &mut LiveReport, epoch: usize| {
        steps.iter().filter(|step| step.epoch == epoch).for_each(|step| live.step(step));
        live.epoch(&metrics[epoch]).unwrap();
    };
    let mut live = LiveReport::open(&run, &[], true).unwrap();
    assert!(!run.report().exists());
    tell(&mut live, 0);
    assert!(page().contains("not finished: 1 epoch so far") && page().contains("12 steps"));
    tell(&mut live, 1);
    live.catch_up().unwrap();
    assert!(page().contains("not finished: 2 epochs so far") && page().contains("24 steps"));
    metrics.store(&run.metrics()).unwrap();
    steps.store(&run.steps()).unwrap();

    let mut live = LiveReport::open(&run, &metrics[..2], true).unwrap();
    assert_eq!((live.metrics().len(), live.steps().len()), (2, 24));
    [2, 3].into_iter().for_each(|epoch| tell(&mut live, epoch));
    assert_eq!(live.steps_of(3).len(), 12);
    assert!(live.steps_of(3).iter().all(|step| step.epoch == 3));
    live.finish(&result).unwrap();
    let drawn = page();
    live.catch_up().unwrap();
    result.store(&run.result()).unwrap();
    report::write(&run).unwrap();
    assert!(drawn == page(), "from memory and from files");
}

#[test]
fn a_live_report_of_a_failed_run_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let run = RunFolder::create(folder.path().join("run")).unwrap();
    assert!(LiveReport::open(&run, &[], true).is_err(), "it needs a configuration");
    atomic::write(&run.config(), b"").unwrap();
    let mut live = LiveReport::open(&run, &[], false).unwrap();
    live.step(&StepRecord::default());
    assert_eq!(live.steps(), []);
    // A page that cannot be written is due again.
    fs::create_dir(run.report()).unwrap();
    assert!(live.epoch(&EpochRecord::default()).is_err());
    assert!(live.catch_up().is_err());
    fs::remove_dir(run.report()).unwrap();
    live.fail("the loss is gone").unwrap();
    let page = fs::read_to_string(run.report()).unwrap();
    assert!(page.contains("failed after 1 epoch<") && page.contains("the loss is gone"), "{page}");
}
