//! `sweep run`, `worker`, `status` and `submit`: a small benchmark of real runs.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use assert_cmd::cargo::cargo_bin;
use provpt_runs::sweep::{Choice, Plan, Stage, Trial};
use provpt_runs::{RunFolder, RunLock, RunResult};

use crate::common::{Said, colours, json, provpt, run, status, succeed, temp, text, wait_until};

const BOTH: &str = "['linear', 'vpt-shallow']";

/// A sweep of tiny runs: two learning rates of which one fails, two seeds.
fn planned(folder: &Path, methods: &str, more: &str) -> PathBuf {
    let task = colours(folder);
    let spec = format!(
        "protocol = 'vtab'\nname = 'small'\nmethods = {methods}\nseeds = [1, 2]\n\
         grid = {{ solver.base_lr = [1e38, 0.5, 1] }}\n{more}\n\
         [set]\ndata.batch_size = 8\nsolver.total_epoch = 2\nsolver.warmup_epoch = 0\n\
         model.prompt.num_tokens = 1\nmodel.prompt.clip_norm = 0\ndata.cache_dir = 'none'\n\
         [[task]]\nname = 'colours'\nset = {{ data.datapath = '{}' }}\n",
        task.display()
    );
    let (path, out) = (folder.join("spec.toml"), folder.join("sweep"));
    std::fs::write(&path, spec).unwrap();
    succeed(["sweep", "plan", text(&path), "-o", text(&out)]);
    out
}

fn trials(sweep: &Path, stage: Stage) -> Vec<Trial> {
    let trials = Plan::load(&sweep.join("plan.jsonl")).unwrap().trials;
    trials.into_iter().filter(|trial| trial.stage == stage).collect()
}

fn result(sweep: &Path, trial: &Trial) -> RunResult {
    RunResult::load(&sweep.join(&trial.folder).join("result.json")).unwrap()
}

#[test]
fn a_benchmark_from_the_grid_to_the_final_runs() {
    let folder = temp();
    let sweep = planned(folder.path(), BOTH, "");
    let said = run(["sweep", "run", text(&sweep), "--jobs", "2"]);
    said.failed(1, "expected all trials to end well, got 2 that failed", "--retry-failed");
    assert!(said.stderr.contains("8 done, 2 failed"), "{}", said.stderr);

    for trial in trials(&sweep, Stage::Grid) {
        if trial.values["solver.base_lr"].as_f64() == Some(1e38) {
            let failure = json(&sweep.join(format!("failures/{}.json", trial.id)));
            assert!(failure["reason"].as_str().unwrap().starts_with("loss: expected a finite"));
            continue;
        }
        let result = result(&sweep, &trial);
        assert!(result.test.is_none() && result.val.is_some(), "chosen by validation alone");
        assert_eq!(result.seed, 1);
    }
    for method in ["linear", "vpt-shallow"] {
        let choice = Choice::load(&sweep.join(format!("choices/colours.{method}.json"))).unwrap();
        let finals = trials(&sweep, Stage::Final).into_iter().filter(|t| t.method == method);
        for (trial, seed) in finals.zip([1, 2]) {
            let result = result(&sweep, &trial);
            assert!(result.test.is_some() && result.val.is_none(), "learned from both");
            assert_eq!((result.method.as_str(), result.seed), (method, seed));
            let config = sweep.join(&trial.folder).join("config.toml");
            let config = std::fs::read_to_string(config).unwrap();
            let lr = format!("base_lr = {:?}", choice.values["solver.base_lr"].as_f64().unwrap());
            assert!(config.contains(&lr), "{lr} in {config}");
        }
        assert_eq!((choice.finished, choice.failed), (2, 1));
    }
    let status = status(&sweep);
    assert_eq!((&status["trials"]["done"], &status["trials"]["failed"]), (&8.into(), &2.into()));
    let page = succeed(["sweep", "status", text(&sweep)]);
    assert!(page.contains("8 done, 0 running, 2 failed, 0 waiting"), "{page}");
    assert!(page.contains("(linear on colours): loss: expected a finite number"), "{page}");
    let page = succeed(["study", "sensitivity", text(&sweep)]);
    let rows = page.lines().filter(|line| line.contains("solver.base_lr  colours"));
    assert_eq!(rows.count(), 2, "{page}");
    elsewhere(folder.path(), &sweep);
}

/// What is finished is known in another folder, too, once it is brought there.
fn elsewhere(folder: &Path, sweep: &Path) {
    let [kept, other, page] = ["kept.jsonl", "other", "page"].map(|name| folder.join(name));
    let said = succeed(["sweep", "keep", text(sweep), "-o", text(&kept)]);
    assert!(said.contains("8 of 10 trials are finished"), "{said}");
    succeed(["sweep", "plan", text(&folder.join("spec.toml")), "-o", text(&other)]);
    let said = succeed(["sweep", "restore", text(&other), text(&kept)]);
    assert!(said.contains("8 restored, 0 left as they are, 0 not in this plan"), "{said}");
    assert_eq!(status(&other)["trials"]["done"], 8);
    succeed(["report", text(&other), "--output", text(&page)]);
    let [here, there] = [sweep, &other].map(|sweep| {
        let trial = &trials(sweep, Stage::Final)[0];
        result(sweep, trial).test
    });
    assert_eq!(here, there);
    std::fs::write(&kept, "{}\n").unwrap();
    let said = run(["sweep", "restore", text(&other), text(&kept)]);
    said.failed(2, "kept.jsonl: line 1: expected a trial and its result", "sweep keep");
}

