//! Moves one prompt of a trained bank into every block, and looks what becomes of the loss.
//!
//! `cargo run --release --example relocate_by_hand`

#![allow(clippy::print_stdout)]

mod common;

use provpt::Stream;
use provpt::config::Rebirth;
use provpt::prelude::*;

fn main() -> Result<(), Error> {
    let task = Task::of_images("textures", common::textures(20)?, [0.2, 0.0])?;
    let mut config = Method::named("vpt-deep")?.config()?;
    config.solver.total_epoch = 2;
    config.solver.warmup_epoch = 0;
    config.data.batch_size = 16;
    config.model.prompt.num_tokens = 1;
    let trained =
        Training::new(Backbone::pico(&LoadOptions::default())?, task.clone(), config).run()?;

    let before = trained.learned.evaluate(&task.train)?.loss;
    println!("loss {before:.4} with prompt 1 in block 1");
    let blocks = trained.result.distribution.len();
    for block in 1..blocks {
        let mut adapter = trained.learned.adapter().clone();
        let mut random = Stream::new(0);
        adapter.parameters.relocate(0, block, (Rebirth::Keep, 1.0), 0, &mut random)?;
        let moved = Learned::new(Backbone::pico(&LoadOptions::default())?, adapter, 0)?;
        let change = moved.evaluate(&task.train)?.loss - before;
        println!("{change:+.4} in block {}", block + 1);
    }
    Ok(())
}
