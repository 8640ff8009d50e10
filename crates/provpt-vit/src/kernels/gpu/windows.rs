//! Attention within windows: tokens are put into the order of their windows, which then are images.

use super::Gpu;
use super::attention::{Attention, Windows};
use super::memory::{Borrowed, Buffer, Room};
use super::shader::{Shader, bits, word};
use crate::kernels::{AttentionGrad, AttentionInput, AttentionShape, WindowGrad, WindowInput};

/// Sizes of tokens that move.
#[derive(Clone, Copy)]
struct Tokens<'a> {
    shape: AttentionShape,
    input: &'a WindowInput<'a, Buffer>,
}

impl Tokens<'_> {
    fn inserted(&self) -> usize {
        self.shape.keys - self.input.grid.cells()
    }

    /// Tokens of a window.
    fn of_window(&self) -> usize {
        self.inserted() + self.input.grid.tokens()
    }

    /// What attention works on where windows are images.
    fn windowed(&self) -> AttentionShape {
        let (images, tokens) = (self.shape.images * self.input.grid.count(), self.of_window());
        AttentionShape { images, queries: tokens, keys: tokens, ..self.shape }
    }

    /// Attention on the windows, given their rows.
    fn attention<'r>(&'r self, input: &'r AttentionInput<'r, Buffer>) -> Attention<'r> {
        let WindowInput { grid, bias, .. } = *self.input;
        let windows = Windows { grid, bias, inserted: self.inserted() };
        Attention { shape: self.windowed(), input, windows: Some(windows) }
    }

    /// The mean over windows instead of the sum.
    fn mean(&self) -> f32 {
        1.0 / self.input.grid.count() as f32
    }

    fn call(&self, gpu: &Gpu, entry: &'static str, [y, a]: [&Buffer; 2], to: To) {
        let grid = self.input.grid;
        let len = to.rows * to.width;
        let sizes = [len, to.width, self.inserted(), grid.grid, grid.window, grid.shift].map(word);
        let params: Vec<u32> = sizes.into_iter().chain([bits(to.share)]).collect();
        let shader = Shader { entry, source: include_str!("windows.wgsl") };
        gpu.call_on_each(shader, y, &[a], &params, len);
    }

    /// Rows `[images, keys, width]` in the order of windows; inserted ones are multiplied.
    fn gather(
        &self,
        (gpu, gathered): (&Gpu, Buffer),
        rows: &Buffer,
        width: usize,
        share: f32,
    ) -> Buffer {
        let windowed = self.windowed();
        let to = To { rows: windowed.images * windowed.keys, width, share };
        self.call(gpu, "to_windows", [&gathered, rows], to);
        gathered
    }

    /// Queries, and keys and values, in the order of windows.
    fn gather_input(&self, gpu: &Gpu, scratch: &mut Borrowed<'_>) -> [Buffer; 2] {
        let (rows, width, len) = (&self.input.rows, self.shape.width(), self.windowed_len());
        let query = (gpu, scratch.part(Room::Query, len));
        let kv = (gpu, scratch.part(Room::KeyValue, 2 * len));
        [self.gather(query, rows.query, width, 1.0), self.gather(kv, rows.kv, 2 * width, 1.0)]
    }

    /// Values of all queries.
    fn windowed_len(&self) -> usize {
        let windowed = self.windowed();
        windowed.images * windowed.queries * windowed.width()
    }

    /// The way back; what inserted tokens have in all windows is added up, and multiplied.
    fn scatter(&self, gpu: &Gpu, rows: &Buffer, windowed: &Buffer, width: usize, share: f32) {
        let to = To { rows: self.shape.images * self.shape.keys, width, share };
        self.call(gpu, "from_windows", [rows, windowed], to);
    }
}

/// Rows that are written, and what inserted ones are multiplied with.
#[derive(Clone, Copy)]
struct To {
    rows: usize,
    width: usize,
    share: f32,
}

impl Gpu {
    pub(super) fn attend_in_windows(
        &self,
        out: &Buffer,
        log_sum: &Buffer,
        input: &WindowInput<'_, Buffer>,
        shape: AttentionShape,
    ) {
        let (tokens, d) = (Tokens { shape, input }, shape.width());
        let mut scratch = self.scratch();
        let [query, kv] = tokens.gather_input(self, &mut scratch);
        let mixed = scratch.part(Room::Mixed, tokens.windowed_len());
        let rows = AttentionInput { query: &query, kv: &kv, ..input.rows };
        let attention = tokens.attention(&rows);
        attention.forward(self, &mixed, log_sum);
        tokens.scatter(self, out, &mixed, d, tokens.mean());
    }

    pub(super) fn attend_in_windows_back(
        &self,
        grad: WindowGrad<'_, Buffer>,
        d_out: &Buffer,
        input: &WindowInput<'_, Buffer>,
        log_sum: &Buffer,
        shape: AttentionShape,
    ) {
        let (tokens, d) = (Tokens { shape, input }, shape.width());
        let len = tokens.windowed_len();
        let mut scratch = self.scratch();
        let [query, kv] = tokens.gather_input(self, &mut scratch);
        let d_mixed = (self, scratch.part(Room::Mixed, len));
        let d_mixed = tokens.gather(d_mixed, d_out, d, tokens.mean());
        let mut d_query = scratch.part(Room::DQuery, len);
        let mut d_kv = scratch.part(Room::DKeyValue, 2 * len);
        let rows = AttentionInput { query: &query, kv: &kv, ..input.rows };
        let attention = tokens.attention(&rows);
        let AttentionGrad { own, prompt_kv, logits } = grad.attention;
        let windowed_own = own.is_some().then_some((&mut d_query, &mut d_kv));
        let inner = AttentionGrad { own: windowed_own, prompt_kv, logits };
        let delta = attention.backward(self, &mut scratch, inner, [&d_mixed, log_sum]);
        if let Some(d_bias) = grad.bias {
            attention.bias_backward(self, d_bias, [&d_mixed, log_sum, &delta]);
        }
        if let Some((to_query, to_kv)) = own {
            tokens.scatter(self, to_query, &d_query, d, 1.0);
            tokens.scatter(self, to_kv, &d_kv, 2 * d, 1.0);
        }
    }
}
