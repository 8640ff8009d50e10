//! Gradients of matrices, of which there is one sum for all threads.

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex};

use super::counting::{deep, values};
use super::slopes::{Arrays, scattered, weights};
use super::support::assert_close;
use super::transfer::golden_backbone;
use crate::{Engine, Error, Gradients, Pooling, PromptMask, Prompts, Tuned};

/// Two shards of them are one chunk and two chunks.
const IMAGES: usize = 121;

fn engine(threads: usize) -> Engine {
    Engine::new(golden_backbone(Pooling::Cls), threads).unwrap()
}

/// All of the network.
pub(super) fn everything() -> Arrays {
    let tensors = golden_backbone(Pooling::Cls).tensors;
    tensors.into_iter().map(|(name, tensor)| (name, tensor.data)).collect()
}

fn pixels(engine: &Engine, images: usize) -> Vec<f32> {
    scattered(images * engine.architecture().image_values(), 5, 1.5)
}

fn half(features: &[f32]) -> (Vec<f32>, ()) {
    (features.iter().map(|feature| 0.01 * feature).collect(), ())
}

/// Gradients of all arrays.
fn step(
    engine: &Engine,
    loss: impl Fn(Range<usize>, &[f32]) -> (Vec<f32>, ()) + Sync,
) -> Result<Gradients, Error> {
    let arrays = everything();
    let weights = weights(&arrays);
    let tuned = Tuned { prompts: Prompts::NONE, weights: &weights };
    Ok(engine.gradients(&pixels(engine, IMAGES), tuned, None, loss)?.0)
}

/// Lets the shard whose images begin at `last` wait for the first loss of the other one.
fn in_turn(engine: &Engine, last: usize) -> Gradients {
    let (begun, told) = (Mutex::new(false), Condvar::new());
    let loss = |images: Range<usize>, features: &[f32]| {
        if images.start == last {
            let guard = told.wait_while(begun.lock().unwrap(), |begun| !*begun);
            drop(guard.unwrap());
        } else {
            *begun.lock().unwrap() = true;
            told.notify_all();
        }
        half(features)
    };
    step(engine, loss).unwrap()
}

#[test]
fn which_thread_is_first_shows_nowhere() {
    let engine = engine(2);
    let expected = step(&engine, |_, features| half(features)).unwrap();
    for last in [0, IMAGES / 2, 0] {
        assert!(in_turn(&engine, last).weights == expected.weights, "{last}");
    }
}

#[test]
fn so_many_threads_add_up_to_the_same() {
    let expected = step(&engine(1), |_, features| half(features)).unwrap();
    for threads in [2, 3, 5] {
        let engine = engine(threads);
        let got = step(&engine, |_, features| half(features)).unwrap();
        for ((name, _), (got, expected)) in
            everything().iter().zip(got.weights.iter().zip(&expected.weights))
        {
            assert_close(&format!("{threads} threads: {name}"), got, expected, 1e-4, 1e-4);
        }
        let again = step(&engine, |_, features| half(features)).unwrap();
        assert!(again.weights == got.weights);
    }
}

/// Drops some elements.
pub(super) struct Dropped;

impl PromptMask for Dropped {
    fn fill(&self, image: usize, prompt: usize, multipliers: &mut [f32]) {
        for (i, multiplier) in multipliers.iter_mut().enumerate() {
            let is_dropped = (image * 31 + prompt * 7 + i * 3).is_multiple_of(5);
            *multiplier = if is_dropped { 0.0 } else { 1.25 };
        }
    }
}

/// Gradients of keys and values go to their map twice: from tokens, and from prompts.
#[test]
fn beside_prompts_of_each_image_they_add_up_to_the_same() {
    let (prompts, arrays) = (values(), everything());
    let weights = weights(&arrays);
    let tuned = Tuned { prompts: deep(&prompts, &[0, 2, 3, 3, 2]), weights: &weights };
    let step = |threads| {
        let engine = engine(threads);
        let pixels = pixels(&engine, IMAGES);
        engine.gradients(&pixels, tuned, Some(&Dropped), |_, features| half(features)).unwrap().0
    };
    let expected = step(1);
    for threads in [2, 3] {
        let got = step(threads);
        assert_close("prompts", &got.prompts, &expected.prompts, 1e-4, 1e-4);
        for ((name, _), (got, expected)) in
            arrays.iter().zip(got.weights.iter().zip(&expected.weights))
        {
            assert_close(&format!("{threads} threads: {name}"), got, expected, 1e-4, 1e-4);
        }
    }
}

#[test]
fn nobody_waits_for_a_thread_that_fails() {
    let engine = engine(2);
    let expected = step(&engine, |_, features| half(features)).unwrap();
    for failing in [0, IMAGES / 2] {
        let short = |images: Range<usize>, features: &[f32]| match images.start == failing {
            true => (Vec::new(), ()),
            false => half(features),
        };
        assert!(matches!(step(&engine, short), Err(Error::FeatureGradients { .. })), "{failing}");
        let panics = |images: Range<usize>, features: &[f32]| {
            assert!(images.start != failing, "a loss that panics");
            half(features)
        };
        assert!(catch_unwind(AssertUnwindSafe(|| step(&engine, panics))).is_err());
        let got = step(&engine, |_, features| half(features)).unwrap();
        assert!(got.weights == expected.weights);
    }
}
