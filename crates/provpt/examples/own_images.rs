//! Trains PRO-VPT on images in memory, predicts others, and keeps the adapter.
//!
//! `cargo run --release --example own_images`

#![allow(clippy::print_stdout)]

mod common;

use std::path::Path;

use provpt::prelude::*;

fn main() -> Result<(), Error> {
    let task = Task::of_images("textures", common::textures(30)?, [0.2, 0.2])?;
    let mut config = Method::named("pro-vpt-prune")?.config()?;
    config.solver.total_epoch = 3;
    config.solver.warmup_epoch = 0;
    config.data.batch_size = 16;
    config.model.prompt.num_tokens = 2;

    let trained = Training::new(Backbone::pico(&LoadOptions::default())?, task, config).run()?;
    let test = trained.result.test.map_or(f64::NAN, |test| test.top1);
    println!(
        "test top-1 {:.0} %, prompts per block {:?}",
        100.0 * test,
        trained.result.distribution
    );

    let unseen = [common::texture(0, 101)?, common::texture(2, 102)?];
    for guesses in trained.learned.predict_images(unseen.clone(), 1)? {
        println!("{} ({:.0} %)", guesses[0].class, 100.0 * guesses[0].probability);
    }

    let folder = std::env::temp_dir().join(format!("provpt-own-images-{}", std::process::id()));
    let adapter = Path::new(&folder);
    trained.learned.adapter().store(adapter)?;
    let again = Learned::load(Backbone::pico(&LoadOptions::default())?, adapter, 0)?;
    std::fs::remove_dir_all(adapter)?;
    assert_eq!(
        again.predict_images(unseen.clone(), 3)?,
        trained.learned.predict_images(unseen, 3)?
    );
    Ok(())
}
