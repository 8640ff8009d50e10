//! Attention within windows, one score at a time.

use super::Cells;
use crate::kernels::{AttentionShape, WindowGrad, WindowGrid, WindowInput};

/// One query of one head in one window.
#[derive(Clone, Copy)]
struct Query {
    shape: AttentionShape,
    grid: WindowGrid,
    image: usize,
    head: usize,
    window: usize,
    /// Counted among the image's inserted tokens and the window's own.
    query: usize,
}

/// Where a token of the grid stands on the rolled grid.
#[derive(Clone, Copy)]
struct Rolled {
    row: usize,
    column: usize,
}

impl Rolled {
    /// A place of a window.
    fn new(grid: WindowGrid, window: usize, place: usize) -> Self {
        let (side, across) = (grid.window, grid.grid / grid.window);
        let row = window / across * side + place / side;
        Self { row, column: window % across * side + place % side }
    }

    /// Where it was before the grid was rolled.
    fn cell(self, grid: WindowGrid) -> usize {
        let back = |at: usize| (at + grid.shift) % grid.grid;
        back(self.row) * grid.grid + back(self.column)
    }

    fn region(self, grid: WindowGrid) -> usize {
        let band = |at: usize| match grid.shift {
            0 => 0,
            _ if at < grid.grid - grid.window => 0,
            shift if at < grid.grid - shift => 1,
            _ => 2,
        };
        3 * band(self.row) + band(self.column)
    }
}

impl Query {
    fn all(shape: AttentionShape, grid: WindowGrid) -> Vec<Self> {
        let mut all = Vec::new();
        for image in 0..shape.images {
            for head in 0..shape.heads {
                for window in 0..grid.count() {
                    let queries = shape.keys - grid.cells() + grid.tokens();
                    let query = |query| Self { shape, grid, image, head, window, query };
                    all.extend((0..queries).map(query));
                }
            }
        }
        all
    }

    fn inserted(self) -> usize {
        self.shape.keys - self.grid.cells()
    }

    fn queries(self) -> usize {
        self.inserted() + self.grid.tokens()
    }

    fn columns(self) -> usize {
        self.shape.prompts + self.queries()
    }

    fn log_sum(self) -> usize {
        let head = self.image * self.shape.heads + self.head;
        (head * self.grid.count() + self.window) * self.queries() + self.query
    }

    fn rolled(self, place: usize) -> Rolled {
        Rolled::new(self.grid, self.window, place)
    }

    /// The row of an inserted token or one of the window, of all images' rows.
    fn row(self, token: usize) -> usize {
        let inserted = self.inserted();
        let cell = |place| inserted + self.rolled(place).cell(self.grid);
        self.image * self.shape.keys + token.checked_sub(inserted).map_or(token, cell)
    }

    /// How much of what it mixes its row gets.
    fn share(self) -> f64 {
        if self.query < self.inserted() { 1.0 / self.grid.count() as f64 } else { 1.0 }
    }

    /// Where this head's part begins in rows `[.., d]`.
    fn start(self) -> usize {
        self.row(self.query) * self.shape.width() + self.head * self.shape.head_width
    }

    /// The row of a column's key, and whether it is a prompt's.
    fn key(self, column: usize) -> (usize, bool) {
        let prompts = self.shape.prompts;
        match column.checked_sub(prompts) {
            Some(token) => (self.row(token), false),
            None if self.shape.prompts_per_image => (self.image * prompts + column, true),
            None => (column, true),
        }
    }

