//! Short tests of what runs depend on: training steps, decoding, writing.

use std::path::Path;
use std::time::Instant;

use provpt::config::Config;
use provpt::method::Method;
use provpt::{Error, Training};
use provpt_base::quoted;
use provpt_data::{Image, Task, decode_file};
use provpt_runs::atomic;
use provpt_vit::Backbone;
use provpt_vit::weights::LoadOptions;
use serde::Serialize;

/// How a test went.
#[derive(Debug, Serialize)]
pub(super) struct Check {
    pub(super) name: &'static str,
    pub(super) passed: bool,
    pub(super) seconds: f64,
    pub(super) told: String,
}

/// Runs all of them; files are written into `output`.
pub(super) fn all(output: &Path, threads: usize) -> Vec<Check> {
    vec![
        check("training", || training(threads)),
        check("decoding", decoding),
        check("writing", || writing(output)),
    ]
}

/// What a test saw, or what it expected and got instead.
fn check(name: &'static str, test: impl FnOnce() -> Result<String, String>) -> Check {
    let start = Instant::now();
    let seen = test();
    let seconds = start.elapsed().as_secs_f64();
    let passed = seen.is_ok();
    Check { name, passed, seconds, told: seen.unwrap_or_else(|fault| fault) }
}

/// Mean loss of the second epoch, and how far another processor's rounding may be from it.
const LOSS: f64 = 5.768352;
const TOLERANCE: f64 = 1e-3;

/// Two epochs of PRO-VPT on the embedded backbone: scores, a relocation, steps.
fn training(threads: usize) -> Result<String, String> {
    let loss = second_loss(threads).map_err(fault)?;
    let told = format!("loss {loss:.6} after two epochs of pro-vpt-ppo");
    match (loss - LOSS).abs() <= TOLERANCE {
        true => Ok(told),
        false => Err(format!("{told}: expected {LOSS:.6}")),
    }
}

fn second_loss(threads: usize) -> Result<f64, Error> {
    let images =
        (0..24_u8).map(|index| Ok((striped(index)?, ["across", "down"][usize::from(index % 2)])));
    let images = images.collect::<Result<Vec<_>, Error>>()?;
    let task = Task::of_images("stripes", images, [0.0; 2])?;
    let backbone = Backbone::pico(&LoadOptions::default())?;
    let mut config = Config::default();
    Method::named("pro-vpt-ppo")?.apply(&mut config)?;
    config.threads = threads;
    config.data.batch_size = 8;
    config.model.prompt.num_tokens = 2;
    config.solver.total_epoch = 2;
    let trained = Training::new(backbone, task, config).run()?;
    Ok(trained.metrics.last().map_or(f64::NAN, |epoch| epoch.train_loss))
}

/// Stripes across for even numbers, down for odd ones, of another width each.
fn striped(index: u8) -> Result<Image, Error> {
    const SIDE: u8 = 32;
    let width = 2 + index / 2 % 6;
    let across = index.is_multiple_of(2);
    let level = |x: u8, y: u8| (if across { y } else { x }) / width % 2 * 180 + index;
    let pixels = (0..SIDE).flat_map(|y| (0..SIDE).flat_map(move |x| [level(x, y), x, y]));
    Ok(Image::from_rgb(SIDE.into(), SIDE.into(), pixels.collect())?)
}

/// A small JPEG, and the sum of its levels as Pillow decodes it.
const JPEG: &[u8] = include_bytes!("../../../../../fixtures/pillow/rgb-422-progressive.jpg");
const JPEG_SUM: u64 = 101_985;

fn fault(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn sum(image: &Image) -> u64 {
    image.pixels().iter().map(|&level| u64::from(level)).sum()
}

fn decoding() -> Result<String, String> {
    let folder = tempfile::tempdir().map_err(fault)?;
    let drawn = striped(5).map_err(fault)?;
    let png = drawn.to_png().map_err(fault)?;
    for (name, bytes, expected) in [("a.jpg", JPEG, JPEG_SUM), ("a.png", &png[..], sum(&drawn))] {
        let path = folder.path().join(name);
        fs_err::write(&path, bytes).map_err(fault)?;
        let got = sum(&decode_file(&path).map_err(fault)?);
        if got != expected {
            return Err(format!("{name}: sum of levels: expected {expected}, got {got}"));
        }
    }
    Ok("JPEG and PNG, as Pillow does".to_owned())
}

/// Writes, replaces and reads back a file of 1 MiB, as runs write theirs.
fn writing(output: &Path) -> Result<String, String> {
    let folder = tempfile::Builder::new().prefix(".provpt-doctor-").tempdir_in(output);
    let folder = folder.map_err(|error| format!("{}: {error}", quoted(output)))?;
    let path = folder.path().join("file");
    for content in [vec![1_u8; 1 << 20], vec![2_u8; 1 << 20]] {
        atomic::write(&path, &content).map_err(fault)?;
        let back = fs_err::read(&path).map_err(fault)?;
        if back != content {
            return Err(format!("{}: expected what was written, got other bytes", path.display()));
        }
    }
    Ok(format!("1 MiB into {}, and again in its place", quoted(output)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_is_well_here_with_any_number_of_threads() {
        let folder = tempfile::tempdir().unwrap();
        for threads in [1, 2] {
            for check in all(folder.path(), threads) {
                assert!(check.passed, "{check:?}");
            }
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_folder_that_cannot_be_written_to_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        let told = writing(&file).unwrap_err();
        assert!(told.starts_with(&file.display().to_string()), "{told}");
    }
}
