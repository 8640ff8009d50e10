//! The same on portable code. A process chooses its instruction set once, so this very program is
//! run again.

use std::env;
use std::hash::{DefaultHasher, Hasher};
use std::process::Command;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use provpt_vit::Engine;

use crate::plain::{Random, case, tiny};
use crate::properties::{gradients, small};

/// What some of this program's tests print.
fn rerun(simd: &str, arguments: &[&str]) -> String {
    let mut command = Command::new(env::current_exe().unwrap());
    let output = command.args(arguments).env("PROVPT_SIMD", simd).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    text
}

/// The same for one test that only prints.
fn print(simd: &str, name: &str) -> String {
    let name = format!("portable::{name}");
    rerun(simd, &["--exact", &name, "--ignored", "--nocapture"])
}

#[test]
fn the_properties_hold_on_portable_code() {
    let text = rerun("portable", &["properties::"]);
    assert!(text.matches("... ok\n").count() >= 10, "{text}");
}

#[test]
fn portable_code_gives_the_same_bits() {
    let text = print("portable", "print_bits");
    let expected = format!("bits {:x}\n", bits());
    assert!(text.contains(&expected), "expected {expected}, got {text}");
}

#[test]
fn an_unknown_instruction_set_is_refused() {
    let text = print("avx9", "print_what_the_engine_says");
    assert!(text.contains("PROVPT_SIMD: expected native or portable, got avx9"), "{text}");
}

/// Features and gradients of some models, as one number.
fn bits() -> u64 {
    let (mut runner, mut hasher) = (TestRunner::deterministic(), DefaultHasher::new());
    for _ in 0..20 {
        let case = case(&small()).new_tree(&mut runner).unwrap().current();
        let drawn = case.draw();
        let (gradients, features) =
            gradients(&drawn.engine(), &case, &drawn, (&drawn.pixels).into());
        for values in [&features, &gradients.prompts, &gradients.gate, &gradients.attention] {
            values.iter().for_each(|value| hasher.write_u32(value.to_bits()));
        }
    }
    hasher.finish()
}

#[test]
#[ignore = "prints what another process's test compares"]
fn print_bits() {
    println!("\nbits {:x}", bits());
}

#[test]
#[ignore = "prints what another process's test reads"]
fn print_what_the_engine_says() {
    match Engine::new(Random::new(0).backbone(&tiny(), false), 1) {
        Ok(_) => println!("nothing"),
        Err(error) => println!("{error}"),
    }
}
