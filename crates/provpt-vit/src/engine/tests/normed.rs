//! Prompts that are what a norm puts out, and do not go through it.

use super::counting::{deep, pixels, values};
use super::engines;
use super::support::assert_close;
use super::transfer::golden_backbone;
use crate::{Error, Placement, Pooling, PromptPool, Prompts};

#[test]
fn what_the_norm_makes_of_prompts_does_in_their_place() {
    let backbone = golden_backbone(Pooling::Cls);
    let (values, blocks) = (values(), [0, 1, 3, 3, 1]);
    let width = backbone.architecture.width;
    let normed = values.chunks(width).zip(blocks).flat_map(|(row, block)| {
        let tensor = |part| &backbone.tensors[&format!("blocks.{block}.norm1.{part}")].data;
        let mean = row.iter().sum::<f32>() / width as f32;
        let variance = row.iter().map(|x| (x - mean).powi(2)).sum::<f32>() / width as f32;
        let scale = (variance + backbone.architecture.norm_eps).sqrt().recip();
        let terms = row.iter().zip(tensor("weight")).zip(tensor("bias"));
        terms.map(move |((x, weight), bias)| (x - mean) * scale * weight + bias)
    });
    let normed: Vec<f32> = normed.collect();
    let before = deep(&values, &blocks);
    let behind = Prompts { values: &normed, placement: Placement::DeepNormed, ..before };
    for (device, engine) in engines(&backbone) {
        let pixels = &pixels(&engine)[..3 * engine.architecture().image_values()];
        let slope = |_, features: &[f32]| (features.to_vec(), ());
        let [(one, _), (other, _)] =
            [before, behind].map(|p| engine.gradients(pixels, &p, None, slope).unwrap());
        assert_close(device, &other.attention, &one.attention, 1e-5, 1e-4);
        // What a gate on a row does that no norm takes the size of.
        let along = |row: usize| -> f32 {
            let range = row * width..(row + 1) * width;
            other.prompts[range.clone()].iter().zip(&normed[range]).map(|(g, z)| g * z).sum()
        };
        assert_close(device, &other.gate, &[0, 1, 2, 3, 4].map(along), 1e-5, 1e-4);
        let [one, other] =
            [before, behind].map(|p| engine.leave_one_out(pixels, &p, &[2, 0]).unwrap());
        for (one, other) in one.iter().zip(&other) {
            assert_close(device, other, one, 1e-5, 1e-4);
        }
    }
}

#[test]
fn none_of_them_can_be_a_token() {
    let mut backbone = golden_backbone(Pooling::Cls);
    backbone.architecture.prompt_pool = PromptPool::ImageAndPrompts;
    let (values, last) = (values(), backbone.architecture.depth - 1);
    let blocks = [0, 1, last, 0, 1];
    let prompts = Prompts { placement: Placement::DeepNormed, ..deep(&values, &blocks) };
    for (_, engine) in engines(&backbone) {
        let pixels = &pixels(&engine)[..engine.architecture().image_values()];
        let error = engine.features(pixels, &prompts).unwrap_err();
        assert!(matches!(error, Error::PromptTokens { block } if block == last), "{error}");
    }
}
