//! Every published file format, written by the libraries that publish it
//! (`tools/make-backbone-fixture.py`), against the features that these libraries compute.
#![allow(clippy::unwrap_used)]

mod support;

use std::collections::BTreeMap;
use std::path::PathBuf;

use provpt_vit::registry::{Interpolation, find, names};
use provpt_vit::weights::{Inspection, LoadOptions, Precision, Source};
use provpt_vit::{Backbone, Engine, Pooling, Prompts};
use support::{Golden, assert_close};

fn path(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/backbones")).join(name)
}

fn options() -> LoadOptions {
    LoadOptions { heads: Some(2), ..LoadOptions::default() }
}

fn mean() -> LoadOptions {
    LoadOptions { pooling: Some(Pooling::Mean), ..options() }
}

fn open(name: &str, options: &LoadOptions) -> Backbone {
    Backbone::open(&Source::File(path(name)), options).unwrap()
}

/// The two images that all features are of.
fn images(side: usize) -> Vec<f32> {
    (0..2 * 3 * side * side).map(|i| ((7919 * i) % 251) as f32 / 125.0 - 1.0).collect()
}

fn features(backbone: Backbone) -> Vec<f32> {
    let images = images(backbone.architecture.image_size);
    Engine::new(backbone, 2).unwrap().features(&images, &Prompts::NONE).unwrap()
}

/// The file gives its library's features; what was recognized.
fn check(name: &str, options: &LoadOptions, expected: &str) -> Backbone {
    let backbone = open(name, options);
    let golden = Golden::read("backbones/expected.safetensors");
    let got = features(backbone.clone());
    assert_close(expected, &got, golden.get(expected), 2e-5, 0.0);
    backbone
}

fn prefix(backbone: &Backbone) -> &str {
    &backbone.report.prefix
}

#[test]
fn timms_safetensors_in_half_precision_and_with_fc_norm() {
    for (name, dtype) in [("timm.f16.safetensors", "f16"), ("timm.bf16.safetensors", "bf16")] {
        let backbone = check(name, &options(), name);
        assert_eq!(backbone.report.dtypes, BTreeMap::from([(dtype, 32)]));
        assert_eq!(backbone.report.dropped, ["head.bias", "head.weight"]);
    }
    let backbone = check("timm.fc_norm.safetensors", &options(), "timm.fc_norm.safetensors");
    assert_eq!(backbone.architecture.pooling, Pooling::Mean);
}

#[test]
fn dinov2_as_published_for_518_pixels_and_at_another_size() {
    let name = "dinov2.facebook.pth";
    let backbone = check(name, &options(), name);
    assert_eq!((backbone.architecture.image_size, backbone.architecture.tokens()), (518, 1370));
    assert!(backbone.architecture.layer_scale);
    assert_eq!(backbone.report.dropped, ["mask_token"]);
    let smaller = LoadOptions { image_size: Some(42), ..options() };
    let backbone = check(name, &smaller, "dinov2.facebook.pth@42");
    assert_eq!(backbone.report.resampled.map(|r| (r.from, r.to)), Some((37, 3)));
}

#[test]
fn dinov2_as_its_training_writes_it_in_chunks() {
    let backbone = check("dinov2.teacher.pth", &options(), "dinov2.teacher.pth");
    assert_eq!(prefix(&backbone), "teacher.backbone.");
    assert_eq!(backbone.architecture.depth, 3);
    let dropped = ["teacher.backbone.mask_token", "teacher.dino_head.mlp.0.weight"];
    assert_eq!(backbone.report.dropped, dropped);
}

#[test]
fn transformers_folders_whole_and_in_shards() {
    let backbone = check("dinov2.hf", &options(), "dinov2.hf");
    assert!(backbone.architecture.layer_scale);
    assert_eq!(backbone.name, "dinov2.hf");
    let index = check("dinov2.hf/model.safetensors.index.json", &options(), "dinov2.hf");
    assert_eq!(index, backbone);

    let backbone = check("vit.hf", &options(), "vit.hf");
    assert_eq!(prefix(&backbone), "vit.");
    assert_eq!(backbone.report.dropped, ["classifier.bias", "classifier.weight"]);
    let memory = check("vit.hf.memory.bin", &options(), "vit.hf.memory.bin");
    assert!(memory.tensors == backbone.tensors, "other weights");

    let backbone = check("mae.hf", &mean(), "mae.hf");
    assert!(backbone.report.dropped.iter().any(|name| name.starts_with("decoder.")));
}

