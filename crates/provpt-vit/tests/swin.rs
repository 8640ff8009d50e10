//! Swin in every published file format (`tools/make-swin-fixture.py`), and what is refused.
#![allow(clippy::unwrap_used)]

mod support;

use std::collections::BTreeMap;
use std::path::PathBuf;

use provpt_vit::registry::{Interpolation, find, names};
use provpt_vit::weights::{LoadOptions, Naming, PixelSource, Precision, Source};
use provpt_vit::{Architecture, Backbone, Engine, Error, Pooling, Prompts};
use safetensors::SafeTensors;
use safetensors::tensor::TensorView;
use support::{Golden, assert_close};

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures")).join(name)
}

fn published(name: &str) -> PathBuf {
    fixture("backbones/swin").join(name)
}

fn open_with(path: PathBuf, options: &LoadOptions) -> Result<Backbone, Error> {
    Backbone::open(&Source::File(path), options)
}

fn open(path: PathBuf) -> Backbone {
    open_with(path, &LoadOptions::default()).unwrap()
}

fn sized(image_size: usize) -> LoadOptions {
    LoadOptions { image_size: Some(image_size), ..LoadOptions::default() }
}

/// The error about one of the tensors of `swin.ms` changed, behind the name of the file.
fn refusal(file: &str, change: impl FnOnce(&mut BTreeMap<String, Vec<usize>>)) -> String {
    let bytes = std::fs::read(fixture("transfer/swin.ms.safetensors")).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let floats = tensors.iter().filter(|(_, tensor)| tensor.dtype() == safetensors::Dtype::F32);
    let mut shapes = floats.map(|(name, t)| (name.to_owned(), t.shape().to_vec())).collect();
    change(&mut shapes);
    let most = shapes.values().map(|shape| shape.iter().product::<usize>()).max().unwrap();
    let zeros = vec![0_u8; 4 * most];
    let views = shapes.iter().map(|(name, shape)| {
        let bytes = &zeros[..4 * shape.iter().product::<usize>()];
        (name, TensorView::new(safetensors::Dtype::F32, shape.clone(), bytes).unwrap())
    });
    let bytes = safetensors::serialize(views, None).unwrap();
    let error = Backbone::from_bytes(file, &bytes, &LoadOptions::default()).unwrap_err();
    error.to_string().replacen(&format!("backbone {file}: "), "", 1)
}

#[test]
fn three_namings_give_one_backbone() {
    let expected = Architecture::swin(64, 8, [2, 2, 2, 1], [1, 2, 4, 8], 4);
    let all = ["ms", "timm", "hf"].map(|kind| {
        let backbone = open(fixture(&format!("transfer/swin.{kind}.safetensors")));
        assert_eq!(backbone.architecture, expected, "{kind}");
        backbone
    });
    assert!(all[1].tensors == all[0].tensors && all[2].tensors == all[0].tensors);
    assert_eq!(
        all.each_ref().map(|b| b.report.naming),
        [Naming::Timm, Naming::Timm, Naming::HuggingFace]
    );
    let buffers =
        |b: &Backbone| b.report.dropped.iter().filter(|n| n.contains("attn_mask")).count();
    assert_eq!(buffers(&all[0]), 2);
    let two = open(fixture("transfer/swin2.ms.safetensors"));
    assert_eq!(two.architecture, Architecture::swin(64, 8, [2, 2], [2, 2], 4));
}

