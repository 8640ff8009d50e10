//! Reports of several runs and of sweeps.

use std::path::Path;

use provpt_runs::sweep::{Plan, Stage, SweepFolder, Trial};

use crate::common::{colours, quick, run, succeed, temp, with};

#[test]
fn two_runs_are_compared_into_a_folder_of_their_own() {
    let folder = temp();
    let task = colours(folder.path());
    let train = |name: &str, more: &[&str]| {
        let output = folder.path().join(name);
        succeed(with(quick(&task, &output), &[more, &["solver.total_epoch=1"]].concat()));
        output.display().to_string()
    };
    let linear = train("linear", &["model.transfer_type=linear"]);
    let prompts = train("prompts", &[]);

    run(["report", &linear, &prompts]).failed(
        2,
        "--output: expected a folder for the report of 2 paths, got none",
        "",
    );
    let output = folder.path().join("out");
    let to = output.display().to_string();
    run(["report", &linear, &prompts, "--output", &to, "--compare", "linear,tricks"]).failed(
        2,
        "--compare: expected two of ",
        "",
    );
    let said = succeed(["report", &linear, &prompts, "--output", &to]);
    assert!(said.starts_with("All trials are settled: of 2 trials 2 done, 0 failed"), "{said}");
    assert!(said.contains("| colours "), "{said}");
    let page = std::fs::read_to_string(output.join("report.html")).unwrap();
    assert!(page.contains("Method against method"));
    let csv = std::fs::read_to_string(output.join("report.csv")).unwrap();
    assert_eq!(csv.lines().count(), 3, "{csv}");
}

fn plan(path: &Path) {
    let trial = Trial {
        id: "0123456789abcdef".into(),
        stage: Stage::Grid,
        task: "cifar100".into(),
        method: "vpt-deep".into(),
        seed: 0,
        values: [("solver.base_lr".to_owned(), 1.0.into())].into(),
        picks: Vec::new(),
        folder: "trials/0123456789abcdef".into(),
        config: serde_json::Map::new(),
    };
    std::fs::create_dir_all(path).unwrap();
    Plan { trials: vec![trial] }.store(&SweepFolder::at(path).plan()).unwrap();
}

#[test]
fn a_sweep_that_has_not_begun_has_a_report_in_its_folder() {
    let folder = temp();
    let sweep = folder.path().join("sweep");
    plan(&sweep);
    let path = sweep.join("plan.jsonl").display().to_string();
    let said = succeed(["report", &path]);
    assert!(said.starts_with("Unfinished: of 1 trials 0 done, 0 failed"), "{said}");
    assert!(said.contains("| Natural: mean "), "{said}");
    for name in ["report.md", "report.csv", "report.html"] {
        assert!(sweep.join(name).is_file(), "{name}");
    }
}

#[test]
fn a_folder_with_neither_run_nor_sweep_is_a_mistake() {
    let folder = temp();
    let path = folder.path().display().to_string();
    run(["report", &path]).failed(2, "not a run: expected a folder with config.toml", "a run is");
}
