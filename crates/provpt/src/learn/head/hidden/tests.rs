use provpt_vit::weights::{LoadOptions, Source as File};
use provpt_vit::{Backbone, Engine, Prompts};
use rand_distr::StandardNormal;
use safetensors::SafeTensors;

use super::*;
use crate::learn::consistency::Anchors;
use crate::learn::head::{BIAS, Head, WEIGHT};
use crate::learn::objective::Objective;
use crate::math::vector::log_softmax;

const WIDTH: usize = 7;

fn no_dropout(indices: &[usize]) -> HeadDropout<'_> {
    HeadDropout { seed: 1, epoch: 0, indices, drops: false }
}

fn assert_close(what: &str, got: &[f32], expected: &[f32], absolute: f32, relative: f32) {
    assert_eq!(got.len(), expected.len(), "{what}");
    for (i, (got, expected)) in got.iter().zip(expected).enumerate() {
        let bound = absolute + relative * expected.abs();
        assert!((got - expected).abs() <= bound, "{what}[{i}]: got {got}, expected {expected}");
    }
}

/// A head with two hidden layers, none of whose numbers is special.
fn set() -> Set {
    let mut rng = stream(3, Purpose::HeadInit, [0, 0]);
    let mut set: Set = Head::init(3, WIDTH, 2, &mut rng).into_iter().collect();
    for param in set.iter_mut().filter(|param| param.name.starts_with("head.bn")) {
        param.values.iter_mut().for_each(|value| *value += rng.random_range(0.1..0.5));
    }
    set
}

fn features(images: usize) -> Vec<f32> {
    stream(4, Purpose::HeadInit, [1, 0]).sample_iter(StandardNormal).take(images * WIDTH).collect()
}

/// Central differences, in evaluation and in training.
#[test]
fn gradients_agree_with_finite_differences() {
    let (set, x, labels) = (set(), features(5), [0, 2, 1, 1, 0]);
    let indices = [4, 8, 1, 9, 3];
    let dropping = HeadDropout { drops: true, ..no_dropout(&indices) };
    for dropout in [None, Some(&no_dropout(&indices)), Some(&dropping)] {
        let loss = |set: &Set, x: &[f32]| {
            let losses = Head::of(set)
                .loss_of_batch(Objective::PLAIN, x, &labels, Anchors::NONE, dropout)
                .losses;
            losses.iter().sum::<f64>() / labels.len() as f64
        };
        let got =
            Head::of(&set).loss_of_batch(Objective::PLAIN, &x, &labels, Anchors::NONE, dropout);
        let mut gradients = vec![(WEIGHT.to_owned(), got.d_weight), (BIAS.to_owned(), got.d_bias)];
        for (layer, hidden) in got.hidden.into_iter().enumerate() {
            let names = arrays(layer, WIDTH).map(|(name, ..)| name);
            gradients.extend(names.into_iter().zip(hidden.arrays));
        }
        assert_eq!(gradients.len(), 10);
        let mut kinks = 0;
        for (name, gradient) in &gradients {
            for (i, got) in gradient.iter().enumerate() {
                let at = |by: f32| {
                    let mut set = set.clone();
                    set.values_mut(name)[i] += by;
                    (f64::from(set.values(name)[i]), loss(&set, &x))
                };
                kinks += usize::from(!check(&format!("{name}[{i}]"), *got, at));
            }
        }
        for (i, got) in got.d_features.iter().enumerate() {
            let at = |by: f32| {
                let mut x = x.clone();
                x[i] += by;
                (f64::from(x[i]), loss(&set, &x))
            };
            kinks += usize::from(!check(&format!("features[{i}]"), *got, at));
        }
        assert!(kinks <= 20, "{kinks} of about 200 places");
    }
}

/// Whether the loss has a slope here: where a step crosses a kink of ReLU, steps of two lengths
/// disagree. If it has, it must be the one found.
fn check(what: &str, got: f32, at: impl Fn(f32) -> (f64, f64)) -> bool {
    let slope = |by: f32| {
        let ((x0, y0), (x1, y1)) = (at(-by), at(by));
        (y1 - y0) / (x1 - x0)
    };
    let (long, expected) = (slope(2e-3), slope(1e-3));
    // Losses are sums in f32.
    let bound = 2e-3 + 0.02 * expected.abs();
    let smooth = (long - expected).abs() < bound;
    let right = (f64::from(got) - expected).abs() < bound;
    assert!(right || !smooth, "{what}: {got} {expected} {long}");
    smooth
}

#[test]
fn a_batch_of_one_is_normalized_by_what_is_known() {
    let (set, x) = (set(), features(1));
    let head = Head::of(&set);
    let got =
        head.loss_of_batch(Objective::PLAIN, &x, &[1], Anchors::NONE, Some(&no_dropout(&[0])));
    assert_eq!(got.losses, head.losses(&x, &[1]));
    assert!(got.hidden.iter().all(|hidden| hidden.running.is_none()));
}

