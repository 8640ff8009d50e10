//! Attention and its gradient.

use super::Gpu;
use super::memory::{Borrowed, Buffer, Room};
use super::shader::{Call, Shader, bits, word};
use super::sums::Parts;
use crate::kernels::{AttentionGrad, AttentionInput, AttentionShape, WindowGrid};

const FORWARD: &str =
    concat!(include_str!("attention_common.wgsl"), include_str!("attention.wgsl"));
const BACKWARD: &str =
    concat!(include_str!("attention_common.wgsl"), include_str!("attention_grad.wgsl"));

/// Queries or columns of a workgroup.
const LANES: usize = 64;

/// Values of two tiles that a workgroup holds: 12 KiB. With what each lane keeps there that is no more than
/// 16 KiB, which all devices have.
const HELD: usize = 3072;

/// Attention on some images; those may be windows.
pub(super) struct Attention<'a> {
    pub(super) shape: AttentionShape,
    pub(super) input: &'a AttentionInput<'a, Buffer>,
    pub(super) windows: Option<Windows<'a>>,
}

/// What there is where images are windows.
#[derive(Clone, Copy)]
pub(super) struct Windows<'a> {
    pub(super) grid: WindowGrid,
    pub(super) bias: &'a Buffer,
    /// Tokens of a window that are in all of an image's windows.
    pub(super) inserted: usize,
}

/// A call's shader, how many lanes it takes for an image and head, and what it writes and reads.
struct Part<'a> {
    entry: &'static str,
    source: &'static str,
    lanes: usize,
    written: &'a [&'a Buffer],
    read: &'a [&'a Buffer],
    /// Whether queries, own keys and own values get gradients.
    to_own: bool,
}

impl Attention<'_> {
    /// Windows of an image.
    fn windows(&self) -> usize {
        self.windows.map_or(1, |windows| windows.grid.count())
    }

    fn call(&self, gpu: &Gpu, part: &Part<'_>) {
        let (shape, query) = (self.shape, self.input.query);
        let (grid, bias, inserted) = match self.windows {
            Some(windows) => (windows.grid, windows.bias, windows.inserted),
            None => (WindowGrid { grid: 1, window: 1, shift: 0 }, query, 0),
        };
        let logits = self.input.prompt_logits;
        let has = usize::from(logits.is_some())
            + 2 * usize::from(self.windows.is_some())
            + 4 * usize::from(part.to_own);
        let input = [query, self.input.kv, self.input.prompt_kv, logits.unwrap_or(query), bias];
        let read: Vec<_> = input.into_iter().chain(part.read.iter().copied()).collect();
        let images = shape.images;
        let per_image = shape.prompts_per_image.into();
        let AttentionShape { queries, keys, prompts, heads, head_width, .. } = shape;
        let rows = [images, queries, keys, prompts, per_image, heads, head_width].map(word);
        let scale = 1.0 / (shape.head_width as f32).sqrt();
        let across = grid.grid / grid.window;
        let [has, rest @ ..] =
            [has, self.windows(), inserted, across, grid.window, grid.shift].map(word);
        let params: Vec<u32> = rows.into_iter().chain([bits(scale), has]).chain(rest).collect();
        let fours = head_width.div_ceil(4);
        let tile = (HELD / 2 / 4 / fours).clamp(1, 16);
        gpu.call(&Call {
            shader: Shader { entry: part.entry, source: part.source },
            constants: &[("FOURS", fours), ("TILE", tile)],
            written: part.written,
            read: &read,
            params: &params,
            groups: images * heads * part.lanes.div_ceil(LANES),
        });
    }

    pub(super) fn forward(&self, gpu: &Gpu, out: &Buffer, log_sum: &Buffer) {
        let (entry, source) = ("attention", FORWARD);
        let written = [out, log_sum];
        let lanes = self.shape.queries;
        self.call(gpu, &Part { entry, source, lanes, written: &written, read: &[], to_own: false });
    }

    /// Returns what the gradient of the bias asks for.
    pub(super) fn backward(
        &self,
        gpu: &Gpu,
        scratch: &mut Borrowed<'_>,
        grad: AttentionGrad<'_, Buffer>,
        [d_out, log_sum]: [&Buffer; 2],
    ) -> Buffer {
        let (shape, source) = (self.shape, BACKWARD);
        let AttentionShape { images, heads, prompts, .. } = shape;
        let nothing = Buffer(None);
        let to_own = grad.own.is_some();
        let (d_query, d_kv) = match &grad.own {
            Some((d_query, d_kv)) => (&**d_query, &**d_kv),
            None => (&nothing, &nothing),
        };
        let delta = scratch.part(Room::Delta, images * heads * shape.queries);
        let (entry, lanes) = ("attention_grad_queries", shape.queries);
        let (written, read) = ([d_query, &delta], [d_out, log_sum]);
        self.call(gpu, &Part { entry, source, lanes, written: &written, read: &read, to_own });

        let columns = shape.columns();
        let prompt_len = prompts * 2 * shape.width();
        let prompt_parts = scratch.part(Room::Prompts, images * prompt_len);
        let logit_parts = scratch.part(Room::Logits, images * heads * columns);
        let (entry, lanes) = ("attention_grad_columns", columns);
        let (written, read) = ([d_kv, &prompt_parts, &logit_parts], [d_out, log_sum, &delta]);
        self.call(gpu, &Part { entry, source, lanes, written: &written, read: &read, to_own });

        let parts = if shape.prompts_per_image { self.windows() } else { images };
        let sums = Parts { sums: images / parts.max(1), parts, len: prompt_len };
        gpu.part_sums(grad.prompt_kv, &prompt_parts, sums);
        gpu.row_sums(grad.logits, &logit_parts, images * heads, columns);
        delta
    }

    /// The gradient of the bias, added to what is there.
    pub(super) fn bias_backward(
        &self,
        gpu: &Gpu,
        d_bias: &Buffer,
        [d_out, log_sum, delta]: [&Buffer; 3],
    ) {
        let Some(windows) = self.windows else { return };
        let (entry, source) = ("attention_grad_bias", BACKWARD);
        // One image and head have the lanes of all.
        let pairs = windows.grid.tokens().pow(2);
        let lanes = pairs.div_ceil(self.shape.images);
        let (written, read) = ([d_bias], [d_out, log_sum, delta]);
        let to_own = false;
        self.call(gpu, &Part { entry, source, lanes, written: &written, read: &read, to_own });
    }
}

impl Gpu {
    pub(super) fn attend(
        &self,
        out: &Buffer,
        log_sum: &Buffer,
        input: &AttentionInput<'_, Buffer>,
        shape: AttentionShape,
    ) {
        Attention { shape, input, windows: None }.forward(self, out, log_sum);
    }

    pub(super) fn attend_back(
        &self,
        grad: AttentionGrad<'_, Buffer>,
        d_out: &Buffer,
        input: &AttentionInput<'_, Buffer>,
        log_sum: &Buffer,
        shape: AttentionShape,
    ) {
        let attention = Attention { shape, input, windows: None };
        attention.backward(self, &mut self.scratch(), grad, [d_out, log_sum]);
    }
}
