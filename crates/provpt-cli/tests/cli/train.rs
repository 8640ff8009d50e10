use provpt_runs::{Metrics, StepRecord, Steps};

use crate::common::{adapter, colours, json, picture, quick, run, succeed, temp, trained, with};

/// The colours in the VTAB-1k layout.
fn lists(folder: &std::path::Path) {
    for (list, images) in [("train800", 6), ("val200", 2), ("test", 3)] {
        let mut lines = String::new();
        for class in 0..3 {
            for index in 0..images {
                let name = format!("{list}-{class}-{index}.png");
                picture(&folder.join("images").join(&name), class, index);
                lines += &format!("{name} {class}\n");
            }
        }
        std::fs::write(folder.join(format!("{list}.txt")), lines).unwrap();
    }
}

#[test]
fn a_published_command_works() {
    let folder = temp();
    let (task, out) = (folder.path().join("vtab"), folder.path().join("out"));
    lists(&task);
    let words = "train MODEL.TYPE vit DATA.BATCH_SIZE 64 MODEL.PROMPT.DEEP True \
        MODEL.PROMPT.ADAPTIVE True MODEL.PROMPT.PPO True MODEL.PROMPT.NUM_TOKENS 20 \
        SOLVER.SCHEDULER None DATA.NAME vtab-caltech101 DATA.NUMBER_CLASSES 3 \
        DATA.FEATURE provpt_pico_patch4_32 SOLVER.BASE_LR 10 SOLVER.WEIGHT_DECAY 0.0001 \
        SOLVER.WARMUP_EPOCH 0 SOLVER.TOTAL_EPOCH 2 SEED 18";
    let paths =
        ["DATA.DATAPATH".as_ref(), task.as_os_str(), "OUTPUT_DIR".as_ref(), out.as_os_str()];
    let stdout = succeed(words.split_whitespace().map(str::as_ref).chain(paths));
    assert!(stdout.starts_with("pro-vpt"), "{stdout}");

    let config = std::fs::read_to_string(out.join("config.toml")).unwrap();
    let config: toml::Table = config.parse().unwrap();
    assert_eq!(config["seed"].as_integer(), Some(18));
    assert_eq!(config["data"]["batch_size"].as_integer(), Some(64));
    assert_eq!(config["data"]["name"].as_str(), Some("vtab-caltech101"));
    assert_eq!(config["solver"]["base_lr"].as_float(), Some(10.0));
    assert_eq!(config["solver"]["scheduler"].as_str(), Some("none"));
    assert_eq!(config["model"]["prompt"]["num_tokens"].as_integer(), Some(20));
    // One relocation is possible: from the second epoch on.
    let result = json(&out.join("result.json"));
    let counts: Vec<u64> =
        result["distribution"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).collect();
    assert_eq!(counts.iter().sum::<u64>(), 20 * counts.len() as u64);
    assert!(result["relocations"].as_u64().unwrap() <= 1);
}

#[test]
fn a_run_leaves_all_its_files_and_a_summary() {
    let folder = temp();
    let (task, out) = (colours(folder.path()), folder.path().join("deep/run"));
    let said = run(quick(&task, &out));
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    let files = [
        "config.toml",
        "metrics.jsonl",
        "steps.jsonl",
        "lock",
        "adapter/adapter_config.json",
        "adapter/adapter_model.safetensors",
        "checkpoint",
        "log.txt",
        "result.json",
        "report.html",
    ];
    files.iter().for_each(|file| assert!(out.join(file).exists(), "{file}"));

    assert!(said.stderr.contains("epoch 1/2  loss "), "{}", said.stderr);
    assert!(said.stderr.contains("epoch 2/2  loss "), "{}", said.stderr);
    assert!(said.stderr.contains("colours: 3 classes; 24 train, 9 val, 12 test images"));
    for line in ["top-1 ", "distribution ", "pruned ", "adapter ", "report "] {
        assert!(said.stdout.lines().any(|l| l.starts_with(line)), "{line}: {}", said.stdout);
    }
    let result = json(&out.join("result.json"));
    let test = format!("test {:.1}%", 100.0 * result["test"]["top1"].as_f64().unwrap());
    assert!(said.stdout.contains(&test), "{test}: {}", said.stdout);

    let log = std::fs::read_to_string(out.join("log.txt")).unwrap();
    assert_eq!(log.lines().filter(|line| line.contains("epoch ")).count(), 2, "{log}");
    assert!(log.contains("colours: 3 classes"), "{log}");
}

#[test]
fn quiet_leaves_the_summary_alone() {
    let folder = temp();
    let (task, out) = (colours(folder.path()), folder.path().join("run"));
    let said = run(with(quick(&task, &out), &["--quiet", "solver.total_epoch=1"]));
    assert_eq!((said.code, said.stderr.as_str()), (Some(0), ""));
    assert!(said.stdout.contains("top-1 "), "{}", said.stdout);
}

