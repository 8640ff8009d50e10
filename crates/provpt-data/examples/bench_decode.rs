//! Decodes, resizes and normalizes a folder of images on command, for `scripts/bench-decode`.
//!
//! `bench_decode FOLDER THREADS`, then lines on standard input: `run` prints the milliseconds that
//! all images took, `dump PATH` writes the first batch as little-endian f32, `quit` ends.

use std::error::Error;
use std::io::{Write, stdin, stdout};
use std::path::PathBuf;
use std::time::Instant;

use provpt_data::{Fit, Interpolation, Preprocess, Split};

/// Images per batch, as the other side's.
const BATCH: usize = 64;

const PREPROCESS: Preprocess = Preprocess {
    size: 224,
    fit: Fit::Squash,
    interpolation: Interpolation::PilBilinear,
    mean: [0.485, 0.456, 0.406],
    std: [0.229, 0.224, 0.225],
};

fn batch(paths: &[PathBuf]) -> Result<Vec<f32>, Box<dyn Error>> {
    let split = Split::of_files(paths.iter().cloned());
    let indices: Vec<usize> = (0..split.len()).collect();
    let mut pixels = Vec::new();
    split.batch(&indices, &PREPROCESS, None, &mut pixels)?;
    Ok(pixels)
}

fn answer(line: &str, paths: &[PathBuf]) -> Result<String, Box<dyn Error>> {
    match line.split_once(' ') {
        None if line == "run" => {
            let start = Instant::now();
            let mut floats = 0;
            for part in paths.chunks(BATCH) {
                floats += batch(part)?.len();
            }
            assert_eq!(floats, 3 * 224 * 224 * paths.len());
            Ok(format!("{}", start.elapsed().as_secs_f64() * 1e3))
        }
        Some(("dump", path)) => {
            let floats = batch(&paths[..BATCH.min(paths.len())])?;
            fs_err::write(path, floats.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<_>>())?;
            Ok("ok".to_owned())
        }
        _ => Err(format!("expected run, dump PATH or quit, got {line}").into()),
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let (Some(folder), Some(threads)) = (args.next(), args.next()) else {
        return Err("usage: bench_decode FOLDER THREADS".into());
    };
    let entries = fs_err::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path()));
    let mut paths = entries.collect::<Result<Vec<_>, _>>()?;
    paths.sort();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.parse()?).build()?;
    let mut out = stdout();
    writeln!(out, "ready")?;
    for line in stdin().lines() {
        let line = line?;
        if line == "quit" {
            break;
        }
        let said = pool.install(|| answer(&line, &paths).map_err(|e| e.to_string()))?;
        writeln!(out, "{said}")?;
    }
    Ok(())
}
