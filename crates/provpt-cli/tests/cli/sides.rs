//! Side networks, from training to features.

use crate::common::{colours, json, quick, run, succeed, temp, trained, with};

#[test]
fn a_side_network_is_learned_and_used() {
    let side = "model.side=provpt_pico_patch4_32";
    let (folder, task, out) = trained(&["model.transfer_type=side", side, "solver.base_lr=0.5"]);
    let result = json(&out.join("result.json"));
    assert_eq!(result["method"], "side", "{result}");
    let copy = folder.path().join("copy");
    std::fs::create_dir(&copy).unwrap();
    for name in ["adapter_config.json", "adapter_model.safetensors"] {
        std::fs::copy(out.join("adapter").join(name), copy.join(name)).unwrap();
    }
    let test = task.join("test");
    let features = |source: &[&str]| {
        let output = folder.path().join("features.csv");
        let words = ["features".as_ref(), "-o".as_ref(), output.as_os_str(), test.as_os_str()];
        succeed(words.into_iter().chain(source.iter().map(|word| (*word).as_ref())));
        std::fs::read_to_string(&output).unwrap()
    };
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
fn a_side_network_has_to_be_there() {
    let folder = temp();
    let (task, out) = (colours(folder.path()), folder.path().join("run"));
    let said = run(with(quick(&task, &out), &["model.transfer_type=side"]));
    said.failed(2, "model.side: expected a ViT to learn beside the backbone", "");
    let more = ["model.transfer_type=side", "model.side=nowhere.pth"];
    run(with(quick(&task, &out), &more)).failed(2, "nowhere.pth", "");
    assert!(!out.exists(), "a mistake leaves no run");
}
