//! The operations on a CPU, each done at once on the calling thread. Matrix products come from the
//! `gemm` crate; loops are vectorized with run-time dispatch.

mod attention;
mod bf16;
mod elementwise;
mod gemm;
mod layers;
mod linear;
mod maps;
mod math;
mod memory;
mod merge;
mod norm;
mod pack;
mod pair;
mod rows;
mod scratch;
mod simd;
mod softmax;
mod sums;
#[cfg(test)]
mod tests;
mod tokens;
mod transpose;
#[cfg(target_arch = "x86_64")]
mod transpose_avx;
mod vectorized;
mod window_attention;
mod window_job;

use super::{Kernels, Schedule};
use crate::error::Error;
use crate::{Architecture, Precision};
pub(crate) use bf16::Path;
use pack::Products;
use simd::arch;
pub use simd::instruction_set;

#[cfg(feature = "bench")]
pub(crate) use bf16::Bf16Matrix;
#[cfg(feature = "bench")]
pub(crate) use gemm::bench::{Operands, product};

/// Token rows that a chunk aims at: enough for matrix products to be efficient, few enough for
/// its values to stay near the core. In stages, where every block multiplies about as much, on fewer
/// and wider rows the later it is, it is their geometric mean over the blocks.
const CHUNK_ROWS: usize = 1024;

/// This machine's cores.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cpu {
    /// Threads that work on a batch.
    threads: usize,
    /// How products are computed.
    products: Products,
}

impl Cpu {
    /// # Errors
    /// The environment asks for an instruction set that there is not, or the precision is none of a
    /// CPU's.
    pub(crate) fn new(threads: usize, precision: Precision) -> Result<Self, Error> {
        simd::check()?;
        let products = match precision {
            Precision::F32 => Products::F32,
            Precision::Bf16 => Products::Bf16(Path::best()),
            Precision::F16 => {
                return Err(Error::DevicePrecision { precision: "f16", device: "cpu" });
            }
        };
        Ok(Self { threads, products })
    }

    /// One thread, on whichever instruction set.
    #[cfg(any(test, feature = "bench"))]
    pub(crate) const ONE: Self = Self { threads: 1, products: Products::F32 };
}

impl Kernels for Cpu {
    fn schedule(&self, architecture: &Architecture) -> Schedule {
        let chunk_images = (CHUNK_ROWS / architecture.mean_tokens()).max(1);
        Schedule { shards: self.threads, chunk_images }
    }
}
