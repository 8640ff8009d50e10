//! An AlexNet that learns beside the frozen network.

use super::batch::Batch;
use super::slopes::{Arrays, check_steps, plain, weights};
use super::support::{Golden, assert_close};
use crate::kernels::plain::Plain;
use crate::weights::{LoadOptions, Source};
use crate::{AlexNetShape, Backbone, Engine, Precision, Prompts, Tuned};

const GOLDEN: &str = "transfer/step.vit.side.safetensors";
const SHAPE: AlexNetShape = AlexNetShape::new([4, 6, 8, 6, 5]);

/// The network of the golden step: width 16, 2 blocks, patches of 16 pixels, images of 64.
fn backbone() -> Backbone {
    let path = format!("{}/../../fixtures/{GOLDEN}", env!("CARGO_MANIFEST_DIR"));
    let (heads, prefix) = (Some(2), Some("backbone.".to_owned()));
    let options = LoadOptions { heads, prefix, ..LoadOptions::default() };
    Backbone::open(&Source::File(path.into()), &options).unwrap()
}

fn arrays(golden: &Golden) -> Arrays {
    let own = golden.under("grad.").map(|(name, _)| name).filter(|name| name.starts_with("side"));
    own.map(|name| (name.to_owned(), golden.get(name).to_vec())).collect()
}

fn pixels(golden: &Golden) -> Vec<f32> {
    golden.get("images.u8").iter().map(|byte| (byte / 255.0 - 0.5) / 0.5).collect()
}

/// On the CPU, with one shard and with two, plain loops, with a batch as one chunk and in chunks of two
/// images, and a graphics card where there is one.
fn engines() -> Vec<(&'static str, Engine)> {
    let cpu = |threads| {
        let engine = Engine::new(backbone(), threads).unwrap();
        engine.with_alexnet(SHAPE, Precision::F32).unwrap()
    };
    let plain = |chunk_images| {
        let device = Plain { chunk_images };
        let engine = Engine::on(|_| Ok(device), backbone(), 1).unwrap();
        engine.with_alexnet_on(device, SHAPE).unwrap()
    };
    let all = [
        ("cpu, one thread", cpu(1)),
        ("cpu, two threads", cpu(2)),
        ("plain, one chunk", plain(usize::MAX)),
        ("plain, chunks of two", plain(2)),
    ];
    all.into_iter().chain(gpu()).collect()
}

#[cfg(feature = "gpu")]
fn gpu() -> Option<(&'static str, Engine)> {
    let gpu = crate::kernels::tests::gpu::any()?;
    let engine = Engine::on(|_| Ok(gpu.clone()), backbone(), 1).unwrap();
    Some(("gpu", engine.with_alexnet_on(gpu.clone(), SHAPE).unwrap()))
}

#[cfg(not(feature = "gpu"))]
fn gpu() -> Option<(&'static str, Engine)> {
    None
}

#[test]
fn golden_steps_match() {
    let blocks = (0..2).map(|block| (block.to_string(), 16)).collect();
    let batch = Batch::with_blocks(GOLDEN, blocks, 16);
    let (pixels, arrays) = (pixels(&batch.golden), arrays(&batch.golden));
    assert_eq!(arrays.len(), 12);
    let weights = weights(&arrays);
    let tuned = Tuned { prompts: Prompts::NONE, weights: &weights };
    for (device, engine) in engines() {
        // In memory that is used again, too.
        for _ in 0..2 {
            let got = batch.check_values(&engine, &pixels, tuned, device);
            assert_eq!(got.weights.len(), arrays.len());
            for ((name, _), gradient) in arrays.iter().zip(&got.weights) {
                let expected = batch.golden.get(&format!("grad.{name}"));
                assert_close(&format!("{device}: {name}"), gradient, expected, 1e-5, 1e-4);
            }
        }
    }
}

