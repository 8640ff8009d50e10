//! Memory whose size is known only when it is used.

use crate::error::Error;
use crate::kernels::Memory;

/// A buffer that is replaced by a longer one when it is too short. What was in it is then lost.
pub(crate) struct GrowingBuffer<K: Memory> {
    buffer: K::Buffer,
    len: usize,
}

impl<K: Memory> GrowingBuffer<K> {
    pub(crate) fn empty(k: &K) -> Result<Self, Error> {
        Ok(Self { buffer: k.zeros(0)?, len: 0 })
    }

    /// Makes room for `len` values.
    pub(crate) fn fit(&mut self, k: &K, len: usize) -> Result<(), Error> {
        if self.len < len {
            *self = Self { buffer: k.zeros(len)?, len };
        }
        Ok(())
    }

    /// Makes room for `len` zeros.
    pub(crate) fn fit_zeros(&mut self, k: &K, len: usize) -> Result<(), Error> {
        self.fit(k, len)?;
        k.clear(&mut self.buffer, len);
        Ok(())
    }

    pub(crate) fn get(&self) -> &K::Buffer {
        &self.buffer
    }

    pub(crate) fn get_mut(&mut self) -> &mut K::Buffer {
        &mut self.buffer
    }
}
