//! What holds for every model; run again on portable code.

mod features;
mod gradients;

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

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
    prop_assert_eq!(got.len(), expected.len(), "{}: length", what);
    let bound = tolerance * largest(expected);
    for (i, (&got, &expected)) in got.iter().zip(expected).enumerate() {
        let error = (f64::from(got) - expected).abs();
        prop_assert!(
            error <= bound,
            "{what}[{i}]: got {got}, expected {expected}, off by {error:e}, bound {bound:e}"
        );
    }
    Ok(())
}
