use rand::RngExt;
use rand_distr::StandardNormal;

use super::*;
use crate::learn::head::Head;
use crate::learn::set::Set;
use provpt_base::{Purpose, stream};

const CLASSES: usize = 5;
const WIDTH: usize = 19;

fn set() -> Set {
    let mut rng = stream(3, Purpose::HeadInit, [0, 0]);
    Head::init(CLASSES, WIDTH, 0, &mut rng).into_iter().collect()
}

fn features(images: usize) -> Vec<f32> {
    stream(4, Purpose::HeadInit, [1, 0]).sample_iter(StandardNormal).take(images * WIDTH).collect()
}

fn mean_loss(head: Linear<'_>, features: &[f32], labels: &[usize]) -> f64 {
    head.losses(Objective::PLAIN, features, labels).iter().sum::<f64>() / labels.len() as f64
}

/// Central differences of `loss` at every element of `at`.
fn numeric(at: &[f32], loss: impl Fn(&[f32]) -> f64) -> Vec<f64> {
    let shifted = |i: usize, by: f32| {
        let mut x = at.to_vec();
        x[i] += by;
        (f64::from(x[i]), loss(&x))
    };
    let slope = |i| {
        let ((x0, y0), (x1, y1)) = (shifted(i, -1e-2), shifted(i, 1e-2));
        (y1 - y0) / (x1 - x0)
    };
    (0..at.len()).map(slope).collect()
}

fn assert_close(gradient: &[f32], numeric: &[f64]) {
    assert_eq!(gradient.len(), numeric.len());
    for (g, n) in gradient.iter().zip(numeric) {
        assert!((f64::from(*g) - n).abs() < 1e-4, "{g} and {n}");
    }
}

#[test]
fn starts_with_kaiming_weights_and_rare_classes() {
    let mut rng = stream(0, Purpose::HeadInit, [0, 0]);
    let set = Head::init(50, 200, 0, &mut rng).into_iter().collect();
    let head = Head::of(&set).last;
    assert_eq!((head.classes(), head.width()), (50, 200));
    let variance = head.weight.iter().map(|w| w * w).sum::<f32>() / 1e4;
    assert!((variance - 0.04).abs() < 0.002, "{variance}");
    assert!(head.bias.iter().all(|&b| (b + 4.595_12).abs() < 1e-5));
}

#[test]
fn logits_are_the_linear_map() {
    let head = Linear { weight: &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], bias: &[0.5, 0.0, -1.0] };
    assert_eq!(head.logits(&[1.0, -1.0, 2.0, 0.5]), [-0.5, -1.0, -2.0, 3.5, 8.0, 12.0]);
}

#[test]
fn gradients_agree_with_finite_differences() {
    let (set, features, labels) = (set(), features(3), [1, 4, 0]);
    let head = Head::of(&set).last;
    let out = head.loss(Objective::PLAIN, &features, &labels, Anchors::NONE, labels.len());
    let by_features = numeric(&features, |x| mean_loss(head, x, &labels));
    assert_close(&out.d_features, &by_features);
    let by_weight =
        numeric(head.weight, |weight| mean_loss(Linear { weight, ..head }, &features, &labels));
    assert_close(&out.d_weight, &by_weight);
    let by_bias = numeric(head.bias, |bias| mean_loss(Linear { bias, ..head }, &features, &labels));
    assert_close(&out.d_bias, &by_bias);
}

#[test]
fn chunks_add_up_to_the_batch() {
    let (set, features, labels) = (set(), features(4), [1, 4, 0, 2]);
    let head = Head::of(&set).last;
    let whole = head.loss(Objective::PLAIN, &features, &labels, Anchors::NONE, 4);
    let (first, last) = features.split_at(WIDTH);
    let parts = [
        head.loss(Objective::PLAIN, first, &labels[..1], Anchors::NONE, 4),
        head.loss(Objective::PLAIN, last, &labels[1..], Anchors::NONE, 4),
    ];
    let losses: Vec<f64> = parts.iter().flat_map(|p| p.losses.clone()).collect();
    assert_eq!(losses, whole.losses);
    assert_eq!(losses, head.losses(Objective::PLAIN, &features, &labels));
    assert_eq!(parts[0].correct + parts[1].correct, whole.correct);
    let d_features: Vec<f32> = parts.iter().flat_map(|p| p.d_features.clone()).collect();
    assert_eq!(d_features, whole.d_features);
    for (i, d) in whole.d_weight.iter().enumerate() {
        assert!((parts[0].d_weight[i] + parts[1].d_weight[i] - d).abs() < 1e-6);
    }
}

#[test]
fn counts_what_it_gets_right() {
    let head = Linear { weight: &[1.0, -1.0], bias: &[0.0, 0.0] };
    assert_eq!(
        head.loss(Objective::PLAIN, &[2.0, 3.0, -1.0], &[0, 1, 1], Anchors::NONE, 3).correct,
        2
    );
}

#[test]
fn losses_stay_finite_for_large_logits_but_not_for_a_label_beyond_the_classes() {
    let head = Linear { weight: &[1e4, -1e4], bias: &[0.0, 0.0] };
    assert_eq!(head.losses(Objective::PLAIN, &[1.0, 1.0], &[0, 1]), [0.0, 2e4]);
    assert_eq!(head.losses(Objective::PLAIN, &[1.0], &[2]), [f64::INFINITY]);
    assert_eq!(head.loss(Objective::PLAIN, &[1.0], &[2], Anchors::NONE, 1).losses, [f64::INFINITY]);
}
