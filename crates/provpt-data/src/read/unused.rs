//! Files beside a task's lists that are called like splits and are not read: told, so that nobody
//! believes they are.

use std::ffi::OsStr;
use std::path::Path;

use super::split_names::SplitName;
use provpt_base::quoted;

/// A remark about such files with one ending, `known` ones apart: `valid.txt`, `val1000.txt`.
pub(super) fn files(folder: &Path, known: &[&str], ending: &str) -> Option<String> {
    let entries = fs_err::read_dir(folder).ok()?.flatten().map(|entry| entry.path());
    let named = entries.filter(|path| {
        let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
        let word = name.split(|c: char| !c.is_alphabetic()).next().unwrap_or_default();
        let ends = path.extension().is_some_and(|e| e.eq_ignore_ascii_case(ending));
        ends && SplitName::of(word).is_some() && !known.contains(&name) && path.is_file()
    });
    let mut names: Vec<String> =
        named.filter_map(|path| Some(quoted(path.file_name()?).to_string())).collect();
    names.sort();
    (!names.is_empty()).then(|| format!("not used: {}", names.join(", ")))
}
