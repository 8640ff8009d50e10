//! Configuration files, TOML and YAML; overrides, one a line.
#![no_main]

use libfuzzer_sys::fuzz_target;
use provpt::config::Config;
use provpt_fuzz::{files, folder, told};

fuzz_target!(|input: &[u8]| {
    let files = files(input);
    let overrides = files.get(1).map(|text| String::from_utf8_lossy(text).into_owned());
    let overrides: Vec<String> =
        overrides.iter().flat_map(|t| t.lines()).map(str::to_owned).collect();
    for name in ["config.toml", "config.yaml"] {
        let path = folder(&[name], [files[0]]).join(name);
        told(Config::from_args(Some(&path), &overrides));
    }
});