#[test]
fn dropout_is_a_function_of_epoch_image_and_layer() {
    let mask = |epoch, indices: &[usize], layer| {
        let dropout = HeadDropout { epoch, drops: true, ..no_dropout(indices) };
        Mode::Batch { dropout: &dropout, layer }.mask(200)
    };
    assert_eq!(mask(1, &[4, 2], 0)[200..], mask(1, &[2], 0));
    assert_ne!(mask(1, &[2], 0), mask(2, &[2], 0));
    assert_ne!(mask(1, &[2], 0), mask(1, &[3], 0));
    assert_ne!(mask(1, &[2], 0), mask(1, &[2], 1));
    let all = mask(0, &(0..20).collect::<Vec<_>>(), 0);
    let mean = all.iter().sum::<f32>() / all.len() as f32;
    assert!((mean - 1.0).abs() < 0.03 && all.contains(&0.0), "{mean}");
}

#[test]
fn a_golden_step_matches() {
    let read = |name: &str| {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/transfer/");
        fs_err::read(format!("{folder}{name}.safetensors")).unwrap()
    };
    let (golden, inputs) = (read("step.vit.mlp_head"), read("vit.inputs"));
    let [golden, inputs] = [&golden, &inputs].map(|bytes| SafeTensors::deserialize(bytes).unwrap());
    let floats = |tensors: &SafeTensors<'_>, name: &str| -> Vec<f32> {
        let data = tensors.tensor(name).unwrap();
        data.data().as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)).collect()
    };
    let labels: Vec<usize> = golden
        .tensor("labels")
        .unwrap()
        .data()
        .as_chunks()
        .0
        .iter()
        .map(|b| i64::from_le_bytes(*b) as usize)
        .collect();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/transfer/vit.timm.safetensors");
    let options = LoadOptions { heads: Some(4), ..LoadOptions::default() };
    let engine =
        Engine::new(Backbone::open(&File::File(path.into()), &options).unwrap(), 1).unwrap();
    let features = engine.features(&floats(&inputs, "images"), &Prompts::NONE).unwrap();
    let (given, width) = (|name: &str| floats(&golden, name), 32);
    let mut set: Set =
        Head::init(5, width, 1, &mut stream(0, Purpose::HeadInit, [0, 0])).into_iter().collect();
    for param in set.iter_mut().filter(|param| param.learns()) {
        param.values = given(&param.name);
    }
    let (indices, head) = ([0, 1, 2, 3], Head::of(&set));
    let (dropout, hidden) = (no_dropout(&indices), &head.hidden[0]);
    let pass = hidden.forward(&features, &Mode::Batch { dropout: &dropout, layer: 0 });
    let logits = head.last.logits(&pass.output);
    assert_close("logits", &logits, &given("logits"), 5e-5, 0.0);
    // Classes count differently here.
    let (weights, mut loss, mut d_logits) = (given("class_weights"), 0.0, Vec::new());
    for (row, &label) in logits.chunks_exact(5).zip(&labels) {
        let (logs, share) = (log_softmax(row), f64::from(weights[label]) / 4.0);
        loss -= share * logs[label];
        let truth = |class: usize| f64::from(u8::from(class == label));
        d_logits.extend((0..5).map(|c| (share * (logs[c].exp() - truth(c))) as f32));
    }
    assert_close("loss", &[loss as f32], &given("loss"), 5e-5, 0.0);
    let (mut d, d_weight, d_bias) = head.last.backward(&pass.output, &d_logits);
    let got = hidden.backward(&features, &pass, &mut d);
    let [weight, bias, scale, shift] = got.arrays;
    let all = [
        ("head.weight", d_weight),
        ("head.bias", d_bias),
        ("head.hidden.0.weight", weight),
        ("head.hidden.0.bias", bias),
        ("head.bn.0.weight", scale),
        ("head.bn.0.bias", shift),
    ];
    for (name, gradient) in all {
        assert_close(name, &gradient, &given(&format!("grad.{name}")), 1e-5, 1e-4);
    }
    let [mean, var] = got.running.unwrap();
    assert_close("mean", &mean, &given("after.bn.0.mean"), 2e-6, 0.0);
    assert_close("var", &var, &given("after.bn.0.var"), 2e-6, 0.0);
    set.values_mut("head.bn.0.mean").copy_from_slice(&mean);
    set.values_mut("head.bn.0.var").copy_from_slice(&var);
    let logits = Head::of(&set).logits(&features);
    assert_close("logits in evaluation", &logits, &given("eval.logits"), 5e-5, 0.0);
}
