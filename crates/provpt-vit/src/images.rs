//! Images as callers hand them to the engine.

use std::ops::Range;

use crate::Architecture;
use crate::error::Error;

/// A batch, at the beginning of the network or part of the way through it.
#[derive(Clone, Copy, Debug)]
pub enum Images<'a> {
    /// `[B, 3, image_size, image_size]`, normalized.
    Pixels(&'a [f32]),
    /// What the bare blocks in front of `block` make of them, as [`Engine::tokens`] gives it.
    ///
    /// [`Engine::tokens`]: crate::Engine::tokens
    Tokens {
        /// The block to go on with; nothing in front of it may be tuned.
        block: usize,
        /// `[B, tokens, d]`, as many and as wide as the block's own.
        values: &'a [f32],
    },
}

impl<'a> From<&'a [f32]> for Images<'a> {
    fn from(pixels: &'a [f32]) -> Self {
        Self::Pixels(pixels)
    }
}

impl<'a> From<&'a Vec<f32>> for Images<'a> {
    fn from(pixels: &'a Vec<f32>) -> Self {
        Self::Pixels(pixels)
    }
}

impl Images<'_> {
    /// Number of images, if they fit the model and a network whose blocks in front of `last` are the
    /// backbone's own; none: not even what tokens are made of is.
    pub(crate) fn count(&self, a: &Architecture, last: Option<usize>) -> Result<usize, Error> {
        let (values, size) = (self.values(), self.size(a));
        if let Self::Tokens { block: got, .. } = *self {
            match last {
                None => return Err(Error::TokensNotOurs { got }),
                Some(first) if got > first => return Err(Error::TokensTooDeep { first, got }),
                Some(_) => {}
            }
        }
        if !values.len().is_multiple_of(size) {
            return Err(Error::Pixels { image_values: size, got: values.len() });
        }
        Ok(values.len() / size)
    }

    /// Some of the images.
    pub(crate) fn part(&self, a: &Architecture, range: &Range<usize>) -> Self {
        let size = self.size(a);
        let part = range.start * size..range.end * size;
        match *self {
            Self::Pixels(pixels) => Self::Pixels(&pixels[part]),
            Self::Tokens { block, values } => Self::Tokens { block, values: &values[part] },
        }
    }

    fn values(&self) -> &[f32] {
        match self {
            Self::Pixels(values) | Self::Tokens { values, .. } => values,
        }
    }

    /// Values of one image.
    fn size(&self, a: &Architecture) -> usize {
        match self {
            Self::Pixels(_) => a.image_values(),
            Self::Tokens { block, .. } => a.block_values(*block),
        }
    }
}
