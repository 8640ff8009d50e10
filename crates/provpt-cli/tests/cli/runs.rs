//! What can be done with a finished run.

use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use crate::common::{json, run, succeed, trained};

#[test]
fn eval_agrees_with_the_result() {
    let (_folder, _, out) = trained(&[]);
    let result = json(&out.join("result.json"));
    for split in ["test", "val"] {
        let words = ["eval".as_ref(), out.as_os_str(), "--json".as_ref()];
        let more = ["--split".as_ref(), split.as_ref()];
        let record: Value = serde_json::from_str(&succeed(words.into_iter().chain(more))).unwrap();
        assert_eq!(record["top1"], result[split]["top1"]);
        assert_eq!(record["loss"], result[split]["loss"]);
        assert_eq!(record["split"], split);
    }
    let text = succeed(["eval".as_ref(), out.as_os_str()]);
    let top1 = 100.0 * result["test"]["top1"].as_f64().unwrap();
    assert!(text.contains(&format!("12 test images: top-1 {top1:.1}%")), "{text}");
    assert!(text.lines().any(|line| line.starts_with("green ") && line.ends_with(" 4")), "{text}");
}

#[test]
fn eval_follows_data_that_moved() {
    let (folder, task, out) = trained(&["solver.total_epoch=1"]);
    let moved = folder.path().join("elsewhere");
    std::fs::rename(&task, &moved).unwrap();
    run(["eval".as_ref(), out.as_os_str()]).failed(2, "missing folder", "check data.datapath");
    let here = format!("data.datapath={}", moved.display());
    let text = succeed(["eval".as_ref(), out.as_os_str(), here.as_ref()]);
    assert!(text.contains("12 test images"), "{text}");
}

#[test]
fn predictions_are_the_same_in_all_formats() {
    let (_folder, task, out) = trained(&["solver.total_epoch=1"]);
    let images = [task.join("test/red/0.png"), task.join("test/blue")];
    let predict = |format: &str| {
        let words = ["predict".as_ref(), out.as_os_str(), images[0].as_os_str()];
        let more = [images[1].as_os_str(), "--top".as_ref(), "2".as_ref(), "--format".as_ref()];
        succeed(words.into_iter().chain(more).chain([format.as_ref()]))
    };
    let text = predict("text");
    assert_eq!(text.lines().count(), 5, "{text}");

    let jsonl = predict("jsonl");
    let records: Vec<Value> = jsonl.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let csv = predict("csv");
    let mut rows = csv::Reader::from_reader(csv.as_bytes());
    assert_eq!(rows.headers().unwrap(), &["path", "rank", "class", "index", "probability"][..]);
    let rows: Vec<csv::StringRecord> = rows.records().map(Result::unwrap).collect();
    assert_eq!((records.len(), rows.len()), (5, 10));

    for (index, record) in records.iter().enumerate() {
        let (first, second) = (&record["guesses"][0], &record["guesses"][1]);
        assert!(first["probability"].as_f64() >= second["probability"].as_f64());
        assert_eq!(rows[2 * index][2], *first["class"].as_str().unwrap());
        assert_eq!(rows[2 * index][4], first["probability"].to_string());
        assert_eq!(rows[2 * index + 1][1], *"2");
        let line = text.lines().nth(index).unwrap();
        let start = format!("{}: {} ", record["path"].as_str().unwrap(), &rows[2 * index][2]);
        assert!(line.starts_with(&start), "{line}: {start}");
    }
}

#[test]
fn the_idleness_of_a_run_is_studied() {
    let (_folder, _, out) = trained(&["model.prompt.num_tokens=3"]);
    let words = ["study".as_ref(), "idleness".as_ref(), out.as_os_str()];
    let text = succeed(words.into_iter().chain(["--fresh".as_ref(), "2".as_ref()]));
    assert!(text.contains("2 of them freshly moved"), "{text}");
    for score in ["gate", "attention", "norm"] {
        let here = text.lines().filter(|line| line.contains(&format!("{score} "))).count();
        assert!(here >= 2, "{score}: {text}");
    }
    let study = json(&out.join("study.json"));
    let fresh = study["rows"].as_array().unwrap().iter().filter(|row| row["fresh"] == true);
    assert_eq!(fresh.count(), 2);
    let report = std::fs::read_to_string(out.join("report.html")).unwrap();
    assert!(report.contains("Which idleness tells the truth"));
    let text = succeed(["study".as_ref(), "spikes".as_ref(), out.as_os_str(), out.as_os_str()]);
    let rows = text.lines().filter(|line| line.starts_with(out.to_str().unwrap()));
    assert_eq!(rows.count(), 2, "{text}");
    assert!(text.lines().any(|line| line.starts_with("all")), "{text}");
}

#[test]
fn rows_that_are_put_into_a_run_are_studied() {
    let few = ["model.prompt.num_tokens=1", "solver.total_epoch=1", "recipe=published"];
    let (_folder, _, out) = trained(&few);
    let words = ["study".as_ref(), "insertion".as_ref(), out.as_os_str()];
    let few = ["--samples", "2", "--steps", "0"].map(std::ffi::OsStr::new);
    let text = succeed(words.into_iter().chain(few));
    for score in ["insertion", "gradient", "demand", "random"] {
        assert!(text.lines().any(|line| line.starts_with(score)), "{score}: {text}");
    }
    let study = json(&out.join("insertion.json"));
    let rows = study["rows"].as_array().unwrap();
    assert_eq!((rows.len(), &study["images"], &study["steps"]), (12 * 7, &2.into(), &0.into()));
    assert!(rows.iter().any(|row| row["kind"] == "keep" && row["at_once"] != 0.0));
}

