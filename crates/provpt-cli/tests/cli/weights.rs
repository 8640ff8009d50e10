use crate::common::{Said, fixture, run, succeed, temp};

/// An inspection that ends with an error, after it has said what the file is.
fn refused(said: Said, error: &str, hint: &str) {
    assert!(said.stdout.starts_with("file "), "{said:?}");
    Said { stdout: String::new(), ..said }.failed(2, error, hint);
}

#[test]
fn checkpoints_are_described() {
    let cases = [
        ("vit.google.npz", "npz", "Google"),
        ("vit.timm.safetensors", "safetensors", "timm"),
        ("vit.hf.safetensors", "safetensors", "Hugging Face, behind vit."),
        ("vit.model.pth", "PyTorch", "timm, behind model."),
        ("vit.mocov3.pth.tar", "PyTorch", "timm, behind state_dict.module."),
    ];
    for (name, format, naming) in cases {
        let path = fixture(name);
        let words = ["weights".as_ref(), "inspect".as_ref(), path.as_os_str()];
        let text = succeed(words.into_iter().chain(["--heads".as_ref(), "4".as_ref()]));
        let line = |start: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(start));
            line.unwrap_or_else(|| panic!("{name}: no {start} in {text}")).trim().to_owned()
        };
        assert_eq!((line("format").as_str(), line("naming").as_str()), (format, naming));
        assert_eq!(line("blocks"), "4, width 32, 4 heads, MLP 128");
        assert!(line("tokens").starts_with("17 (images of 32x32, patches of 8x8)"), "{text}");
        let assumed = "assumed: neither a file beside the weights nor a name says";
        assert_eq!(line("pixels").contains(assumed), !name.contains("mocov3"), "{text}");
        assert_eq!(line("sha256").len(), 64);
        assert_eq!(line("pos-embed"), "as in the file");
    }
}

#[test]
fn heads_are_dropped_by_name_and_position_embeddings_resampled() {
    let path = fixture("vit.google.npz");
    let words = ["weights".as_ref(), "inspect".as_ref(), path.as_os_str(), "--heads=4".as_ref()];
    let text = succeed(words.into_iter().chain(["--image-size=48".as_ref()]));
    assert!(text.contains("pre_logits/kernel"), "{text}");
    assert!(text.contains("resampled from 4x4 to 6x6 (zoom)"), "{text}");
}

#[test]
fn dinov2_shows_its_layer_scale() {
    let path = fixture("dinov2.hf.safetensors");
    let words = ["weights".as_ref(), "inspect".as_ref(), path.as_os_str(), "--heads=4".as_ref()];
    assert!(succeed(words).contains(", LayerScale\n"));
}

#[test]
fn garbage_is_no_checkpoint() {
    let folder = temp();
    let path = folder.path().join("weights.npz");
    let inspect = || run(["weights".as_ref(), "inspect".as_ref(), path.as_os_str()]);
    inspect().failed(2, "weights.npz", "");
    for (bytes, got) in [
        (&b"<html>404</html>"[..], "got a web page"),
        (b"", "got an empty file"),
        (b"\x01\x02garbage that goes on for a while", "got bytes `\\x01\\x02garbage"),
    ] {
        std::fs::write(&path, bytes).unwrap();
        let expected = "expected a safetensors, npz or PyTorch checkpoint, ";
        inspect().failed(2, &format!("{expected}{got}"), "get it again");
    }
}

/// `weights COMMAND` on a file, with more arguments.
fn weights(command: &str, file: &std::path::Path, more: &[&str]) -> Said {
    let words = ["weights".as_ref(), command.as_ref(), file.as_os_str()];
    run(words.into_iter().chain(more.iter().map(AsRef::as_ref)))
}

#[test]
fn it_is_told_why() {
    let text = weights("inspect", &fixture("backbones/big_vision.npz"), &[]).stdout;
    for line in [
        "  naming      Google: the name params/embedding/kernel",
        "  heads       2: query kernels [width, heads, head width]",
        "  grid        3 x 3: pos_embed: no CLS, 3 x 3 rows",
        "  record      none: neither the name of the file nor a description of it is a model's",
    ] {
        assert!(text.lines().any(|said| said == line), "no {line} in {text}");
    }
}

#[test]
fn programs_are_told_in_json() {
    let said =
        weights("inspect", &fixture("backbones/mae.finetuned.pth"), &["--json", "--heads=2"]);
    let value: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(value["backbone"], true);
    assert_eq!(value["prefix"], "model.");
    assert_eq!(value["architecture"]["pooling"], "mean");
    assert_eq!(value["dtypes"]["f16"], 32);
    assert_eq!(value["dropped"], serde_json::json!(["model.head.bias", "model.head.weight"]));
    assert!(value["findings"].as_array().unwrap().len() > 8, "{value}");
}

