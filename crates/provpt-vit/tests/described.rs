//! What stands beside the weights is believed, and must agree with them
//! (`tools/make-kinds-fixture.py` makes the folders, with the features that their libraries compute).
#![allow(clippy::unwrap_used)]

mod support;

use std::path::{Path, PathBuf};

use provpt_vit::registry::Interpolation;
use provpt_vit::weights::{LoadOptions, PixelSource, Precision, Source};
use provpt_vit::{Backbone, Engine, Error, Mlp, Pooling, Prompts};
use serde_json::{Value, json};
use support::{Golden, assert_close};

fn described(name: &str) -> PathBuf {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/backbones/described");
    Path::new(root).join(name)
}

fn open(path: impl Into<PathBuf>, options: &LoadOptions) -> Result<Backbone, Error> {
    Backbone::open(&Source::File(path.into()), options)
}

fn features(backbone: Backbone) -> Vec<f32> {
    let images: Vec<f32> =
        (0..2 * 3 * 12 * 12).map(|i| ((7919 * i) % 251) as f32 / 125.0 - 1.0).collect();
    Engine::new(backbone, 1).unwrap().features(&images, &Prompts::NONE).unwrap()
}

/// A copy of a fixture's folder under some name, with another `config.json`.
fn changed(
    fixture: &str,
    folder: &str,
    change: impl FnOnce(&mut Value),
) -> (tempfile::TempDir, PathBuf) {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join(folder);
    std::fs::create_dir(&path).unwrap();
    for entry in std::fs::read_dir(described(fixture)).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), path.join(entry.file_name())).unwrap();
    }
    let config = path.join("config.json");
    let mut json = serde_json::from_slice(&std::fs::read(&config).unwrap()).unwrap();
    change(&mut json);
    std::fs::write(&config, json.to_string()).unwrap();
    (root, path)
}

/// What is said of a folder with such a `config.json`; the path is left out.
fn refusal(fixture: &str, folder: &str, change: impl FnOnce(&mut Value)) -> String {
    let (root, path) = changed(fixture, folder, change);
    let text = open(path, &LoadOptions::default()).unwrap_err().to_string();
    text.replace(&format!("{}/", root.path().display()), "")
}

#[test]
fn heads_eps_biases_and_pooling_are_believed() {
    let golden = Golden::read("backbones/described/expected.safetensors");
    for name in ["heads", "eps", "no_bias", "mae", "timm"] {
        let backbone = open(described(name), &LoadOptions::default()).unwrap();
        assert_eq!(backbone.report.heads_guess, None, "{name}");
        // Our own files say the same.
        let mut bytes = Vec::new();
        backbone.write_to(&mut bytes, name, Precision::F32).unwrap();
        let again = Backbone::from_bytes("again", &bytes, &LoadOptions::default()).unwrap();
        assert_eq!(again.architecture, backbone.architecture, "{name}");
        assert_eq!(again.preprocessing, backbone.preprocessing, "{name}");
        assert_close(name, &features(backbone), golden.get(name), 2e-5, 0.0);
        assert_close(name, &features(again), golden.get(name), 2e-5, 0.0);
    }
    let heads = open(described("heads"), &LoadOptions::default()).unwrap();
    assert_eq!((heads.architecture.heads, heads.architecture.norm_eps), (4, 1e-12));
    let mae = open(described("mae"), &LoadOptions::default()).unwrap();
    assert_eq!(mae.architecture.pooling, Pooling::Mean);
    // By the file of the weights instead of the folder.
    let file = open(described("eps/model.safetensors"), &LoadOptions::default()).unwrap();
    assert_eq!(file.architecture.norm_eps, 1e-2);
}

