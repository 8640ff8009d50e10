//! What documents say of the table of methods is what the table says.
#![allow(clippy::unwrap_used)]

use provpt::method::{Learns, METHODS, Method};

fn row(method: &Method) -> String {
    let learns = match method.learns {
        Learns::HeadOnly => "nothing",
        Learns::ShallowPrompts => "prompts before the first block",
        Learns::DeepPrompts => "prompts of each block",
    };
    let moves = if method.relocates.is_some() { "yes" } else { "no" };
    let Method { name, title, paper, .. } = method;
    format!("| `{name}` | {title} | {learns} | {moves} | {paper} |\n")
}

#[test]
fn the_readme_lists_the_methods() {
    let readme = concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md");
    let readme = fs_err::read_to_string(readme).unwrap();
    let table: String = METHODS.iter().map(row).collect();
    assert!(readme.contains(&table), "README.md should have these rows:\n{table}");
}
