//! Buffers are vectors.

use super::Cpu;
use crate::error::Error;
use crate::kernels::{Download, Memory};

/// `len` zeros, or an error where the allocator would end the process. Pages are not touched
/// before they are used.
pub(super) fn zeros(len: usize) -> Result<Vec<f32>, Error> {
    bytemuck::allocation::try_zeroed_vec(len)
        .map_err(|()| Error::Memory { bytes: len.saturating_mul(size_of::<f32>()) })
}

impl Memory for Cpu {
    type Buffer = Vec<f32>;

    fn zeros(&self, len: usize) -> Result<Vec<f32>, Error> {
        zeros(len)
    }

    fn upload(&self, values: Vec<f32>) -> Result<Vec<f32>, Error> {
        Ok(values)
    }

    fn write(&self, to: &mut Vec<f32>, values: &[f32]) {
        to[..values.len()].copy_from_slice(values);
    }

    fn copy(&self, to: &mut Vec<f32>, from: &Vec<f32>, len: usize) {
        to[..len].copy_from_slice(&from[..len]);
    }

    fn clear(&self, buffer: &mut Vec<f32>, len: usize) {
        buffer[..len].fill(0.0);
    }

    fn download(&self, parts: &mut [Download<'_, Vec<f32>>]) -> Result<(), Error> {
        for (from, to) in parts {
            to.copy_from_slice(&from[..to.len()]);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::zeros;

    #[test]
    fn too_much_memory_is_an_error() {
        for len in [usize::MAX / 8, usize::MAX] {
            let error = zeros(len).unwrap_err().to_string();
            assert!(error.starts_with("memory: expected room for"), "{error}");
        }
    }
}
