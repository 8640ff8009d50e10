//! What a run keeps, whatever it is told or finds later.

use std::path::{Path, PathBuf};

use crate::common::{Said, colours, fixture, json, quick, run, succeed, temp, trained, with};

fn eval(out: &Path, more: &[&str]) -> Said {
    run(["eval".as_ref(), out.as_os_str()].into_iter().chain(more.iter().map(AsRef::as_ref)))
}

fn resume(out: &Path, more: &[&str]) -> Said {
    let words = ["train".as_ref(), "--resume".as_ref(), out.as_os_str()];
    run(words.into_iter().chain(more.iter().map(AsRef::as_ref)))
}

/// What was measured otherwise than it was learned would be wrong without a word.
#[test]
fn settings_that_a_run_keeps_are_refused_by_every_command() {
    let (folder, task, out) = trained(&["solver.total_epoch=1"]);
    let image = task.join("test/red/0.png");
    let features = folder.path().join("f.csv");
    for (key, value) in [
        ("model.heads", "2"),
        ("model.pooling", "mean"),
        ("data.mean", "[0,0,0]"),
        ("data.crop_size", "16"),
        ("solver.base_lr", "1"),
        ("seed", "9"),
    ] {
        let error = format!("got {key}, which a run keeps");
        let word = format!("{key}={value}");
        eval(&out, &[&word]).failed(2, &error, "another output_dir");
        eval(&out, &[&key.to_uppercase(), value]).failed(2, &error, "");
        let words = ["predict".as_ref(), out.as_os_str(), image.as_os_str()];
        let set = ["--set".as_ref(), word.as_ref()];
        run(words.into_iter().chain(set)).failed(2, &error, "");
        let words = ["features".as_ref(), "--run".as_ref(), out.as_os_str(), image.as_os_str()];
        let output = ["-o".as_ref(), features.as_os_str()];
        run(words.into_iter().chain(set).chain(output)).failed(2, &error, "");
        let words = ["study".as_ref(), "idleness".as_ref(), out.as_os_str(), word.as_ref()];
        run(words).failed(2, &error, "");
        resume(&out, &[&word]).failed(2, &error, "");
    }
    assert!(!features.exists());
    assert_eq!(eval(&out, &["threads=1", "model.heads=0"]).code, Some(0), "as it was");
}

/// A copy of the backbone whose `config.json` says its heads.
fn described(folder: &Path) -> PathBuf {
    let copy = folder.join("described");
    std::fs::create_dir(&copy).unwrap();
    for name in ["config.json", "preprocessor_config.json", "model.safetensors"] {
        std::fs::copy(fixture("backbones/described/heads").join(name), copy.join(name)).unwrap();
    }
    copy
}

fn rewrite(path: &Path, from: &str, to: &str) {
    let text = std::fs::read_to_string(path).unwrap();
    assert!(text.contains(from), "{text}");
    std::fs::write(path, text.replace(from, to)).unwrap();
}

