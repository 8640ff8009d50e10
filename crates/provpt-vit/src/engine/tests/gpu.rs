//! What is a graphics card's own.

use super::counting::{deep, values};
use super::support::{assert_close, backbone};
use crate::engine::Engine;
use crate::kernels::gpu::{Gpu, found};
use crate::{Device, Error, Gradients, Images, Pooling, Precision};

/// An engine on a device of its own, if there is one.
fn engine(precision: Precision) -> Option<(Engine, Gpu)> {
    let gpu = Gpu::open(found().first()?, 0, precision).unwrap();
    let backbone = backbone("vit.timm.safetensors", Pooling::Cls);
    Some((Engine::on(|_| Ok(gpu.clone()), backbone, 1).unwrap(), gpu))
}

fn pixels(engine: &Engine) -> Vec<f32> {
    super::counting::pixels(engine)
}

fn step(engine: &Engine) -> Result<Gradients, Error> {
    let (values, pixels) = (values(), pixels(engine));
    let loss = |_, features: &[f32]| (features.to_vec(), ());
    let prompts = deep(&values, &[0, 2, 3, 3, 2]);
    Ok(engine.gradients(Images::Pixels(&pixels), &prompts, None, loss)?.0)
}

#[test]
fn a_device_gives_the_same_bits_each_time() {
    let Some((engine, _)) = engine(Precision::F32) else { return };
    let first = step(&engine).unwrap();
    let (other, _) = self::engine(Precision::F32).unwrap();
    for engine in [&engine, &other] {
        let again = step(engine).unwrap();
        assert_eq!(again.prompts, first.prompts);
        assert_eq!((again.gate, again.attention), (first.gate.clone(), first.attention.clone()));
    }
}

/// What operations work in belongs to one of them at a time.
#[test]
fn calls_at_the_same_time_do_not_disturb_each_other() {
    let Some((engine, _)) = engine(Precision::F32) else { return };
    let first = step(&engine).unwrap();
    std::thread::scope(|scope| {
        let calls: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| [(); 5].map(|()| step(&engine).unwrap().prompts)))
            .collect();
        for prompts in calls.into_iter().flat_map(|call| call.join().unwrap()) {
            assert_eq!(prompts, first.prompts);
        }
    });
}

#[test]
fn matrices_in_half_precision_change_little() {
    let Some((whole, _)) = engine(Precision::F32) else { return };
    let (half, _) = engine(Precision::F16).unwrap();
    let [expected, got] = [&whole, &half].map(|engine| step(engine).unwrap());
    assert_ne!(got.prompts, expected.prompts);
    let size = expected.prompts.iter().fold(0.0f32, |size, value| size.max(value.abs()));
    assert_close("prompts", &got.prompts, &expected.prompts, 2e-3 * size, 0.0);
}

#[test]
fn a_lost_device_is_an_error_from_then_on() {
    let Some((engine, gpu)) = engine(Precision::F32) else { return };
    step(&engine).unwrap();
    gpu.destroy();
    for _ in 0..2 {
        let error = step(&engine).unwrap_err();
        assert!(matches!(error, Error::DeviceLost { .. }), "{error}");
    }
}

#[test]
fn a_device_is_found_by_its_number() {
    let count = crate::devices().len();
    let open = |device, precision| {
        let backbone = backbone("vit.timm.safetensors", Pooling::Cls);
        Engine::with_device(backbone, 1, precision, device)
    };
    let none = open(Device::Numbered(count), Precision::F32).err().unwrap().to_string();
    let expected = format!("device: expected one that is here, got gpu:{count}, of {count} found");
    assert_eq!(none, expected);
    let bf16 = open(Device::Numbered(0), Precision::Bf16).err().unwrap().to_string();
    assert_eq!(bf16, "precision: expected one that the gpu computes in, got bf16");
    assert_eq!(open(Device::Cpu, Precision::F32).unwrap().device(), "cpu");
    if count > 0 {
        let engine = open(Device::Numbered(0), Precision::F32).unwrap();
        assert!(engine.device().starts_with("gpu:0, "), "{}", engine.device());
    }
}
