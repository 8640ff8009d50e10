//! What nobody said, and what is left out, is told by every command that goes by it.

use std::path::{Path, PathBuf};

use safetensors::tensor::{Dtype, TensorView};

use crate::common::{Said, colours, fixture, quick, run, temp, with};

/// A ViT of one block under timm's names whose heads can only be guessed: 64 wide ones are usual.
fn guessed(folder: &Path) -> PathBuf {
    let of_block = |name: &str| format!("blocks.0.{name}");
    let shapes: [(String, &[usize]); 18] = [
        ("cls_token".to_owned(), &[1, 1, 128]),
        ("pos_embed".to_owned(), &[1, 17, 128]),
        ("patch_embed.proj.weight".to_owned(), &[128, 3, 8, 8]),
        ("patch_embed.proj.bias".to_owned(), &[128]),
        (of_block("norm1.weight"), &[128]),
        (of_block("norm1.bias"), &[128]),
        (of_block("attn.qkv.weight"), &[384, 128]),
        (of_block("attn.qkv.bias"), &[384]),
        (of_block("attn.proj.weight"), &[128, 128]),
        (of_block("attn.proj.bias"), &[128]),
        (of_block("norm2.weight"), &[128]),
        (of_block("norm2.bias"), &[128]),
        (of_block("mlp.fc1.weight"), &[512, 128]),
        (of_block("mlp.fc1.bias"), &[512]),
        (of_block("mlp.fc2.weight"), &[128, 512]),
        (of_block("mlp.fc2.bias"), &[128]),
        ("norm.weight".to_owned(), &[128]),
        ("norm.bias".to_owned(), &[128]),
    ];
    let bytes = 0.01_f32.to_le_bytes().repeat(512 * 128);
    let view = |(name, shape): (String, &[usize])| {
        let values: usize = shape.iter().product();
        (name, TensorView::new(Dtype::F32, shape.to_vec(), &bytes[..4 * values]).unwrap())
    };
    let path = folder.join("plain.safetensors");
    std::fs::write(&path, safetensors::serialize(shapes.map(view), None).unwrap()).unwrap();
    path
}

#[test]
fn heads_and_pixels_that_a_file_does_not_say_are_told_when_it_is_converted() {
    let folder = temp();
    let (file, out) = (guessed(folder.path()), folder.path().join("new.safetensors"));
    let convert = |more: &[&str]| {
        let words = ["weights".as_ref(), "convert".as_ref(), file.as_os_str(), "-o".as_ref()];
        let said =
            run(words.into_iter().chain([out.as_os_str()]).chain(more.iter().map(AsRef::as_ref)));
        assert_eq!(said.code, Some(0), "{said:?}");
        said.stderr
    };
    let told = convert(&[]);
    let heads = "note: attention heads: 2, guessed: heads are 64 wide as a rule";
    let pixels = "note: pixels: mean [0.5, 0.5, 0.5], std [0.5, 0.5, 0.5], ";
    assert!(told.contains(heads) && told.contains("; --heads N if wrong"), "{told}");
    assert!(told.contains(pixels), "{told}");
    let told = convert(&["--heads=4"]);
    assert!(!told.contains("attention heads") && told.contains(pixels), "{told}");
    assert_eq!(convert(&["--quiet"]), "");
    // A guess is not made a record by being written down.
    convert(&[]);
    let words = ["weights".as_ref(), "inspect".as_ref(), out.as_os_str(), "--json".as_ref()];
    let json: serde_json::Value = serde_json::from_str(&run(words).stdout).unwrap();
    assert_eq!(json["heads_assumed"], true, "{json}");
}

#[test]
fn what_is_left_out_of_a_task_is_told_when_it_is_shown_or_converted() {
    let folder = temp();
    let task = colours(folder.path());
    std::fs::write(task.join("train/red/x.avif"), b"\0\0\0\x1cftypavif\0\0\0\0").unwrap();
    std::fs::create_dir(task.join("extra")).unwrap();
    let command = |words: &[&str], places: [&Path; 2]| {
        let words = ["data"].iter().chain(words).map(Path::new);
        let said = run(words.chain(places));
        assert_eq!(said.code, Some(0), "{said:?}");
        said.stderr
    };
    for told in [
        command(&["show", "--n", "3", "-o"], [&folder.path().join("s.png"), &task]),
        command(&["convert", "--to", "folder"], [&task, &folder.path().join("lists")]),
    ] {
        for line in
            ["not used, beside train/: extra/", "left out 1 file: 1 AVIF (train/red/x.avif)"]
        {
            assert!(told.lines().any(|told| told == format!("note: {line}")), "{line}: {told}");
        }
    }
}

fn noted(said: &Said, note: &str) -> bool {
    assert_eq!(said.code, Some(0), "{said:?}");
    said.stderr.contains(&format!("note      {note}"))
}

#[test]
fn a_batch_larger_than_the_training_set_is_told() {
    let folder = temp();
    let task = colours(folder.path());
    let train = |batch: &str, name: &str| {
        let more = [&*format!("data.batch_size={batch}"), "solver.total_epoch=1"];
        run(with(quick(&task, &folder.path().join(name)), &more))
    };
    let note = "data.batch_size = 25 is more than the 24 training images: an epoch is one step";
    assert!(noted(&train("25", "large"), note));
    assert!(!noted(&train("24", "whole"), "data.batch_size"));
}

/// The learned weights of a backbone whose file does not say what its pixels are.
#[test]
fn training_tells_what_it_assumes_of_pixels() {
    let folder = temp();
    let task = colours(folder.path());
    let weights = format!("model.weights={}", fixture("vit.timm.safetensors").display());
    let train = |name: &str, more: &[&str]| {
        let more = [&[&*weights, "model.heads=4", "solver.total_epoch=1"], more].concat();
        let said = run(with(quick(&task, &folder.path().join(name)), &more));
        assert_eq!(said.code, Some(0), "{said:?}");
        said.stderr
    };
    let hint = "set data.interpolation, data.mean and data.std if you know better";
    let told = train("assumed", &[]);
    assert!(told.contains("assumed: the backbone's file does not tell"), "{told}");
    assert!(told.contains(hint), "{told}");
    let known = ["data.mean=[0,0,0]", "data.std=[1,1,1]", "data.interpolation=bilinear"];
    assert!(!train("known", &known).contains(hint));
}
