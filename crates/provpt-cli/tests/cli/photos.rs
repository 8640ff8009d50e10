//! A folder of photos and no config file; what is kept of its images.

use std::path::{Path, PathBuf};

use crate::common::{adapter, picture, run, temp};

/// ImageNet's.
const MEAN: &str = "[0.485, 0.456, 0.406]";
const STD: &str = "[0.229, 0.224, 0.225]";

/// Ten images of each of three classes, in no splits.
fn photos(folder: &Path) -> PathBuf {
    let root = folder.join("my photos");
    for (class, name) in ["blue", "green", "red"].iter().enumerate() {
        for index in 0..10 {
            picture(&root.join(format!("{name}/{index}.png")), class, index + 3);
        }
    }
    root
}

fn words(photos: &Path, out: &Path, more: &[&str]) -> Vec<String> {
    let mut words = vec!["train".to_owned(), format!("data.datapath={}", photos.display())];
    words.push(format!("output_dir={}", out.display()));
    let quick = ["solver.total_epoch=2", "model.prompt.num_tokens=1", "threads=1"];
    words.extend(quick.iter().chain(more).map(|&word| word.to_owned()));
    words
}

#[test]
fn photos_need_no_config_file_and_assumptions_are_told() {
    let folder = temp();
    let (photos, out) = (photos(folder.path()), folder.path().join("out"));
    let said = run(words(&photos, &out, &[]));
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    for line in [
        "task      my photos: 3 classes; 21 train, 3 val, 6 test images (named after its folder)",
        "layout    folder per class: no lists, tables or data sets beside its subfolders",
        "classes   blue, green, red",
        "splits    none given: of each class, 10% for val and 20% for test (data.val_fraction, data.test_fraction)",
        "backbone  provpt_pico_patch4_32: 12 blocks, width 128, 4 heads, patch 4, 65 tokens",
        "pixels    squashed to 32x32 (by default)",
        "method    pro-vpt-prune, 2 epochs, batch 32, lr 0.003, seed 0",
    ] {
        assert!(said.stderr.lines().any(|said| said.starts_with(line)), "{line}: {}", said.stderr);
    }
    let config = std::fs::read_to_string(out.join("adapter/adapter_config.json")).unwrap();
    assert!(config.contains("\"task\": \"my photos\""), "{config}");
}

#[test]
fn the_recipe_of_a_published_task_goes_before_the_backbone_and_is_told_once() {
    let folder = temp();
    let photos = photos(folder.path());
    let note =
        "note      the recipe of cub differs from the pixels that the backbone was trained on";
    let by_recipe = format!("mean {MEAN}, std {STD} (by the task's recipe)");
    let halves = "mean [0.5, 0.5, 0.5], std [0.5, 0.5, 0.5] (by the backbone's record)";
    let given = format!("mean [0.1, 0.2, 0.3] (as configured), std {STD} (by the task's recipe)");
    for (word, mean, noted) in [
        ("seed=0", by_recipe.as_str(), true),
        ("data.normalization=task", &by_recipe, false),
        ("data.normalization=backbone", halves, false),
        ("data.mean=[0.1, 0.2, 0.3]", &given, true),
    ] {
        let out = folder.path().join(word);
        let more = ["data.name=CUB", "data.number_classes=3", word];
        let said = run(words(&photos, &out, &more));
        assert_eq!(said.code, Some(0), "{}", said.stderr);
        let crop = "pixels    short side 37, crop 32x32 (by the task's recipe), pil-bilinear";
        assert!(said.stderr.contains(crop) && said.stderr.contains(mean), "{}", said.stderr);
        assert_eq!(said.stderr.matches(note).count(), usize::from(noted), "{}", said.stderr);
    }
    let out = folder.path().join("none");
    let said = run(words(&photos, &out, &["data.normalization=task", "data.name=pets of mine"]));
    said.failed(2, "data.normalization: expected a task with a recipe", "data.name");
}

#[test]
fn a_run_is_the_same_whatever_is_kept() {
    let folder = temp();
    let (photos, cache) = (photos(folder.path()), folder.path().join("cache"));
    let crop = ["data.fit=short", "data.pixels_mb=0", "data.cache_mb=0"];
    let train = |name: &str, more: &[&str]| {
        let out = folder.path().join(name);
        let said = run(words(&photos, &out, &[&crop, more].concat()));
        assert_eq!(said.code, Some(0), "{}", said.stderr);
        (adapter(&out), said.stderr)
    };
    let dir = format!("data.cache_dir={}", cache.display());
    let (expected, _) = train("memory", &["data.pixels_mb=100"]);
    for name in ["file", "file again"] {
        assert_eq!(train(name, &[&dir]).0, expected);
        let files = std::fs::read_dir(&cache).unwrap().count();
        assert_eq!(files, 2, "train and val");
    }
    assert_eq!(train("nothing", &["data.cache_dir=none"]).0, expected);
    let file = folder.path().join("a file");
    std::fs::write(&file, "").unwrap();
    let (adapter, said) = train("unwritable", &[&format!("data.cache_dir={}", file.display())]);
    assert_eq!(adapter, expected);
    assert!(said.contains("warning: ") && said.contains("cannot keep prepared images"), "{said}");
}
