//! Every hint names what can be typed: commands, options and settings that there are.

use std::path::PathBuf;

use clap::CommandFactory;
use provpt_data::{Error as DataError, LeftOut, ParquetError, TfdsError};
use provpt_vit::{Error as VitError, Mismatch};

use super::*;
use crate::args::Cli;

fn path() -> PathBuf {
    "some/path".into()
}

fn text() -> String {
    String::new()
}

/// Errors that any command with a task may end with.
fn of_tasks() -> Vec<Failure> {
    let all: [DataError; 13] = [
        DataError::NoPath { name: "cifar".to_owned(), generated: text() },
        DataError::NoPath { name: "mine".to_owned(), generated: text() },
        DataError::MissingFolder { path: path() },
        DataError::MissingList { path: path() },
        DataError::Percentage { path: path(), got: 0.1 },
        DataError::Label { list: path(), line: 1, classes: 2, got: 2 },
        DataError::EmptySplit { split: "val", path: path() },
        DataError::OneClass { what: text(), got: text() },
        DataError::ClassCount { what: text(), expected: 1, got: 2 },
        DataError::EmptyClass { path: path(), left_out: LeftOut::default() },
        DataError::Parquet(ParquetError::Configs { path: path(), found: text() }),
        DataError::Tfds(TfdsError::Several { path: path(), found: text() }),
        DataError::Tfds(TfdsError::NotClassification {
            path: path(),
            expected: "",
            name: text(),
            got: text(),
        }),
    ];
    all.into_iter().map(|error| Failure::Library(error.into())).collect()
}

/// Errors that any command with a backbone may end with.
fn of_backbones() -> Vec<Failure> {
    let norm = Mismatch { missing: vec!["norm.weight".to_owned()], ..Mismatch::default() };
    let none = |name: &str| VitError::NoCheckpoint {
        name: name.to_owned(),
        folder: path(),
        expected: text(),
    };
    let all: [VitError; 10] = [
        none("alexnet"),
        VitError::SideTooSmall { least: 63, got: 32 },
        VitError::Memory { bytes: 1 },
        VitError::Threads { cause: text() },
        VitError::UnknownModel { name: text() },
        none("vit"),
        VitError::Tensors { path: path(), mismatch: norm },
        VitError::ImageSize { path: path(), patch_size: 4, max: 8, got: 9 },
        VitError::Heads { path: path(), expected: text(), got: text() },
        VitError::SeveralModels { path: path(), prefixes: text() },
    ];
    let other =
        Error::OtherBackbone { path: path(), backbone: text(), expected: text(), got: text() };
    let recipe = Error::NoRecipe { task: text() };
    let all = all.into_iter().map(Error::from).chain([other, recipe]);
    all.map(Failure::Library).collect()
}

/// The commands that take settings in a style, and what they may be about.
fn commands(style: SettingStyle) -> (&'static [&'static [&'static str]], bool, bool) {
    match style {
        SettingStyle::WORDS => (&[&["train"]], true, true),
        SettingStyle::PLACES => (&[&["train"], &["study", "idleness"]], true, true),
        SettingStyle::TO_LOOK_AT => (&[&["eval"]], true, true),
        SettingStyle::SET => (&[&["features"]], false, true),
        SettingStyle::SET_TO_LOOK_AT => (&[&["features"], &["predict"]], false, true),
        SettingStyle::WEIGHTS => (&[&["weights", "inspect"], &["weights", "convert"]], false, true),
        SettingStyle::DATA => {
            (&[&["data", "check"], &["data", "convert"], &["data", "show"]], true, false)
        }
        _ => (&[], true, true),
    }
}

fn command(names: &[&str]) -> clap::Command {
    let mut command = Cli::command();
    command.build();
    names.iter().fold(command, |command, name| {
        let found = command.find_subcommand(name).unwrap_or_else(|| panic!("no command {name}"));
        found.clone()
    })
}

fn takes(command: &clap::Command, option: &str) -> bool {
    command.get_arguments().any(|argument| argument.get_long() == Some(option))
}

/// A hint without what is in backquotes, and that.
fn parts(hint: &str) -> (String, Vec<String>) {
    let all: Vec<&str> = hint.split('`').collect();
    let every = |first: usize| all.iter().skip(first).step_by(2).map(|&part| part.to_owned());
    (every(0).collect::<Vec<_>>().join(" "), every(1).collect())
}

fn options(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| c.is_whitespace() || "();,:=".contains(c));
    words.filter_map(|word| word.strip_prefix("--"))
}