#[test]
fn a_lost_shard_is_named() {
    let folder = tempfile::tempdir().unwrap();
    for file in ["model.safetensors.index.json", "model-00002-of-00002.safetensors"] {
        std::fs::copy(path("dinov2.hf").join(file), folder.path().join(file)).unwrap();
    }
    let open = || Backbone::open(&Source::File(folder.path().to_owned()), &options());
    let text = open().unwrap_err().to_string();
    assert!(text.contains("model-00001-of-00002.safetensors"), "{text}");
    // A shard of other tensors in its place.
    let other = folder.path().join("model-00001-of-00002.safetensors");
    std::fs::copy(path("vit.hf/model.safetensors"), other).unwrap();
    let text = open().unwrap_err().to_string();
    assert!(text.ends_with("is in none of its files"), "{text}");
}

#[test]
fn mae_with_and_without_norm_and_fine_tuned() {
    let backbone = check("mae.pretrain.pth", &mean(), "mae.pretrain.pth");
    assert_eq!(prefix(&backbone), "model.");
    assert!(backbone.tensors.contains_key("norm.weight"));
    for name in ["decoder_pos_embed", "mask_token", "decoder_blocks.0.norm1.weight"] {
        let name = format!("model.{name}");
        assert!(backbone.report.dropped.contains(&name), "{name}");
    }
    let backbone = check("mae.encoder.bf16.pth", &mean(), "mae.encoder.bf16.pth");
    assert!(!backbone.tensors.contains_key("norm.weight"));
    assert_eq!(backbone.report.dtypes, BTreeMap::from([("bf16", 28)]));
    let backbone = check("mae.finetuned.pth", &options(), "mae.finetuned.pth");
    assert_eq!(backbone.architecture.pooling, Pooling::Mean);
}

#[test]
fn moco_v3s_whole_checkpoint_gives_its_base_encoder() {
    let backbone = check("mocov3.full.pth.tar", &options(), "mocov3.full.pth.tar");
    assert_eq!(prefix(&backbone), "state_dict.module.base_encoder.");
    let dropped = &backbone.report.dropped;
    assert!(dropped.iter().any(|n| n == "state_dict.module.momentum_encoder.cls_token"));
    assert!(dropped.iter().any(|n| n.ends_with("head.1.running_mean")), "{dropped:?}");
}

#[test]
fn googles_npz_of_both_code_bases_with_every_prefix() {
    for (name, expected_prefix, cls_row) in [
        ("augreg.npz", "", true),
        ("augreg.opt_target.f16.npz", "opt/target/", true),
        ("big_vision.npz", "params/", false),
        ("big_vision.scan.bf16.npz", "params/", false),
    ] {
        let backbone = check(name, &LoadOptions::default(), name);
        assert_eq!(prefix(&backbone), expected_prefix, "{name}");
        assert_eq!((backbone.architecture.heads, backbone.architecture.depth), (2, 2), "{name}");
        assert_eq!(backbone.report.dropped.len(), 4, "{name}: {:?}", backbone.report.dropped);
        let zero = backbone.tensors["pos_embed"].data[..8].iter().all(|v| *v == 0.0);
        assert_eq!(zero, !cls_row, "{name}");
    }
}

