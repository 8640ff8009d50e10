//! The vectorized loops against plain f64 ones, to bounds that know their rounding, on rows that
//! fill whole vectors, that do not, and of a single value.

mod bits;
mod elementwise;
mod norm;
mod softmax;

use proptest::prelude::*;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use crate::kernels::tests::cases;

/// Widths on both sides of one, two and more vectors of any machine.
fn width() -> impl Strategy<Value = usize> {
    prop_oneof![Just(1), 2_usize..=70, Just(16), Just(32), Just(128)]
}

/// `len` values from U(-spread, spread).
pub(super) fn values(seed: u64, len: usize, spread: f32) -> Vec<f32> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    (0..len).map(|_| spread * rng.random_range(-1.0f32..1.0)).collect()
}

/// Asserts that a value agrees to `bound`.
fn assert_within(what: &str, got: f32, expected: f64, bound: f64) -> Result<(), TestCaseError> {
    let error = (f64::from(got) - expected).abs();
    prop_assert!(error <= bound, "{what}: got {got}, expected {expected}, bound {bound:e}");
    Ok(())
}

/// The largest absolute value.
fn largest(values: &[f32]) -> f64 {
    values.iter().fold(0.0, |largest, &value| largest.max(f64::from(value).abs()))
}
