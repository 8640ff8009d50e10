//! Gradients of arrays that learn, against finite differences of the plain model.

use proptest::prelude::*;
use provpt_vit::{Backbone, Pooling, Tuned, Weight};

use super::slopes::assert_sum;
use super::{assert_close, cases, many, small};
use crate::plain::{Case, Drawn, Loss, Model, Random, case};

/// How far values go to either side.
const STEP: f32 = 1e-4;

/// About half of the arrays of a network.
fn some<'a>(case: &Case, drawn: &Drawn<'_>, backbone: &'a Backbone) -> Vec<&'a str> {
    // Not in the network: the norm of the other kind of pooling.
    let idle = if case.architecture.pooling == Pooling::Cls { "fc_norm." } else { "norm." };
    let names = backbone.tensors.keys().filter(|name| !name.starts_with(idle));
    let coins = Random::new(drawn.seed() + 4).values(backbone.tensors.len(), 0.0, 1.0);
    names.zip(coins).filter(|(_, coin)| *coin < 0.0).map(|(name, _)| name.as_str()).collect()
}

/// Some arrays are others than the engine has, and learn. For each of them a step along a random
/// direction, both ways: the plain model's loss must change as the gradient says.
fn check(case: &Case) -> Result<(), TestCaseError> {
    let drawn = case.draw();
    let other = drawn.other_backbone();
    let names = some(case, &drawn, &other);
    let mut tuned = drawn.backbone().clone();
    for name in &names {
        tuned.tensors.insert((*name).to_owned(), other.tensors[*name].clone());
    }
    let weights: Vec<Weight<'_>> =
        names.iter().map(|name| Weight { name, values: &other.tensors[*name].data }).collect();
    let loss = Loss::new(case.images, case.architecture.width, 1 + drawn.seed());
    let given = Tuned { prompts: drawn.prompts(), weights: &weights };
    let (got, features) = drawn
        .engine()
        .gradients(&drawn.pixels, given, case.mask(), |range, features| {
            (loss.slope(range, features), features.to_vec())
        })
        .unwrap();
    let bank = drawn.bank();
    let plain = |model: &Backbone| drawn.plain_of(&Model::new(model), &bank, case.mask());
    assert_close("features", &features.concat(), &plain(&tuned), 1e-5)?;
    let mut random = Random::new(2 + drawn.seed());
    for (name, gradient) in names.iter().zip(&got.weights) {
        let values = &other.tensors[*name].data;
        let direction = random.values(values.len(), 0.0, STEP);
        // As rounded: what is compared are these two points.
        let moved = |sign: f32| -> Vec<f32> {
            values.iter().zip(&direction).map(|(value, d)| value + sign * d).collect()
        };
        let (there, back) = (moved(1.0), moved(-1.0));
        let mut value = |data: &[f32]| {
            tuned.tensors.get_mut(*name).unwrap().data = data.to_vec();
            loss.value(&plain(&tuned))
        };
        let expected = (value(&there) - value(&back)) / f64::from(STEP);
        value(values);
        let way = there.iter().zip(&back).map(|(a, b)| f64::from(*a) - f64::from(*b));
        let terms = gradient.iter().zip(way).map(|(g, way)| f64::from(*g) * way / f64::from(STEP));
        assert_sum(name, terms, expected)?;
    }
    Ok(())
}

proptest! {
    #![proptest_config(cases(96))]

    #[test]
    fn gradients_of_arrays_are_right(case in case(&small())) {
        check(&case)?;
    }
}

proptest! {
    #![proptest_config(cases(4))]

    #[test]
    fn gradients_of_arrays_over_many_chunks_are_right(case in case(&many())) {
        check(&case)?;
    }
}