#[test]
fn what_is_no_backbone_is_described_before_it_is_refused() {
    let folder = temp();
    let bytes = std::fs::read(fixture("vit.timm.safetensors")).unwrap();
    let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let kept = file.iter().filter(|(name, _)| !name.starts_with("blocks.2."));
    let path = folder.path().join("holey.safetensors");
    std::fs::write(&path, safetensors::serialize(kept, None).unwrap()).unwrap();
    let said = weights("inspect", &path, &[]);
    assert_eq!(said.code, Some(2), "{said:?}");
    assert!(said.stderr.contains("error: backbone ") && said.stderr.contains("and 4 more"));
    assert!(said.stdout.contains("\nmissing\n  blocks.2.norm1.weight\n"), "{said:?}");
    assert_eq!(said.stdout.matches("  blocks.2.").count(), 12);
    let said = weights("inspect", &path, &["--json"]);
    let value: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(
        (value["backbone"].as_bool(), value["format"].as_str()),
        (Some(false), Some("safetensors"))
    );
    assert_eq!(value["missing"].as_array().unwrap().len(), 12);

    let path = fixture("backbones/refused/vit_base_patch14_reg4_dinov2.safetensors");
    let said = weights("inspect", &path, &[]);
    assert!(said.stderr.contains("got register tokens (reg_token), not supported yet"), "{said:?}");
    assert!(said.stderr.contains("hint: ") && said.code == Some(2), "{said:?}");
}

#[test]
fn a_converted_file_is_the_same_backbone() {
    let folder = temp();
    let out = folder.path().join("new/mae.safetensors");
    let convert = ["--heads=2", "--pooling=mean", "-o", out.to_str().unwrap()];
    let said = weights("convert", &fixture("backbones/mae.pretrain.pth"), &convert);
    assert_eq!(said.code, Some(0), "{said:?}");
    let expected = format!("{}: mae.pretrain, 30 tensors, f32\n", out.display());
    assert_eq!(said.stdout, expected);
    let names: Vec<_> = std::fs::read_dir(folder.path().join("new")).unwrap().collect();
    assert_eq!(names.len(), 1, "{names:?}");
    let said = weights("inspect", &out, &["--json"]);
    let value: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(value["architecture"]["heads"], 2);
    assert_eq!(value["architecture"]["pooling"], "mean");
    let own = value["metadata"]["provpt"].as_str().unwrap();
    let own: serde_json::Value = serde_json::from_str(own).unwrap();
    assert_eq!(
        (&own["source"], &own["name"]),
        (&"mae.pretrain.pth".into(), &"mae.pretrain".into())
    );
    assert_eq!(own["source_sha256"].as_str().unwrap().len(), 64);

    let wrong = weights("convert", &fixture("backbones/augreg.npz"), &["-o", "x.npz"]);
    wrong.failed(2, "--output: expected *.safetensors, got x.npz", "");
}

#[test]
fn one_of_several_models_is_taken_out() {
    let folder = temp();
    let bytes = std::fs::read(fixture("vit.timm.safetensors")).unwrap();
    let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let twice = ["one.", "two."]
        .into_iter()
        .flat_map(|front| file.iter().map(move |(name, view)| (format!("{front}{name}"), view)));
    let path = folder.path().join("both.safetensors");
    std::fs::write(&path, safetensors::serialize(twice, None).unwrap()).unwrap();
    let said = weights("inspect", &path, &["--heads=4"]);
    refused(said, "expected one model, got several, behind one., two.", "--prefix PREFIX");
    let out = folder.path().join("one.safetensors");
    let convert = ["--heads=4", "--prefix=two.", "-o", out.to_str().unwrap()];
    assert_eq!(weights("convert", &path, &convert).code, Some(0));
    assert_eq!(weights("inspect", &out, &[]).code, Some(0));
}

#[test]
fn what_stands_beside_the_weights_is_told() {
    let text = weights("inspect", &fixture("backbones/described/heads"), &[]).stdout;
    for line in [
        "  heads       4: config.json",
        "  norm eps    1e-12: config.json",
        "  activation  GELU: config.json",
    ] {
        assert!(text.lines().any(|said| said == line), "no {line} in {text}");
    }
    assert!(text.contains("pil-bicubic (preprocessor_config.json beside the weights)"), "{text}");
    let wrong = weights("inspect", &fixture("backbones/described/heads"), &["--heads=2"]);
    let error = "heads: expected 4 (config.json), got 2 (as asked for)";
    refused(wrong, error, "give the file another");
}

#[test]
fn the_embedded_backbone_is_found_by_name() {
    let folder = temp();
    let root = format!("--model-root={}", folder.path().display());
    let text = succeed(["weights", "inspect", "provpt_pico_patch4_32", &root]);
    assert!(text.contains("  heads       4: the record of provpt_pico_patch4_32\n"), "{text}");
}

#[test]
fn the_hub_is_read_from_its_cache() {
    let cache = temp();
    let folder = cache.path().join("models--owner--tiny-vit");
    let snapshot = folder.join("snapshots/0123abcd");
    for folder in [&snapshot, &folder.join("refs")] {
        std::fs::create_dir_all(folder).unwrap();
    }
    std::fs::write(folder.join("refs/main"), "0123abcd").unwrap();
    std::fs::copy(fixture("backbones/augreg.npz"), snapshot.join("ViT.npz")).unwrap();
    let inspect = |reference: &str| {
        let mut command = crate::common::provpt();
        command.env("HF_HUB_CACHE", cache.path()).env("HF_HUB_OFFLINE", "1");
        let output = command.args(["weights", "inspect", reference]).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    };
    let (code, stdout, stderr) = inspect("hf://owner/tiny-vit");
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stdout.starts_with("name        tiny-vit\nformat      npz\n"), "{stdout}");
    let (code, _, stderr) = inspect("hf://owner/other");
    assert_eq!(code, Some(2), "{stderr}");
    assert!(stderr.contains("got none, and HF_HUB_OFFLINE is set\nhint: "), "{stderr}");
    let (code, _, stderr) = inspect("hf://owner");
    assert!(code == Some(2) && stderr.contains("got the repository \"owner\""), "{stderr}");
}