#[test]
fn the_same_weights_under_another_description_are_another_backbone() {
    let folder = temp();
    let (task, out) = (colours(folder.path()), folder.path().join("run"));
    let backbone = described(folder.path());
    let weights = format!("model.weights={}", backbone.display());
    succeed(with(quick(&task, &out), &[&weights, "--stop-after", "1"]));
    assert_eq!(json(&out.join("adapter/adapter_config.json"))["network"]["heads"], 4);
    let image = task.join("test/red/0.png");
    let predict = |what: &Path, more: &[&str]| {
        let words = ["predict".as_ref(), what.as_os_str(), image.as_os_str()];
        run(words.into_iter().chain(more.iter().map(AsRef::as_ref)))
    };
    let adapter = out.join("adapter");
    let here = ["--set", &*weights];
    let copy = folder.path().join("copy");
    std::fs::create_dir(&copy).unwrap();
    for entry in std::fs::read_dir(&adapter).unwrap().map(Result::unwrap) {
        std::fs::copy(entry.path(), copy.join(entry.file_name())).unwrap();
    }
    assert_eq!(predict(&copy, &here).stdout, predict(&out, &[]).stdout);

    rewrite(
        &backbone.join("config.json"),
        "\"num_attention_heads\": 4",
        "\"num_attention_heads\": 2",
    );
    let error = "heads of the backbone: expected 4, as it was learned with, got 2";
    eval(&out, &[]).failed(2, error, "config.json beside the weights");
    predict(&out, &[]).failed(2, error, "");
    resume(&out, &[]).failed(2, error, "");
    let asked = "heads: expected 2 (config.json), got 4 (as asked for)";
    predict(&copy, &here).failed(2, asked, "");
    rewrite(
        &backbone.join("config.json"),
        "\"num_attention_heads\": 2",
        "\"num_attention_heads\": 4",
    );
    rewrite(&backbone.join("config.json"), "1e-12", "0.1");
    let error =
        "epsilon of the norms of the backbone: expected 1e-12, as it was learned with, got 1e-1";
    eval(&out, &[]).failed(2, error, "");
    predict(&copy, &here).failed(2, error, "");
}

/// The file does not tell its heads: the adapter does.
#[test]
fn an_adapter_alone_knows_the_heads_that_it_was_learned_with() {
    let folder = temp();
    let (task, out) = (colours(folder.path()), folder.path().join("run"));
    let weights = format!("model.weights={}", fixture("vit.timm.safetensors").display());
    succeed(with(quick(&task, &out), &[&weights, "model.heads=4", "solver.total_epoch=1"]));
    let copy = folder.path().join("copy");
    std::fs::rename(out.join("adapter"), &copy).unwrap();
    let image = task.join("test/red/0.png");
    let predict = |more: &[&str]| {
        let words = ["predict".as_ref(), copy.as_os_str(), image.as_os_str(), "--set".as_ref()];
        let words = words.into_iter().chain([weights.as_ref()]);
        run(words.chain(more.iter().map(AsRef::as_ref)))
    };
    assert_eq!(predict(&[]).code, Some(0), "{:?}", predict(&[]));
    let error = "heads of the backbone: expected 4, as it was learned with, got 2";
    predict(&["--set", "model.heads=2"]).failed(2, error, "");
}

#[test]
fn a_finished_run_is_told_where_its_data_are_now() {
    let (folder, task, out) = trained(&["model.prompt.num_tokens=2"]);
    let moved = folder.path().join("moved");
    std::fs::rename(&task, &moved).unwrap();
    let place = format!("data.datapath={}", moved.display());
    let study = |more: &[&str]| {
        let words = ["study".as_ref(), "idleness".as_ref(), out.as_os_str()];
        run(words.into_iter().chain(more.iter().map(AsRef::as_ref)))
    };
    study(&[]).failed(2, "missing folder", "check data.datapath");
    assert_eq!(study(&[&place]).code, Some(0));
    resume(&out, &["data.datapth=x"]).failed(2, "unknown key data.datapth", "");
    resume(&out, &["data.datapath=/no/such/folder"]).failed(2, "missing folder", "");
    let before = std::fs::read(out.join("result.json")).unwrap();
    assert_eq!(resume(&out, &[]).code, Some(0), "nothing is left to do");
    assert_eq!(resume(&out, &[&place]).code, Some(0));
    assert_eq!(std::fs::read(out.join("result.json")).unwrap(), before);
    assert_eq!(eval(&out, &[]).code, Some(0), "it knows from here on");
}

#[test]
fn patience_without_images_to_be_patient_with_is_told() {
    let folder = temp();
    let (task, out) = (colours(folder.path()), folder.path().join("run"));
    std::fs::remove_dir_all(task.join("val")).unwrap();
    let more = ["data.val_fraction=0", "solver.patience=1", "solver.total_epoch=1"];
    let said = run(with(quick(&task, &out), &more));
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(said.stderr.contains("note      solver.patience = 1 changes nothing: "), "{said:?}");
}