/// Commands in backquotes are there, with the options that they are shown with.
fn check_quoted(quoted: &str) {
    let Some(rest) = quoted.strip_prefix("provpt ") else { return };
    let names = rest.split(' ').take_while(|word| word.chars().all(|c| c.is_ascii_lowercase()));
    let names: Vec<&str> = names.collect();
    let command = command(&names);
    assert!(!command.has_subcommands(), "{quoted}: half a command");
    for option in options(quoted) {
        assert!(option == "help" || takes(&command, option), "{quoted}: no --{option}");
    }
}

fn check(failure: &Failure, style: SettingStyle) {
    let Some(hint) = explain(failure, style).hint else { return };
    let (plain, quoted) = parts(&hint);
    quoted.iter().for_each(|quoted| check_quoted(quoted));
    for names in commands(style).0 {
        let command = command(names);
        for option in options(&plain) {
            assert!(takes(&command, option), "{names:?} has no --{option}: {hint}");
        }
        // Those that resume refuse it.
        assert!(style.takes_threads() || !plain.contains("--threads"), "{names:?}: {hint}");
    }
    for word in plain.split(|c: char| c.is_whitespace() || "();,:".contains(c)) {
        let Some((key, value)) = word.split_once('=').filter(|(key, _)| key.contains('.')) else {
            continue;
        };
        provpt::config::key(key, "hint").unwrap();
        let typed = style.show(key, value);
        assert!(typed.is_some_and(|typed| hint.contains(&typed)), "{style:?}: {word} in {hint}");
    }
}

#[test]
fn hints_name_what_the_command_takes() {
    for style in SettingStyle::ALL {
        let (_, tasks, backbones) = commands(style);
        if tasks {
            of_tasks().iter().for_each(|failure| check(failure, style));
        }
        if backbones {
            of_backbones().iter().for_each(|failure| check(failure, style));
        }
    }
}

#[test]
fn hints_of_one_command_do_too() {
    let run = |error: RunsError| Failure::from(error);
    let all = [
        (run(RunsError::RunExists { path: path() }), SettingStyle::WORDS),
        (Failure::TrialsFailed { path: path(), failed: 1 }, SettingStyle::NOTHING),
        (Failure::Requeue { task: text() }, SettingStyle::NOTHING),
        (Error::OtherImages { task: text(), changes: Vec::new() }.into(), SettingStyle::PLACES),
        (Error::NoSplit { task: text(), split: "val" }.into(), SettingStyle::TO_LOOK_AT),
    ];
    for (failure, style) in all {
        let hint = explain(&failure, style).hint.unwrap();
        let (plain, quoted) = parts(&hint);
        assert!(!quoted.is_empty() || options(&plain).count() > 0, "{hint}");
        quoted.iter().for_each(|quoted| check_quoted(quoted));
        for option in options(&plain) {
            assert!(takes(&command(commands(style).0[0]), option), "{hint}");
        }
    }
}

#[test]
fn the_same_error_is_told_in_the_words_of_each_command() {
    let heads =
        || Failure::Library(VitError::Heads { path: path(), expected: text(), got: text() }.into());
    let hint = |failure: Failure, style| explain(&failure, style).hint;
    let told = |text: &str| Some(format!("give their number: {text}"));
    assert_eq!(hint(heads(), SettingStyle::WORDS), told("model.heads=N"));
    assert_eq!(hint(heads(), SettingStyle::SET), told("--set model.heads=N"));
    assert_eq!(hint(heads(), SettingStyle::WEIGHTS), told("--heads N"));
    assert_eq!(hint(heads(), SettingStyle::PLACES), None, "a run keeps its heads");
    let label =
        || Failure::Library(DataError::Label { list: path(), line: 1, classes: 2, got: 2 }.into());
    let told = |or: &str| {
        Some(format!("labels count from 0; labels.txt{or} says how many classes there are"))
    };
    assert_eq!(hint(label(), SettingStyle::WORDS), told(" or data.number_classes=N"));
    assert_eq!(hint(label(), SettingStyle::DATA), told(" or --classes N"));
    assert_eq!(hint(label(), SettingStyle::PLACES), told(""));
    let memory = || Failure::Library(VitError::Memory { bytes: 1 }.into());
    assert_eq!(hint(memory(), SettingStyle::PLACES), None);
    assert_eq!(
        hint(memory(), SettingStyle::SET),
        Some("fewer threads (--threads 1) need less".to_owned())
    );
}
