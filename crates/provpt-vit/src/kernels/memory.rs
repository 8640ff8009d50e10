//! The memory of a device.

use crate::error::Error;

/// A buffer, and where on the host its first values go.
pub(crate) type Download<'a, B> = (&'a B, &'a mut [f32]);

/// Memory, and the ways in and out of it.
pub(crate) trait Memory: Send + Sync + 'static {
    /// Values as operations see them: dense and row-major. A buffer may be longer than an operation
    /// needs, which then leaves the rest alone.
    type Buffer: Send + Sync;

    /// A new buffer of `len` zeros.
    ///
    /// # Errors
    /// There is no room for it.
    fn zeros(&self, len: usize) -> Result<Self::Buffer, Error>;
    /// A new buffer of these values. For what is frozen; all else is written into a buffer that
    /// exists.
    ///
    /// # Errors
    /// There is no room for it.
    fn upload(&self, values: Vec<f32>) -> Result<Self::Buffer, Error>;
    /// Overwrites the first values of a buffer.
    fn write(&self, to: &mut Self::Buffer, values: &[f32]);
    fn copy(&self, to: &mut Self::Buffer, from: &Self::Buffer, len: usize);
    fn clear(&self, buffer: &mut Self::Buffer, len: usize);
    /// Waits for everything that was recorded, then copies the first values of each buffer out.
    ///
    /// # Errors
    /// The device failed at any operation since the last download.
    fn download(&self, parts: &mut [Download<'_, Self::Buffer>]) -> Result<(), Error>;
}