#[test]
fn what_publishes_swin_is_read() {
    let small = Architecture::swin(32, 8, [2, 2], [1, 2], 2);
    for (name, prefix, pixels) in [
        ("microsoft.pth", "model.", false),
        ("moby.pth", "model.encoder.", false),
        ("timm", "", true),
        ("hf", "", false),
        ("hf.memory.bin", "", false),
    ] {
        let backbone = open(published(name));
        assert_eq!(backbone.report.prefix, prefix, "{name}");
        assert_eq!(backbone.report.pixels.is_assumed(), !pixels, "{name}");
        // The names that transformers has in memory come without a mask or a description.
        let side = if name == "hf.memory.bin" { 16 } else { 32 };
        assert_eq!(backbone.architecture, Architecture { image_size: side, ..small.clone() });
        assert_eq!(backbone.tensors.len(), 61, "{name}");
    }
    let hf = open(published("hf"));
    assert!(hf.tensors == open(published("hf.memory.bin")).tensors, "other weights");
    let timm = open(published("timm"));
    assert_eq!(timm.report.pixels, PixelSource::Beside { file: "config.json", unmet: None });
    let told: BTreeMap<_, _> =
        timm.report.findings.iter().map(|f| (f.what, (&*f.value, &*f.because))).collect();
    let table = "layers.0.blocks.0.attn.relative_position_bias_table [9, 1]";
    assert_eq!(told["window"], ("2", &*format!("rows of {table}")));
    assert_eq!(told["heads"], ("1 2", &*format!("columns of {table}")));
    assert_eq!(told["image size"], ("32", "config.json"));
    let moby = open(published("moby.pth"));
    let told: BTreeMap<_, _> = moby.report.findings.iter().map(|f| (f.what, &*f.because)).collect();
    assert_eq!(told["image size"], "masks of windows, or a table smaller than the others");
    for name in ["encoder_k.patch_embed.proj.weight", "projector.linear1.weight", "queue1"] {
        assert!(moby.report.dropped.contains(&format!("model.{name}")), "{name}");
    }
}

#[test]
fn what_is_written_reads_back_as_the_same_backbone() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("x.safetensors");
    for (name, options) in [("microsoft.pth", sized(64)), ("hf", LoadOptions::default())] {
        let backbone = open_with(published(name), &options).unwrap();
        let mut bytes = Vec::new();
        backbone.write_to(&mut bytes, name, Precision::F32).unwrap();
        std::fs::write(&out, &bytes).unwrap();
        let again = open(out.clone());
        assert_eq!(again.architecture, backbone.architecture, "{name}");
        assert!(again.tensors == backbone.tensors, "{name}");
    }
}

#[test]
fn images_must_divide_into_windows() {
    let told = |file: &str, side: usize| {
        let error = open_with(fixture(file), &sized(side)).unwrap_err().to_string();
        error.split_once("image size: ").unwrap().1.to_owned()
    };
    let start = |nearest: usize| format!("expected one that windows fit, such as {nearest}, got ");
    let text = told("transfer/swin.ms.safetensors", 128);
    assert_eq!(text, start(64) + "128 (stage 4: 4 x 4 tokens, and tables of windows of 2)");
    let text = told("transfer/swin2.ms.safetensors", 72);
    assert_eq!(text, start(64) + "72 (stage 1: 18 x 18 tokens do not divide into windows of 4)");
    let text = told("transfer/swin2.ms.safetensors", 0);
    assert_eq!(text, start(32) + "0 (a multiple of the patch size 4 up to 4096 is needed)");
    let text = told("transfer/swin2.ms.safetensors", 100_000);
    assert!(text.starts_with(&start(4096)), "{text}");
    for side in [32, 96, 128] {
        let backbone = open_with(fixture("transfer/swin2.ms.safetensors"), &sized(side)).unwrap();
        assert_eq!(backbone.architecture.image_size, side);
    }
}

#[test]
fn other_tensors_are_listed() {
    let table = |block: &str| format!("layers.{block}.attn.relative_position_bias_table");
    let text = refusal("x", |all| all.retain(|name, _| !name.starts_with("layers.1.downsample")));
    assert_eq!(
        text,
        "missing layers.1.downsample.norm.weight, layers.1.downsample.norm.bias, \
         layers.1.downsample.reduction.weight"
    );
    let text = refusal("x", |all| *all.get_mut("norm.bias").unwrap() = vec![63]);
    assert_eq!(text, "wrong shape norm.bias: expected [64], got [63]");
    let text = refusal("x", |all| *all.get_mut(&table("1.blocks.1")).unwrap() = vec![25, 2]);
    let wrong = |name: &str, rest: &str| format!("wrong shape {}: expected {rest}", table(name));
    assert_eq!(text, wrong("1.blocks.1", "[49, 2], got [25, 2]"));
    let text = refusal("x", |all| *all.get_mut(&table("1.blocks.0")).unwrap() = vec![48, 2]);
    assert_eq!(
        text,
        wrong("1.blocks.0", "[(2 w - 1)\u{b2}, heads], heads dividing 16, got [48, 2]")
    );
    let text = refusal("x", |all| all.retain(|name, _| !name.starts_with("layers.2.")));
    assert_eq!(text, "missing layers.2.blocks.0.attn.qkv.weight");
    let text = refusal("x", |all| _ = all.insert("absolute_pos_embed".into(), vec![1, 256, 8]));
    assert_eq!(text, "unexpected absolute_pos_embed");
    let text = refusal("x", |all| _ = all.remove("patch_embed.proj.weight"));
    assert_eq!(text, "missing patch_embed.proj.weight");
}

