//! Every method of the table on the same images, with the same seed.
//!
//! `cargo run --release --example compare_methods`

#![allow(clippy::print_stdout)]

mod common;

use provpt::prelude::*;

fn main() -> Result<(), Error> {
    let task = Task::of_images("textures", common::textures(30)?, [0.2, 0.3])?;
    println!("{:26} {:>7} {:>9}", "method", "test", "learned");
    for method in METHODS.iter() {
        let mut config = method.config()?;
        config.data.crop_size = Some(16);
        config.solver.total_epoch = 3;
        config.solver.warmup_epoch = 0;
        config.data.batch_size = 16;
        config.model.prompt.num_tokens = 2;
        // For the one method that learns a network beside the backbone.
        config.model.side = Some("provpt_pico_patch4_32".to_owned());
        let trained =
            Training::new(Backbone::pico(&LoadOptions::default())?, task.clone(), config).run()?;
        let test = trained.result.test.map_or(f64::NAN, |test| 100.0 * test.top1);
        println!("{:26} {test:6.1}% {:9}", method.title, trained.result.parameters);
    }
    Ok(())
}
