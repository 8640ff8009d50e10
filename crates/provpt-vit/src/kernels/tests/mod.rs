//! Every operation on every device against the plain one, on random shapes.

pub(crate) mod attention;
#[cfg(feature = "gpu")]
pub(crate) mod gpu;
mod layers;
mod maps;
mod rows;
mod windows;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::cpu::Cpu;
use super::plain::Plain;
use super::{Kernels, Maps};

/// The same cases each time, unless `PROPTEST_RNG_SEED` asks for others: random operands may be so
/// ill-conditioned that f32 misses any bound, and no test is to fail by chance.
pub(super) fn cases(count: u32) -> ProptestConfig {
    let config = ProptestConfig::with_cases(count);
    match config.rng_seed {
        RngSeed::Random => ProptestConfig { rng_seed: RngSeed::Fixed(0), ..config },
        RngSeed::Fixed(_) => config,
    }
}

/// An operation that writes `W` buffers and reads `R`.
trait Operation<const W: usize, const R: usize> {
    fn run<K: Kernels + Maps>(&self, k: &K, written: [&mut K::Buffer; W], read: [&K::Buffer; R]);
}

/// Values behind those that are meant, in every buffer: they must stay.
const TAIL: usize = 5;

/// Random values from U(-2, 2), for one buffer after the other.
struct Draw(ChaCha8Rng);

impl Draw {
    fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// `len` values.
    fn values(&mut self, len: usize) -> Vec<f32> {
        (0..len).map(|_| self.0.random_range(-2.0f32..2.0)).collect()
    }

    /// A buffer of `len` values and a tail.
    fn buffer(&mut self, len: usize) -> Vec<f32> {
        self.values(len + TAIL)
    }
}

/// What an operation leaves in the buffers that it writes, given what is in all buffers before.
fn outcome<K: Kernels + Maps, const W: usize, const R: usize>(
    k: &K,
    operation: &impl Operation<W, R>,
    written: &[Vec<f32>; W],
    read: &[Vec<f32>; R],
) -> [Vec<f32>; W] {
    let upload = |values: &Vec<f32>| k.upload(values.clone()).unwrap();
    let mut buffers = written.each_ref().map(upload);
    let read = read.each_ref().map(upload);
    operation.run(k, buffers.each_mut(), read.each_ref());
    let mut host = written.clone();
    let pairs = buffers.iter().zip(&mut host);
    k.download(&mut pairs.map(|(from, to)| (from, &mut to[..])).collect::<Vec<_>>()).unwrap();
    host
}

/// Asserts that every device gives what the plain one gives, to `tolerance` times the largest value
/// (or 1), and leaves tails alone.
fn check<const W: usize, const R: usize>(
    operation: &impl Operation<W, R>,
    written: [Vec<f32>; W],
    read: [Vec<f32>; R],
    tolerance: f32,
) -> Result<(), TestCaseError> {
    let expected = outcome(&Plain { chunk_images: 1 }, operation, &written, &read);
    compare(&outcome(&Cpu::ONE, operation, &written, &read), &expected, &written, tolerance)?;
    #[cfg(feature = "gpu")]
    if let Some(gpu) = gpu::any() {
        compare(&outcome(gpu, operation, &written, &read), &expected, &written, tolerance)?;
    }
    Ok(())
}

/// Asserts that buffers that were written hold what is expected, and behind it what was there.
fn compare(
    got: &[Vec<f32>],
    expected: &[Vec<f32>],
    before: &[Vec<f32>],
    tolerance: f32,
) -> Result<(), TestCaseError> {
    for (buffer, (got, expected)) in got.iter().zip(expected).enumerate() {
        let meant = got.len() - TAIL;
        prop_assert_eq!(&got[meant..], &before[buffer][meant..], "the tail of buffer {}", buffer);
        let size = expected[..meant].iter().fold(1.0f32, |size, value| size.max(value.abs()));
        for (i, (got, expected)) in got[..meant].iter().zip(expected).enumerate() {
            let error = (got - expected).abs();
            prop_assert!(
                error <= tolerance * size,
                "buffer {buffer}[{i}]: got {got}, expected {expected}, off by {error:e} of {size}"
            );
        }
    }
    Ok(())
}
