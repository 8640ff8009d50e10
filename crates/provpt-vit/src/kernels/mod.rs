//! The dozen operations that a frozen, prompted ViT is made of, each with its derivative.
//!
//! The model in [`crate::net`] is written once over [`Kernels`] for *a chunk of images*. Buffers
//! are dense, row-major f32 and may be longer than an operation needs, so that a workspace is
//! allocated once and serves chunks of any smaller size. `width` is the length of a row.
//!
//! Weights are frozen: a backward kernel gives input gradients only.

pub(crate) mod cpu;

/// A frozen affine map `y = x W + b`.
#[derive(Debug)]
pub(crate) struct Linear<B> {
    /// `[inputs, outputs]`: the forward product reads it along rows, as it stands.
    pub(crate) weight: B,
    /// `[outputs]`.
    pub(crate) bias: B,
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
}

/// A frozen LayerNorm over rows (Ba et al., 2016).
#[derive(Debug)]
pub(crate) struct Norm<B> {
    /// `[width]`.
    pub(crate) weight: B,
    /// `[width]`.
    pub(crate) bias: B,
    pub(crate) width: usize,
    pub(crate) eps: f32,
}

/// What attention works on: each image's own tokens, and prompts that are keys and values only.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AttentionShape {
    pub(crate) images: usize,
    /// Query rows per image.
    pub(crate) queries: usize,
    /// Own key and value rows per image.
    pub(crate) keys: usize,
    /// Prompt rows (per image, or for all images together).
    pub(crate) prompts: usize,
    /// Whether every image has prompt rows of its own (prompt dropout).
    pub(crate) prompts_per_image: bool,
    pub(crate) heads: usize,
    pub(crate) head_width: usize,
}

impl AttentionShape {
    /// Columns of one score matrix: the prompts, then the own keys.
    pub(crate) fn columns(&self) -> usize {
        self.prompts + self.keys
    }

    /// Token width d.
    pub(crate) fn width(&self) -> usize {
        self.heads * self.head_width
    }
}

/// What attention read.
#[derive(Debug)]
pub(crate) struct AttentionInput<'a, B> {
    /// `[images, queries, d]`.
    pub(crate) query: &'a B,
    /// `[images, keys, 2d]`: keys, then values.
    pub(crate) kv: &'a B,
    /// `[prompts, 2d]` or `[images, prompts, 2d]`; read only if there are prompts.
    pub(crate) prompt_kv: &'a B,
}

/// What attention's backward pass writes.
#[derive(Debug)]
pub(crate) struct AttentionGrad<'a, B> {
    /// Gradients of `query` and `kv`; absent below the first block that learns anything.
    pub(crate) own: Option<(&'a mut B, &'a mut B)>,
    /// Gradient of `prompt_kv`, added to what is there.
    pub(crate) prompt_kv: &'a mut B,
    /// `[prompts + keys]`: d loss / d logit of each key, summed over images, heads and queries,
    /// added to what is there. At a prompt this is its attention idleness.
    pub(crate) logits: &'a mut B,
}

/// The operations, each for a chunk of images.
pub(crate) trait Kernels: Send + Sync {
    /// Memory of the device, f32.
    type Buffer: Send + Sync + std::fmt::Debug;

    fn zeros(&self, len: usize) -> Self::Buffer;
    fn upload(&self, values: &[f32]) -> Self::Buffer;
    /// Copies the first `to.len()` values out.
    fn download(&self, from: &Self::Buffer, to: &mut [f32]);
    fn copy(&self, to: &mut Self::Buffer, from: &Self::Buffer, len: usize);
    fn clear(&self, buffer: &mut Self::Buffer, len: usize);

    /// `y[rows, outputs] = x[rows, inputs] W + b`.
    fn linear(&self, y: &mut Self::Buffer, x: &Self::Buffer, w: &Linear<Self::Buffer>, rows: usize);
    /// `dx = dy Wᵀ`, added to `dx` if `accumulate`.
    fn linear_grad(
        &self,
        dx: &mut Self::Buffer,
        dy: &Self::Buffer,
        w: &Linear<Self::Buffer>,
        rows: usize,
        accumulate: bool,
    );

    /// `y = (x - mean) / std * weight + bias`; `stats[rows, 2]` keeps mean and 1 / std.
    fn norm(
        &self,
        y: &mut Self::Buffer,
        stats: &mut Self::Buffer,
        x: &Self::Buffer,
        w: &Norm<Self::Buffer>,
        rows: usize,
    );
    /// `dx += ` the gradient through the norm.
    fn norm_grad(
        &self,
        dx: &mut Self::Buffer,
        dy: &Self::Buffer,
        x: &Self::Buffer,
        stats: &Self::Buffer,
        w: &Norm<Self::Buffer>,
        rows: usize,
    );

