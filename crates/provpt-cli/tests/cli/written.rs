//! What is written replaces nothing that is read, and lies nowhere among the data.

use std::path::Path;

use crate::common::{colours, fixture, quick, run, temp, trained, with};

#[test]
fn weights_are_not_converted_onto_themselves() {
    let folder = temp();
    let file = folder.path().join("vit.timm.safetensors");
    std::fs::copy(fixture("vit.timm.safetensors"), &file).unwrap();
    let convert = |from: &Path, to: &Path| {
        let words = ["weights".as_ref(), "convert".as_ref(), from.as_os_str(), "-o".as_ref()];
        run(words.into_iter().chain([to.as_os_str(), "--heads=4".as_ref(), "--dtype=f16".as_ref()]))
    };
    let error = "--output: expected another file than what is read";
    convert(&file, &folder.path().join("./vit.timm.safetensors")).failed(2, error, "");
    assert_eq!(
        std::fs::read(&file).unwrap(),
        std::fs::read(fixture("vit.timm.safetensors")).unwrap()
    );
    let shards = folder.path().join("shards");
    std::fs::create_dir(&shards).unwrap();
    for name in std::fs::read_dir(fixture("backbones/dinov2.hf")).unwrap().map(Result::unwrap) {
        std::fs::copy(name.path(), shards.join(name.file_name())).unwrap();
    }
    let first = std::fs::read_dir(&shards).unwrap().map(|e| e.unwrap().path());
    let first =
        first.into_iter().find(|p| p.extension().is_some_and(|e| e == "safetensors")).unwrap();
    convert(&shards, &first).failed(2, error, "");
}

#[test]
fn features_replace_no_weights_and_lie_outside_of_the_images() {
    let (folder, task, out) = trained(&["solver.total_epoch=1"]);
    let features = |more: &[&Path]| {
        run([Path::new("features")].into_iter().chain(more.iter().copied()).chain([&*task]))
    };
    let pico = ["--backbone", "provpt_pico_patch4_32", "-o"].map(Path::new);
    let inside = task.join("test/f.npy");
    let error = "output: expected a place outside of the data";
    features(&[&pico[..], &[&inside]].concat()).failed(2, error, "another place");
    let weights = out.join("adapter/adapter_model.safetensors");
    let before = std::fs::read(&weights).unwrap();
    let of_run = ["--run".as_ref(), &*out, "-o".as_ref(), &*weights];
    let error = "--output: expected another file than what is read";
    features(&of_run).failed(2, error, "");
    assert_eq!(std::fs::read(&weights).unwrap(), before);
    let beside = folder.path().join("f.npy");
    assert_eq!(features(&["--run".as_ref(), &*out, "-o".as_ref(), &*beside]).code, Some(0));
}

#[test]
fn prepared_images_are_not_kept_among_the_data() {
    let folder = temp();
    let task = colours(folder.path());
    let inside = format!("data.cache_dir={}", task.join("cache").display());
    let said = run(with(quick(&task, &folder.path().join("run")), &[&inside]));
    said.failed(2, "output: expected a place outside of the data", "another place");
    assert!(!task.join("cache").exists() && !folder.path().join("run").exists());
}

#[test]
fn a_report_of_several_runs_replaces_none_of_theirs() {
    let (_folder, _, out) = trained(&["solver.total_epoch=1"]);
    let page = std::fs::read(out.join("report.html")).unwrap();
    let words = ["report".as_ref(), out.as_os_str(), "--output".as_ref(), out.as_os_str()];
    run(words).failed(2, "--output: expected another folder than a run's", "");
    assert_eq!(std::fs::read(out.join("report.html")).unwrap(), page);
}