#[test]
fn pixels_are_those_beside_the_weights() {
    let heads = open(described("heads"), &LoadOptions::default()).unwrap();
    assert_eq!(heads.preprocessing.mean, [0.485, 0.456, 0.406]);
    assert_eq!(heads.preprocessing.std, [0.229, 0.224, 0.225]);
    assert_eq!(heads.preprocessing.interpolation, Interpolation::PilBicubic);
    let file = "preprocessor_config.json";
    assert_eq!(heads.report.pixels, PixelSource::Beside { file, unmet: None });
    let timm = open(described("timm"), &LoadOptions::default()).unwrap();
    assert_eq!(timm.report.pixels, PixelSource::Beside { file: "config.json", unmet: None });
    assert_eq!(timm.preprocessing.mean, [0.5; 3]);
    let eps = open(described("eps"), &LoadOptions::default()).unwrap();
    assert!(eps.report.pixels.is_assumed());

    let (_root, path) = changed("heads", "x", |_| {});
    let with = |json: Value| {
        std::fs::write(path.join(file), json.to_string()).unwrap();
        open(&path, &LoadOptions::default()).map(|b| (b.preprocessing, b.report.pixels))
    };
    // Pixels as they are, 0..255: a thousand times.
    let (pixels, _) = with(json!({
        "image_mean": [127.5, 127.5, 127.5], "image_std": [255, 255, 255], "do_rescale": false,
        "resample": 2,
    }))
    .unwrap();
    assert_eq!((pixels.mean, pixels.std), ([0.5; 3], [1.0; 3]));
    assert_eq!(pixels.interpolation, Interpolation::PilBilinear);
    let (pixels, _) = with(json!({"do_normalize": false, "resample": 3})).unwrap();
    assert_eq!((pixels.mean, pixels.std), ([0.0; 3], [1.0; 3]));
    let (pixels, source) =
        with(json!({"image_mean": [0, 0, 0], "image_std": [1, 1, 1], "resample": 1})).unwrap();
    assert_eq!(pixels.interpolation, Interpolation::PilBicubic);
    assert!(source.to_string().ends_with("whose lanczos resampling there is not"), "{source}");
    let text = with(json!({"image_mean": [0, 0, 0], "image_std": [1, 0, 1]})).unwrap_err();
    assert!(text.to_string().ends_with("finite means and positive deviations"), "{text}");
    let (_, source) = with(json!({"feature_extractor_type": "x"})).unwrap();
    assert!(source.is_assumed());
}

#[test]
fn names_tell_of_pixels_where_nothing_else_does() {
    let folder = tempfile::tempdir().unwrap();
    let pixels = |name: &str| {
        let path = folder.path().join(name);
        std::fs::copy(described("heads/model.safetensors"), &path).unwrap();
        let options = LoadOptions { heads: Some(2), ..LoadOptions::default() };
        let backbone = open(path, &options).unwrap();
        (backbone.preprocessing.mean[0], backbone.report.pixels)
    };
    let (mean, source) = pixels("deit_base_patch16_224-b5f2ef4d_mine.safetensors");
    assert_eq!((mean, source), (0.485, PixelSource::Name("deit_")));
    let (mean, source) = pixels("dino_vitbase16_pretrain_mine.safetensors");
    assert_eq!((mean, source), (0.485, PixelSource::Name("dino_")));
    assert_eq!(pixels("mine.safetensors"), (0.5, PixelSource::Assumed));
}

#[test]
fn what_contradicts_the_tensors_is_refused() {
    let start = "backbone x/model.safetensors: ";
    for (key, value, expected) in [
        ("num_hidden_layers", json!(3), "blocks: expected 2 (the tensors), got 3 (config.json)"),
        ("hidden_size", json!(16), "width: expected 8 (the tensors), got 16 (config.json)"),
        ("intermediate_size", json!(32), "MLP: expected 16 (the tensors), got 32 (config.json)"),
        ("patch_size", json!(2), "patch size: expected 4 (the tensors), got 2 (config.json)"),
        ("image_size", json!(16), "image size: expected 12 (the tensors), got 16 (config.json)"),
        (
            "qkv_bias",
            json!(false),
            "biases of queries, keys and values: expected there (the tensors), \
             got none (config.json)",
        ),
        ("num_attention_heads", json!(3), "heads: expected a divisor of the width 8, got 3"),
    ] {
        let text = refusal("heads", "x", |config| config[key] = value);
        assert_eq!(text, format!("{start}{expected}"));
    }
    let (_root, path) = changed("heads", "x", |_| {});
    let asked = LoadOptions { heads: Some(2), ..LoadOptions::default() };
    let text = open(path, &asked).unwrap_err().to_string();
    assert!(text.ends_with("heads: expected 4 (config.json), got 2 (as asked for)"), "{text}");
}

