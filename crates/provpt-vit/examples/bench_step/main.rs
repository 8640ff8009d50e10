//! Runs training steps of the engine on command, so that it can be timed in turns with others.
//!
//!     bench_step BACKBONE INPUTS.safetensors THREADS [PRECISION]
//!
//! INPUTS holds f32 `images` `[B, 3, side, side]` (normalized), `prompts` (n for each block, block
//! after block, each row as wide as its block), `weight` `[C, d]` and `bias` `[C]` of a head, and i64
//! `labels` `[B]`. It says `ready`, then answers each line on standard input with one line: `step`
//! (forward, mean cross-entropy, gradients of prompts and head), `eval` (forward only), `floor` and
//! `floor-eval` (the matrix products of either and nothing else) with
//! milliseconds, `dump FILE` with `ok` once the results of the last of them are in FILE, `peak` with
//! the most memory ever resident, in bytes (Linux). `quit` or the end of the input ends it. PRECISION
//! is `f32` (the default) or `bf16`.

mod inputs;

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use provpt_vit::weights::{LoadOptions, Source};
use provpt_vit::{Backbone, Engine, Precision};
use safetensors::{Dtype, tensor::TensorView};

use inputs::{HeadPart, Inputs, add};

type Fallible<T> = Result<T, Box<dyn Error>>;
/// Named results, each `[len]`.
type Results = BTreeMap<&'static str, Vec<f32>>;

fn step(engine: &Engine, inputs: &Inputs) -> Fallible<Results> {
    let loss = |images, features: &[f32]| inputs.loss(images, features);
    let (gradients, parts) = engine.gradients(inputs.images(), &inputs.prompts(), None, loss)?;
    let all = parts.into_iter().reduce(|mut all, part| {
        all.logits.extend(part.logits);
        add(&mut all.d_weight, 1.0, &part.d_weight);
        add(&mut all.d_bias, 1.0, &part.d_bias);
        all
    });
    let HeadPart { logits, d_weight, d_bias } = all.unwrap_or_default();
    let head = [("logits", logits), ("d_weight", d_weight), ("d_bias", d_bias)];
    Ok(head.into_iter().chain([("d_prompts", gradients.prompts)]).collect())
}

fn eval(engine: &Engine, inputs: &Inputs) -> Fallible<Results> {
    let features = engine.features(inputs.images(), &inputs.prompts())?;
    Ok(Results::from([("logits", inputs.logits(&features))]))
}

fn dump(results: &Results, path: &str) -> Fallible<()> {
    let bytes = results.iter().map(|(name, values)| {
        (*name, values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>())
    });
    let bytes: Vec<_> = bytes.collect();
    let views = bytes.iter().map(|(name, bytes)| {
        Ok((*name, TensorView::new(Dtype::F32, vec![bytes.len() / 4], bytes)?))
    });
    let views: Vec<_> = views.collect::<Fallible<_>>()?;
    Ok(fs_err::write(path, safetensors::serialize(views, None)?)?)
}

fn peak() -> Fallible<u64> {
    let status = fs_err::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    Ok(1024 * line.trim().trim_end_matches(" kB").parse::<u64>()?)
}

fn main() -> Fallible<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (backbone, inputs, threads, precision) = match &args[..] {
        [backbone, inputs, threads] => (backbone, inputs, threads, "f32"),
        [backbone, inputs, threads, precision] => (backbone, inputs, threads, &precision[..]),
        _ => return Err("usage: bench_step BACKBONE INPUTS.safetensors THREADS [PRECISION]".into()),
    };
    let precision = match precision {
        "f32" => Precision::F32,
        "bf16" => Precision::Bf16,
        _ => return Err(format!("precision: expected f32 or bf16, got {precision}").into()),
    };
    let source = Source::File(PathBuf::from(backbone));
    let threads = threads.parse()?;
    let backbone = Backbone::open(&source, &LoadOptions::default())?;
    let engine = Engine::with_precision(backbone, threads, precision)?;
    let inputs = Inputs::read(Path::new(inputs), engine.architecture())?;
    let mut floor = None;
    let mut results = Results::new();
    let mut out = std::io::stdout();
    writeln!(out, "ready")?;
    for line in std::io::stdin().lock().lines() {
        let (line, start) = (line?, Instant::now());
        let milliseconds = || format!("{:.3}", 1e3 * start.elapsed().as_secs_f64());
        let answer = match line.split_once(' ').unwrap_or((&line, "")) {
            ("step", "") => {
                results = step(&engine, &inputs)?;
                milliseconds()
            }
            ("eval", "") => {
                results = eval(&engine, &inputs)?;
                milliseconds()
            }
            ("floor" | "floor-eval", "") => {
                if floor.is_none() {
                    floor = Some(inputs.floor(&engine, threads, precision)?);
                }
                let start = Instant::now();
                floor.iter_mut().for_each(|floor| floor.run(line == "floor"));
                format!("{:.3}", 1e3 * start.elapsed().as_secs_f64())
            }
            ("dump", path) => dump(&results, path).map(|()| "ok".to_owned())?,
            ("peak", "") => peak()?.to_string(),
            ("quit", "") => break,
            _ => return Err(format!("unknown command {line}").into()),
        };
        writeln!(out, "{answer}")?;
    }
    Ok(())
}
