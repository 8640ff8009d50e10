//! Attention of a block: over all of an image's tokens, or within windows of its grid.

use std::sync::Arc;

use super::Source;
use super::block::Block;
use crate::Architecture;
use crate::error::Error;
use crate::kernels::{
    AttentionInput, AttentionShape, Kernels, WindowGrad, WindowGrid, WindowInput,
};
use crate::position_table::{expand, table_rows};

/// The windows of a block.
pub(super) struct Windows<K: Kernels> {
    grid: WindowGrid,
    /// Added to logits, `[heads, window tokens, window tokens]`: what a table says of the distance of
    /// two tokens.
    pub(super) bias: Arc<K::Buffer>,
}

impl<K: Kernels> Clone for Windows<K> {
    fn clone(&self) -> Self {
        Self { grid: self.grid, bias: Arc::clone(&self.bias) }
    }
}

impl<K: Kernels> Windows<K> {
    /// Those of a block of a network in stages.
    pub(super) fn new(
        source: &mut Source<'_, K>,
        a: &Architecture,
        block: usize,
    ) -> Result<Option<Self>, Error> {
        let Some(stages) = a.stages else { return Ok(None) };
        let (grid, window, heads) =
            (a.block_grid(block), a.block_window(block), a.block_heads(block));
        // Every other block's windows lie across the borders of those before.
        let is_shifted = stages.place(block).1 % 2 == 1 && grid > window;
        let shift = if is_shifted { window / 2 } else { 0 };
        let name = format!("{}.attn.relative_position_bias_table", a.block_name(block));
        let table = source.take(&name, table_rows(window) * heads)?;
        let bias = Arc::new(source.kernels.upload(expand(&table, window, heads))?);
        Ok(Some(Self { grid: WindowGrid { grid, window, shift }, bias }))
    }

    /// What a table of other values says.
    pub(super) fn biases(&self, table: &[f32]) -> Vec<f32> {
        let side = self.grid.window;
        expand(table, side, table.len() / table_rows(side))
    }
}

impl<K: Kernels> Block<K> {
    /// Attention, with prompts among the keys.
    pub(super) fn mix(
        &self,
        k: &K,
        out: &mut K::Buffer,
        log_sum: &mut K::Buffer,
        rows: AttentionInput<'_, K::Buffer>,
        shape: AttentionShape,
    ) {
        match &self.windows {
            None => k.attention(out, log_sum, rows, shape),
            Some(Windows { grid, bias }) => {
                let input = WindowInput { rows, bias, grid: *grid };
                k.window_attention(out, log_sum, input, shape);
            }
        }
    }

    /// Its gradient.
    pub(super) fn mix_grad(
        &self,
        k: &K,
        grad: WindowGrad<'_, K::Buffer>,
        d_out: &K::Buffer,
        rows: AttentionInput<'_, K::Buffer>,
        log_sum: &K::Buffer,
        shape: AttentionShape,
    ) {
        match &self.windows {
            None => k.attention_grad(grad.attention, d_out, rows, log_sum, shape),
            Some(Windows { grid, bias }) => {
                let input = WindowInput { rows, bias, grid: *grid };
                k.window_attention_grad(grad, d_out, input, log_sum, shape);
            }
        }
    }
}