#[test]
fn what_contradicts_the_record_is_refused() {
    // The tensors do not fit the record either: the description is compared first.
    let text = refusal("heads", "vit_tiny_patch16_224", |config| {
        for (key, value) in [("hidden_act", json!("gelu_new")), ("image_size", json!(12))] {
            config[key] = value;
        }
    });
    assert!(text.contains("GELU in its approximation by tanh"), "{text}");
}

#[test]
fn what_cannot_be_computed_is_refused_by_what_it_is() {
    for (key, value, what, example) in [
        ("hidden_act", "relu", "another activation than GELU", "hidden_act relu in config.json"),
        ("hidden_act", "quick_gelu", "another activation", "hidden_act quick_gelu in config.json"),
        ("hidden_act", "gelu_new", "GELU in its approximation by tanh", "config.json"),
        ("model_type", "clip_vision_model", "CLIP", "model_type clip_vision_model in config.json"),
        ("model_type", "dinov3_vit", "DINOv3", "model_type dinov3_vit in config.json"),
        ("model_type", "vit_next", "a model of another type", "model_type vit_next in config.json"),
    ] {
        let text = refusal("heads", "x", |config| config[key] = json!(value));
        assert!(text.contains(what) && text.contains(&format!("({example})")), "{text}");
        assert!(text.ends_with("not supported yet"), "{text}");
    }
    let text = refusal("timm", "x", |config| config["model_args"]["global_pool"] = json!("avg"));
    assert!(text.contains("a mean of tokens after the norm"), "{text}");
    let text = refusal("timm", "x", |config| config["model_args"]["act_layer"] = json!("relu"));
    assert!(text.contains("another activation than GELU"), "{text}");
}

#[test]
fn the_same_epsilon_in_other_words_is_no_contradiction() {
    let (_root, path) = changed("heads", "x", |config| config["hidden_act"] = json!("gelu_python"));
    let backbone = open(&path, &LoadOptions::default()).unwrap();
    assert_eq!(backbone.architecture.mlp, Mlp::Gelu);
}

#[test]
fn other_files_beside_the_weights_describe_nothing() {
    // Two checkpoints, neither of a usual name: the description may be of the other.
    let (_root, path) = changed("heads", "x", |_| {});
    std::fs::rename(path.join("model.safetensors"), path.join("a.safetensors")).unwrap();
    let options = LoadOptions { heads: Some(2), ..LoadOptions::default() };
    let text = open(path.join("a.safetensors"), &options).unwrap_err().to_string();
    assert!(text.ends_with("heads: expected 4 (config.json), got 2 (as asked for)"), "{text}");
    std::fs::copy(path.join("a.safetensors"), path.join("b.safetensors")).unwrap();
    let backbone = open(path.join("a.safetensors"), &options).unwrap();
    assert!(backbone.report.pixels.is_assumed());
    // Something else of the name.
    let (_root, path) = changed("heads", "x", |config| *config = json!({"lr": 0.1}));
    assert_eq!(open(&path, &options).unwrap().architecture.heads, 2);
    std::fs::write(path.join("config.json"), "lr: 0.1").unwrap();
    let text = open(&path, &options).unwrap_err().to_string();
    assert!(text.contains("config.json: expected the description of a model"), "{text}");
}

#[test]
fn a_sibling_that_holds_the_model_is_looked_into() {
    let (_root, path) = changed("heads", "x", |config| {
        let encoder = config.take();
        *config = json!({"model_type": "vision-encoder-decoder", "encoder": encoder});
    });
    let backbone = open(&path, &LoadOptions::default()).unwrap();
    assert_eq!(backbone.architecture.heads, 4);
}
