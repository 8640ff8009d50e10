//! Trains into a run folder, as the program does, opens the folder again and predicts image files.
//!
//! `cargo run --release --example predict`

#![allow(clippy::print_stdout)]

use provpt::prelude::*;

fn main() -> Result<(), Error> {
    let folder = std::env::temp_dir().join(format!("provpt-predict-{}", std::process::id()));
    let mut config = Method::named("linear")?.config()?;
    config.data.name = "sprites-location".to_owned();
    config.data.crop_size = Some(16);
    config.solver.total_epoch = 2;
    config.solver.warmup_epoch = 0;
    config.output_dir = folder.clone();
    provpt::train(&config, &provpt::TrainOptions::default(), &mut Silent)?;

    let run = FinishedRun::open(&folder, &[])?;
    let evaluation = run.evaluate(&run.task()?, Part::Val)?;
    println!("val top-1 {:.1} %, loss {:.3}", 100.0 * evaluation.top1, evaluation.loss);

    let image = folder.join("image.ppm");
    let pixels: Vec<u8> = (0..3 * 64 * 64).map(|i| (i % 251) as u8).collect();
    std::fs::write(&image, [b"P6 64 64 255\n", &pixels[..]].concat())?;
    for guess in &run.learned.predict(&[image], 3)?[0] {
        println!("{:10} {:.1} %", guess.class, 100.0 * guess.probability);
    }
    Ok(std::fs::remove_dir_all(&folder)?)
}
