//! What a shader is called with.

use super::memory::Buffer;

/// Invocations of a workgroup of a shader that works on one value each.
pub(super) const LANES: usize = 256;

/// A compute shader.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shader {
    /// Its name; no other has it.
    pub(super) entry: &'static str,
    /// The file that it is in.
    pub(super) source: &'static str,
}

/// One call of a shader.
#[derive(Debug)]
pub(super) struct Call<'a> {
    pub(super) shader: Shader,
    /// What its source leaves open: one pipeline for each of these.
    pub(super) constants: &'a [(&'static str, usize)],
    /// Bindings from 0 on.
    pub(super) written: &'a [&'a Buffer],
    /// Bindings from [`Self::FIRST_READ`] on.
    pub(super) read: &'a [&'a Buffer],
    /// The shader's `Params`, one word each.
    pub(super) params: &'a [u32],
    /// Workgroups; none is no call.
    pub(super) groups: usize,
}

impl Call<'_> {
    /// The binding of the first buffer that is read.
    pub(super) const FIRST_READ: usize = 4;
}

/// A size as shaders have it. A buffer that exists has no more values.
pub(super) fn word(size: usize) -> u32 {
    u32::try_from(size).unwrap_or(u32::MAX)
}

/// A number as one of the words of `Params`.
pub(super) fn bits(value: f32) -> u32 {
    value.to_bits()
}
