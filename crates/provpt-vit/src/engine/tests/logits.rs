//! What is added to the logits of prompts.

use super::counting::{deep, pixels, values};
use super::engines;
use super::support::assert_close;
use super::swin::{golden_swin, pixels as swin_pixels};
use super::transfer::golden_backbone;
use crate::{Backbone, Engine, Pooling, Prompts};

/// A prompt that comes twice is one with ln(2), one that nobody sees is none, in features and in the
/// gradients of the others.
fn check(backbone: &Backbone, pixels: impl Fn(&Engine) -> Vec<f32>, values: &[f32], width: usize) {
    let twice = [values, &values[..width]].concat();
    let (once, two) = ([0, 0, 1, 1, 1], [0, 0, 1, 1, 1, 0]);
    let slope = |_, features: &[f32]| (features.to_vec(), ());
    let logits = [2f32.ln(), 0.0, 0.0, 0.0, 0.0, -1e4];
    for (device, engine) in engines(backbone) {
        let pixels = pixels(&engine);
        let doubled = Prompts { logits: &logits[..5], ..deep(values, &once) };
        let hidden = Prompts { logits: &[0.0, 0.0, 0.0, 0.0, 0.0, -1e4], ..deep(&twice, &two) };
        let plain = deep(values, &once);
        for (one, other) in [(doubled, deep(&twice, &two)), (hidden, plain)] {
            let [(got, _), (expected, _)] =
                [one, other].map(|p| engine.gradients(&pixels, &p, None, slope).unwrap());
            let others = width..5 * width;
            assert_close(
                device,
                &got.prompts[others.clone()],
                &expected.prompts[others],
                2e-5,
                1e-4,
            );
            assert_close(device, &got.attention[1..5], &expected.attention[1..5], 2e-5, 1e-4);
            let [got, expected] = [one, other].map(|p| engine.features(&pixels, &p).unwrap());
            assert_close(device, &got, &expected, 2e-5, 1e-4);
        }
        // One that is left out takes its number along.
        let all = engine.leave_one_out(&pixels, &doubled, &[1, 0]).unwrap();
        let rest = [&values[..width], &values[2 * width..]].concat();
        let rest = Prompts { logits: &[logits[0], 0.0, 0.0, 0.0], ..deep(&rest, &[0, 1, 1, 1]) };
        assert_close(device, &all[1], &engine.features(&pixels, &rest).unwrap(), 2e-5, 1e-4);
    }
}

#[test]
fn a_prompt_counts_by_what_is_added() {
    let backbone = golden_backbone(Pooling::Cls);
    let width = backbone.architecture.width;
    let three =
        |engine: &Engine| pixels(engine)[..3 * engine.architecture().image_values()].to_vec();
    check(&backbone, three, &values(), width);
}

#[test]
fn it_does_so_in_windows_too() {
    let backbone = golden_swin("swin");
    let width = backbone.architecture.block_width(0);
    let values = super::slopes::scattered(5 * width, 3, 1.0);
    check(&backbone, |_| swin_pixels("swin"), &values, width);
}
