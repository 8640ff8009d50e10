//! What documents say of the tables of methods and of published keys is what the tables say.
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

#[test]
fn the_page_of_published_keys_has_them_all() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/published.md");
    let page = fs_err::read_to_string(page).unwrap();
    for table in provpt::config::render_published().split("\n\n") {
        assert!(page.contains(table.trim()), "docs/published.md should have this table:\n{table}");
    }
}
