//! Files beside a task's lists that are called like splits and are not read: told, so that nobody
//! believes they are.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::split_names::SplitName;
use provpt_base::quoted;

/// Endings of lists.
const LISTS: [&str; 6] = ["csv", "json", "jsonl", "ndjson", "tsv", "txt"];

/// A remark about such files, those that are `known` apart: `valid.txt`, `val1000.csv`.
pub(super) fn files(folder: &Path, known: &[PathBuf]) -> Option<String> {
    let entries = fs_err::read_dir(folder).ok()?.flatten().map(|entry| entry.path());
    let named = entries.filter(|path| {
        let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
        let word = name.split(|c: char| !c.is_alphabetic()).next().unwrap_or_default();
        let ending = path.extension().unwrap_or_default();
        let ends = LISTS.iter().any(|list| ending.eq_ignore_ascii_case(list));
        ends && SplitName::of(word).is_some() && !known.contains(path) && path.is_file()
    });
    let mut names: Vec<String> =
        named.filter_map(|path| Some(quoted(path.file_name()?).to_string())).collect();
    names.sort();
    (!names.is_empty()).then(|| format!("not used: {}", names.join(", ")))
}