#[test]
fn models_with_parts_that_cannot_be_computed_are_refused_by_name() {
    for (name, what, example) in [
        ("vit_base_patch14_reg4_dinov2.safetensors", "register tokens", "reg_token"),
        ("dinov2_with_registers.hf.safetensors", "register tokens", "embeddings.register_tokens"),
        ("vit_little_patch16_reg1_gap_256.safetensors", "register tokens", "reg_token"),
        ("vit_giant_patch14_dinov2.safetensors", "SwiGLU", "blocks.0.mlp.fc1.weight"),
        ("dinov2_giant.hf.safetensors", "SwiGLU", "encoder.layer.0.mlp.weights_in.bias"),
        ("eva02_tiny_patch14_224.safetensors", "SwiGLU", "blocks.0.mlp.fc1.weight"),
        ("vit_base_patch16_clip_224.safetensors", "CLIP", "norm_pre.bias"),
        ("vit_base_patch16_siglip_224.safetensors", "SigLIP", "attn_pool.kv.bias"),
        ("map_head.npz", "MAP)", "MAPHead_0/probe"),
        ("deit_base_distilled_patch16_224.safetensors", "a distillation token", "dist_token"),
        ("beit_base_patch16_224.safetensors", "(BEiT)", "blocks.0.attn.relative_position_bias"),
    ] {
        let source = Source::File(path("refused").join(name));
        let text = Backbone::open(&source, &options()).unwrap_err().to_string();
        let has = |part: &str| text.contains(part);
        assert!(has("expected a plain ViT or Swin, got ") && has(what) && has(example), "{text}");
        assert!(text.ends_with(", not supported yet") && has(name), "{text}");
    }
    // Not a transformer at all: told what it holds, and what it is.
    let source = Source::File(path("refused/convnext_femto.safetensors"));
    let inspection = Inspection::open(&source, &options()).unwrap();
    assert_eq!(inspection.dtypes.keys().collect::<Vec<_>>(), [&"f16"]);
    assert!(inspection.parameters > 0 && inspection.sha256.len() == 64);
    let text = inspection.backbone.unwrap_err().to_string();
    assert!(text.contains("a convolutional network (ConvNeXt)"), "{text}");

    let nowhere = std::path::Path::new("/nowhere");
    let text = Source::resolve("dinov2_vitb14_reg", nowhere).unwrap_err().to_string();
    let expected = "backbone dinov2_vitb14_reg: expected a plain ViT or Swin, got register tokens \
                    (by its name), not supported yet";
    assert_eq!(text, expected);
}

#[test]
fn what_was_recognized_is_told_with_the_reason() {
    let told = |name: &str, options: &LoadOptions| {
        let findings = open(name, options).report.findings;
        findings.into_iter().map(|f| (f.what, (f.value, f.because))).collect::<BTreeMap<_, _>>()
    };
    let said = |value: &str, because: &str| (value.to_owned(), because.to_owned());
    let npz = told("big_vision.npz", &LoadOptions::default());
    assert_eq!(npz["heads"], said("2", "query kernels [width, heads, head width]"));
    assert_eq!(npz["grid"], said("3 x 3", "pos_embed: no CLS, 3 x 3 rows"));
    assert_eq!(npz["prefix"], said("params/", "in front of the backbone's names"));
    assert_eq!(npz["width"], said("8", "patch_embed.proj.weight [8, 3, 4, 4]"));
    assert_eq!(npz["LayerScale"], said("no", "no blocks.0.ls1.gamma"));
    let tuned = told("mae.finetuned.pth", &options());
    assert_eq!(tuned["heads"], said("2", "asked for"));
    assert_eq!(tuned["features"].1, "fc_norm is there");
    assert_eq!(tuned["grid"].1, "pos_embed: CLS and 3 x 3 rows");
}

