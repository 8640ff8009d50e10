use std::path::Path;

use provpt_runs::RunResult;
use provpt_runs::sweep::Halving;
use serde_json::json;

use super::*;
use crate::sample;

/// Trials of a grid, and final ones.
fn sweep(folder: &Path, grid: usize, finals: usize, halving: Option<Halving>) -> Sweep {
    let config = json!({ "solver.total_epoch": 9, "threads": 2 });
    let trial = |number: usize| {
        let stage = if number < grid { Stage::Grid } else { Stage::Final };
        sample::trial(stage, format!("{number:016x}"), &config)
    };
    sample::sweep(folder, "A small one", (0..grid + finals).map(trial).collect(), halving)
}

fn slurm() -> Slurm {
    Slurm {
        program: "/opt/a b/provpt".into(),
        directory: "/home/me".into(),
        time: Some("4:00:00".to_owned()),
        partition: Some("gpu".to_owned()),
        parallel: Some(8),
        arguments: vec!["--mail-user=me".to_owned()],
        max_array: 1001,
    }
}

fn dry_run(slurm: &Slurm, sweep: &Sweep) -> String {
    let text = slurm.dry_run(&slurm.submission(sweep));
    text.replace(&sweep.folder.path().display().to_string(), "/SWEEP")
}

/// The lines that call sbatch.
fn calls(text: &str) -> Vec<&str> {
    text.lines().filter(|line| line.starts_with("job")).collect()
}

#[test]
fn slurm_gets_an_array_per_stage() {
    let folder = tempfile::tempdir().unwrap();
    let sweep = sweep(folder.path(), 40, 3, None);
    insta::assert_snapshot!("slurm", dry_run(&slurm(), &sweep));
}

#[test]
fn what_has_ended_is_not_submitted_again() {
    let folder = tempfile::tempdir().unwrap();
    let sweep = sweep(folder.path(), 4, 2, None);
    let end = |trial: usize| {
        let result = sweep.folder.run(&sweep.trials[trial]).result();
        provpt_runs::atomic::create_parent(&result).unwrap();
        RunResult::default().store(&result).unwrap();
    };
    end(1);
    let text = dry_run(&slurm(), &sweep);
    assert!(calls(&text)[0].contains("--array=0,2-3%8 "), "{text}");
    [0, 2, 3].into_iter().for_each(end);
    let text = dry_run(&slurm(), &sweep);
    assert_eq!(calls(&text).len(), 1, "{text}");
    assert!(calls(&text)[0].contains("--array=0-1%8 ") && !text.contains("afterany"), "{text}");
    [4, 5].into_iter().for_each(end);
    assert_eq!(dry_run(&slurm(), &sweep), "");
}

#[test]
fn arrays_that_are_too_long_are_split() {
    let folder = tempfile::tempdir().unwrap();
    let sweep = sweep(folder.path(), 25, 1, None);
    let text = dry_run(&Slurm { max_array: 10, parallel: None, ..slurm() }, &sweep);
    let calls = calls(&text);
    let of = |array: &str, offset: usize| {
        format!("--array={array} --mail-user=me /SWEEP/slurm/grid.sbatch {offset})")
    };
    assert!(calls[0].ends_with(&of("0-9", 0)), "{text}");
    assert!(calls[1].ends_with(&of("0-9", 10)), "{text}");
    assert!(calls[2].ends_with(&of("0-4", 20)), "{text}");
    assert!(calls[3].contains("--dependency=afterany:$job1:$job2:$job3"), "{text}");
}

#[test]
fn halving_goes_through_the_grid_a_rung_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let sweep = sweep(folder.path(), 4, 1, Some(Halving { eta: 3, first: 1 }));
    let text = dry_run(&slurm(), &sweep);
    let grids: Vec<_> = calls(&text).into_iter().filter(|c| c.contains("grid.sbatch")).collect();
    assert_eq!(grids.len(), 3, "rungs of 1, 3 and 9 epochs: {text}");
    assert!(grids[2].contains("afterany:$job2 "), "{text}");
    let manifest = Kubernetes::default().manifest(&sweep);
    assert_eq!(manifest.matches("kind: Job").count(), 4);
}

#[test]
fn kubernetes_gets_indexed_jobs() {
    let folder = tempfile::tempdir().unwrap();
    let sweep = sweep(folder.path(), 40, 3, None);
    let kubernetes = Kubernetes {
        image: "registry/provpt:1".to_owned(),
        claim: "sweeps".to_owned(),
        folder: "out/small".into(),
        parallel: 8,
    };
    let manifest = kubernetes.manifest(&sweep);
    let jobs: Vec<Value> =
        manifest.split("---\n").map(|job| serde_saphyr::from_str(job).unwrap()).collect();
    let [grid, last] = jobs.as_slice() else { panic!("{} jobs", jobs.len()) };
    assert_eq!((&grid["apiVersion"], &grid["kind"]), (&json!("batch/v1"), &json!("Job")));
    assert_eq!(grid["metadata"]["name"], "a-small-one-grid");
    let spec = &grid["spec"];
    assert_eq!(spec["completionMode"], "Indexed");
    assert_eq!((&spec["completions"], &spec["parallelism"]), (&json!(40), &json!(8)));
    assert_eq!(spec["backoffLimitPerIndex"], 3);
    assert_eq!(spec["template"]["spec"]["restartPolicy"], "Never", "what that limit needs");
    let container = &spec["template"]["spec"]["containers"][0];
    let command = json!(["provpt", "sweep", "worker", "out/small", "--stage", "grid"]);
    assert_eq!(container["command"], command);
    assert!(spec.get("suspend").is_none());
    assert_eq!((&last["spec"]["suspend"], &last["spec"]["completions"]), (&json!(true), &json!(3)));
    insta::assert_snapshot!("kubernetes", manifest);
}