#[test]
fn a_linear_probe_has_no_idleness() {
    let (_folder, _, out) = trained(&["model.transfer_type=linear", "solver.total_epoch=1"]);
    run(["study".as_ref(), "idleness".as_ref(), out.as_os_str()]).failed(
        2,
        "study idleness: expected a run with prompts, got method linear",
        "model.transfer_type=prompt",
    );
}

#[test]
fn a_report_is_made_again() {
    let (_folder, _, out) = trained(&["solver.total_epoch=1"]);
    let path = out.join("report.html");
    let before = std::fs::read(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    let stdout = succeed(["report".as_ref(), out.as_os_str()]);
    assert_eq!(stdout.trim_end(), path.display().to_string());
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin!("provpt"));
    command.args(["config", "print"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

#[test]
fn an_adapter_predicts_without_its_run() {
    let (folder, task, out) = trained(&["solver.total_epoch=1"]);
    let image = task.join("test/red/0.png");
    let predict = |what: &Path| succeed(["predict".as_ref(), what.as_os_str(), image.as_os_str()]);
    let expected = predict(&out);
    assert_eq!(predict(&out.join("adapter")), expected);
    let copy = folder.path().join("copied/red-or-blue");
    std::fs::create_dir_all(&copy).unwrap();
    for name in ["adapter_config.json", "adapter_model.safetensors"] {
        std::fs::copy(out.join("adapter").join(name), copy.join(name)).unwrap();
    }
    assert_eq!(predict(&copy), expected);
    let features = |run: &Path| {
        let output = folder.path().join("features.csv");
        let words = ["features".as_ref(), "--run".as_ref(), run.as_os_str(), image.as_os_str()];
        succeed(words.into_iter().chain(["-o".as_ref(), output.as_os_str()]));
        std::fs::read(output).unwrap()
    };
    assert_eq!(features(&copy), features(&out));
    std::fs::remove_file(copy.join("adapter_model.safetensors")).unwrap();
    let words = ["predict".as_ref(), copy.as_os_str(), image.as_os_str()];
    run(words).failed(2, "adapter_model.safetensors", "");
    run(["predict".as_ref(), folder.path().as_os_str(), image.as_os_str()]).failed(
        2,
        "not a run",
        "",
    );
}

/// Of an image and its mirror image the mean is the same.
#[test]
fn flipped_predictions_do_not_know_left_from_right() {
    let (folder, task, out) = trained(&["solver.total_epoch=2"]);
    let image = image::open(task.join("test/red/0.png")).unwrap().to_rgb8();
    let mut lopsided =
        image::imageops::resize(&image, 32, 32, image::imageops::FilterType::Nearest);
    lopsided.enumerate_pixels_mut().for_each(|(x, y, p)| p.0[2] = (x * 8) as u8 ^ (y as u8));
    let (plain, mirrored) = (folder.path().join("a.png"), folder.path().join("b.png"));
    lopsided.save(&plain).unwrap();
    image::imageops::flip_horizontal(&lopsided).save(&mirrored).unwrap();
    let guesses = |image: &Path, more: &[&str]| {
        let words = ["predict".as_ref(), out.as_os_str(), image.as_os_str()];
        let more = more.iter().map(|word| word.as_ref());
        let said =
            succeed(words.into_iter().chain(["--format".as_ref(), "csv".as_ref()]).chain(more));
        let rows = said.lines().skip(1).map(|row| row.rsplit(',').take(2).map(str::to_owned));
        rows.map(|row| row.collect::<Vec<_>>()).collect::<Vec<_>>()
    };
    assert_eq!(guesses(&plain, &["--flip"]), guesses(&mirrored, &["--flip"]));
    assert_ne!(guesses(&plain, &[]), guesses(&mirrored, &[]));
    assert_ne!(guesses(&plain, &["--flip"]), guesses(&plain, &[]));
}

/// Replaces all numbers of an adapter without prompts.
fn overwrite(run: &Path, value: f32) {
    let path = run.join("adapter/adapter_model.safetensors");
    let mut bytes = std::fs::read(&path).unwrap();
    let header = u64::from_le_bytes(*bytes.first_chunk().unwrap()) as usize;
    bytes[8 + header..].as_chunks_mut().0.fill(value.to_le_bytes());
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn what_is_no_number_is_an_error_in_every_command() {
    let (_folder, task, out) = trained(&["solver.total_epoch=1", "model.transfer_type=linear"]);
    let image = task.join("test/red/0.png");
    let predict = || run(["predict".as_ref(), out.as_os_str(), image.as_os_str()]);
    let eval = || run(["eval".as_ref(), out.as_os_str()]);
    for value in [f32::NAN, f32::INFINITY] {
        overwrite(&out, value);
        let expected = format!("head.weight: expected finite numbers, got {value}");
        predict().failed(2, &expected, "");
        eval().failed(2, &expected, "");
    }
    overwrite(&out, f32::MAX);
    predict().failed(1, "logits: expected finite numbers", "solver.base_lr");
    eval().failed(1, "loss: expected finite numbers", "solver.base_lr");
}
