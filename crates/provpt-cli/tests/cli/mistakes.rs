//! Mistakes in settings, and runs that fail on the way.

use provpt_runs::Metrics;

use crate::common::{adapter, colours, json, quick, run, succeed, temp, trained, with};

#[test]
fn an_unknown_key() {
    run(["train", "model.prompt.num_token=3"]).failed(
        2,
        "model.prompt.num_tokens",
        "`provpt config print` shows every key",
    );
}

#[test]
fn a_value_of_the_wrong_type() {
    for setting in ["data.batch_size=many", "model.prompt.deep=perhaps", "solver.base_lr=fast"] {
        let (key, got) = setting.split_once('=').unwrap();
        let said = run(["train", setting]);
        said.failed(2, key, "");
        said.failed(2, &format!("got \"{got}\""), "");
    }
}

/// Every key that came with the published programs, and some of theirs, at a value that nobody has.
#[test]
fn values_that_no_key_has() {
    for setting in [
        "solver.optimizer=lion",
        "solver.rules=timm",
        "solver.bias_multiplier=-1",
        "solver.label_smoothing=1",
        "solver.lr_scaling=linear",
        "data.class_weights=often",
        "model.transfer_type=adaptor",
        "model.mlp_num=-1",
        "data.augment.crop=half",
        "data.augment.crop=random",
        "data.augment.least_area=0",
        "data.augment.flip=often",
        "data.augment.color_jitter=1.5",
        "data.augment.rand_augment=15",
        "data.augment.magnitude=11",
        "data.augment.mixup=-1",
        "data.augment.cutmix=101",
        "model.adapter.reduction=0",
        "model.adapter.init=small",
        "model.lora.rank=0",
        "model.lora.alpha=-1",
        "model.lora.targets=qkv",
        "published=timm",
        "dbg=true",
        "num_gpus=8",
    ] {
        let (key, got) = setting.split_once('=').unwrap();
        let said = run(["train", setting]);
        said.failed(2, &format!("{key}: expected "), "");
        said.failed(2, got, "");
    }
}

#[test]
fn more_blocks_than_there_are() {
    let folder = temp();
    let (task, out) = (colours(folder.path()), folder.path().join("run"));
    let said = run(with(quick(&task, &out), &["model.transfer_type=partial-13"]));
    said.failed(2, "expected partial-1 to partial-12, got partial-13", "end2end");
    assert!(!out.exists(), "a mistake leaves no run");
}

#[test]
fn a_task_that_is_not_there() {
    let folder = temp();
    let (task, out) = (folder.path().join("nowhere"), folder.path().join("run"));
    let said = run(quick(&task, &out));
    said.failed(2, "nowhere: missing folder: expected a folder, got none", "data.datapath");
    assert!(!out.exists(), "a mistake leaves no run");
}

#[test]
fn an_output_folder_that_cannot_be_made() {
    let folder = temp();
    let task = colours(folder.path());
    let file = folder.path().join("file");
    std::fs::write(&file, "kept").unwrap();
    let said = run(quick(&task, &file.join("run")));
    said.failed(1, "file/run: cannot create the folder", "choose another output_dir");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "kept");
}

/// The first epoch has learning rate 0 (warm-up), the next ones an absurd one.
const DIVERGING: [&str; 5] = [
    "solver.base_lr=1e38",
    "solver.scheduler=cosine",
    "solver.warmup_epoch=1",
    "solver.total_epoch=4",
    "model.prompt.clip_norm=0",
];

#[test]
fn a_loss_that_is_no_number_stops_the_run_and_spares_the_last_good_epoch() {
    let (folder, task, good) = trained(&["solver.total_epoch=1", "solver.base_lr=0"]);
    let out = folder.path().join("diverged");
    let said = run(with(quick(&task, &out), &DIVERGING));
    said.failed(1, "loss: expected a finite number, got ", "lower solver.base_lr");
    said.failed(1, " of epoch 2", "keep its last epoch");
    assert_eq!(Metrics::load(&out.join("metrics.jsonl")).unwrap().len(), 1);
    assert!(!out.join("result.json").exists());
    assert_eq!(adapter(&out), adapter(&good), "what the first epoch left");
    assert!(out.join("checkpoint").read_dir().unwrap().next().is_some());
    // Everything that shows the run says so, also what is made of its files later.
    let page = || std::fs::read_to_string(out.join("report.html")).unwrap();
    let (reason, drawn) = ("An error ended this run: loss: expected a finite number, got", page());
    assert!(drawn.contains(reason) && drawn.contains("failed after 1 epoch<"), "{drawn}");
    succeed(["report".as_ref(), out.as_os_str()]);
    assert!(page() == drawn, "drawn again");
    let failure = json(&out.join("failure.json"));
    assert!(failure["reason"].as_str().unwrap().contains(" of epoch 2"), "{failure}");
    succeed(["eval".as_ref(), out.as_os_str()]);
}

#[test]
fn a_run_without_test_images_has_no_test_score() {
    let folder = temp();
    let (task, out) = (colours(folder.path()), folder.path().join("run"));
    std::fs::remove_dir_all(task.join("test")).unwrap();
    succeed(with(quick(&task, &out), &["data.test_fraction=0", "solver.total_epoch=1"]));
    let said = run(["eval".as_ref(), out.as_os_str()]);
    said.failed(2, "task colours: no test images", "--split");
}

#[test]
fn a_damaged_run_is_named() {
    let (_folder, _, out) = trained(&["solver.total_epoch=1"]);
    let path = out.join("adapter/adapter_model.safetensors");
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    let said = run(["eval".as_ref(), out.as_os_str()]);
    said.failed(2, "adapter_model.safetensors: ", "not written by provpt");
}