#[test]
fn in_bf16_it_is_nearly_the_same() {
    let golden = Golden::read(GOLDEN);
    let (pixels, arrays) = (pixels(&golden), arrays(&golden));
    let weights = weights(&arrays);
    let tuned = Tuned { prompts: Prompts::NONE, weights: &weights };
    let step = |precision| {
        let engine = Engine::with_precision(backbone(), 2, precision).unwrap();
        let engine = engine.with_alexnet(SHAPE, precision).unwrap();
        engine.gradients(&pixels, tuned, None, |_, f| (f.to_vec(), ())).unwrap().0.weights
    };
    for ((name, _), pair) in
        arrays.iter().zip(step(Precision::F32).iter().zip(step(Precision::Bf16)))
    {
        let size = pair.0.iter().map(|g| g * g).sum::<f32>().sqrt();
        let off = pair.0.iter().zip(&pair.1).map(|(a, b)| (a - b).powi(2)).sum::<f32>().sqrt();
        assert!(off <= 0.1 * size, "{name}: {off} of {size}");
    }
}

#[test]
fn gradients_are_slopes() {
    let golden = Golden::read(GOLDEN);
    let engine = plain(backbone()).with_alexnet_on(Plain { chunk_images: 2 }, SHAPE).unwrap();
    // Small steps: the network is flat but for kinks.
    check_steps(&engine, &pixels(&golden), Prompts::NONE, arrays(&golden), 0.01);
}

#[test]
fn features_are_those_of_both() {
    let golden = Golden::read(GOLDEN);
    let (pixels, mut arrays) = (pixels(&golden), arrays(&golden));
    let all = engines();
    let joint = |engine: &Engine, arrays: &Arrays| {
        let weights = weights(arrays);
        let tuned = Tuned { prompts: Prompts::NONE, weights: &weights };
        engine.features(&pixels, tuned).unwrap()
    };
    let expected = joint(&all[2].1, &arrays);
    for (device, engine) in &all {
        assert_close(device, &joint(engine, &arrays), &expected, 1e-5, 1e-5);
    }
    // Where nothing of it is tuned it is not there; nor where it has no say.
    let bare = all[0].1.features(&pixels, &Prompts::NONE).unwrap();
    assert_ne!(expected, bare);
    for (_, values) in arrays.iter_mut().filter(|(name, _)| name == "side_alpha") {
        values[0] = 40.0;
    }
    assert_eq!(joint(&all[0].1, &arrays), bare);
}

#[test]
fn what_does_not_fit_is_refused() {
    let engine = Engine::new(backbone(), 1).unwrap().with_alexnet(SHAPE, Precision::F32).unwrap();
    let arrays = arrays(&Golden::read(GOLDEN));
    let message = |change: &dyn Fn(&mut Arrays)| {
        let mut arrays = arrays.clone();
        change(&mut arrays);
        let weights = weights(&arrays);
        let tuned = Tuned { prompts: Prompts::NONE, weights: &weights };
        engine.check(tuned).err().map_or_else(|| "fits".to_owned(), |error| error.to_string())
    };
    assert_eq!(message(&|_| {}), "fits");
    assert_eq!(message(&|arrays| drop(arrays.remove(0))), "weights: missing features.0.bias");
    assert_eq!(
        message(&|arrays| arrays[1].1.truncate(1451)),
        "weights: features.0.weight: expected 1452 values, got 1451"
    );
    assert_eq!(
        message(&|arrays| arrays.push(("side.classifier.1.bias".to_owned(), vec![0.0]))),
        "weights: classifier.1.bias: the network has no such array"
    );
    assert_eq!(
        message(&|arrays| arrays.push(arrays[0].clone())),
        "weights: features.0.bias: expected it once, got it twice"
    );
    assert_eq!(message(&|arrays| drop(arrays.pop())), "weights: missing side_projection.weight");
    let small = Backbone::pico(&LoadOptions::default()).unwrap();
    let error = Engine::new(small, 1).unwrap().with_alexnet(SHAPE, Precision::F32);
    let error = error.map(|_| ()).unwrap_err().to_string();
    assert_eq!(error, "side network: expected images of at least 63 pixels for AlexNet, got 32");
}
