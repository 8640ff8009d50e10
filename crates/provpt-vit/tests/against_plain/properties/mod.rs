//! What holds for every model; run again on portable code.

mod features;
mod repeat;
mod slopes;
mod tokens;
mod weights;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use provpt_vit::{Engine, Gradients, Images};

use crate::plain::{Case, Drawn, Loss, Sizes};

/// The same cases each time, unless `PROPTEST_RNG_SEED` asks for others: a random model may be so
/// ill-conditioned that f32 misses any bound, and no test is to fail by chance.
pub(super) fn cases(count: u32) -> ProptestConfig {
    let config = ProptestConfig::with_cases(count);
    match config.rng_seed {
        RngSeed::Random => ProptestConfig { rng_seed: RngSeed::Fixed(0), ..config },
        RngSeed::Fixed(_) => config,
    }
}

/// Few enough numbers to differentiate by each.
pub(crate) fn small() -> Sizes {
    Sizes {
        heads: 1..=6,
        head_width: 1..=6,
        depth: 1..=3,
        grid: 1..=2,
        mlp_width: 1..=12,
        images: 0..=3,
        prompts: 0..=6,
    }
}

/// Enough tokens and images for several chunks per thread.
fn many() -> Sizes {
    Sizes { grid: 6..=9, images: 20..=40, heads: 1..=2, depth: 1..=2, ..small() }
}

/// The engine's gradients of a case's loss, and the features on the way.
pub(crate) fn gradients(
    engine: &Engine,
    case: &Case,
    drawn: &Drawn<'_>,
    images: Images<'_>,
) -> (Gradients, Vec<f32>) {
    let loss = Loss::new(case.images, case.architecture.width, 1);
    let (gradients, features) = engine
        .gradients(images, &drawn.prompts(), case.mask(), |range, features| {
            (loss.slope(range, features), features.to_vec())
        })
        .unwrap();
    (gradients, features.concat())
}

fn assert_same_bits(
    (a, a_features): &(Gradients, Vec<f32>),
    (b, b_features): &(Gradients, Vec<f32>),
) -> Result<(), TestCaseError> {
    prop_assert_eq!(a_features, b_features);
    prop_assert_eq!(&a.prompts, &b.prompts);
    prop_assert_eq!(&a.gate, &b.gate);
    prop_assert_eq!(&a.attention, &b.attention);
    Ok(())
}

/// The largest absolute value.
fn largest(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |largest, value| largest.max(value.abs()))
}

/// Asserts that values agree to `tolerance` times the largest expected one.
fn assert_close(
    what: &str,
    got: &[f32],
    expected: &[f64],
    tolerance: f64,
) -> Result<(), TestCaseError> {
    assert_within(what, got, expected, tolerance * largest(expected))
}

/// Asserts that values agree to `bound`.
fn assert_within(
    what: &str,
    got: &[f32],
    expected: &[f64],
    bound: f64,
) -> Result<(), TestCaseError> {
    prop_assert_eq!(got.len(), expected.len(), "{}: length", what);
    for (i, (&got, &expected)) in got.iter().zip(expected).enumerate() {
        let error = (f64::from(got) - expected).abs();
        prop_assert!(
            error <= bound,
            "{what}[{i}]: got {got}, expected {expected}, off by {error:e}, bound {bound:e}"
        );
    }
    Ok(())
}
