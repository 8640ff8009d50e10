//! How often work on a batch goes to the device's memory, and waits for it.

use super::counted::{Counted, Counts};
use super::support::backbone;
use crate::engine::Engine;
use crate::kernels::Kernels;
use crate::kernels::cpu::Cpu;
use crate::kernels::plain::Plain;
use crate::{Placement, Pooling, Precision, PromptMask, Prompts};

const IMAGES: usize = 6;
const WIDTH: usize = 32;

/// A tiny golden backbone on a device that counts.
pub(super) fn counted<K: Kernels>(device: K, pooling: Pooling, threads: usize) -> (Engine, Counts) {
    let counts = Counts::default();
    let device = Counted::new(device, counts.clone());
    let engine = Engine::on(|_| Ok(device), backbone("vit.timm.safetensors", pooling), threads);
    (engine.unwrap(), counts)
}

pub(super) fn pixels(engine: &Engine) -> Vec<f32> {
    (0..IMAGES * engine.architecture().image_values()).map(|i| (i % 7) as f32 - 3.0).collect()
}

/// Five prompts.
pub(super) fn values() -> Vec<f32> {
    (0..5 * WIDTH).map(|i| (i % 11) as f32 / 11.0 - 0.5).collect()
}

pub(super) fn deep<'a>(values: &'a [f32], block_of: &'a [usize]) -> Prompts<'a> {
    Prompts { values, block_of, placement: Placement::Deep, logits: &[] }
}

/// Every element stays.
struct NoDropout;

impl PromptMask for NoDropout {
    fn fill(&self, _: usize, _: usize, multipliers: &mut [f32]) {
        multipliers.fill(1.0);
    }
}

/// Counts of one step: the second of its kind, since the first makes the workspaces.
fn step(engine: &Engine, counts: &Counts, prompts: &Prompts<'_>, is_masked: bool) -> [usize; 3] {
    let mask = is_masked.then_some(&NoDropout as &dyn PromptMask);
    for _ in 0..2 {
        counts.take();
        let loss = |_, features: &[f32]| (features.to_vec(), ());
        engine.gradients(&pixels(engine), prompts, mask, loss).unwrap();
    }
    counts.take()
}

#[test]
fn a_step_waits_twice_and_allocates_nothing() {
    // A batch as one chunk, as on a device that takes it as a whole. Prompts are in three blocks:
    // their rows, the pixels and d loss / d features are written.
    let values = values();
    for pooling in [Pooling::Cls, Pooling::Mean] {
        let (engine, counts) = counted(Plain { chunk_images: IMAGES }, pooling, 1);
        let prompts = deep(&values, &[0, 2, 3, 3, 2]);
        for is_masked in [false, true] {
            assert_eq!(step(&engine, &counts, &prompts, is_masked), [0, 5, 2], "{pooling:?}");
        }
        let shallow = Prompts { placement: Placement::Shallow, ..prompts };
        assert_eq!(step(&engine, &counts, &shallow, false), [0, 3, 2], "{pooling:?}");
    }
}

#[test]
fn a_loss_is_waited_for_once_per_chunk() {
    // The loss is the caller's, on the host: each chunk brings its features there. What comes back
    // at the end comes once per batch, whatever the number of shards.
    let values = values();
    let prompts = deep(&values, &[0, 2, 3, 3, 2]);
    let (engine, counts) = counted(Plain { chunk_images: 2 }, Pooling::Cls, 1);
    assert_eq!(step(&engine, &counts, &prompts, false), [0, 3 + 2 * 3, 3 + 1]);
    let (engine, counts) = counted(Cpu::new(3, Precision::F32).unwrap(), Pooling::Cls, 2);
    assert_eq!(step(&engine, &counts, &prompts, false), [0, 3 + 2 * 3, 3 + 1]);
    // Under dropout every chunk has its own prompts, and gradients of its own.
    let (engine, counts) = counted(Plain { chunk_images: 2 }, Pooling::Cls, 1);
    assert_eq!(step(&engine, &counts, &prompts, true), [0, 3 * 5, 3 * 2]);
}

#[test]
fn a_bank_without_prompts_brings_no_gradients_home() {
    let (engine, counts) = counted(Plain { chunk_images: IMAGES }, Pooling::Cls, 1);
    assert_eq!(step(&engine, &counts, &Prompts::NONE, false), [0, 1, 1]);
}

#[test]
fn a_moved_prompt_needs_little_memory_and_only_once() {
    let (values, mut block_of) = (values(), [0, 2, 3, 3, 2]);
    let (engine, counts) = counted(Plain { chunk_images: IMAGES }, Pooling::Cls, 1);
    step(&engine, &counts, &deep(&values, &block_of), false);
    block_of[0] = 2;
    engine
        .gradients(&pixels(&engine), &deep(&values, &block_of), None, |_, f| (f.to_vec(), ()))
        .unwrap();
    // Of block 2: rows, their norm and its statistics, keys and values, and two sums.
    assert_eq!(counts.take(), [6, 4, 2]);
    assert_eq!(step(&engine, &counts, &deep(&values, &block_of), false), [0, 4, 2]);
}

#[test]
fn forward_passes_wait_once() {
    let values = values();
    let prompts = deep(&values, &[0, 2, 3, 3, 2]);
    let (engine, counts) = counted(Plain { chunk_images: IMAGES }, Pooling::Cls, 1);
    let pixels = pixels(&engine);
    for _ in 0..2 {
        counts.take();
        engine.features(&pixels, &prompts).unwrap();
    }
    assert_eq!(counts.take(), [0, 4, 1], "features");
    for _ in 0..2 {
        counts.take();
        engine.leave_one_out(&pixels, &prompts, &[1, 2]).unwrap();
    }
    assert_eq!(counts.take(), [0, 6, 1], "leave one out");
    for _ in 0..2 {
        counts.take();
        engine.tokens(&pixels, 2).unwrap();
    }
    assert_eq!(counts.take(), [0, 1, 1], "tokens");
}
