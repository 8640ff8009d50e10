//! What was learned as part of the weights.

use std::path::Path;

use safetensors::SafeTensors;

use crate::common::{fixture, run, succeed, temp, trained};

fn features(folder: &Path, task: &Path, source: &[&str]) -> Vec<f32> {
    let output = folder.join("features.safetensors");
    let words = ["features".as_ref(), "-o".as_ref(), output.as_os_str(), task.as_os_str()];
    succeed(words.into_iter().chain(source.iter().map(|word| (*word).as_ref())));
    let bytes = std::fs::read(&output).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let values = file.tensor("features").unwrap().data().as_chunks().0.iter();
    values.map(|bytes| f32::from_le_bytes(*bytes)).collect()
}

#[test]
fn a_merged_backbone_has_the_features_of_the_run() {
    let swin = format!("model.weights={}", fixture("backbones/swin/timm").display());
    let swin_file = fixture("backbones/swin/timm").display().to_string();
    let pico = "provpt_pico_patch4_32";
    for (backbone, kind) in [
        (pico, &["model.transfer_type=lora", "model.lora.targets=q,k,v,proj,fc1,fc2"][..]),
        (pico, &["model.transfer_type=ssf"]),
        (pico, &["model.transfer_type=partial-1"]),
        (&swin_file, &[&swin, "model.transfer_type=ssf"]),
        (&swin_file, &[&swin, "model.transfer_type=lora", "model.lora.rank=2"]),
    ] {
        let (folder, task, out) = trained(&[kind, &["solver.base_lr=5"]].concat());
        let merged = out.join("merged.safetensors");
        let words = ["weights".as_ref(), "merge".as_ref(), out.as_os_str(), "-o".as_ref()];
        let told = succeed(words.into_iter().chain([merged.as_os_str()]));
        assert!(told.contains("merged.safetensors: "), "{told}");
        let test = task.join("test");
        let of = |source: &[&str]| features(folder.path(), &test, source);
        let expected = of(&["--run", out.to_str().unwrap()]);
        let got = of(&["--backbone", merged.to_str().unwrap()]);
        let bare = of(&["--backbone", backbone]);
        let far = |other: &[f32]| {
            let pairs = expected.iter().zip(other);
            pairs.map(|(a, b)| (a - b).abs()).fold(0.0f32, f32::max)
        };
        assert!(far(&got) < 1e-4, "{kind:?}: {}", far(&got));
        assert!(far(&bare) > 1e-3, "{kind:?}: {}", far(&bare));
    }
}

#[test]
fn prompts_and_adapters_are_no_weights() {
    let folder = temp();
    let target = folder.path().join("merged.safetensors");
    for (kind, error) in [
        ("prompt+lora", "prompts: expected what can be part of a backbone, got method "),
        ("adapter", "a backbone has no place for it"),
    ] {
        let (_folder, _, out) = trained(&[&format!("model.transfer_type={kind}")]);
        let words = ["weights".as_ref(), "merge".as_ref(), out.as_os_str(), "-o".as_ref()];
        let said = run(words.into_iter().chain([target.as_os_str()]));
        said.failed(2, error, "use the run itself: --run RUN");
        assert!(!target.exists());
    }
}

#[test]
fn a_merged_backbone_is_a_safetensors_file() {
    let said = run(["weights", "merge", "nowhere", "-o", "merged.npz"]);
    said.failed(2, "--output: expected *.safetensors, got merged.npz", "");
    let said = run(["weights", "merge", "nowhere", "-o", "merged.safetensors"]);
    said.failed(2, "nowhere", "");
}
