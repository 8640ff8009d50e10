//! Reports of sweeps, from made-up folders on disk.

#![allow(clippy::unwrap_used, reason = "tests may panic")]

use std::path::PathBuf;

use provpt_report::comparison::{
    Benchmark, Catalogue, Comparison, HalvingOutcome, Report, TaskGroup, View,
};
use provpt_runs::sweep::Halving;
use provpt_runs::{Error, RunFolder, atomic};

mod page;
mod sample;
mod sweep_sample;

use page::{assert_self_contained, assert_well_formed};
use sweep_sample::Made;

fn known(task: &str) -> Option<String> {
    let name = task.trim_start_matches("vtab-");
    let tasks = ["cifar100", "dtd", "svhn", "clevr_count", "kitti"];
    tasks.contains(&name).then(|| name.to_owned())
}

/// The part of the catalogue that the tests need; a leading `vtab-` is ignored.
fn catalogue() -> Catalogue<'static> {
    let group = |name: &str, tasks: &[&str]| TaskGroup {
        name: name.into(),
        tasks: tasks.iter().map(|&task| task.to_owned()).collect(),
    };
    let groups = vec![
        group("Natural", &["cifar100", "dtd", "svhn"]),
        group("Structured", &["clevr_count", "kitti"]),
    ];
    Catalogue { benchmarks: vec![Benchmark { name: "VTAB-1k".into(), groups }], name: &known }
}

fn sweep(made: &Made<'_>) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sweep");
    sweep_sample::write(&path, made);
    (folder, path)
}

fn report(paths: &[PathBuf], pair: Option<[&str; 2]>, halving: &[HalvingOutcome]) -> Report {
    let comparison = Comparison::load(paths).unwrap();
    let pair = pair.map(|pair| pair.map(str::to_owned));
    let view = View { comparison: &comparison, catalogue: &catalogue(), pair, halving };
    let report = view.report().unwrap();
    assert_well_formed(&report.html);
    assert_self_contained(&report.html);
    for bad in ["NaN", "inf\"", "inf<"] {
        assert!(!report.html.contains(bad) && !report.markdown.contains(bad), "{bad}");
    }
    report
}

const PUBLISHED: Made<'_> = Made {
    name: "small-vtab",
    tasks: &["cifar100", "vtab-svhn", "clevr_count"],
    backbone: "sup_vitb16_imagenet21k",
    finished: true,
};

const UNFINISHED: Made<'_> = Made {
    name: "pico",
    tasks: &["fashion", "sprites-count"],
    backbone: "provpt_pico_patch4_32",
    finished: false,
};

#[test]
fn a_finished_sweep() {
    let (_folder, path) = sweep(&PUBLISHED);
    let report = report(&[path], None, &[]);
    insta::assert_snapshot!("finished.md", report.markdown);
    insta::assert_snapshot!("finished.csv", report.csv);
}

#[test]
fn an_unfinished_sweep_is_reported_as_far_as_it_is() {
    let (_folder, path) = sweep(&UNFINISHED);
    let halved = Comparison::load(std::slice::from_ref(&path)).unwrap().halved();
    assert_eq!(halved.len(), 7, "one is not settled");
    let report = report(&[path], Some(["vpt-deep", "linear"]), &halved);
    insta::assert_snapshot!("unfinished.md", report.markdown);
    assert!(report.html.contains("class=\"open\">unfinished<"));
    assert!(report.html.contains(": stopped early<") && report.html.contains(": failed<"));
    assert!(report.html.contains(": waiting<") && report.html.contains("rect class=\"frame\""));
    assert!(!report.markdown.contains("V-PETL"), "published numbers are about other tasks");
}

#[test]
fn halving_is_simulated_on_grids_that_ran_in_full() {
    let (_folder, path) = sweep(&PUBLISHED);
    let comparison = Comparison::load(std::slice::from_ref(&path)).unwrap();
    assert_eq!(comparison.halved(), []);
    let simulated = comparison.simulated(Halving { eta: 2, first: 3 }).unwrap();
    assert_eq!(simulated.len(), 12);
    // Eleven whole courses (one failed), which are all alike: 11 x 3, then 6 x 3, then 3 x 6.
    let deep = simulated.iter().find(|outcome| outcome.method == "vpt-deep").unwrap();
    assert_eq!((deep.epochs.full, deep.epochs.trained), (132, 69));
    assert_eq!(deep.chosen_same, Some(true));
}

#[test]
fn published_numbers_are_about_one_backbone() {
    let (_folder, path) = sweep(&Made { backbone: "mae_vitb16", ..PUBLISHED });
    assert!(!report(&[path], None, &[]).markdown.contains("[1]"));
}

#[test]
fn two_sweeps_of_the_same_methods_are_told_apart() {
    let (_first, first) = sweep(&UNFINISHED);
    let (_second, second) = sweep(&Made { name: "again", finished: true, ..UNFINISHED });
    let comparison = Comparison::load(&[first.clone(), second.join("plan.jsonl")]).unwrap();
    let methods = comparison.methods();
    assert_eq!(methods.len(), 8, "{methods:?}");
    assert!(methods.contains(&"linear (pico 1)") && methods.contains(&"linear (again 2)"));
    let pair = ["pro-vpt (again 2)", "linear (again 2)"];
    let report = report(&[first, second], Some(pair), &[]);
    assert!(report.markdown.contains("pro-vpt (again 2) less linear (again 2), task by task:"));
}

#[test]
fn single_runs_are_compared_by_their_best_values() {
    let folder = tempfile::tempdir().unwrap();
    let mut paths = Vec::new();
    for (name, rate, seed) in [("a", 1.0, 1), ("b", 2.5, 1), ("c", 2.5, 2), ("open", 1.0, 3)] {
        let run = RunFolder::create(folder.path().join(name)).unwrap();
        let config = format!("seed = {seed}\n[solver]\nbase_lr = {rate:?}\nweight_decay = 0.0\n");
        atomic::write(&run.config(), config.as_bytes()).unwrap();
        if name != "open" {
            let mut sample = sample::Sample::new(3);
            let metrics = sample.metrics(4);
            let mut result = sample.result(&metrics, 3);
            result.seed = seed;
            let val = result.val.as_mut().unwrap();
            val.top1 = if rate > 2.0 { 0.75 } else { 0.5 };
            result.store(&run.result()).unwrap();
        }
        paths.push(run.path().to_owned());
    }
    let report = report(&paths, None, &[]);
    assert!(report.markdown.contains("Runs without a result: open."), "{}", report.markdown);
    assert!(report.markdown.contains("3 done, 0 failed, 0 stopped early, 1 waiting"));
    let mut lines = csv::Reader::from_reader(report.csv.as_bytes());
    let line = lines.records().next().unwrap().unwrap();
    assert_eq!((&line[5], &line[8]), ("2", "solver.base_lr=2.5 solver.weight_decay=0.0"));
}

#[test]
fn a_folder_with_neither_run_nor_sweep_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let failed = Comparison::load(&[folder.path().to_owned()]).unwrap_err();
    assert!(matches!(failed, Error::NotARun { path } if path == folder.path()));
}

#[test]
fn the_files_are_written_together() {
    let (folder, path) = sweep(&UNFINISHED);
    let report = report(&[path], None, &[]);
    let paths = report.write(&folder.path().join("out")).unwrap();
    let texts = paths.clone().map(|path| std::fs::read_to_string(path).unwrap());
    assert_eq!(texts, [report.markdown, report.csv, report.html]);
    let names = paths.map(|path| path.file_name().unwrap().to_owned());
    assert_eq!(names, ["report.md", "report.csv", "report.html"]);
}
