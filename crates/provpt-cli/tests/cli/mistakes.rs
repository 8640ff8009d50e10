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
        "model.prompt.pool=all",
        "model.prompt.location=above",
        "model.prompt.num_deep_layers=-1",
        "model.prompt.forward_deep_noexpand=often",
        "model.prompt.reverse_deep=2",
        "model.prompt.deep_shared=partly",
        "model.prompt.project=-2",
        "model.prompt.init=zeros",
        "model.dropout=on",
        "model.dropout=0.1",
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

/// Kinds of prompts that make no sense beside each other.
#[test]
fn kinds_of_prompts_that_exclude_each_other() {
    let rows = [
        ("deep_shared=true", "adaptive: expected false (those of model.prompt.deep_shared cannot"),
        ("project=0 adaptive=false", "project: expected a width of at least 1, or -1, got 0"),
        ("num_deep_layers=2 deep=false", "num_deep_layers: expected 0 (without"),
        ("reverse_deep=true", "reverse_deep: expected false (model.prompt.num_deep_layers says"),
        ("forward_deep_noexpand=true", "forward_deep_noexpand: expected false (model.prompt."),
        (
            "num_deep_layers=2 reverse_deep=true forward_deep_noexpand=true",
            "forward_deep_noexpand: expected false (behind the last blocks",
        ),
        (
            "num_deep_layers=2 reverse_deep=true fidelity=reference",
            "adaptive: expected false (those of model.prompt.reverse_deep as released cannot",
        ),
        ("deep_shared=true deep=false", "deep_shared: expected false (without model.prompt.deep"),
        ("deep_shared=true num_deep_layers=2", "deep_shared: expected false (model.prompt.num"),
        ("location=add num_deep_layers=2", "num_deep_layers: expected 0, as what is added"),
        ("location=add deep_shared=true", "deep_shared: expected false (model.prompt.location"),
        ("location=add-1 project=4", "project: expected -1 (model.prompt.location = add-1)"),
        ("location=add pool=prompt", "pool: expected original or img (with model.prompt.location"),
        (
            "num_deep_layers=2 forward_deep_noexpand=true pool=imgprompt",
            "pool: expected original or img (with model.prompt.forward_deep_noexpand",
        ),
        ("pool=prompt", "adaptive: expected false (those of the last block"),
        ("location=pad", "deep: expected false, as only images have pixels"),
        ("location=pad deep=false dropout=0.1", "dropout: expected 0, as published"),
        ("location=below deep=false project=4", "project: expected -1 (model.prompt.location"),
        ("init=final-cls", "init_file: expected an .npy file"),
        ("init=final-cls project=4 adaptive=false", "init: expected random (with model.prompt.pro"),
        ("init=final-cls location=add", "init: expected random (with model.prompt.location = add"),
        (
            "init=final-cls deep_shared=true init_file=x.npy",
            "init: expected random (with model.prompt.deep_shared",
        ),
    ];
    for (settings, expected) in rows {
        let settings = settings.split(' ').map(|word| format!("model.prompt.{word}"));
        let words: Vec<String> = ["train".to_owned()].into_iter().chain(settings).collect();
        run(&words).failed(2, &format!("model.prompt.{expected}"), "");
    }
    let words = ["train", "model.prompt.location=prepend-pixel", "model.prompt.deep=false"];
    let said = run(words.into_iter().chain(["model.transfer_type=prompt+bias"]));
    said.failed(2, "model.transfer_type: expected prompt, as such prompts go through", "");
}

#[test]
fn prompts_in_more_blocks_than_there_are_or_from_no_file() {
    let folder = temp();
    let (task, out) = (colours(folder.path()), folder.path().join("run"));
    let settings = ["model.prompt.num_deep_layers=13", "model.prompt.reverse_deep=true"];
    let said = run(with(quick(&task, &out), &settings));
    said.failed(2, "num_deep_layers: expected at most 12, the backbone's blocks, got 13", "");
    let file = folder.path().join("cls.npy");
    let file = format!("model.prompt.init_file={}", file.display());
    let settings = ["model.prompt.init=final-cls", &file];
    run(with(quick(&task, &out), &settings)).failed(2, "cls.npy", "");
    fs_err::write(folder.path().join("cls.npy"), b"nothing").unwrap();
    let said = run(with(quick(&task, &out), &settings));
    said.failed(2, "model.prompt.init: expected an array [n, 13, 128] of floats in ", "");
    let settings = ["model.prompt.location=pad", "model.prompt.deep=false", "data.crop_size=16"];
    let said = run(with(quick(&task, &out), &settings));
    said.failed(2, "expected images of 32 pixels, as in its checkpoint, to put a frame", "");
    assert!(!out.exists(), "a mistake leaves no run");
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
