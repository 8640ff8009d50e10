//! One window of one image and one head of it: where its rows are, and how they become dense
//! matrices.

use std::ops::Range;

use super::elementwise::add;
use super::pair::Part;
use super::transpose::Turn;
use crate::kernels::{AttentionInput, AttentionShape, WindowGrid};

/// One window and one head. Its queries are inserted tokens, then the window's; its keys are prompts
/// before these.
#[derive(Clone, Copy)]
pub(super) struct Job {
    pub(super) shape: AttentionShape,
    pub(super) grid: WindowGrid,
    image: usize,
    pub(super) head: usize,
    pub(super) window: usize,
}

impl Job {
    /// All windows of a head of an image follow each other.
    pub(super) fn all(shape: AttentionShape, grid: WindowGrid) -> impl Iterator<Item = Self> {
        let (heads, windows) = (shape.heads, grid.count());
        (0..shape.images * heads * windows).map(move |index| {
            let (image, head) = (index / windows / heads, index / windows % heads);
            Self { shape, grid, image, head, window: index % windows }
        })
    }

    /// Inserted tokens of an image.
    fn inserted(&self) -> usize {
        self.shape.keys - self.grid.cells()
    }

    pub(super) fn queries(&self) -> usize {
        self.inserted() + self.grid.tokens()
    }

    pub(super) fn columns(&self) -> usize {
        self.shape.prompts + self.queries()
    }

    pub(super) fn scale(&self) -> f32 {
        1.0 / (self.shape.head_width as f32).sqrt()
    }

    /// This job's rows in `[images, heads, windows, queries]`.
    pub(super) fn log_sum(&self) -> Range<usize> {
        let head = self.image * self.shape.heads + self.head;
        let start = (head * self.grid.count() + self.window) * self.queries();
        start..start + self.queries()
    }

    /// This head's part of `bias`.
    pub(super) fn bias(&self) -> Range<usize> {
        let len = self.grid.tokens().pow(2);
        self.head * len..(self.head + 1) * len
    }

    /// Where the queries are in `[images, tokens]`.
    fn rows(&self) -> impl Iterator<Item = usize> + use<> {
        let (first, inserted) = (self.image * self.shape.keys, self.inserted());
        let cells = self.grid.of_window(self.window).map(move |cell| first + inserted + cell);
        (first..first + inserted).chain(cells)
    }

    /// This head's part of the queries' rows of `[images, tokens, d]`: `[queries, head width]`.
    pub(super) fn gather_rows(&self, to: &mut [f32], from: &[f32]) {
        let (width, first) = (self.shape.head_width, self.head * self.shape.head_width);
        for (to, row) in to.chunks_exact_mut(width).zip(self.rows()) {
            to.copy_from_slice(&from[row * self.shape.width() + first..][..width]);
        }
    }

    /// The same of the gradient of what [`Self::put_mixed`] put.
    pub(super) fn gather_mixed(&self, to: &mut [f32], from: &[f32]) {
        self.gather_rows(to, from);
        let share = 1.0 / self.grid.count() as f32;
        let inserted = &mut to[..self.inserted() * self.shape.head_width];
        inserted.iter_mut().for_each(|value| *value *= share);
    }

    /// Keys or values of the prompts, then of the queries' rows, `[columns, head width]`, and
    /// `turned` over. Those of prompts stay from window to window.
    pub(super) fn gather_keys(
        &self,
        to: &mut [f32],
        turned: Option<&mut [f32]>,
        input: &AttentionInput<'_, Vec<f32>>,
        part: Part,
    ) {
        let (width, stride, prompts) =
            (self.shape.head_width, 2 * self.shape.width(), self.shape.prompts);
        let first = self.first(part);
        let group = if self.shape.prompts_per_image { self.image * prompts } else { 0 };
        let start = if self.window == 0 { 0 } else { prompts };
        let rows = (group + start..group + prompts).map(|row| &input.prompt_kv[row * stride..]);
        let rows = rows.chain(self.rows().map(|row| &input.kv[row * stride..]));
        for (to, from) in to[start * width..].chunks_exact_mut(width).zip(rows) {
            to.copy_from_slice(&from[first..][..width]);
        }
        if let Some(turned) = turned {
            let (columns, to) = (self.columns(), &to[start * width..]);
            Turn::new((&mut turned[start..], columns), (to, width), (columns - start, width)).run();
        }
    }

    /// Where this head's keys or values begin in a row `[2d]`.
    fn first(&self, part: Part) -> usize {
        let half = match part {
            Part::Keys => 0,
            Part::Values => self.shape.width(),
        };
        half + self.head * self.shape.head_width
    }

    /// Puts rows `[queries, head width]` in their places in `[images, tokens, d]`: of inserted tokens
    /// the sum over the windows.
    pub(super) fn put_rows(&self, to: &mut [f32], rows: &[f32]) {
        self.put(to, rows, self.shape.width(), self.head * self.shape.head_width);
    }

    /// The same, but of inserted tokens the mean over the windows.
    pub(super) fn put_mixed(&self, to: &mut [f32], rows: &mut [f32]) {
        let share = 1.0 / self.grid.count() as f32;
        let inserted = &mut rows[..self.inserted() * self.shape.head_width];
        inserted.iter_mut().for_each(|value| *value *= share);
        self.put_rows(to, rows);
    }

    /// Puts gradients of keys or values in their places in `[images, tokens, 2d]`.
    pub(super) fn put_keys(&self, to: &mut [f32], rows: &[f32], part: Part) {
        self.put(to, rows, 2 * self.shape.width(), self.first(part));
    }

    fn put(&self, to: &mut [f32], rows: &[f32], stride: usize, first: usize) {
        let (width, inserted) = (self.shape.head_width, self.inserted());
        for (index, (from, row)) in rows.chunks_exact(width).zip(self.rows()).enumerate() {
            let to = &mut to[row * stride + first..][..width];
            if index < inserted && self.window > 0 {
                add(to, from);
            } else {
                to.copy_from_slice(from);
            }
        }
    }

    /// Adds gradients `[prompts, head width]` to those of the prompts.
    pub(super) fn add_to_prompts(&self, d_kv: &mut [f32], grads: &[f32], part: Part) {
        let (width, stride, prompts) =
            (self.shape.head_width, 2 * self.shape.width(), self.shape.prompts);
        let group = if self.shape.prompts_per_image { self.image * prompts } else { 0 };
        for (index, grads) in grads.chunks_exact(width).take(prompts).enumerate() {
            add(&mut d_kv[(group + index) * stride + self.first(part)..][..width], grads);
        }
    }
}
