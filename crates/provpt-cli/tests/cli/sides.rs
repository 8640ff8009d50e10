//! Side networks, from training to features.

use std::path::{Path, PathBuf};

use crate::common::{colours, fixture, json, quick, run, succeed, temp, trained, with};

/// The adapter of a run, elsewhere and alone.
fn alone(out: &Path, copy: PathBuf) -> PathBuf {
    std::fs::create_dir(&copy).unwrap();
    for name in ["adapter_config.json", "adapter_model.safetensors"] {
        std::fs::copy(out.join("adapter").join(name), copy.join(name)).unwrap();
    }
    copy
}

/// Features of a folder of images, by a run or a backbone.
fn features(folder: &Path, images: &Path, source: &[&str]) -> String {
    let output = folder.join("features.csv");
    let words = ["features".as_ref(), "-o".as_ref(), output.as_os_str(), images.as_os_str()];
    succeed(words.into_iter().chain(source.iter().map(|word| (*word).as_ref())));
    std::fs::read_to_string(&output).unwrap()
}

#[test]
fn a_side_network_is_learned_and_used() {
    let side = "model.side=provpt_pico_patch4_32";
    let (folder, task, out) = trained(&["model.transfer_type=side", side, "solver.base_lr=0.5"]);
    let result = json(&out.join("result.json"));
    assert_eq!(result["method"], "side", "{result}");
    let copy = alone(&out, folder.path().join("copy"));
    let features = |source: &[&str]| features(folder.path(), &task.join("test"), source);
    // The adapter alone knows its networks by their names.
    let of_run = features(&["--run", out.to_str().unwrap()]);
    assert_eq!(of_run, features(&["--run", copy.to_str().unwrap()]));
    assert_ne!(of_run, features(&["--backbone", "provpt_pico_patch4_32"]));
    let words = ["weights".as_ref(), "merge".as_ref(), out.as_os_str(), "-o".as_ref()];
    let target = folder.path().join("merged.safetensors");
    let said = run(words.into_iter().chain([target.as_os_str()]));
    said.failed(2, "a backbone has no place for it", "use the run itself");
}

#[test]
fn an_alexnet_is_learned_and_used() {
    let root = fixture("backbones/alexnet");
    let file = format!("model.side={}", root.join("trained.pth.tar").display());
    let words = ["model.transfer_type=side", &file, "data.crop_size=64", "solver.total_epoch=1"];
    let (folder, task, out) = trained(&words);
    let result = json(&out.join("result.json"));
    assert_eq!(result["method"], "side", "{result}");
    let copy = alone(&out, folder.path().join("copy"));
    // What was learned is all that there is to know of it.
    std::fs::write(out.join("config.toml"), {
        let text = std::fs::read_to_string(out.join("config.toml")).unwrap();
        text.replace("trained.pth.tar", "gone.pth.tar")
    })
    .unwrap();
    let features = |source: &Path| {
        features(folder.path(), &task.join("test"), &["--run", source.to_str().unwrap()])
    };
    assert_eq!(features(&out), features(&copy));
    succeed(["predict".as_ref(), copy.as_os_str(), task.join("test").as_os_str()]);
}

#[test]
fn a_side_network_has_to_be_there() {
    let folder = temp();
    let (task, out) = (colours(folder.path()), folder.path().join("run"));
    let told = |words: &[&str], message: &str, hint: &str| {
        let words = [&["model.transfer_type=side"], words].concat();
        run(with(quick(&task, &out), &words)).failed(2, message, hint);
        assert!(!out.exists(), "a mistake leaves no run");
    };
    let root = format!("model.model_root={}", fixture("backbones/alexnet").display());
    told(&[], "backbone alexnet: expected alexnet-owt-7be5be79.pth, ", "model.side=");
    told(&["model.side=nowhere.pth"], "nowhere.pth", "");
    told(&[&root, "model.side=lacking.safetensors"], "missing features.6.bias", "");
    told(&[&root, "model.side=vgg.safetensors"], "expected [n, 3, 11, 11], got [4, 3, 3, 3]", "");
    told(&[&root], "expected images of at least 63 pixels for AlexNet, got 32", "data.crop_size=");
}
