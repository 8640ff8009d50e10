//! The numbers that matrices are multiplied in.

use crate::common::{adapter, colours, json, quick, run, succeed, temp, trained, with};

const BF16: [&str; 4] =
    ["solver.total_epoch=2", "model.prompt.num_tokens=2", "precision=bf16", "recipe=published"];

#[test]
fn a_run_in_bf16_says_so_and_ends_alike_in_pieces() {
    let (folder, task, whole) = trained(&BF16);
    let told = json(&whole.join("result.json"))["precision"].as_str().unwrap().to_owned();
    assert!(told.starts_with("bf16 ("), "{told}");
    let log = std::fs::read_to_string(whole.join("log.txt")).unwrap();
    assert!(log.contains(&format!("numbers   {told}")), "{log}");

    let out = folder.path().join("pieces");
    succeed(with(with(quick(&task, &out), &BF16), &["--stop-after", "1"]));
    let resume = ["train".as_ref(), "--resume".as_ref(), out.as_os_str()];
    // It goes on in the numbers that it began in.
    let said = run(resume.into_iter().chain(["precision=f32".as_ref()]));
    assert_eq!(said.code, Some(2), "{said:?}");
    assert!(said.stderr.contains("got precision, which a run keeps"), "{said:?}");
    succeed(resume);
    assert_eq!(adapter(&out), adapter(&whole));

    let evaluated = |word: &str| succeed(["eval", &whole.display().to_string(), word, "--json"]);
    assert_ne!(evaluated("precision=bf16"), evaluated("precision=f32"));
}

#[test]
fn a_run_settles_auto_when_it_begins() {
    let folder = temp();
    let (task, out) = (colours(folder.path()), folder.path().join("auto"));
    succeed(with(quick(&task, &out), &["solver.total_epoch=1", "precision=auto"]));
    let config = std::fs::read_to_string(out.join("config.toml")).unwrap();
    assert!(!config.contains("precision = \"auto\""), "{config}");
    // In f32, which is the default, nothing is said of it.
    let told = &json(&out.join("result.json"))["precision"];
    assert_eq!(told.is_null(), config.contains("precision = \"f32\""), "{told}");
}

#[test]
fn other_words_are_refused() {
    let said = run(["train", "precision=f8", &format!("output_dir={}", temp().path().display())]);
    assert_eq!(said.code, Some(2));
    assert!(said.stderr.contains("expected one of f32, bf16, f16, auto"), "{said:?}");
}
