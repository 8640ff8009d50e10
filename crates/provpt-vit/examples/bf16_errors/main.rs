//! Prints how far a step in bf16 is from one in f32 on a backbone.
//!
//!     bf16_errors BACKBONE IMAGES PROMPTS
//!
//! PROMPTS is the number of prompts in every block. Images and prompts are random, the loss is the
//! cross-entropy of a random head.

mod errors;

use std::error::Error;
use std::io::Write;
use std::path::PathBuf;

use provpt_vit::weights::{LoadOptions, Source};
use provpt_vit::{Backbone, Precision};

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [path, images, prompts] = &args[..] else {
        return Err("usage: bf16_errors BACKBONE IMAGES PROMPTS".into());
    };
    let source = Source::File(PathBuf::from(path));
    let backbone = || Backbone::open(&source, &LoadOptions::default());
    let e = errors::errors(backbone, images.parse()?, prompts.parse()?)?;
    let mut out = std::io::stdout();
    writeln!(out, "{} against f32", Precision::Bf16.describe())?;
    writeln!(out, "features     {:.1e}", e.features)?;
    writeln!(out, "gradients    {:.1e}", e.gradients)?;
    writeln!(out, "cosine       {:.5}, of the worst prompt {:.5}", e.cosine, e.worst_cosine)?;
    writeln!(out, "idleness     gate {:.5}, attention {:.5} (Spearman)", e.gate, e.attention)?;
    Ok(())
}
