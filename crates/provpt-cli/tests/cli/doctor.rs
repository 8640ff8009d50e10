//! What the program tells about itself.

use crate::common::{run, succeed, temp};

#[test]
fn the_doctor_finds_nothing_wrong_and_says_what_there_is() {
    let folder = temp();
    let output = folder.path().display().to_string();
    let told = succeed(["doctor", "--output", &output]);
    for line in ["provpt ", "processor ", "kernels ", "memory ", "cache ", "backbone "] {
        assert!(told.lines().any(|told| told.starts_with(line)), "{line}: {told}");
    }
    let checks = ["training", "decoding", "writing"];
    for check in checks {
        let line = told.lines().find(|line| line.starts_with(check)).unwrap();
        assert!(line.contains(" ok "), "{line}");
    }
    let json = succeed(["doctor", "--output", &output, "--json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["facts"][0]["name"], "provpt");
    let passed = json["checks"].as_array().unwrap().iter().map(|check| &check["passed"]);
    assert!(passed.eq([true; 3].iter()), "{json}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_check_that_fails_is_named_and_ends_with_1() {
    let folder = temp();
    let missing = folder.path().join("missing").display().to_string();
    let said = run(["doctor", "--output", &missing]);
    assert_eq!(said.code, Some(1));
    assert!(said.stderr.contains("error: writing: expected the test to pass"), "{said:?}");
    assert!(said.stdout.contains("FAILED"), "{said:?}");
}

#[test]
fn completions_know_every_command() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = succeed(["completions", shell]);
        for word in ["train", "predict", "doctor", "stop-after"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
    assert_eq!(run(["completions", "tcsh"]).code, Some(2));
}
