//! Attention within windows of a grid (Liu et al., Swin, ICCV 2021): where the windows lie, and what
//! attention in them reads and writes.

use super::{AttentionGrad, AttentionInput};

/// What is added to the logits of tokens in different regions of a window, which are no neighbours
/// in the image.
pub(crate) const APART: f32 = -100.0;

/// Square windows of a square grid, which is rolled up and to the left by `shift` beforehand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WindowGrid {
    /// Tokens along one side of the grid.
    pub(crate) grid: usize,
    /// Tokens along one side of a window; a divisor of the grid's.
    pub(crate) window: usize,
    pub(crate) shift: usize,
}

impl WindowGrid {
    /// Windows of one image.
    pub(crate) fn count(self) -> usize {
        (self.grid / self.window).pow(2)
    }

    /// Tokens of a window.
    pub(crate) fn tokens(self) -> usize {
        self.window * self.window
    }

    /// Tokens of a grid.
    pub(crate) fn cells(self) -> usize {
        self.grid * self.grid
    }

    /// Which of the grid's tokens are in a window, in the window's order.
    pub(crate) fn of_window(self, window: usize) -> impl Iterator<Item = usize> {
        let Self { grid, window: side, shift } = self;
        let (top, left) = (window / (grid / side) * side, window % (grid / side) * side);
        let around = move |at: usize| if at < grid { at } else { at - grid };
        let line = move |y: usize| around(top + y + shift) * grid;
        (0..side).flat_map(move |y| (0..side).map(move |x| line(y) + around(left + x + shift)))
    }

    /// The region that a token of a window is in. Only windows at the lower and the right edge of a
    /// rolled grid have several: what was rolled there comes from the other edge of the image.
    pub(crate) fn region(self, window: usize, token: usize) -> usize {
        let (side, last) = (self.window, self.grid / self.window - 1);
        let beyond =
            |window: usize, at: usize| window == last && self.shift > 0 && at >= side - self.shift;
        let (row, column) = (window / (last + 1), window % (last + 1));
        2 * usize::from(beyond(row, token / side)) + usize::from(beyond(column, token % side))
    }
}

/// What attention within windows reads. An image's tokens are inserted ones first, which take part
/// in every window, then those of the grid, row by row.
#[derive(Debug)]
pub(crate) struct WindowInput<'a, B> {
    pub(crate) rows: AttentionInput<'a, B>,
    /// Added to the logits within a window, `[heads, window tokens, window tokens]`: of queries and
    /// keys that are prompts there is none.
    pub(crate) bias: &'a B,
    pub(crate) grid: WindowGrid,
}

/// What its backward pass writes. In `attention.logits` come prompts, inserted tokens, and the tokens
/// of all windows together.
#[derive(Debug)]
pub(crate) struct WindowGrad<'a, B> {
    pub(crate) attention: AttentionGrad<'a, B>,
    /// Gradient of `bias`, added to what is there.
    pub(crate) bias: Option<&'a mut B>,
}
