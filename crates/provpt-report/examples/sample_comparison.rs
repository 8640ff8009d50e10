//! Writes made-up sweeps and their reports, to look at: `sample_comparison FOLDER`.

use std::path::PathBuf;

use provpt_report::comparison::{Benchmark, Catalogue, Comparison, TaskGroup, View};

#[path = "../tests/sample/mod.rs"]
mod sample;
#[path = "../tests/sweep_sample/mod.rs"]
mod sweep_sample;

use sweep_sample::Made;

const SWEEPS: [Made<'_>; 2] = [
    Made {
        name: "vtab",
        tasks: &["cifar100", "caltech101", "svhn", "clevr_count", "smallnorb_azi"],
        backbone: "sup_vitb16_imagenet21k",
        finished: true,
    },
    Made {
        name: "pico",
        tasks: &["fashion", "sprites-count", "sprites-orientation"],
        backbone: "provpt_pico_patch4_32",
        finished: false,
    },
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).ok_or("expected a folder to write")?);
    for made in SWEEPS {
        let path = folder.join(made.name);
        sweep_sample::write(&path, &made);
        let comparison = Comparison::load(std::slice::from_ref(&path))?;
        let halving = comparison.halved();
        let view = View {
            comparison: &comparison,
            catalogue: &catalogue(),
            pair: None,
            halving: &halving,
        };
        view.report()?.write(&path)?;
    }
    Ok(())
}

fn catalogue() -> Catalogue<'static> {
    let group = |name: &str, tasks: &[&str]| TaskGroup {
        name: name.to_owned(),
        tasks: tasks.iter().map(|&task| task.to_owned()).collect(),
    };
    let groups = vec![
        group("Natural", &["cifar100", "caltech101", "svhn"]),
        group("Structured", &["clevr_count", "smallnorb_azi"]),
    ];
    Catalogue {
        benchmarks: vec![Benchmark { name: "VTAB-1k".to_owned(), groups }],
        name: &|_| None,
    }
}
