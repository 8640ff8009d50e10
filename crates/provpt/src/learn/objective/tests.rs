use safetensors::SafeTensors;

use super::*;
use crate::math::vector::log_softmax;

const LOGITS: [f32; 4] = [0.5, -1.0, 2.0, 0.25];

fn close(got: f64, expected: f64, bound: f64) {
    assert!((got - expected).abs() <= bound, "{got} and {expected}");
}

fn floats(tensors: &SafeTensors<'_>, name: &str) -> Vec<f32> {
    let data = tensors.tensor(name).unwrap();
    data.data().as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)).collect()
}

/// The golden step's head is not ours, but its loss begins at the logits, and the gradient of its
/// last bias is the sum of theirs.
#[test]
fn weights_of_classes_follow_the_golden_step() {
    let name = "/../../fixtures/transfer/step.vit.mlp_head.safetensors";
    let bytes = std::fs::read(format!("{}{name}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let weights = floats(&tensors, "class_weights").iter().copied().map(f64::from).collect();
    let objective = Objective { weights, smoothing: 0.0 };
    let (logits, labels) = (floats(&tensors, "logits"), tensors.tensor("labels").unwrap());
    let labels: Vec<usize> =
        labels.data().as_chunks().0.iter().map(|b| i64::from_le_bytes(*b) as usize).collect();
    let (mut loss, mut d_bias) = (0.0, [0.0; 5]);
    for (row, &label) in logits.chunks_exact(5).zip(&labels) {
        let logs = log_softmax(row);
        loss += objective.loss(&logs, label) / labels.len() as f64;
        let d_logits = objective.d_logits(&logs, label, labels.len());
        d_bias.iter_mut().zip(d_logits).for_each(|(sum, d)| *sum += f64::from(d));
    }
    close(loss, floats(&tensors, "loss")[0].into(), 5e-5);
    for (got, expected) in d_bias.into_iter().zip(floats(&tensors, "grad.head.bias")) {
        close(got, expected.into(), 1e-5 + 1e-4 * f64::from(expected.abs()));
    }
}

/// 4, 1, 1 and no images of four classes.
#[test]
fn weights_come_from_the_images_of_each_class() {
    let labels = [0, 1, 0, 0, 2, 0];
    // 3 [1/4, 1, 1] / 2.25, and 3 [1/2, 1, 1] / 2.5
    for (kind, expected) in [
        (ClassWeights::Inverse, vec![1.0 / 3.0, 4.0 / 3.0, 4.0 / 3.0, 0.0]),
        (ClassWeights::InverseRoot, vec![0.6, 1.2, 1.2, 0.0]),
        (ClassWeights::None, vec![]),
    ] {
        let mut config = Config::default();
        config.data.class_weights = kind;
        let weights = Objective::of(&config, 4, &labels).weights;
        assert_eq!(weights.len(), expected.len());
        weights.iter().zip(expected).for_each(|(w, e)| close(*w, e, 1e-12));
    }
    assert_eq!(&Objective::of(&Config::default(), 4, &labels), Objective::PLAIN);
}

/// `torch.nn.functional.cross_entropy(logits, label, label_smoothing=0.1)`.
#[test]
fn smoothed_labels_share_with_all_classes() {
    let smooth = Objective { weights: vec![], smoothing: 0.1 };
    let logs = log_softmax(&LOGITS);
    let (mean, plain) = (-logs.iter().sum::<f64>() / 4.0, -logs[1]);
    close(smooth.loss(&logs, 1), 0.9 * plain + 0.1 * mean, 1e-12);
    // The loss of a target distribution is least where it is met.
    let met = [0.025_f64, 0.925, 0.025, 0.025].map(f64::ln);
    assert!(smooth.d_logits(&met, 1, 1).all(|d| d.abs() < 1e-7));
}

#[test]
fn derivatives_agree_with_finite_differences() {
    let objective = Objective { weights: vec![0.5, 2.0, 1.0, 0.75], smoothing: 0.2 };
    for label in 0..4 {
        let d: Vec<f32> = objective.d_logits(&log_softmax(&LOGITS), label, 3).collect();
        for (c, &d) in d.iter().enumerate() {
            let at = |by: f32| {
                let mut logits = LOGITS;
                logits[c] += by;
                objective.loss(&log_softmax(&logits), label) / 3.0
            };
            close(d.into(), (at(1.0 / 64.0) - at(-1.0 / 64.0)) * 32.0, 1e-4);
        }
    }
}

#[test]
fn a_mixed_image_has_the_mean_of_two_losses() {
    let objective = Objective { weights: vec![0.5, 2.0, 1.0, 0.75], smoothing: 0.2 };
    let logs = log_softmax(&LOGITS);
    for share in [0.3, 0.8] {
        let target = Target::mixed(1, 3, share);
        assert_eq!(target.label, if share < 0.5 { 3 } else { 1 });
        let mean = |of: &dyn Fn(usize) -> f64| share * of(1) + (1.0 - share) * of(3);
        close(objective.loss(&logs, target), mean(&|label| objective.loss(&logs, label)), 1e-12);
        let slope = |target: Target, c| objective.d_logits(&logs, target, 3).nth(c).unwrap();
        for c in 0..4 {
            let expected = mean(&|label| slope(label.into(), c).into());
            close(slope(target, c).into(), expected, 1e-6);
        }
    }
}

#[test]
fn a_label_that_is_no_class_has_loss_infinity() {
    for objective in [Objective::default(), Objective { weights: vec![0.5], smoothing: 0.1 }] {
        assert_eq!(objective.loss(&[0.0], 1), f64::INFINITY);
    }
}
