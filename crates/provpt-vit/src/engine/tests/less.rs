//! A device whose memory runs out.

use super::counting::{counted, deep, pixels, values};
use super::support::assert_close;
use crate::engine::Engine;
use crate::kernels::plain::Plain;
use crate::{Error, Gradients, Pooling, Prompts};

/// The hidden values of one image's MLPs: what is largest of it.
const HIDDEN: usize = 17 * 128;

/// Gradients, and which images the loss saw.
fn step(engine: &Engine, prompts: &Prompts<'_>) -> Result<(Gradients, Vec<usize>), Error> {
    let loss = |images: std::ops::Range<usize>, features: &[f32]| (features.to_vec(), images.len());
    engine.gradients(&pixels(engine), prompts, None, loss)
}

#[test]
fn half_of_the_images_go_at_a_time_until_there_is_room() {
    let values = values();
    let prompts = deep(&values, &[0, 2, 3, 3, 2]);
    let (sound, _) = counted(Plain { chunk_images: 6 }, Pooling::Mean, 1);
    let (expected, seen) = step(&sound, &prompts).unwrap();
    assert_eq!((seen, sound.fewer_images()), (vec![6], None));

    let (engine, counts) = counted(Plain { chunk_images: 6 }, Pooling::Mean, 1);
    counts.allow_values(2 * HIDDEN);
    for _ in 0..2 {
        let (got, seen) = step(&engine, &prompts).unwrap();
        // Six, three, then one: none of what was begun before is left.
        assert_eq!((seen, engine.fewer_images()), (vec![1; 6], Some(1)));
        assert_close("prompts", &got.prompts, &expected.prompts, 1e-6, 1e-6);
        assert_close("attention", &got.attention, &expected.attention, 1e-6, 1e-6);
    }
    let features = engine.features(&pixels(&engine), &prompts).unwrap();
    assert_close(
        "features",
        &features,
        &sound.features(&pixels(&sound), &prompts).unwrap(),
        1e-6,
        1e-6,
    );
}

#[test]
fn one_image_without_room_is_an_error() {
    let (engine, counts) = counted(Plain { chunk_images: 6 }, Pooling::Mean, 1);
    counts.allow_values(HIDDEN - 1);
    assert!(matches!(step(&engine, &Prompts::NONE), Err(Error::Memory { .. })));
}
