//! What `config print` shows and runs write.

use std::collections::HashSet;

use provpt::config::{Config, keys, render, render_defaults};

use super::{file, load};

/// Runs, sweeps and people's notes have these texts: they do not change by accident.
#[test]
fn the_texts_are_as_they_were() {
    let text = render_defaults();
    insta::assert_snapshot!("defaults", text);
    let text = render(&Config::default());
    insta::assert_snapshot!("resolved", text);
}

#[test]
fn each_key_is_printed_once_and_no_spelling_means_two() {
    let lines: Vec<String> = render(&load(&[])).lines().map(str::to_owned).collect();
    assert_eq!(lines.iter().filter(|line| line.contains(" = ")).count(), keys().len());
    let spellings: Vec<&str> =
        keys().iter().flat_map(|key| key.aliases.iter().copied().chain([&*key.name])).collect();
    let distinct: HashSet<_> = spellings.iter().collect();
    assert_eq!(distinct.len(), spellings.len());
    assert!(spellings.iter().all(|spelling| *spelling == spelling.to_lowercase()));
}

#[test]
fn defaults_printed_and_read_back_are_the_defaults() {
    let (_folder, path) = file("all.toml", &render_defaults());
    let loaded = Config::from_args(Some(&path), &[]).unwrap();
    assert_eq!(loaded.config, Config::default());
    assert!(loaded.notices.is_empty());
    assert!(keys().iter().all(|key| !key.help.is_empty() && !key.help.contains('\n')));
}
