//! Attention, one score at a time.

use super::Cells;
use crate::kernels::{AttentionGrad, AttentionInput, AttentionShape};

/// One query row of one image and head.
#[derive(Clone, Copy)]
struct Query {
    shape: AttentionShape,
    image: usize,
    head: usize,
    query: usize,
}

/// Where a column's keys and values begin: among those of the prompts, or of the image's tokens.
#[derive(Clone, Copy)]
enum Column {
    Prompt(usize),
    Own(usize),
}

impl Query {
    fn all(shape: AttentionShape) -> impl Iterator<Item = Self> {
        let heads = (0..shape.images).flat_map(move |i| (0..shape.heads).map(move |h| (i, h)));
        heads.flat_map(move |(image, head)| {
            (0..shape.queries).map(move |query| Self { shape, image, head, query })
        })
    }

    /// Where this head's part of the query begins in `[images, queries, d]`.
    fn start(self) -> usize {
        (self.image * self.shape.queries + self.query) * self.shape.width() + self.first()
    }

    /// The head's first column.
    fn first(self) -> usize {
        self.head * self.shape.head_width
    }

    /// Where its number stands in `[images, heads, queries]`.
    fn log_sum(self) -> usize {
        (self.image * self.shape.heads + self.head) * self.shape.queries + self.query
    }

    /// The head's part of a key; its value begins d further on.
    fn column(self, column: usize) -> Column {
        let AttentionShape { prompts, keys, .. } = self.shape;
        let at = |row: usize| row * 2 * self.shape.width() + self.first();
        if column < prompts {
            let group = if self.shape.prompts_per_image { self.image } else { 0 };
            Column::Prompt(at(group * prompts + column))
        } else {
            Column::Own(at(self.image * keys + column - prompts))
        }
    }

    fn scale(self) -> f64 {
        1.0 / (self.shape.head_width as f64).sqrt()
    }

    /// `q k / sqrt(head width)`, and what is added to that of a prompt.
    fn score(self, input: &AttentionInput<'_, Cells>, column: usize) -> f64 {
        let added = input.prompt_logits.filter(|_| column < self.shape.prompts);
        self.scale() * self.dot(input.query, input, column, 0) + added.map_or(0.0, |b| b[column])
    }

    /// The row's product with a key (offset 0) or a value (offset d).
    fn dot(
        self,
        rows: &Cells,
        input: &AttentionInput<'_, Cells>,
        column: usize,
        offset: usize,
    ) -> f64 {
        let (kv, at) = self.kv(input, column);
        let parts = 0..self.shape.head_width;
        parts.map(|i| rows[self.start() + i] * kv[at + offset + i]).sum()
    }

    fn kv<'a>(self, input: &AttentionInput<'a, Cells>, column: usize) -> (&'a Cells, usize) {
        match self.column(column) {
            Column::Prompt(at) => (input.prompt_kv, at),
            Column::Own(at) => (input.kv, at),
        }
    }
}

pub(super) fn forward(
    out: &mut Cells,
    log_sum: &mut Cells,
    input: &AttentionInput<'_, Cells>,
    shape: AttentionShape,
) {
    for q in Query::all(shape) {
        let scores: Vec<f64> = (0..shape.columns()).map(|c| q.score(input, c)).collect();
        let peak = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = scores.iter().map(|score| (score - peak).exp()).sum();
        log_sum[q.log_sum()] = peak + sum.ln();
        for i in 0..shape.head_width {
            let mut mixed = 0.0;
            for column in 0..shape.columns() {
                let (kv, at) = q.kv(input, column);
                mixed += (scores[column] - log_sum[q.log_sum()]).exp() * kv[at + shape.width() + i];
            }
            out[q.start() + i] = mixed;
        }
    }
}

pub(super) fn backward(
    mut grad: AttentionGrad<'_, Cells>,
    d_out: &Cells,
    input: &AttentionInput<'_, Cells>,
    log_sum: &Cells,
    shape: AttentionShape,
) {
    if let Some((d_query, d_kv)) = &mut grad.own {
        (0..shape.images * shape.queries * shape.width()).for_each(|i| d_query[i] = 0.0);
        (0..shape.images * shape.keys * 2 * shape.width()).for_each(|i| d_kv[i] = 0.0);
    }
    for q in Query::all(shape) {
        let p = |column| (q.score(input, column) - log_sum[q.log_sum()]).exp();
        let d_p = |column| q.dot(d_out, input, column, shape.width());
        let mean: f64 = (0..shape.columns()).map(|column| p(column) * d_p(column)).sum();
        for column in 0..shape.columns() {
            let d_score = p(column) * (d_p(column) - mean);
            grad.logits[column] += d_score;
            column_backward(&mut grad, q, input, d_out, (column, p(column), d_score));
        }
    }
}

/// What one probability and the gradient of its score pass on.
fn column_backward(
    grad: &mut AttentionGrad<'_, Cells>,
    q: Query,
    input: &AttentionInput<'_, Cells>,
    d_out: &Cells,
    (column, p, d_score): (usize, f64, f64),
) {
    let (kv, key) = q.kv(input, column);
    for i in 0..q.shape.head_width {
        let d_key = d_score * q.scale() * input.query[q.start() + i];
        let d_value = p * d_out[q.start() + i];
        let target = match (q.column(column), &mut grad.own) {
            (Column::Prompt(_), _) => Some(&mut *grad.prompt_kv),
            (Column::Own(_), own) => own.as_mut().map(|(_, d_kv)| &mut **d_kv),
        };
        if let Some(target) = target {
            target[key + i] += d_key;
            target[key + q.shape.width() + i] += d_value;
        }
        if let Some((d_query, _)) = &mut grad.own {
            d_query[q.start() + i] += d_score * q.scale() * kv[key + i];
        }
    }
}
