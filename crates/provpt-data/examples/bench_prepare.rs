//! Times the preparation of a folder of images, and what it takes of memory.
//!
//! `cargo run --release -p provpt-data --example bench_prepare -- PHOTOS HOW [CACHE]`, HOW one of
//! `decode` (all images at full size, at once), `squash` or `crop` (prepared in memory, or in a file
//! in CACHE). PHOTOS has a folder of images per class.

use std::error::Error;
use std::io::Write;
use std::time::Instant;

use provpt_data::{Augment, Crops, Fit, Image, Interpolation, Keep, Preprocess, Split, TaskSpec};
use rayon::prelude::*;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(photos), Some(how)) = (arguments.next(), arguments.next()) else {
        return Err("usage: bench_prepare PHOTOS decode|squash|crop [CACHE]".into());
    };
    let folder = arguments.next().map(Into::into);
    let mut spec = TaskSpec::new("photos");
    (spec.path, spec.val_fraction, spec.test_fraction) = (Some(photos.into()), 0.0, 0.0);
    let started = Instant::now();
    let split = provpt_data::open(&spec)?.train;
    let pre = Preprocess {
        size: 224,
        fit: if how == "crop" { Fit::ShortSideCrop { resize: 256 } } else { Fit::Squash },
        interpolation: Interpolation::PilBilinear,
        mean: [0.5; 3],
        std: [0.5; 3],
    };
    let mut lines = Vec::new();
    if how == "decode" {
        let images: Result<Vec<Image>, _> =
            (0..split.len()).into_par_iter().map(|i| split.image(i)).collect();
        lines.push(report("decoded at full size", images?.len(), started));
    } else {
        let memory = if folder.is_some() { 0 } else { usize::MAX };
        let mut preparation =
            split.prepare(pre, Crops::AnyPlace, &Keep { memory, folder, total: None })?;
        while preparation.step()? {}
        let (pixels, warning) = preparation.finish();
        lines.extend(warning.map(|warning| format!("warning: {warning}")));
        lines.push(report("prepared", split.len(), started));
        let started = Instant::now();
        epoch(&split, |indices, augment, out| pixels.batch(indices, augment, out))?;
        lines.push(report("an epoch of batches", split.len(), started));
        let started = Instant::now();
        epoch(&split, |indices, augment, out| split.batch(indices, &pre, augment, out))?;
        lines.push(report("an epoch, nothing kept", split.len(), started));
    }
    Ok(std::io::stdout().write_all(lines.join("\n").as_bytes())?)
}

fn epoch(
    split: &Split,
    batch: impl Fn(&[usize], Option<Augment>, &mut Vec<f32>) -> Result<(), provpt_data::Error>,
) -> Result<(), provpt_data::Error> {
    let (all, mut out) = ((0..split.len()).collect::<Vec<_>>(), Vec::new());
    let augment = Some(Augment::by_fit(0, 0));
    all.chunks(64).try_for_each(|indices| batch(indices, augment, &mut out))
}

/// Linux tells the largest size that the process has had so far.
fn report(what: &str, images: usize, started: Instant) -> String {
    let seconds = started.elapsed().as_secs_f64();
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak =
        status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or("no peak").to_owned();
    format!("{what}: {images} images, {seconds:.2} s, {:.0}/s; {peak}\n", images as f64 / seconds)
}
