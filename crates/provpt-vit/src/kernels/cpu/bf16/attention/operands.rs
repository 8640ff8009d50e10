//! What one image and head is packed into.

use std::cell::Cell;

use crate::kernels::cpu::bf16::packed::{PackedRows, Panels};
use crate::kernels::cpu::bf16::product::Block;

/// Operands of the products of one image and head.
#[derive(Debug, Default)]
pub(super) struct Operands {
    pub(super) queries: PackedRows,
    /// `[head width, columns]`.
    pub(super) keys: Panels,
    /// `[columns, head width]`; on the way back turned over, as keys are.
    pub(super) values: Panels,
    /// Scores of 32 queries, then what becomes of them: 32 columns each.
    pub(super) scores: Vec<Block>,
    /// 32 rows of `columns` values.
    pub(super) weights: PackedRows,
    /// What only the way back needs.
    pub(super) back: Back,
}

/// Operands of the way back.
#[derive(Debug, Default)]
pub(super) struct Back {
    /// Gradients of the output.
    pub(super) d_out: PackedRows,
    /// Keys as they lie: `[columns, head width]`.
    pub(super) keys: Panels,
    /// Like `scores`.
    pub(super) slopes: Vec<Block>,
    /// Of values: gradients of the output turned over, and the probabilities `[queries, columns]`.
    pub(super) values: Outer,
    /// Of keys: queries turned over, and gradients of the scores.
    pub(super) scores: Outer,
    /// A matrix turned over.
    pub(super) turned: Vec<f32>,
}

/// Both sides of a product over all queries.
#[derive(Debug, Default)]
pub(super) struct Outer {
    /// `[head width, queries]`.
    pub(super) left: PackedRows,
    /// `[queries, columns]`.
    pub(super) right: Panels,
}

thread_local! {
    static KEPT: Cell<Option<Box<Operands>>> = const { Cell::new(None) };
}

/// Lends a thread's own memory to `work`.
pub(super) fn with(work: impl FnOnce(&mut Operands)) {
    let mut operands = KEPT.take().unwrap_or_default();
    work(&mut operands);
    KEPT.set(Some(operands));
}
