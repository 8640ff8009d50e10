use std::path::Path;

use safetensors::SafeTensors;

use crate::common::{colours, fixture, run, succeed, temp, trained};

/// `[n, d]`, the values, and the paths.
type Matrix = (Vec<usize>, Vec<f32>, Vec<String>);

fn safetensors(path: &Path) -> Matrix {
    let bytes = std::fs::read(path).unwrap();
    let (_, metadata) = SafeTensors::read_metadata(&bytes).unwrap();
    let paths = &metadata.metadata().as_ref().unwrap()["paths"];
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let tensor = file.tensor("features").unwrap();
    let chunks = tensor.data().chunks_exact(4);
    let values = chunks.map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect();
    (tensor.shape().to_vec(), values, serde_json::from_str(paths).unwrap())
}

fn npy(path: &Path) -> Matrix {
    let bytes = std::fs::read(path).unwrap();
    let file = npyz::NpyFile::new(&bytes[..]).unwrap();
    let shape = file.shape().iter().map(|&n| n as usize).collect();
    let paths = std::fs::read_to_string(path.with_extension("paths.txt")).unwrap();
    (shape, file.into_vec().unwrap(), paths.lines().map(str::to_owned).collect())
}

fn table(path: &Path) -> Matrix {
    let mut rows = csv::Reader::from_path(path).unwrap();
    let width = rows.headers().unwrap().len() - 1;
    let (mut values, mut paths) = (Vec::new(), Vec::new());
    for row in rows.records().map(Result::unwrap) {
        paths.push(row[0].to_owned());
        values.extend(row.iter().skip(1).map(|value| value.parse::<f32>().unwrap()));
    }
    (vec![paths.len(), width], values, paths)
}

/// Features of the test images in all three formats, which must agree.
fn features(folder: &Path, name: &str, task: &Path, source: &[&str]) -> Matrix {
    let output = |extension: &str| folder.join(format!("{name}/f.{extension}"));
    for extension in ["safetensors", "npy", "csv"] {
        let words = ["features".as_ref(), "-o".as_ref()].map(|word: &std::ffi::OsStr| word);
        let output = output(extension);
        let test = task.join("test");
        let words = words.into_iter().chain([output.as_os_str(), test.as_os_str()]);
        succeed(words.chain(source.iter().map(|word| (*word).as_ref())));
    }
    let all = safetensors(&output("safetensors"));
    assert_eq!(all, npy(&output("npy")));
    assert_eq!(all, table(&output("csv")));
    all
}

#[test]
fn features_come_in_three_formats_with_and_without_a_run() {
    let (folder, task, out) = trained(&["solver.base_lr=50"]);
    let pico = ["--backbone", "provpt_pico_patch4_32"];
    let bare = features(folder.path(), "bare", &task, &pico);
    let prompted = features(folder.path(), "run", &task, &["--run", out.to_str().unwrap()]);
    assert_eq!(bare.0[0], 12);
    assert_eq!((&bare.0, &bare.2), (&prompted.0, &prompted.2));
    assert_ne!(bare.1, prompted.1);
    assert!(bare.2[0].ends_with("test/blue/0.png"), "{:?}", bare.2);
    assert!(bare.1.iter().chain(&prompted.1).all(|value| value.is_finite()));
}

#[test]
fn a_checkpoint_file_is_a_backbone_in_any_format() {
    let folder = temp();
    let task = colours(folder.path());
    let (npz, pth) = (fixture("vit.google.npz"), fixture("vit.model.pth"));
    let all = [(&npz, "a"), (&pth, "b")].map(|(file, name)| {
        let source = ["--backbone", file.to_str().unwrap(), "--set", "model.heads=4"];
        features(folder.path(), name, &task, &source)
    });
    assert_eq!(all[0].0, [12, 32]);
    let close = |(a, b): (&f32, &f32)| (a - b).abs() < 1e-5;
    assert!(all[0].1.iter().zip(&all[1].1).all(close));
}

#[test]
fn what_a_file_does_not_say_is_told() {
    let folder = temp();
    let task = colours(folder.path());
    let out = folder.path().join("f.npy");
    let features = |file: &Path, more: &[&str]| {
        let words = ["features", "--backbone", file.to_str().unwrap(), "-o", out.to_str().unwrap()];
        run(words.into_iter().chain([task.to_str().unwrap()]).chain(more.iter().copied()))
    };
    let file = fixture("vit.timm.safetensors");
    features(&file, &[]).failed(
        2,
        "heads: expected their number to be given for width 32",
        "give their number: --set model.heads=N",
    );
    let said = features(&file, &["--set", "model.heads=4"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    let note = "note: pixels: mean [0.5, 0.5, 0.5], std [0.5, 0.5, 0.5] (assumed: ";
    assert!(said.stderr.contains(note), "{said:?}");
    assert!(!said.stderr.contains("attention heads"), "{said:?}");
    let known = ["data.mean=[0,0,0]", "data.std=[1,1,1]", "data.interpolation=pil-bicubic"];
    let known = known.iter().flat_map(|key| ["--set", key]);
    let more: Vec<&str> = ["--set", "model.heads=4"].into_iter().chain(known).collect();
    let said = features(&file, &more);
    assert!(said.code == Some(0) && !said.stderr.contains("assumed"), "{said:?}");
    // Beside these weights stands all of it.
    let said = features(&fixture("backbones/described/heads"), &[]);
    assert!(said.code == Some(0) && !said.stderr.contains("note:"), "{said:?}");
}

#[test]
fn what_cannot_be_written_or_read_is_said_first() {
    let folder = temp();
    let words = ["features", "--backbone", "provpt_pico_patch4_32", "x.png", "-o"];
    let features = |output: &str| run(words.into_iter().chain([output]));
    features("f.txt").failed(2, "expected a file ending in .safetensors, .npy or .csv", "");
    features("f.csv").failed(2, "x.png: missing image", "");
    let said = run(["features", "x.png", "-o", "f.csv"]);
    assert_eq!(said.code, Some(2));
    assert!(said.stderr.contains("--backbone") && said.stderr.contains("--run"), "{said:?}");
    let empty = folder.path().to_str().unwrap();
    let words = ["features", "--backbone", "provpt_pico_patch4_32", empty, "-o", "f.csv"];
    run(words).failed(2, "no images: expected at least one, got none", "");
}
