//! `sweep plan`: from a spec to trials that the program can run.

use std::path::{Path, PathBuf};

use provpt_runs::sweep::{Plan, Stage};

use crate::common::{Said, run, temp};

const SPEC: &str = r#"
protocol = "vtab"
name = "small"
base = "base.toml"
tasks = ["sprites-location"]
methods = ["linear", "pro-vpt-random"]
set = { DATA.BATCHSIZE = 8 }
[grid]
"SOLVER.BASE_LR" = [1, 2]
"#;

fn plan(folder: &Path, spec: &str) -> (PathBuf, Said) {
    std::fs::write(folder.join("base.toml"), "[solver]\ntotal_epoch = 3\n").unwrap();
    let path = folder.join("spec.toml");
    std::fs::write(&path, spec).unwrap();
    let out = folder.join("sweep");
    let said = run(["sweep", "plan", path.to_str().unwrap(), "--output", out.to_str().unwrap()]);
    (out, said)
}

#[test]
fn a_spec_becomes_trials_with_whole_configurations() {
    let folder = temp();
    let (out, said) = plan(folder.path(), &SPEC.replace("BATCHSIZE", "BATCH_SIZE"));
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    assert_eq!(said.stdout.trim(), out.join("plan.jsonl").to_str().unwrap());
    assert!(said.stderr.contains("10 trials: 4 of grids, 6 final"), "{}", said.stderr);
    let trials = Plan::load(&out.join("plan.jsonl")).unwrap().trials;
    let grid = &trials[3];
    assert_eq!((grid.stage, grid.method.as_str(), grid.seed), (Stage::Grid, "pro-vpt-random", 18));
    let get = |key: &str| grid.config[key].clone();
    assert_eq!((get("solver.base_lr"), get("solver.total_epoch")), (2.0.into(), 3.into()));
    assert_eq!((get("data.name"), get("data.batch_size")), ("sprites-location".into(), 8.into()));
    assert_eq!(get("model.prompt.allocator"), "random");
    assert_eq!((get("data.test"), get("seed")), (false.into(), 18.into()));
    let all = run(["config", "print", "seed=18"]).stdout;
    let keys = all.lines().filter(|line| line.contains(" = ")).count();
    assert_eq!(grid.config.len(), keys - 1, "all but output_dir");
}

#[test]
fn the_mini_protocol_plans_all_of_its_tasks() {
    let folder = temp();
    let spec = "protocol = 'mini'\nname = 'mini'\nmethods = ['linear']\nseeds = [1, 2]\n\
                grid = { solver.base_lr = [1, 2] }\n";
    let (out, said) = plan(folder.path(), spec);
    assert!(said.stderr.contains("40 trials: 20 of grids, 20 final"), "{}", said.stderr);
    let trials = Plan::load(&out.join("plan.jsonl")).unwrap().trials;
    assert!(trials.iter().all(|trial| trial.config["data.name"] == trial.task.as_str()));
    assert_eq!((trials[0].task.as_str(), trials[39].task.as_str()), ("mini-digits", "mini-depth"));
    let last = &trials[39].config;
    assert_eq!(last["data.train_split"], "train800val200");
    assert_eq!(trials[0].config["data.test"], false);
}

#[test]
fn planning_again_is_fine_and_planning_something_else_is_not() {
    let folder = temp();
    let spec = SPEC.replace("BATCHSIZE", "BATCH_SIZE");
    for _ in 0..2 {
        assert_eq!(plan(folder.path(), &spec).1.code, Some(0));
    }
    let said = plan(folder.path(), &spec.replace("[1, 2]", "[1, 3]")).1;
    said.failed(2, "plan.jsonl: already holds another plan", "choose another --output");
}

#[test]
fn mistakes_name_the_spec_and_what_is_nearest() {
    let folder = temp();
    let said = plan(folder.path(), SPEC).1;
    said.failed(2, "unknown key DATA.BATCHSIZE", "`provpt config print`");
    said.failed(2, "spec.toml); the nearest is data.batch_size", "");
    let spec = SPEC.replace("DATA.BATCHSIZE = 8", "");
    let said = plan(folder.path(), &spec.replace("\"linear\"", "\"liner\"")).1;
    said.failed(2, "spec.toml: unknown method liner; the nearest is linear", "sweep plan --help");
    let said = plan(folder.path(), &spec.replace("[1, 2]", "[1, -2]")).1;
    said.failed(2, "solver.base_lr: expected a number of at least 0, got -2", "");
    let said = run(["sweep", "plan", "nowhere.toml"]);
    said.failed(2, "nowhere.toml", "");
}
