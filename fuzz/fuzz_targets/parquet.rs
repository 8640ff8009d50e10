//! Parquet files with images and labels. The decoder is known to panic on some damaged files, which
//! the reader catches: only what is not caught is a finding.
#![no_main]

use libfuzzer_sys::fuzz_target;
use provpt_data::{TaskSpec, survey};
use provpt_fuzz::{folder, told};

fuzz_target!(|input: &[u8]| {
    static SILENCED: std::sync::Once = std::sync::Once::new();
    // The fuzzer's own hook ends the process before anyone can catch.
    SILENCED.call_once(|| std::panic::set_hook(Box::new(|_| {})));
    let path = folder(&["train.parquet"], [input]).join("train.parquet");
    let spec = TaskSpec { path: Some(path), ..TaskSpec::new("fuzzed") };
    let Some((task, problems)) = told(survey(&spec)) else { return };
    for problem in problems.into_iter().take(16) {
        told::<(), _>(Err(problem));
    }
    for index in 0..task.train.len().min(8) {
        told(task.train.image(index));
    }
});
