//! Memory for one chunk of images, allocated once and used again.

use crate::Architecture;
use crate::kernels::Kernels;

/// What a workspace must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sizes {
    pub(crate) images: usize,
    /// Tokens per image, inserted prompts included.
    pub(crate) tokens: usize,
    /// Blocks whose inner values are kept for a backward pass.
    pub(crate) kept: usize,
}

impl Sizes {
    fn covers(&self, other: &Self) -> bool {
        self.max(other) == *self
    }

    /// Enough for both, so that two kinds of pass in turn do not allocate each time.
    fn max(&self, other: &Self) -> Self {
        Self {
            images: self.images.max(other.images),
            tokens: self.tokens.max(other.tokens),
            kept: self.kept.max(other.kept),
        }
    }
}

/// What the backward pass of one block needs; the inputs of frozen linear maps are not among it.
pub(super) struct Slot<K: Kernels> {
    /// The block's input `[rows, d]`.
    pub(super) x: K::Buffer,
    pub(super) stats1: K::Buffer,
    pub(super) query: K::Buffer,
    pub(super) kv: K::Buffer,
    pub(super) log_sum: K::Buffer,
    /// Between attention and MLP `[rows, d]`.
    pub(super) middle: K::Buffer,
    pub(super) stats2: K::Buffer,
    /// MLP before GELU `[rows, mlp]`.
    pub(super) hidden: K::Buffer,
}

/// Values that live within one block's forward or backward pass.
pub(super) struct Scratch<K: Kernels> {
    pub(super) normed: K::Buffer,
    pub(super) a: K::Buffer,
    pub(super) b: K::Buffer,
    pub(super) wide: K::Buffer,
    pub(super) d_query: K::Buffer,
    pub(super) d_kv: K::Buffer,
}

/// All memory of a pass over a chunk.
pub(crate) struct Workspace<K: Kernels> {
    pub(super) sizes: Sizes,
    /// Two slots in turn for blocks that keep nothing, then one per kept block.
    pub(super) slots: Vec<Slot<K>>,
    pub(super) scratch: Scratch<K>,
    /// The last block's output, `[rows, d]`, and its gradient on the way back.
    pub(super) top: K::Buffer,
    pub(super) top_stats: K::Buffer,
    /// Tokens before prompts are inserted among them; a gradient on the way back.
    pub(super) spare: K::Buffer,
    pub(super) patch_rows: K::Buffer,
}

impl<K: Kernels> Workspace<K> {
    /// A workspace for chunks up to `sizes`; `old` is used if it is large enough.
    pub(crate) fn fit(kernels: &K, a: &Architecture, sizes: Sizes, old: Option<Self>) -> Self {
        let sizes = match old {
            Some(old) if old.sizes.covers(&sizes) => return old,
            Some(old) => old.sizes.max(&sizes),
            None => sizes,
        };
        let rows = sizes.images * sizes.tokens;
        let dense = || kernels.zeros(rows * a.width);
        let slot = |_| Slot {
            x: dense(),
            stats1: kernels.zeros(rows * 2),
            query: dense(),
            kv: kernels.zeros(rows * 2 * a.width),
            log_sum: kernels.zeros(rows * a.heads),
            middle: dense(),
            stats2: kernels.zeros(rows * 2),
            hidden: kernels.zeros(rows * a.mlp_width),
        };
        Self {
            sizes,
            slots: (0..2 + sizes.kept).map(slot).collect(),
            scratch: Scratch {
                normed: dense(),
                a: dense(),
                b: dense(),
                wide: kernels.zeros(rows * a.mlp_width),
                d_query: dense(),
                d_kv: kernels.zeros(rows * 2 * a.width),
            },
            top: dense(),
            top_stats: kernels.zeros(rows * 2),
            spare: dense(),
            patch_rows: kernels.zeros(sizes.images * a.patches() * a.patch_values()),
        }
    }
}