#[test]
fn a_worker_does_the_trial_of_its_number_and_no_other() {
    let folder = temp();
    let sweep = planned(folder.path(), BOTH, "");
    let said = run(["sweep", "worker", text(&sweep), "--stage", "final", "--index", "0"]);
    said.failed(1, "the grid of linear on colours: expected all of it to have ended", "status");
    let mut task = provpt();
    task.args(["sweep", "worker", text(&sweep), "--stage", "grid"]);
    task.env("SLURM_ARRAY_TASK_ID", "1").assert().success();
    let mut pod = provpt();
    pod.args(["sweep", "worker", text(&sweep), "--stage", "grid"]);
    pod.env("JOB_COMPLETION_INDEX", "2").assert().success();
    let done: Vec<bool> = trials(&sweep, Stage::Grid)
        .iter()
        .map(|trial| sweep.join(&trial.folder).join("result.json").exists())
        .collect();
    assert_eq!(done, [false, true, true, false, false, false]);
    let said = run(["sweep", "worker", text(&sweep), "--stage", "grid", "--index", "6"]);
    said.failed(2, "index: expected less than 6, the trials of the stage, got 6", "");
}

/// What differs between two runs of the same trial: nothing but time and memory.
fn same(a: &Path, b: &Path) {
    let adapter =
        |run: &Path| std::fs::read(run.join("adapter/adapter_model.safetensors")).unwrap();
    assert!(adapter(a) == adapter(b), "{}", a.display());
    let timeless = |run: &Path| {
        let mut result = json(&run.join("result.json"));
        result["seconds"].take();
        result["peak_memory_bytes"].take();
        result
    };
    assert_eq!(timeless(a), timeless(b));
}

/// Whether a process holds, or held, a claim: by then it listens to signals.
pub(crate) fn claimed(sweep: &Path, pid: u32) -> bool {
    let claims = walkdir::WalkDir::new(sweep.join("claims")).into_iter().filter_map(Result::ok);
    let mut json = claims.filter(|file| file.path().extension().is_some_and(|e| e == "json"));
    json.any(|file| json_of(file.path()).is_some_and(|claim| claim["pid"] == pid))
}

fn json_of(path: &Path) -> Option<serde_json::Value> {
    serde_json::from_slice(&std::fs::read(path).ok()?).ok()
}

#[cfg(unix)]
#[test]
fn an_interrupted_sweep_goes_on_and_ends_the_same() {
    let folder = temp();
    let more = "halving = { eta = 3, first = 1 }";
    let calm = planned(&folder.path().join("calm"), "['linear']", more);
    let wild = planned(&folder.path().join("wild"), "['linear']", more);
    let whole = run(["sweep", "run", text(&calm)]);
    assert_eq!(whole.code, Some(1), "{}", whole.stderr);

    // A trial that cannot begin: so the sweep does not end before it is interrupted.
    let last = wild.join(&trials(&wild, Stage::Grid).last().unwrap().folder);
    std::fs::create_dir_all(&last).unwrap();
    let lock = RunLock::take(&RunFolder::at(&last), Duration::ZERO).unwrap();
    for signal in ["INT", "TERM"] {
        let mut command = std::process::Command::new(cargo_bin!("provpt"));
        command.args(["sweep", "run", text(&wild), "--jobs", "2"]);
        let child = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        wait_until("no claim", || claimed(&wild, child.id()));
        let mut kill = std::process::Command::new("kill");
        kill.args(["-s", signal, &child.id().to_string()]);
        assert!(kill.status().unwrap().success());
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{stderr}");
        assert!(stderr.contains("stopped by a signal: "), "{stderr}");
        assert_eq!(status(&wild)["trials"]["running"], 0, "no claim is left held");
    }
    drop(lock);
    let missing = run(["sweep", "run", text(&wild), "--devices", "cpu,gpu:99"]);
    missing.failed(2, "--devices: expected auto, or some of cpu", "");
    // Where it goes on is no part of what it is.
    let said: Said = run(["sweep", "run", text(&wild), "--devices", "cpu"]);
    assert_eq!(said.code, Some(1), "{}", said.stderr);
    for (a, b) in [Stage::Grid, Stage::Final]
        .into_iter()
        .flat_map(|stage| trials(&calm, stage).into_iter().zip(trials(&wild, stage)))
    {
        let (a, b) = (calm.join(&a.folder), wild.join(&b.folder));
        assert_eq!(a.join("result.json").exists(), b.join("result.json").exists());
        if a.join("result.json").exists() {
            same(&a, &b);
        }
    }
    let choice = |sweep: &Path| json(&sweep.join("choices/colours.linear.json"))["values"].clone();
    assert_eq!(choice(&calm), choice(&wild));
    assert!(succeed(["sweep", "status", text(&wild)]).contains("epochs, "), "what was saved");
}

#[test]
fn clusters_get_scripts_and_manifests() {
    let folder = temp();
    let sweep = planned(folder.path(), BOTH, "");
    let said = succeed([
        "sweep",
        "submit",
        text(&sweep),
        "--slurm",
        "--dry-run",
        "--time",
        "1:00:00",
        "--parallel",
        "4",
        "--sbatch-arg",
        "--qos=low",
    ]);
    assert!(said.contains("--array=0-5%4 --qos=low "), "{said}");
    assert!(said.contains("--array=0-3%4 --dependency=afterany:$job1 --qos=low "), "{said}");
    assert!(said.contains("#SBATCH --time=1:00:00\n"), "{said}");
    assert!(!sweep.join("slurm").exists(), "a dry run writes nothing");
    let yaml = folder.path().join("jobs.yaml");
    succeed(["sweep", "submit", text(&sweep), "--k8s", "--image", "i", "-o", text(&yaml)]);
    assert!(std::fs::read_to_string(&yaml).unwrap().contains("completionMode: Indexed"));
    assert_eq!(run(["sweep", "submit", text(&sweep)]).code, Some(2), "to what?");
}
