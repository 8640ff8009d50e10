use std::ffi::OsStr;
use std::path::Path;

use provpt_data::{Task, TaskSpec, open};

use crate::common::{Said, colours, fixture, run, temp};

fn convert(from: &Path, to: &str, out: &Path, more: &[&str]) -> Said {
    let words = ["data", "convert", "--to", to].map(OsStr::new).into_iter();
    let words = words.chain([from.as_os_str(), out.as_os_str()]);
    run(words.chain(more.iter().map(OsStr::new)))
}

fn task(path: &Path) -> Task {
    open(&TaskSpec { path: Some(path.to_owned()), ..TaskSpec::new("task") }).unwrap()
}
