//! Checkpoints made to do harm: refused in one line, by bounds that are stated, and never run.
#![allow(clippy::expect_used, clippy::unwrap_used)]

mod archives;
mod arrays;
mod mutations;
mod objects;
mod pickles;
mod sizes;
mod tensors;

use provpt_vit::Backbone;
use provpt_vit::weights::LoadOptions;

/// What is said of these bytes; it must be one line that can be printed.
fn read(name: &str, bytes: &[u8]) -> Result<Backbone, String> {
    let options = LoadOptions { heads: Some(4), ..LoadOptions::default() };
    let result = Backbone::from_bytes(name, bytes, &options);
    result.map_err(|error| {
        let text = error.to_string();
        assert!(text.contains(name), "no name: {text}");
        assert!(text.len() < 4000 && !text.chars().any(char::is_control), "{text:?}");
        text
    })
}

fn refusal(name: &str, bytes: &[u8]) -> String {
    read(name, bytes).expect_err("to be refused")
}

/// Checks that a refusal says this.
#[track_caller]
fn refused(name: &str, bytes: &[u8], expected: &str) {
    let text = refusal(name, bytes);
    assert!(text.contains(expected), "expected `{expected}` in: {text}");
}