#[test]
fn records_are_held_to() {
    let text = refusal("swin_tiny_patch4_window7_224", |_| {});
    let record = "the record of swin_tiny_patch4_window7_224";
    let tables = "tables of (2 x window - 1)\u{b2} relative positions";
    assert_eq!(text, format!("window: expected 7 ({record}), got 4 ({tables})"));
    let plain = refusal("vit_tiny_patch16_224", |_| {});
    assert!(plain.starts_with("missing cls_token, pos_embed"), "{plain}");
    let vit = fixture("transfer/vit.timm.safetensors");
    let bytes = std::fs::read(vit).unwrap();
    let options = LoadOptions::default();
    let text = Backbone::from_bytes("swint_imagenet", &bytes, &options).unwrap_err().to_string();
    assert!(text.ends_with("missing layers.0.blocks.0.attn.qkv.weight"), "{text}");
}

#[test]
fn what_is_asked_for_must_be_so() {
    let path = || fixture("transfer/swin.ms.safetensors");
    let heads = LoadOptions { heads: Some(4), ..LoadOptions::default() };
    let text = open_with(path(), &heads).unwrap_err().to_string();
    assert!(text.ends_with("heads: expected 8 as in the last stage, got 4"), "{text}");
    let cls = LoadOptions { pooling: Some(Pooling::Cls), ..LoadOptions::default() };
    let text = open_with(path(), &cls).unwrap_err().to_string();
    assert!(text.contains("no CLS token"), "{text}");
    let mean = LoadOptions { pooling: Some(Pooling::Mean), heads: Some(8), ..cls };
    assert_eq!(open_with(path(), &mean).unwrap().architecture.heads, 8);
}

#[test]
fn descriptions_must_agree_with_the_tensors() {
    let (root, folder) = (tempfile::tempdir().unwrap(), published("hf"));
    std::fs::copy(folder.join("model.safetensors"), root.path().join("model.safetensors")).unwrap();
    let told = |key: &str, value: serde_json::Value| {
        let config = std::fs::read(folder.join("config.json")).unwrap();
        let mut config: serde_json::Value = serde_json::from_slice(&config).unwrap();
        config[key] = value;
        std::fs::write(root.path().join("config.json"), config.to_string()).unwrap();
        let error = open_with(root.path().to_owned(), &LoadOptions::default());
        error.map_err(|error| error.to_string())
    };
    for (key, value, expected) in [
        ("depths", "[2, 4]", "blocks: expected 4 (the tensors), got 6 (config.json)"),
        ("depths", "[3, 1]", "blocks of the stages: expected [2, 2] (the tensors), got [3, 1]"),
        ("num_heads", "[2, 2]", "heads of the stages: expected [1, 2] (the tensors), got [2, 2]"),
        ("window_size", "4", "window: expected 2 (the tensors), got 4 (config.json)"),
        ("embed_dim", "16", "width: expected 16 (the tensors), got 32 (config.json)"),
        ("mlp_ratio", "2.0", "MLP: expected 64 (the tensors), got 32 (config.json)"),
        ("num_heads", "[1, 2, 4]", "depths, num_heads: expected 1 to 4 stages, got [2, 2] and"),
        ("depths", "2", "depths: expected a list of whole numbers, got 2"),
        ("use_absolute_embeddings", "true", "use_absolute_embeddings true in config.json"),
        ("hidden_act", "\"gelu_new\"", "GELU in its approximation by tanh"),
        ("model_type", "\"swinv2\"", "(Swin v2)"),
        ("image_size", "36", "image size: expected one that windows fit, such as 32, got 36"),
    ] {
        let text = told(key, serde_json::from_str(value).unwrap()).unwrap_err();
        assert!(text.contains(expected), "{key} {value}: {text}");
    }
    let larger = told("image_size", serde_json::json!(64)).unwrap();
    assert_eq!(larger.architecture.image_size, 64);
}

