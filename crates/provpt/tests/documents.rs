//! What documents say of the tables of methods and of published keys is what the tables say.
#![allow(clippy::unwrap_used)]

use provpt::method::{METHODS, Method};

fn row(method: &Method) -> String {
    let moves = if method.relocates.is_some() { "yes" } else { "no" };
    let Method { name, title, paper, learns, .. } = method;
    format!("| `{name}` | {title} | {learns} | {moves} | {paper} |\n")
}

#[test]
fn the_page_about_methods_lists_them() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/methods.md");
    let page = fs_err::read_to_string(page).unwrap();
    let table: String = METHODS.iter().map(row).collect();
    assert!(page.contains(&table), "docs/methods.md should have these rows:\n{table}");
}

#[test]
fn the_page_of_published_keys_has_them_all() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/published.md");
    let page = fs_err::read_to_string(page).unwrap();
    for table in provpt::config::render_published().split("\n\n") {
        assert!(page.contains(table.trim()), "docs/published.md should have this table:\n{table}");
    }
}