#[test]
fn what_is_written_reads_back_as_the_same_backbone() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("x.safetensors");
    let saved = |backbone: &Backbone, precision: Precision| {
        let mut bytes = Vec::new();
        backbone.write_to(&mut bytes, "from.npz", precision).unwrap();
        let mut again = Vec::new();
        backbone.write_to(&mut again, "from.npz", precision).unwrap();
        assert_eq!(bytes, again);
        std::fs::write(&out, &bytes).unwrap();
        // No option is needed: what tensors do not show is in the metadata.
        Backbone::open(&Source::File(out.clone()), &LoadOptions::default()).unwrap()
    };
    let smaller = LoadOptions { image_size: Some(42), ..options() };
    for (name, options) in [
        ("big_vision.npz", LoadOptions::default()),
        ("mae.encoder.bf16.pth", mean()),
        ("mae.finetuned.pth", options()),
        ("dinov2.hf", options()),
        ("dinov2.facebook.pth", smaller),
    ] {
        let backbone = open(name, &options);
        let again = saved(&backbone, Precision::F32);
        assert_eq!(again.tensors, backbone.tensors, "{name}");
        assert_eq!(again.architecture, backbone.architecture, "{name}");
        assert_eq!(again.preprocessing, backbone.preprocessing, "{name}");
        // What was assumed is no record afterwards.
        let assumed = |b: &Backbone| (b.report.pixels.is_assumed(), b.report.heads_guess.is_some());
        assert_eq!(assumed(&again), assumed(&backbone), "{name}");
        // Only what a name said is a record afterwards.
        assert_eq!(again.report.pixels.is_assumed(), !name.contains("dinov2"), "{name}");
        let expected = features(backbone.clone());
        assert_eq!(features(again), expected, "{name}");
        for (precision, tolerance) in [(Precision::F16, 2e-2), (Precision::Bf16, 2e-1)] {
            let half = features(saved(&backbone, precision));
            assert_close(name, &half, &expected, tolerance, 0.0);
        }
    }
    let mut backbone = open("augreg.npz", &LoadOptions::default());
    backbone.tensors.get_mut("norm.bias").unwrap().data[3] = 1e6;
    let mut bytes = Vec::new();
    let error = backbone.write_to(&mut bytes, "", Precision::F16).unwrap_err().to_string();
    assert_eq!(error, "norm.bias: expected values within f16, got 1e6");
    assert!(bytes.is_empty());
}

#[test]
fn the_table_agrees_with_timm() {
    let json = std::fs::read(path("registry.json")).unwrap();
    let timm: serde_json::Value = serde_json::from_slice(&json).unwrap();
    let timm = timm.as_object().unwrap();
    assert!(timm.len() >= 27);
    for (name, its) in timm {
        let record = find(name).unwrap();
        assert_eq!(record.name, name);
        let number = |key: &str| usize::try_from(its[key].as_u64().unwrap()).unwrap();
        let triple = |key: &str| {
            let values = its[key].as_array().unwrap().iter();
            values.map(|v| v.as_f64().unwrap() as f32).collect::<Vec<_>>()
        };
        let a = &record.architecture;
        for (key, ours) in [
            ("image_size", a.image_size),
            ("patch_size", a.patch_size),
            ("width", a.width),
            ("depth", a.depth),
            ("heads", a.heads),
            ("mlp_width", a.mlp_width),
        ] {
            assert_eq!(ours, number(key), "{name}: {key}");
        }
        assert_eq!(a.layer_scale, its["layer_scale"], "{name}");
        assert_eq!(f64::from(a.norm_eps) as f32, its["eps"].as_f64().unwrap() as f32, "{name}");
        assert_eq!((a.pooling, its["pooling"].as_str()), (Pooling::Cls, Some("token")), "{name}");
        assert_eq!(record.preprocessing.mean.to_vec(), triple("mean"), "{name}");
        assert_eq!(record.preprocessing.std.to_vec(), triple("std"), "{name}");
        assert_eq!(record.preprocessing.interpolation, Interpolation::PilBicubic, "{name}");
        assert_eq!(its["interpolation"], "bicubic", "{name}");
        assert_eq!(parameters(a), number("parameters"), "{name}");
    }
    let ours = names().filter(|name| name.starts_with("vit_") && *name != "vit_small_patch8_224");
    assert!(ours.into_iter().all(|name| timm.contains_key(name)));
}

/// Values of a backbone with a final norm and no head.
fn parameters(a: &provpt_vit::Architecture) -> usize {
    let d = a.width;
    let attention = (d + 1) * 3 * d + (d + 1) * d;
    let mlp = (d + 1) * a.mlp_width + (a.mlp_width + 1) * d;
    let scales = if a.layer_scale { 2 * d } else { 0 };
    let block = 4 * d + attention + mlp + scales;
    (a.patch_values() + 1) * d + a.token_values() + d + a.depth * block + 2 * d
}