#[test]
fn kin_of_swin_is_refused_by_name() {
    for (name, what) in [("v2.safetensors", "(Swin v2)"), ("s3.safetensors", "(S3)")] {
        let text = open_with(published(name), &LoadOptions::default()).unwrap_err().to_string();
        assert!(text.contains(what) && text.ends_with("not supported yet"), "{text}");
    }
    let text = refusal("x", |all| {
        all.insert("layers.0.blocks.0.spatial_mlp.weight".into(), vec![16, 16, 1]);
    });
    assert!(text.contains("(Swin-MLP)"), "{text}");
    let nowhere = std::path::Path::new("/nowhere");
    let text = Source::resolve("swinv2_tiny_window8_256", nowhere).unwrap_err().to_string();
    assert!(text.contains("(Swin v2) (by its name)"), "{text}");
}

#[test]
fn files_of_swins_authors_serve_both_names() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("swin_tiny_patch4_window7_224.pth");
    std::fs::copy(published("microsoft.pth"), file).unwrap();
    for name in ["swint_imagenet", "swin_tiny_patch4_window7_224.ms_in1k"] {
        let source = Source::resolve(name, folder.path()).unwrap();
        let text = Backbone::open(&source, &LoadOptions::default()).unwrap_err().to_string();
        assert!(text.contains("swin_tiny_patch4_window7_224.pth: window: expected 7"), "{text}");
    }
}

#[test]
fn the_table_agrees_with_timm() {
    let json = std::fs::read(published("registry.json")).unwrap();
    let timm: serde_json::Value = serde_json::from_slice(&json).unwrap();
    let timm = timm.as_object().unwrap();
    let swin = |name: &&str| name.starts_with("swin_") && !name.ends_with("_in22k");
    assert_eq!(names().filter(swin).count(), timm.len());
    for (name, its) in timm {
        let record = find(name).unwrap();
        let (a, stages) = (&record.architecture, record.architecture.stages.unwrap());
        assert_eq!(its["image_size"], a.image_size, "{name}");
        assert_eq!(its["patch_size"], a.patch_size, "{name}");
        assert_eq!((&its["width"], &its["features"]), (&a.block_width(0).into(), &a.width.into()));
        assert_eq!(its["depths"], serde_json::json!(stages.blocks()), "{name}");
        assert_eq!(its["heads"], serde_json::json!(stages.heads()), "{name}");
        assert_eq!(its["window"], stages.window(), "{name}");
        assert_eq!(its["eps"].as_f64().unwrap() as f32, a.norm_eps, "{name}");
        assert_eq!(its["interpolation"], "bicubic", "{name}");
        assert_eq!(record.preprocessing.interpolation, Interpolation::PilBicubic, "{name}");
        assert_eq!(record.preprocessing.mean[0], its["mean"][0].as_f64().unwrap() as f32);
    }
}

/// The two images that all features are of.
fn images(side: usize) -> Vec<f32> {
    (0..2 * 3 * side * side).map(|i| ((7919 * i) % 251) as f32 / 125.0 - 1.0).collect()
}

#[test]
fn features_are_those_of_the_libraries() {
    let golden = Golden::read("backbones/swin/expected.safetensors");
    for (file, name, side) in [
        ("microsoft.pth", "microsoft.pth", 32),
        ("moby.pth", "moby.pth", 32),
        ("timm", "timm", 32),
        ("timm", "timm@64", 64),
        ("hf", "hf", 32),
        ("hf.memory.bin", "hf", 32),
    ] {
        let backbone = open_with(published(file), &sized(side)).unwrap();
        let engine = Engine::new(backbone, 2).unwrap();
        let features = engine.features(&images(side), &Prompts::NONE).unwrap();
        assert_close(name, &features, golden.get(name), 2e-5, 0.0);
    }
}
