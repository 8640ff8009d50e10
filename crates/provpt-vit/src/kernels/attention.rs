//! What attention reads and writes.

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

/// What attention reads.
#[derive(Debug)]
pub(crate) struct AttentionInput<'a, B> {
    /// `[images, queries, d]`.
    pub(crate) query: &'a B,
    /// `[images, keys, 2d]`: keys, then values.
    pub(crate) kv: &'a B,
    /// `[prompts, 2d]` or `[images, prompts, 2d]`; read only if there are prompts.
    pub(crate) prompt_kv: &'a B,
    /// `[prompts]`: added to the logits of the prompts, in all heads and of all queries.
    pub(crate) prompt_logits: Option<&'a B>,
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
