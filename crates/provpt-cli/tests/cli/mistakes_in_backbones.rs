use std::path::Path;

use safetensors::SafeTensors;

use crate::common::{Said, colours, fixture, quick, run, succeed, temp, with};

fn train_on(folder: &Path, weights: &Path) -> Said {
    let task = colours(folder);
    let weights = format!("model.weights={}", weights.display());
    run(with(quick(&task, &folder.join("run")), &[&weights, "model.heads=4"]))
}

#[test]
fn a_truncated_checkpoint() {
    for (name, format) in [
        ("vit.google.npz", "npz"),
        ("vit.model.pth", "PyTorch"),
        ("vit.mocov3.pth.tar", "PyTorch"),
        ("vit.timm.safetensors", "safetensors"),
    ] {
        let folder = temp();
        let path = folder.path().join(name);
        let bytes = std::fs::read(fixture(name)).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() * 2 / 3]).unwrap();
        let error = format!("{name}: expected a whole {format} file, got a damaged one");
        train_on(folder.path(), &path).failed(2, &error, "get it again");
        let said = run(["weights".as_ref(), "inspect".as_ref(), path.as_os_str()]);
        said.failed(2, &error, "get it again");
        assert!(!folder.path().join("run").exists(), "a mistake leaves no run");
    }
}

#[test]
fn a_backbone_without_one_of_its_blocks() {
    let folder = temp();
    let bytes = std::fs::read(fixture("vit.timm.safetensors")).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let kept = file.iter().filter(|(name, _)| !name.starts_with("blocks.2."));
    let path = folder.path().join("holey.safetensors");
    std::fs::write(&path, safetensors::serialize(kept, None).unwrap()).unwrap();
    let said = train_on(folder.path(), &path);
    said.failed(2, "holey.safetensors: missing blocks.2.", "weights inspect");
}

#[test]
fn an_adapter_on_another_backbone() {
    let folder = temp();
    let (task, out) = (colours(folder.path()), folder.path().join("run"));
    let [own, other] = ["vit.timm.safetensors", "vit.hf.safetensors"]
        .map(|name| format!("model.weights={}", fixture(name).display()));
    succeed(with(quick(&task, &out), &[&own, "model.heads=4", "solver.total_epoch=1"]));
    succeed(["eval".as_ref(), out.as_os_str()]);
    run(["eval".as_ref(), out.as_os_str(), other.as_ref()]).failed(
        2,
        "learned on backbone vit.timm: expected sha256 ",
        "give the checkpoint that the run was trained on",
    );
}

#[test]
fn a_backbone_that_is_not_there() {
    let folder = temp();
    let (task, out) = (colours(folder.path()), folder.path().join("run"));
    let empty = folder.path().join("weights");
    std::fs::create_dir(&empty).unwrap();
    let root = format!("model.model_root={}", empty.display());
    let more = ["data.feature=sup_vitb16_imagenet21k", &root];
    run(with(quick(&task, &out), &more)).failed(
        2,
        "backbone sup_vitb16_imagenet21k: expected ",
        "model.weights=FILE",
    );
    run(with(quick(&task, &out), &["data.feature=resnet50"])).failed(
        2,
        "backbone resnet50: expected a plain ViT or Swin, got a convolutional network (ResNet)",
        "a plain ViT or Swin will do",
    );
}