    fn kv<'a>(self, input: &WindowInput<'a, Cells>, column: usize) -> (&'a Cells, usize) {
        let (row, is_prompt) = self.key(column);
        let rows = if is_prompt { input.rows.prompt_kv } else { input.rows.kv };
        (rows, row * 2 * self.shape.width() + self.head * self.shape.head_width)
    }

    /// Where the bias of a logit is, if it has one, and whether it is masked.
    fn pair(self, column: usize) -> Option<(usize, bool)> {
        let here = self.query.checked_sub(self.inserted())?;
        let there = column.checked_sub(self.shape.prompts + self.inserted())?;
        let region = |place| self.rolled(place).region(self.grid);
        let tokens = self.grid.tokens();
        let at = (self.head * tokens + here) * tokens + there;
        Some((at, region(here) != region(there)))
    }

    fn scale(self) -> f64 {
        1.0 / (self.shape.head_width as f64).sqrt()
    }

    fn score(self, input: &WindowInput<'_, Cells>, column: usize) -> f64 {
        let ((kv, at), start) = (self.kv(input, column), self.start());
        let parts = (0..self.shape.head_width).map(|i| input.rows.query[start + i] * kv[at + i]);
        let (bias, mask) = self.pair(column).map_or((0.0, 0.0), |(at, is_apart)| {
            (input.bias[at], if is_apart { -100.0 } else { 0.0 })
        });
        let added = input.rows.prompt_logits.filter(|_| column < self.shape.prompts);
        self.scale() * parts.sum::<f64>() + bias + mask + added.map_or(0.0, |b| b[column])
    }
}

pub(super) fn forward(
    out: &mut Cells,
    log_sum: &mut Cells,
    input: &WindowInput<'_, Cells>,
    shape: AttentionShape,
) {
    (0..shape.images * shape.keys * shape.width()).for_each(|i| out[i] = 0.0);
    for q in Query::all(shape, input.grid) {
        let scores: Vec<f64> = (0..q.columns()).map(|c| q.score(input, c)).collect();
        let peak = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = scores.iter().map(|score| (score - peak).exp()).sum();
        log_sum[q.log_sum()] = peak + sum.ln();
        let start = q.start();
        for (column, score) in scores.iter().enumerate() {
            let (kv, at) = q.kv(input, column);
            for i in 0..shape.head_width {
                let p = (score - log_sum[q.log_sum()]).exp();
                out[start + i] += q.share() * p * kv[at + shape.width() + i];
            }
        }
    }
}

pub(super) fn backward(
    mut grad: WindowGrad<'_, Cells>,
    d_out: &Cells,
    input: &WindowInput<'_, Cells>,
    log_sum: &Cells,
    shape: AttentionShape,
) {
    if let Some((d_query, d_kv)) = &mut grad.attention.own {
        (0..shape.images * shape.keys * shape.width()).for_each(|i| d_query[i] = 0.0);
        (0..shape.images * shape.keys * 2 * shape.width()).for_each(|i| d_kv[i] = 0.0);
    }
    for q in Query::all(shape, input.grid) {
        let start = q.start();
        let of_column = |column| {
            let (kv, at) = q.kv(input, column);
            let p = (q.score(input, column) - log_sum[q.log_sum()]).exp();
            let parts =
                (0..shape.head_width).map(|i| d_out[start + i] * kv[at + shape.width() + i]);
            (p, q.share() * parts.sum::<f64>())
        };
        let columns: Vec<(f64, f64)> = (0..q.columns()).map(of_column).collect();
        let mean: f64 = columns.iter().map(|(p, d_p)| p * d_p).sum();
        for (column, (p, d_p)) in columns.into_iter().enumerate() {
            column_backward(&mut grad, q, input, d_out, (column, p, p * (d_p - mean)));
        }
    }
}

/// What one probability and the gradient of its score pass on.
fn column_backward(
    grad: &mut WindowGrad<'_, Cells>,
    q: Query,
    input: &WindowInput<'_, Cells>,
    d_out: &Cells,
    (column, p, d_score): (usize, f64, f64),
) {
    let attention = &mut grad.attention;
    attention.logits[column] += d_score;
    if let (Some((at, _)), Some(bias)) = (q.pair(column), &mut grad.bias) {
        bias[at] += d_score;
    }
    let ((kv, key), start) = (q.kv(input, column), q.start());
    let (_, is_prompt) = q.key(column);
    for i in 0..q.shape.head_width {
        let target = match (is_prompt, &mut attention.own) {
            (true, _) => Some(&mut *attention.prompt_kv),
            (false, own) => own.as_mut().map(|(_, d_kv)| &mut **d_kv),
        };
        if let Some(target) = target {
            target[key + i] += d_score * q.scale() * input.rows.query[start + i];
            target[key + q.shape.width() + i] += p * q.share() * d_out[start + i];
        }
        if let Some((d_query, _)) = &mut attention.own {
            d_query[start + i] += d_score * q.scale() * kv[key + i];
        }
    }
}
