//! Backbones in stages, from file to report.

use std::path::{Path, PathBuf};

use crate::common::{colours, fixture, json, quick, run, succeed, temp, with};

fn published(name: &str) -> PathBuf {
    fixture("backbones/swin").join(name)
}

fn weights(name: &str) -> String {
    format!("model.weights={}", published(name).display())
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn files_of_timm_and_transformers_are_learned_on_and_put_to_use() {
    let folder = temp();
    let task = colours(folder.path());
    for (name, more) in [
        ("timm", &["model.type=swin", "model.prompt.rebirth=carry"][..]),
        ("hf", &["model.prompt.reach=stage", "model.prompt.verify=0"]),
        ("microsoft.pth", &["model.transfer_type=tinytl-bias"]),
        ("moby.pth", &["model.prompt.deep=false"]),
    ] {
        let out = folder.path().join(name);
        let weights = weights(name);
        let settings = [&[&*weights, "solver.total_epoch=4"], more].concat();
        succeed(with(quick(&task, &out), &settings));
        let eval = succeed(["eval".as_ref(), out.as_os_str()]);
        assert!(eval.contains("top-1"), "{eval}");
        let features = folder.path().join(format!("{name}.npy"));
        let words = ["features".as_ref(), "--run".as_ref(), out.as_os_str(), "-o".as_ref()];
        let rest = [features.as_os_str(), task.as_os_str()];
        succeed(words.into_iter().chain(rest));
        let adaptive = ["timm", "hf"].contains(&name);
        let metrics = read(&out.join("metrics.jsonl"));
        assert_eq!(metrics.contains(r#""learned":{"prompts":4,"#), adaptive, "{metrics}");
        assert_eq!(read(&out.join("report.html")).contains("block 2.1, epoch"), adaptive, "{name}");
        assert!(json(&out.join("result.json"))["parameters"].as_u64() > Some(0));
    }
}

#[test]
fn a_run_that_is_stopped_and_goes_on_is_the_same_to_the_byte() {
    for kind in ["prompt", "lora", "ssf", "adapter", "prompt+bias"] {
        resumes(kind);
    }
}

fn resumes(kind: &str) {
    let folder = temp();
    let task = colours(folder.path());
    let settings = [
        weights("timm"),
        format!("model.transfer_type={kind}"),
        "solver.total_epoch=4".into(),
        "model.prompt.verify=0".into(),
    ];
    let [whole, parts] = ["whole", "parts"].map(|name| folder.path().join(name));
    let train = |out: &Path, more: &[&str]| {
        let words = settings.iter().map(String::as_str).chain(more.iter().copied());
        succeed(with(quick(&task, out), &words.collect::<Vec<_>>()));
    };
    train(&whole, &[]);
    train(&parts, &["--stop-after", "2"]);
    succeed(["train".as_ref(), "--resume".as_ref(), parts.as_os_str()]);
    for file in ["adapter/adapter_model.safetensors", "adapter/adapter_config.json", "steps.jsonl"]
    {
        let [whole, parts] = [&whole, &parts].map(|run| std::fs::read(run.join(file)).unwrap());
        assert!(whole == parts, "{kind}: {file}");
    }
}

#[test]
fn what_a_file_is_is_told() {
    let text = succeed(["weights".as_ref(), "inspect".as_ref(), published("timm").as_os_str()]);
    for part in ["2 2 by stage, width 8 to 16, 1 2 heads, windows of 2", "rows of layers.0"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let folder = temp();
    let out = folder.path().join("swin.safetensors");
    let from = published("microsoft.pth");
    let words = ["weights".as_ref(), "convert".as_ref(), from.as_os_str(), "-o".as_ref()];
    succeed(words.into_iter().chain([out.as_os_str()]));
    let text = succeed(["weights".as_ref(), "inspect".as_ref(), out.as_os_str()]);
    assert!(text.contains("images of 32x32"), "{text}");
}

#[test]
fn what_does_not_suit_the_backbone_is_one_line() {
    let folder = temp();
    let (task, out) = (colours(folder.path()), folder.path().join("run"));
    let swin = weights("timm");
    for (settings, error) in [
        (
            vec!["model.type=swin"],
            "model.type: expected vit on a backbone without stages, got swin",
        ),
        (vec![&*swin, "model.transfer_type=cls"], "as there is no CLS token"),
        (
            vec![&swin, "model.prompt.rebirth=keep"],
            "model.prompt.rebirth: expected scale, resample",
        ),
        (vec![&swin, "data.crop_size=36"], "image size: expected one that windows fit, such as 32"),
        (vec![&swin, "model.heads=4"], "heads: expected 2 as in the last stage, got 4"),
        (vec![&swin, "model.pooling=cls"], "no CLS token"),
        (vec!["model.prompt.reach=blocks"], "model.prompt.reach: expected one of any, stage"),
        (vec!["model.prompt.rebirth=carry"], "expected scale, keep or resample on a backbone"),
    ] {
        run(with(quick(&task, &out), &settings)).failed(2, error, "");
        assert!(!out.exists(), "{settings:?}");
    }
}
