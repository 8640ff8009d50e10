//! The plain model itself, against the golden numbers of an independent implementation.

use provpt_vit::{Placement, Pooling, Prompts};

use crate::plain::{Bank, Model};
use crate::support::{Golden, assert_close, backbone};

/// Bank order: block by block, or all of them under VPT-Shallow.
fn bank(golden: &Golden, width: usize) -> Bank {
    let (mut values, mut block_of) = (Vec::new(), Vec::new());
    let mut placement = Placement::Deep;
    for block in 0..4 {
        let rows = golden.try_get(&format!("prompts.{block}")).unwrap_or(&[]);
        values.extend_from_slice(rows);
        block_of.extend(vec![block; rows.len() / width]);
    }
    if let Some(rows) = golden.try_get("prompts") {
        (values, block_of) = (rows.to_vec(), vec![0; rows.len() / width]);
        placement = Placement::Shallow;
    }
    Bank::new(&Prompts { values: &values, block_of: &block_of, placement, logits: &[] }, width)
}

/// The classifier of the golden step on top of features.
fn logits(golden: &Golden, features: &[f64]) -> Vec<f32> {
    let (weight, bias) = (golden.get("head.weight"), golden.get("head.bias"));
    let rows = weight.chunks_exact(features.len()).zip(bias);
    let dot =
        |row: &[f32]| -> f64 { row.iter().zip(features).map(|(&w, &f)| f64::from(w) * f).sum() };
    rows.map(|(row, &bias)| (dot(row) + f64::from(bias)) as f32).collect()
}

fn check(file: &str, pooling: Pooling, steps: &[&str]) {
    let backbone = backbone(file, pooling);
    let (model, a) = (Model::new(&backbone), &backbone.architecture);
    for step in steps {
        let golden = Golden::read(&format!("step.{step}.safetensors"));
        let bank = bank(&golden, a.width);
        let images = golden.get("images").chunks_exact(a.image_values()).enumerate();
        let got =
            images.flat_map(|(i, image)| logits(&golden, &model.features(image, &bank, None, i)));
        assert_close(step, &got.collect::<Vec<_>>(), golden.get("logits"), 1e-5, 1e-5);
    }
}

#[test]
fn the_plain_model_gives_the_golden_logits() {
    let vit = "vit.timm.safetensors";
    let steps = ["vit.uniform", "vit.ragged", "vit.first_block", "vit.vpt_shallow"];
    check(vit, Pooling::Cls, &steps);
    check(vit, Pooling::Mean, &["mae.uniform", "mae.ragged", "mae.first_block"]);
    let steps = ["dinov2.uniform", "dinov2.ragged", "dinov2.first_block"];
    check("dinov2.timm.safetensors", Pooling::Cls, &steps);
}
