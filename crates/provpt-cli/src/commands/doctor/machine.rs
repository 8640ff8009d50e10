//! What there is: program, processor, memory, folders, the embedded backbone.

use std::env::consts;

use indicatif::HumanBytes;
use provpt::config::{CacheFolder, Config};
use provpt_base::quoted;
use provpt_vit::weights::LoadOptions;
use provpt_vit::{Backbone, Precision};
use serde::Serialize;
use walkdir::WalkDir;

/// One thing to know.
#[derive(Debug, Serialize)]
pub(super) struct Fact {
    pub(super) name: &'static str,
    pub(super) value: String,
}

pub(super) fn facts(threads: usize) -> Vec<Fact> {
    let fact = |(name, value)| Fact { name, value };
    [
        ("provpt", format!("{} ({})", env!("CARGO_PKG_VERSION"), features())),
        ("system", format!("{} {}", consts::OS, consts::ARCH)),
        ("processor", processor(threads)),
        ("kernels", provpt_vit::instruction_set().unwrap_or_else(|error| error.to_string())),
        ("matrices", format!("f32, or {}", Precision::Bf16.describe())),
        ("memory", memory()),
        ("device", devices()),
        ("cache", cache()),
        ("backbone", backbone()),
    ]
    .map(fact)
    .into()
}

/// The processor, and what else there is in the order of `provpt devices`.
fn devices() -> String {
    let cards = provpt_vit::devices().into_iter().map(|card| quoted(&card.to_string()).to_string());
    std::iter::once("cpu".to_owned()).chain(cards).collect::<Vec<_>>().join("; ")
}

/// What the program was built with.
fn features() -> String {
    let known = [
        ("parquet", cfg!(feature = "parquet")),
        ("sheets", cfg!(feature = "sheets")),
        ("tensorboard", cfg!(feature = "tensorboard")),
        ("watch", cfg!(feature = "watch")),
        ("gpu", cfg!(feature = "gpu")),
        ("hf-hub", cfg!(feature = "hf-hub")),
    ];
    let there: Vec<&str> = known.iter().filter(|(_, on)| *on).map(|(name, _)| *name).collect();
    let built = if cfg!(debug_assertions) { "with debug assertions" } else { "optimized" };
    format!("{built}; {}", there.join(", "))
}

fn processor(threads: usize) -> String {
    let name = line_of("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown".to_owned());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let used = Config { threads, ..Config::default() }.thread_count();
    format!("{name}; {cores} cores, {used} threads to work on")
}

fn memory() -> String {
    let text = fs_err::read_to_string("/proc/meminfo").unwrap_or_default();
    let size = |key: &str| provpt_base::kilobytes(&text, key).map(HumanBytes);
    match (size("MemTotal"), size("MemAvailable")) {
        (Some(total), Some(free)) => format!("{total}, {free} of it free"),
        _ => "unknown".to_owned(),
    }
}

/// What stands behind a key in a file of `key : value` lines.
fn line_of(path: &str, key: &str) -> Option<String> {
    let text = fs_err::read_to_string(path).ok()?;
    let mut lines = text.lines().filter_map(|line| line.split_once(':'));
    let (_, value) = lines.find(|(name, _)| name.trim() == key)?;
    Some(value.trim().to_owned())
}

/// The folder of prepared images, and how much is in it.
fn cache() -> String {
    let Some(folder) = CacheFolder::User.path() else { return "none".to_owned() };
    let files = WalkDir::new(&folder).into_iter().filter_map(Result::ok);
    let sizes: Vec<u64> = files
        .filter(|entry| entry.file_type().is_file())
        .filter_map(|entry| entry.metadata().ok())
        .map(|metadata| metadata.len())
        .collect();
    let most = HumanBytes((Config::default().data.cache_dir_mb as u64) << 20);
    let (all, count) = (HumanBytes(sizes.iter().sum()), sizes.len());
    format!("{}: {all} of at most {most} in {count} files", quoted(&folder))
}

fn backbone() -> String {
    match Backbone::pico(&LoadOptions::default()) {
        Ok(Backbone { name, architecture: a, sha256, .. }) => format!(
            "{name}: {} blocks, width {}, images of {} pixels, sha256 {}",
            a.depth,
            a.width,
            a.image_size,
            &sha256[..16.min(sha256.len())]
        ),
        Err(error) => error.to_string(),
    }
}
