//! Gradients of all that a ViT is made of, for random images: how long they take, and how much memory.
//!
//!     learn_step BACKBONE IMAGES THREADS STEPS [MIB [FIRST]]
//!
//! MIB is the limit on activations (0 = none). If FIRST is given, nothing but the blocks from there on
//! learns. Says how the limit is kept, the milliseconds of each step but the first, and the most memory
//! ever resident (Linux).

use std::error::Error;
use std::io::Write;
use std::path::PathBuf;
use std::time::Instant;

use provpt_vit::weights::{LoadOptions, Source};
use provpt_vit::{Backbone, Engine, Prompts, Tuned, Weight};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

fn status(key: &str) -> Result<String, Box<dyn Error>> {
    let status = fs_err::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(key)).ok_or("no such line")?;
    Ok(line.trim().to_owned())
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut out = std::io::stdout();
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [backbone, images, threads, steps, rest @ ..] = &args[..] else {
        return Err("usage: learn_step BACKBONE IMAGES THREADS STEPS [MIB [FIRST]]".into());
    };
    let (images, steps): (usize, usize) = (images.parse()?, steps.parse()?);
    let limit = rest.first().map_or(Ok(0), |mib| mib.parse::<usize>())?;
    let first = rest.get(1).map(|first| first.parse::<usize>()).transpose()?;
    let backbone = Backbone::open(&Source::File(PathBuf::from(backbone)), &LoadOptions::default())?;
    let learns = |name: &str| {
        let block = name.strip_prefix("blocks.").and_then(|rest| rest.split('.').next());
        let block = block.and_then(|block| block.parse::<usize>().ok());
        first.is_none_or(|first| block.is_some_and(|block| block >= first))
    };
    let arrays = backbone.tensors.iter().filter(|(name, _)| learns(name));
    let arrays: Vec<(String, Vec<f32>)> =
        arrays.map(|(name, tensor)| (name.clone(), tensor.data.clone())).collect();
    let weights: Vec<Weight<'_>> =
        arrays.iter().map(|(name, values)| Weight { name, values }).collect();
    let tuned = Tuned { prompts: Prompts::NONE, weights: &weights };
    let engine = Engine::new(backbone, threads.parse()?)?;
    let engine = engine.with_activations(Some(limit << 20).filter(|limit| *limit > 0));
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let pixels = 3 * engine.architecture().image_size.pow(2);
    let pixels: Vec<f32> = (0..images * pixels).map(|_| rng.random_range(-1.0..1.0)).collect();
    writeln!(out, "{:?}", engine.step_memory(images, tuned, false)?)?;
    for step in 0..steps {
        let start = Instant::now();
        let loss = |_, features: &[f32]| (features.iter().map(|f| 0.01 * f).collect(), ());
        let (gradients, _) = engine.gradients(&pixels, tuned, None, loss)?;
        let norm: f64 = gradients.weights.iter().flatten().map(|&g| f64::from(g).powi(2)).sum();
        if step > 0 {
            writeln!(out, "{:.0} ms, gradient {norm:.6e}", 1e3 * start.elapsed().as_secs_f64())?;
        }
    }
    writeln!(out, "peak {}", status("VmHWM:")?)?;
    Ok(())
}