    /// Exact GELU, `y = x Phi(x)` (Hendrycks & Gimpel, 2016).
    fn gelu(&self, y: &mut Self::Buffer, x: &Self::Buffer, len: usize);
    /// `d *= gelu'(x)`.
    fn gelu_grad(&self, d: &mut Self::Buffer, x: &Self::Buffer, len: usize);

    /// `y = x + scale * branch`, scale per column (LayerScale) or 1.
    fn residual(
        &self,
        y: &mut Self::Buffer,
        x: &Self::Buffer,
        branch: &Self::Buffer,
        scale: Option<&Self::Buffer>,
        rows: usize,
        width: usize,
    );
    /// `d_branch = scale * dy`.
    fn residual_grad(
        &self,
        d_branch: &mut Self::Buffer,
        dy: &Self::Buffer,
        scale: Option<&Self::Buffer>,
        rows: usize,
        width: usize,
    );

    /// `out = softmax(q kᵀ / sqrt(head width)) v` per image and head, prompts among the keys.
    /// `log_sum[images, heads, queries]` keeps each row's log of the sum of exponentials.
    fn attention(
        &self,
        out: &mut Self::Buffer,
        log_sum: &mut Self::Buffer,
        input: AttentionInput<'_, Self::Buffer>,
        shape: AttentionShape,
    );
    /// The gradient of [`Kernels::attention`]; probabilities are recomputed from `log_sum`.
    fn attention_grad(
        &self,
        grad: AttentionGrad<'_, Self::Buffer>,
        d_out: &Self::Buffer,
        input: AttentionInput<'_, Self::Buffer>,
        log_sum: &Self::Buffer,
        shape: AttentionShape,
    );

    /// Cuts `[images, 3, side, side]` into rows of one patch each, `[images * patches, 3 p p]`.
    fn patches(
        &self,
        rows: &mut Self::Buffer,
        pixels: &Self::Buffer,
        images: usize,
        side: usize,
        patch: usize,
    );
    /// `x[image, 0] = start`, `x[image, 1 + i] = patches[image, i] + position[1 + i]`, with
    /// `start = cls + position[0]` folded into row 0 of `position [tokens, width]`.
    fn assemble(
        &self,
        x: &mut Self::Buffer,
        patches: &Self::Buffer,
        position: &Self::Buffer,
        images: usize,
        tokens: usize,
        width: usize,
    );
    /// Puts `extra` rows behind the first row of every image: `[images, tokens, width]` becomes
    /// `[images, tokens + extra, width]`. `per_image` as in [`AttentionShape`].
    fn insert_rows(&self, y: &mut Self::Buffer, x: &Self::Buffer, rows: Rows<'_, Self::Buffer>);
    /// Takes the inserted rows out again: `dx` gets what belonged to `x`, `d_rows` (added to) what
    /// belonged to the inserted rows, summed over images unless they were per image.
    fn insert_rows_grad(
        &self,
        dx: &mut Self::Buffer,
        d_rows: &mut Self::Buffer,
        dy: &Self::Buffer,
        shape: InsertShape,
    );
    /// Gathers each image's first row: `y[images, width]` from `x[images, tokens, width]`.
    fn first_rows(
        &self,
        y: &mut Self::Buffer,
        x: &Self::Buffer,
        images: usize,
        tokens: usize,
        width: usize,
    );
    /// The gradient of [`Kernels::first_rows`], added to `dx`.
    fn first_rows_grad(
        &self,
        dx: &mut Self::Buffer,
        dy: &Self::Buffer,
        images: usize,
        tokens: usize,
        width: usize,
    );
    /// Mean over each image's rows but the first.
    fn mean_rows(
        &self,
        y: &mut Self::Buffer,
        x: &Self::Buffer,
        images: usize,
        tokens: usize,
        width: usize,
    );
    /// The gradient of [`Kernels::mean_rows`], overwriting `dx`.
    fn mean_rows_grad(
        &self,
        dx: &mut Self::Buffer,
        dy: &Self::Buffer,
        images: usize,
        tokens: usize,
        width: usize,
    );
}

/// Sizes of an insertion.
#[derive(Clone, Copy, Debug)]
pub(crate) struct InsertShape {
    pub(crate) images: usize,
    /// Rows per image before the insertion.
    pub(crate) tokens: usize,
    /// Rows inserted per image.
    pub(crate) extra: usize,
    pub(crate) per_image: bool,
    pub(crate) width: usize,
}

/// Rows to insert: `[extra, width]`, or `[images, extra, width]`.
#[derive(Debug)]
pub(crate) struct Rows<'a, B> {
    pub(crate) values: &'a B,
    pub(crate) shape: InsertShape,
}