#[test]
fn rust_log_goes_to_stderr() {
    let folder = temp();
    let (task, out) = (colours(folder.path()), folder.path().join("run"));
    let mut command = crate::common::provpt();
    command.env("RUST_LOG", "provpt_cli=debug,provpt=debug");
    let output = command.args(quick(&task, &out)).output().unwrap();
    assert!(output.status.success());
    let log = std::fs::read_to_string(out.join("log.txt")).unwrap();
    assert!(log.contains("DEBUG"), "{log}");
    assert!(String::from_utf8(output.stderr).unwrap().contains("DEBUG"));
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
    let (folder, task, first) = trained(&["seed=3"]);
    let out = |name: &str| folder.path().join(name);
    succeed(with(quick(&task, &out("again")), &["seed=3"]));
    succeed(with(quick(&task, &out("other")), &["seed=4"]));
    assert_eq!(adapter(&first), adapter(&out("again")));
    assert_ne!(adapter(&first), adapter(&out("other")));
}

#[test]
fn a_runs_own_configuration_repeats_it() {
    let (folder, _, first) = trained(&[]);
    let again = folder.path().join("again");
    let config = first.join("config.toml");
    let output = format!("output_dir={}", again.display());
    succeed(["train".as_ref(), config.as_os_str(), output.as_ref()]);
    assert_eq!(adapter(&first), adapter(&again));
    // The published flag says the same.
    let third = folder.path().join("third");
    let words = ["train".as_ref(), "--config-file".as_ref(), config.as_os_str()];
    succeed(words.into_iter().chain(["OUTPUT_DIR".as_ref(), third.as_os_str()]));
    assert_eq!(adapter(&first), adapter(&third));
}

#[test]
fn every_kind_of_method_trains() {
    let folder = temp();
    let task = colours(folder.path());
    let kinds: [(&str, &[&str]); 8] = [
        ("linear", &["model.transfer_type=linear"]),
        ("shallow", &["model.prompt.deep=false", "model.prompt.adaptive=false"]),
        ("deep", &["model.prompt.adaptive=false"]),
        ("thompson", &["model.prompt.allocator=thompson", "model.prompt.scoring=running"]),
        ("tinytl-bias", &["model.transfer_type=bias"]),
        ("partial-2", &["model.transfer_type=partial-2", "model.mlp_num=1"]),
        (
            "cls-reinit+prompt",
            &["model.transfer_type=cls-reinit+prompt", "model.prompt.adaptive=false"],
        ),
        ("pro-vpt-ppo+bias", &["model.transfer_type=prompt+bias"]),
    ];
    for (name, settings) in kinds {
        let out = folder.path().join(name);
        let stdout = succeed(with(quick(&task, &out), settings));
        assert!(stdout.contains(name), "{name}: {stdout}");
        assert_eq!(Metrics::load(&out.join("metrics.jsonl")).unwrap().len(), 2);
        let prompted = !["linear", "tinytl-bias", "partial-2"].contains(&name);
        assert_eq!(stdout.contains("distribution"), prompted, "{name}");
    }
}

#[test]
fn a_run_that_is_to_choose_by_validation_cannot_test() {
    let (_folder, _, out) = trained(&["solver.total_epoch=1", "data.test=false"]);
    let result = json(&out.join("result.json"));
    assert!(result["test"].is_null() && result["val"]["top1"].is_number(), "{result}");
    let said = run(["eval".as_ref(), out.as_os_str()]);
    said.failed(2, "task colours: no test images", "--split");
}

#[test]
fn every_step_is_recorded_unless_nobody_wants_to_know() {
    let (folder, task, out) = trained(&["log.tensorboard=true", "recipe=published"]);
    let steps = Steps::load(&out.join("steps.jsonl")).unwrap();
    // 24 images in batches of 8, twice.
    let places: Vec<(usize, usize)> = steps.iter().map(|step| (step.epoch, step.step)).collect();
    assert_eq!(places, [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)]);
    let metrics = Metrics::load(&out.join("metrics.jsonl")).unwrap();
    for epoch in metrics.iter() {
        let steps: Vec<_> = steps.iter().filter(|step| step.epoch == epoch.epoch).collect();
        let mean = |of: &dyn Fn(&StepRecord) -> f64| steps.iter().map(|s| of(s)).sum::<f64>() / 3.0;
        assert!((mean(&|step| step.loss) - epoch.train_loss).abs() < 1e-12);
        assert!((mean(&|step| step.grad_norm) - epoch.grad_norm).abs() < 1e-12);
        for step in steps {
            let parts = step.block_grad_norm.iter().chain([&step.head_grad_norm]);
            let whole = parts.map(|norm| norm * norm).sum::<f64>().sqrt();
            assert!((whole - step.grad_norm).abs() < 1e-9 * whole, "{step:?}");
            assert_eq!(step.block_grad_norm.len(), epoch.distribution.len());
            assert_eq!(step.prompt_norm.len(), epoch.distribution.len());
            assert_eq!(step.lr, epoch.lr);
        }
    }
    assert!(out.join("tensorboard/events.out.tfevents.0.provpt").exists());

    let silent = folder.path().join("silent");
    succeed(with(quick(&task, &silent), &["log.steps=false", "recipe=published"]));
    assert!(!silent.join("steps.jsonl").exists() && !silent.join("tensorboard").exists());
    assert_eq!(adapter(&silent), adapter(&out));
}
