//! Features of a bare backbone, and how far the classes lie apart in them.
//!
//! `cargo run --release --example features`

#![allow(clippy::print_stdout)]

mod common;

use provpt::prelude::*;

fn main() -> Result<(), Error> {
    let backbone = BareBackbone::new(Backbone::pico(&LoadOptions::default())?, &Config::default())?;
    backbone.facts().iter().for_each(|fact| println!("{fact}"));

    let images = (0..common::TEXTURES.len()).map(|class| common::texture(class, 5));
    let features = backbone.features_of_images(images.collect::<Result<Vec<_>, _>>()?)?;
    let rows: Vec<&[f32]> = features.chunks_exact(backbone.width()).collect();
    let cosine = |a: &[f32], b: &[f32]| {
        let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
        dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
    };
    for (name, row) in common::TEXTURES.iter().zip(&rows) {
        let cosines: Vec<String> = rows.iter().map(|o| format!("{:.2}", cosine(row, o))).collect();
        println!("{name:8} {}", cosines.join("  "));
    }
    Ok(())
}
