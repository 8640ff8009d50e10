//! Blocks that are computed again on the way back, where memory is short.

use super::counting::{counted, deep, pixels as some_pixels, values};
use super::matrices::{Dropped, everything};
use super::slopes::{Arrays, MAPS, low_ranks, scales_and_shifts, scattered, weights};
use super::support::{Golden, backbone};
use super::swin::golden_swin;
use super::transfer::golden_backbone;
use crate::kernels::cpu::Cpu;
use crate::{
    Backbone, Engine, Error, Gradients, Placement, Pooling, Precision, PromptMask, Prompts,
    StepMemory, Tuned,
};

const IMAGES: usize = 5;

/// What is tuned, and of what.
struct Case<'a> {
    backbone: Backbone,
    prompts: Prompts<'a>,
    arrays: Arrays,
    mask: Option<&'a dyn PromptMask>,
    precision: Precision,
}

impl<'a> Case<'a> {
    fn new(backbone: Backbone, prompts: Prompts<'a>, arrays: Arrays) -> Self {
        Self { backbone, prompts, arrays, mask: None, precision: Precision::F32 }
    }

    fn tuned<T>(&self, work: impl FnOnce(Tuned<'_>) -> T) -> T {
        work(Tuned { prompts: self.prompts, weights: &weights(&self.arrays) })
    }

    fn memory(&self, engine: &Engine) -> Result<StepMemory, Error> {
        self.tuned(|tuned| engine.step_memory(IMAGES, tuned, self.mask.is_some()))
    }

    fn gradients(&self, engine: &Engine) -> Gradients {
        let pixels = scattered(IMAGES * engine.architecture().image_values(), 9, 1.5);
        let loss = |_, features: &[f32]| (features.to_vec(), ());
        self.tuned(|tuned| engine.gradients(&pixels, tuned, self.mask, loss)).unwrap().0
    }

    /// The same bits, whether no block of `blocks` is computed again or some or all that can be.
    fn check(&self, blocks: usize) {
        for threads in [1, 2] {
            let engine =
                Engine::with_precision(self.backbone.clone(), threads, self.precision).unwrap();
            let engine = engine.with_activations(Some(1));
            let Err(Error::Activations { needed, .. }) = self.memory(&engine) else {
                panic!("a byte was enough")
            };
            let (mut engine, mut limit) = (engine, needed);
            let mut seen: Vec<(usize, Gradients)> = Vec::new();
            loop {
                engine = engine.with_activations(Some(limit));
                let memory = self.memory(&engine).unwrap();
                assert!(memory.bytes <= limit && memory.blocks == blocks, "{memory:?} {limit}");
                assert_eq!(memory.images, 1);
                if seen.last().is_none_or(|(again, _)| *again != memory.again) {
                    seen.push((memory.again, self.gradients(&engine)));
                }
                if memory.again == 0 {
                    break;
                }
                limit += needed / 512 + 1;
            }
            let again: Vec<usize> = seen.iter().map(|(again, _)| *again).collect();
            assert_eq!(again, (0..=blocks - 2).rev().collect::<Vec<_>>());
            let (_, expected) = &seen[0];
            for (again, got) in &seen[1..] {
                assert!(got.prompts == expected.prompts, "{again}: prompts");
                assert!(got.gate == expected.gate && got.attention == expected.attention);
                assert!(got.weights == expected.weights, "{again}: arrays");
            }
        }
    }
}

fn vit() -> Backbone {
    golden_backbone(Pooling::Cls)
}

#[test]
fn under_prompts() {
    let values = values();
    let prompts = deep(&values, &[0, 2, 3, 3, 2]);
    for pooling in [Pooling::Cls, Pooling::Mean] {
        let mut case = Case::new(golden_backbone(pooling), prompts, Vec::new());
        case.check(4);
        case.mask = Some(&Dropped);
        case.check(4);
        case.precision = Precision::Bf16;
        case.check(4);
        let placement = Placement::Shallow;
        Case::new(golden_backbone(pooling), Prompts { placement, ..prompts }, Vec::new()).check(4);
    }
    let later = deep(&values, &[1, 2, 3, 3, 2]);
    Case::new(vit(), later, Vec::new()).check(3);
    let stay = Prompts { placement: Placement::DeepThenStay(1), ..deep(&values, &[0, 1, 1, 1, 0]) };
    Case::new(vit(), stay, Vec::new()).check(4);
    let added = Prompts { placement: Placement::Added, ..deep(&values, &[0, 1, 2, 3, 4]) };
    let added = Prompts { values: &added.values[..4 * 32], block_of: &[0, 1, 2, 3], ..added };
    Case::new(vit(), added, Vec::new()).check(4);
}

#[test]
fn under_arrays_of_its_own() {
    let values = values();
    Case::new(vit(), Prompts::NONE, everything()).check(4);
    let mut last = everything();
    last.retain(|(name, _)| {
        ["blocks.1.", "blocks.2.", "blocks.3."].iter().any(|b| name.starts_with(b))
    });
    Case::new(vit(), Prompts::NONE, last).check(3);
    let mut both = Case::new(vit(), deep(&values, &[0, 2, 3, 3, 2]), everything());
    both.check(4);
    both.mask = Some(&Dropped);
    both.check(4);
}

#[test]
fn under_what_is_beside_and_behind_layers() {
    let values = values();
    let golden = Golden::read("transfer/step.vit.adapter.safetensors");
    let names = golden.under("grad.").map(|(name, _)| name).filter(|n| !n.starts_with("head."));
    let adapters = names.map(|name| (name.to_owned(), golden.get(name).to_vec())).collect();
    Case::new(vit(), Prompts::NONE, adapters).check(4);
    let mut all = low_ranks(&MAPS);
    Case::new(vit(), Prompts::NONE, all.clone()).check(3);
    Case::new(vit(), deep(&values, &[0, 2, 3, 3, 2]), all.clone()).check(4);
    all.extend(scales_and_shifts("norm"));
    let mut case = Case::new(vit(), Prompts::NONE, all);
    case.check(4);
    case.precision = Precision::Bf16;
    case.check(4);
}

#[test]
fn with_layer_scale() {
    let scaled = backbone("dinov2.timm.safetensors", Pooling::Cls);
    let tensors = scaled.tensors.clone().into_iter();
    let arrays = tensors.map(|(name, tensor)| (name, tensor.data)).collect();
    Case::new(scaled, Prompts::NONE, arrays).check(4);
}

#[test]
fn in_stages() {
    let swin = golden_swin("swin");
    let tensors = swin.tensors.clone().into_iter();
    let all: Arrays = tensors.map(|(name, tensor)| (name, tensor.data)).collect();
    Case::new(swin.clone(), Prompts::NONE, all.clone()).check(7);
    let a = &swin.architecture;
    let blocks = [0, 2, 3, 5, 5, 6];
    let len = blocks.iter().map(|block| a.block_width(*block)).sum();
    let values = scattered(len, 3, 0.5);
    let mut case = Case::new(swin.clone(), deep(&values, &blocks), Vec::new());
    case.check(7);
    case.mask = Some(&Dropped);
    case.check(7);
    let shallow = Prompts { placement: Placement::Shallow, ..deep(&values[..16], &[0, 0]) };
    Case::new(swin.clone(), shallow, Vec::new()).check(7);
    let mut last = all;
    last.retain(|(name, _)| name.starts_with("layers.2") || name.starts_with("layers.3"));
    Case::new(swin, Prompts::NONE, last).check(3);
}

/// Fewer images at a time come first.
#[test]
fn a_lower_limit_takes_fewer_images_before_it_takes_more_time() {
    let case = Case::new(vit(), Prompts::NONE, everything());
    let engine = Engine::new(vit(), 2).unwrap();
    let whole = case.memory(&engine).unwrap();
    assert_eq!((whole.threads, whole.images, whole.again), (2, 3, 0));
    let mut engine = engine;
    let mut plans: Vec<(usize, usize)> = Vec::new();
    for part in (1..=64).rev() {
        engine = engine.with_activations(Some(whole.bytes * part / 64));
        match case.memory(&engine) {
            Ok(memory) => plans.push((memory.images, memory.again)),
            Err(error) => {
                let error = error.to_string();
                let expected =
                    "activations: expected room for 1 MiB, as one image on each of 2 threads";
                assert!(error.starts_with(expected), "{error}");
                break;
            }
        }
    }
    plans.dedup();
    assert_eq!(plans, [(3, 0), (2, 0), (1, 0), (1, 1), (1, 2)]);
}

/// What is told is what is taken.
#[test]
fn the_memory_that_is_told_is_what_is_allocated() {
    let values = values();
    let prompts = deep(&values, &[0, 2, 3, 3, 2]);
    let device = || Cpu::new(1, Precision::F32).unwrap();
    for again in 0..=2 {
        let (engine, counts) = counted(device(), Pooling::Cls, 1);
        let bytes = |engine: &Engine| {
            engine.step_memory(IMAGES, &prompts, false).map(|m| (m.again, m.bytes))
        };
        let mut limit = 1;
        let mut engine = engine.with_activations(Some(limit));
        while !bytes(&engine).is_ok_and(|(got, _)| got == again) {
            limit += 1024;
            engine = engine.with_activations(Some(limit));
        }
        let (_, told) = bytes(&engine).unwrap();
        let before = counts.values();
        let loss = |_, features: &[f32]| (features.to_vec(), ());
        engine.gradients(&some_pixels(&engine), &prompts, None, loss).unwrap();
        let taken = 4 * (counts.values() - before);
        // Prompts and sums are there besides.
        assert!(taken >= told && taken < told + 16_000, "{again}: {taken} {told}");
    }
}
