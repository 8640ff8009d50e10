//! One image and one head of it: where its rows are, and how they become dense matrices.

use super::bf16::Stack;
use super::elementwise::add;
use super::gemm::{View, ViewMut};
use super::transpose::Turn;
use crate::kernels::{AttentionInput, AttentionShape};

/// One image and one head of it.
#[derive(Clone, Copy)]
pub(super) struct Pair {
    pub(super) shape: AttentionShape,
    image: usize,
    head: usize,
}

/// The halves of a row of keys and values.
#[derive(Clone, Copy)]
pub(super) enum Part {
    Keys,
    Values,
}

/// Rows `[count, 2d]` from `start` on.
struct Span {
    start: usize,
    count: usize,
}

impl Pair {
    pub(super) fn all(shape: AttentionShape) -> impl Iterator<Item = Self> {
        (0..shape.images)
            .flat_map(move |image| (0..shape.heads).map(move |head| Self { shape, image, head }))
    }

    pub(super) fn scale(&self) -> f32 {
        1.0 / (self.shape.head_width as f32).sqrt()
    }

    /// This pair's rows in `[images, heads, queries]`.
    pub(super) fn log_sum(&self) -> std::ops::Range<usize> {
        let start = (self.image * self.shape.heads + self.head) * self.shape.queries;
        start..start + self.shape.queries
    }

    /// This pair's columns of `[images, queries, d]`.
    pub(super) fn rows<'a>(&self, all: &'a [f32]) -> View<'a> {
        let shape = self.shape;
        View::rows(&all[self.query_start()..], shape.queries, shape.head_width, shape.width())
    }

    /// The same, to write into.
    pub(super) fn rows_mut<'a>(&self, all: &'a mut [f32]) -> ViewMut<'a> {
        let shape = self.shape;
        let rows = &mut all[self.query_start()..];
        ViewMut::rows(rows, shape.queries, shape.head_width, shape.width())
    }

    fn query_start(&self) -> usize {
        self.image * self.shape.queries * self.shape.width() + self.head * self.shape.head_width
    }

    /// Where this pair's part begins in `[prompts, 2d]`, or in `[images, prompts, 2d]`.
    fn prompts(&self, part: Part) -> Span {
        let image = if self.shape.prompts_per_image { self.image } else { 0 };
        self.span(image, self.shape.prompts, part)
    }

    /// Where this pair's part begins in `[images, keys, 2d]`.
    fn own(&self, part: Part) -> Span {
        self.span(self.image, self.shape.keys, part)
    }

    fn span(&self, image: usize, count: usize, part: Part) -> Span {
        let width = self.shape.width();
        let half = match part {
            Part::Keys => 0,
            Part::Values => width,
        };
        let start = image * count * 2 * width + half + self.head * self.shape.head_width;
        Span { start, count }
    }

    /// Keys or values of the prompts, then of the image's own tokens: `[columns, head width]`.
    pub(super) fn gather(&self, to: &mut [f32], input: &AttentionInput<'_, Vec<f32>>, part: Part) {
        let width = self.shape.head_width;
        let (prompts, own) = to.split_at_mut(self.shape.prompts * width);
        let sides =
            [(prompts, self.prompts(part), input.prompt_kv), (own, self.own(part), input.kv)];
        for (to, span, from) in sides {
            for (to, from) in to.chunks_exact_mut(width).zip(self.each(from, &span)) {
                to.copy_from_slice(&from[..width]);
            }
        }
    }

    /// The same, transposed: `[head width, columns]`.
    pub(super) fn gather_transposed(
        &self,
        to: &mut [f32],
        input: &AttentionInput<'_, Vec<f32>>,
        part: Part,
    ) {
        let (columns, width) = (self.shape.columns(), self.shape.head_width);
        let x_stride = 2 * self.shape.width();
        let sides = [
            (0, self.prompts(part), input.prompt_kv),
            (self.shape.prompts, self.own(part), input.kv),
        ];
        for (column, span, from) in sides.into_iter().filter(|side| side.1.count > 0) {
            let (out, x) = (&mut to[column..], &from[span.start..]);
            Turn::new((out, columns), (x, x_stride), (span.count, width)).run();
        }
    }

    /// Keys or values of the prompts, then of the image's own tokens, where they lie.
    pub(super) fn stack<'a>(&self, input: &AttentionInput<'a, Vec<f32>>, part: Part) -> Stack<'a> {
        let (width, stride) = (self.shape.head_width, 2 * self.shape.width());
        let view = |span: Span, from: &'a Vec<f32>| {
            View::rows(from.get(span.start..).unwrap_or(&[]), span.count, width, stride)
        };
        [view(self.prompts(part), input.prompt_kv), view(self.own(part), input.kv)]
    }

    /// Where keys or values of a prompt begin in `[prompts, 2d]`, or in `[images, prompts, 2d]`.
    pub(super) fn prompt(&self, part: Part, index: usize) -> usize {
        self.prompts(part).start + index * 2 * self.shape.width()
    }

    /// Where those of an own token begin in `[images, keys, 2d]`.
    pub(super) fn own_key(&self, part: Part, index: usize) -> usize {
        self.own(part).start + index * 2 * self.shape.width()
    }

    /// Adds gradients `[prompts, head width]` to those of the prompts.
    pub(super) fn add_to_prompts(&self, d_kv: &mut [f32], grads: &[f32], part: Part) {
        let (span, width, stride) =
            (self.prompts(part), self.shape.head_width, 2 * self.shape.width());
        for (index, grads) in grads.chunks_exact(width).take(span.count).enumerate() {
            add(&mut d_kv[span.start + index * stride..][..width], grads);
        }
    }

    /// Puts gradients `[keys, head width]` where those of the image's own tokens belong.
    pub(super) fn put_to_own(&self, d_kv: &mut [f32], grads: &[f32], part: Part) {
        let (span, width, stride) = (self.own(part), self.shape.head_width, 2 * self.shape.width());
        for (index, grads) in grads.chunks_exact(width).take(span.count).enumerate() {
            d_kv[span.start + index * stride..][..width].copy_from_slice(grads);
        }
    }

    fn each<'a>(&self, all: &'a [f32], span: &Span) -> impl Iterator<Item = &'a [f32]> + use<'a> {
        let end = if span.count > 0 { all.len() } else { 0 };
        all[span.start.min(end)..end].chunks(2 * self.shape.width()).take(span.count)
    }
}
