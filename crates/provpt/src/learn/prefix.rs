//! What the bare blocks in front of the first prompt make of a split's images: it never changes
//! while no prompt moves there, so it is computed once and kept, where memory allows.

use std::sync::{Mutex, PoisonError};

use provpt_vit::{Engine, Images};

use crate::error::Error;
use crate::learn::source::EVAL_BATCH;

/// Images on their way into the engine.
pub(crate) enum Batch {
    /// Normalized pixels `[n, 3, size, size]`.
    Pixels(Vec<f32>),
    /// Input of `block`, `[n, tokens, d]`, as many and as wide as the block's.
    Tokens { block: usize, values: Vec<f32> },
}

impl Batch {
    pub(crate) fn images(&self) -> Images<'_> {
        match self {
            Self::Pixels(pixels) => Images::Pixels(pixels),
            Self::Tokens { block, values } => Images::Tokens { block: *block, values },
        }
    }
}

/// Tokens of a whole split, at most `budget` bytes of them.
pub(crate) struct Prefix {
    budget: usize,
    stored: Mutex<StoredTokens>,
}

/// The input of `block`; no tokens before the first use.
#[derive(Default)]
struct StoredTokens {
    block: usize,
    tokens: Vec<f32>,
}

impl Prefix {
    pub(crate) fn new(budget: usize) -> Self {
        Self { budget, stored: Mutex::default() }
    }

    /// Whether the tokens of so many images may be kept.
    pub(crate) fn fits(&self, engine: &Engine, images: usize) -> bool {
        // No block has more than the first one.
        images * engine.architecture().token_values() * size_of::<f32>() <= self.budget
    }

    /// The images at `indices`, of `images` in all, as the input of `block`. `pixels` is asked for
    /// every image of the split in turn, unless its tokens are stored already.
    pub(crate) fn batch(
        &self,
        engine: &Engine,
        block: usize,
        images: usize,
        indices: &[usize],
        pixels: impl Fn(&[usize]) -> Result<Vec<f32>, Error>,
    ) -> Result<Batch, Error> {
        let size = engine.architecture().block_values(block);
        let mut stored = self.stored.lock().unwrap_or_else(PoisonError::into_inner);
        if stored.tokens.is_empty() || stored.block > block {
            let mut tokens = Vec::with_capacity(images * size);
            let all: Vec<usize> = (0..images).collect();
            for batch in all.chunks(EVAL_BATCH) {
                tokens.extend(engine.tokens(&pixels(batch)?, block)?);
            }
            *stored = StoredTokens { block, tokens };
        }
        if stored.block < block {
            stored.advance(engine, block)?;
        }
        let rows = indices.iter().flat_map(|i| &stored.tokens[i * size..(i + 1) * size]);
        Ok(Batch::Tokens { block, values: rows.copied().collect() })
    }
}

impl StoredTokens {
    /// Goes on to a deeper block, in place: an image has no more values there.
    fn advance(&mut self, engine: &Engine, block: usize) -> Result<(), Error> {
        let size = EVAL_BATCH * engine.architecture().block_values(self.block);
        let mut done = 0;
        for start in (0..self.tokens.len()).step_by(size) {
            let end = (start + size).min(self.tokens.len());
            let values = &self.tokens[start..end];
            let tokens = engine.tokens(Images::Tokens { block: self.block, values }, block)?;
            self.tokens[done..done + tokens.len()].copy_from_slice(&tokens);
            done += tokens.len();
        }
        self.tokens.truncate(done);
        self.block = block;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use provpt_vit::Backbone;
    use provpt_vit::weights::LoadOptions;

    use super::*;

    #[test]
    fn tokens_are_those_of_the_images_whatever_was_held_before() {
        let engine = Engine::new(Backbone::pico(&LoadOptions::default()).unwrap(), 2).unwrap();
        let size = engine.architecture().image_values();
        let images = 70; // more than a batch
        let value = |i: usize| ((i * 7919) % 1009) as f32 / 504.5 - 1.0;
        let all: Vec<f32> = (0..images * size).map(value).collect();
        let seen = Cell::new(0);
        let pixels = |indices: &[usize]| {
            seen.set(seen.get() + indices.len());
            Ok(indices.iter().flat_map(|i| &all[i * size..(i + 1) * size]).copied().collect())
        };
        let prefix = Prefix::new(usize::MAX);
        let indices = [69, 0, 33];
        let given = pixels(&indices).unwrap();
        // Forth, on, back, and again.
        for (block, expected) in [(0, 70), (3, 0), (1, 70), (1, 0)] {
            seen.set(0);
            let batch = prefix.batch(&engine, block, images, &indices, pixels).unwrap();
            assert_eq!(seen.get(), expected, "images gone through for block {block}");
            let Batch::Tokens { block: got, values } = batch else { panic!("pixels") };
            assert_eq!(got, block);
            assert_eq!(values, engine.tokens(&given, block).unwrap());
        }
    }

    #[test]
    fn the_budget_counts_bytes() {
        let engine = Engine::new(Backbone::pico(&LoadOptions::default()).unwrap(), 1).unwrap();
        let bytes = 65 * 128 * 4;
        assert!(Prefix::new(10 * bytes).fits(&engine, 10));
        assert!(!Prefix::new(10 * bytes - 1).fits(&engine, 10));
    }
}
