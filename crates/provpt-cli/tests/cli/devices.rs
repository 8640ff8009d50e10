//! Where a backbone is computed: the processor, or a graphics card.

use crate::common::{adapter, colours, fixture, quick, run, story, succeed, temp, with};

/// The devices that the program tells, the processor first.
fn devices() -> Vec<String> {
    let told: serde_json::Value = serde_json::from_str(&succeed(["devices", "--json"])).unwrap();
    let rows = told.as_array().unwrap().iter();
    rows.map(|row| row["device"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_processor_is_always_there() {
    let (json, text) = (devices(), succeed(["devices"]));
    assert_eq!(json[0], "cpu");
    assert_eq!(text.lines().count(), json.len());
    assert!(text.starts_with("cpu "), "{text}");
    for (number, device) in json[1..].iter().enumerate() {
        assert_eq!(*device, format!("gpu:{number}"));
    }
}

#[test]
fn what_is_not_there_is_refused() {
    let folder = temp();
    let (task, out) = (colours(folder.path()), folder.path().join("run"));
    let refused = |device: &str, error: &str, hint: &str| {
        run(with(quick(&task, &out), &[device])).failed(2, error, hint);
        assert!(!out.join("steps.jsonl").exists());
    };
    refused("device=cuda", "device: expected one of cpu, gpu, gpu:0, gpu:1, ..., auto", "");
    if provpt_vit::HAS_GPU {
        refused("device=gpu:99", "expected one that is here, got gpu:99, of", "provpt devices");
    } else {
        let error = "expected cpu in a program that was built without the feature gpu, got gpu:1";
        refused("device=gpu:1", error, "cargo build --release --features gpu");
    }
    let error = "precision: expected one that the cpu computes in, got f16";
    run(with(quick(&task, &out), &["precision=f16"])).failed(2, error, "precision=f32");
}

#[test]
fn a_run_goes_on_elsewhere() {
    if devices().len() < 2 {
        println!("skipped: there is no graphics card, or the program knows none");
        return;
    }
    let folder = temp();
    let task = colours(folder.path());
    // A small one: what stands in for a card is slow.
    let weights = format!("model.weights={}", fixture("vit.timm.safetensors").display());
    let train = |name: &str, words: &[&str]| {
        let out = folder.path().join(name);
        succeed(with(
            with(quick(&task, &out), &[&weights, "model.heads=4", "recipe=published"]),
            words,
        ));
        out
    };
    let (cpu, one) = (train("cpu", &[]), train("one", &["device=gpu:0"]));
    let log = std::fs::read_to_string(one.join("log.txt")).unwrap();
    assert!(log.contains("device    gpu:0, "), "{log}");
    // The same bits each time, and nearly those of the processor.
    assert_eq!(adapter(&train("again", &["device=gpu:0"])), adapter(&one));
    let loss = |run: &std::path::Path| story(run).last().unwrap().train_loss;
    assert!(loss(&cpu) > 0.1, "{}", loss(&cpu));
    assert!((loss(&one) - loss(&cpu)).abs() < 1e-4 * loss(&cpu), "{} {}", loss(&one), loss(&cpu));

    let moved = train("moved", &["device=gpu:0", "--stop-after", "1"]);
    let resume = ["train".as_ref(), "--resume".as_ref(), moved.as_os_str()];
    succeed(resume.into_iter().chain(["device=cpu".as_ref()]));
    assert!((loss(&moved) - loss(&cpu)).abs() < 1e-4 * loss(&cpu));
    assert_eq!(story(&moved).len(), 2);
}
