//! Memory for one chunk of images, allocated once and used again.

use super::Vit;
use super::pooling::norms_tokens;
use crate::Architecture;
use crate::error::Error;
use crate::kernels::Kernels;

/// What a workspace must hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sizes {
    pub(crate) images: usize,
    /// Tokens per image, inserted prompts included.
    pub(crate) tokens: usize,
    /// Blocks whose inner values are kept for a backward pass.
    pub(crate) kept: usize,
    /// Whether the blocks keep what attention and MLP put out.
    pub(crate) outputs: bool,
    /// Values between the two maps of an adapter; 0 without adapters.
    pub(crate) narrow: usize,
    /// How often the images' features are made: once, and once per prompt left out.
    pub(crate) features: usize,
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
            outputs: self.outputs || other.outputs,
            narrow: self.narrow.max(other.narrow),
            features: self.features.max(other.features),
        }
    }
}

/// What the backward pass of one block needs; the inputs of linear maps are not among it: those of
/// maps that learn are made again from what is here.
/// `rows` are those of all tokens of all images.
pub(super) struct Slot<K: Kernels> {
    /// The block's input `[rows, d]`.
    pub(super) x: K::Buffer,
    /// Of `norm1`, `[rows, 2]`.
    pub(super) stats1: K::Buffer,
    /// `[rows, d]`, or `[images, d]` where only CLS is read on.
    pub(super) query: K::Buffer,
    /// `[rows, 2d]`.
    pub(super) kv: K::Buffer,
    /// `[images, heads, queries]`.
    pub(super) log_sum: K::Buffer,
    /// Between attention and MLP `[rows, d]`.
    pub(super) middle: K::Buffer,
    /// Of `norm2`, `[rows, 2]`.
    pub(super) stats2: K::Buffer,
    /// MLP before GELU `[rows, mlp]`.
    pub(super) hidden: K::Buffer,
    /// What attention mixes, `[rows, d]`; without values unless outputs are kept.
    pub(super) mixed: K::Buffer,
    /// What LayerScale scales, behind attention and behind the MLP, `[rows, d]`; likewise.
    pub(super) branch1: K::Buffer,
    pub(super) branch2: K::Buffer,
    /// What an adapter takes in, `[rows, d]`, and what it has before GELU; without values where
    /// there are no adapters.
    pub(super) adapted: K::Buffer,
    pub(super) narrow: K::Buffer,
}

impl<K: Kernels> Slot<K> {
    fn new(k: &K, a: &Architecture, rows: usize, sizes: &Sizes) -> Result<Self, Error> {
        let mixed = if sizes.outputs { rows * a.width } else { 0 };
        let adapted = if sizes.narrow > 0 { rows * a.width } else { 0 };
        let branch = if a.layer_scale { mixed } else { 0 };
        Ok(Self {
            x: k.zeros(rows * a.width)?,
            stats1: k.zeros(rows * 2)?,
            query: k.zeros(rows * a.width)?,
            kv: k.zeros(rows * 2 * a.width)?,
            log_sum: k.zeros(rows * a.heads)?,
            middle: k.zeros(rows * a.width)?,
            stats2: k.zeros(rows * 2)?,
            hidden: k.zeros(rows * a.mlp_width)?,
            mixed: k.zeros(mixed)?,
            branch1: k.zeros(branch)?,
            branch2: k.zeros(branch)?,
            adapted: k.zeros(adapted)?,
            narrow: k.zeros(rows * sizes.narrow)?,
        })
    }
}

/// Values that live within one block's forward or backward pass.
pub(super) struct Scratch<K: Kernels> {
    /// What a norm puts out, `[rows, d]`, and its gradient.
    pub(super) normed: K::Buffer,
    /// `[rows, d]`.
    pub(super) a: K::Buffer,
    /// `[rows, d]`; before block 0, `[images * patches, d]`.
    pub(super) b: K::Buffer,
    /// MLP behind GELU `[rows, mlp]`, and its gradient.
    pub(super) wide: K::Buffer,
    /// `[rows, d]`, or `[images, d]` where only CLS is read on.
    pub(super) d_query: K::Buffer,
    /// `[rows, 2d]`.
    pub(super) d_kv: K::Buffer,
}

impl<K: Kernels> Scratch<K> {
    fn new(k: &K, a: &Architecture, rows: usize) -> Result<Self, Error> {
        Ok(Self {
            normed: k.zeros(rows * a.width)?,
            a: k.zeros(rows * a.width)?,
            b: k.zeros(rows * a.width)?,
            wide: k.zeros(rows * a.mlp_width)?,
            d_query: k.zeros(rows * a.width)?,
            d_kv: k.zeros(rows * 2 * a.width)?,
        })
    }
}

/// All memory of a pass over a chunk.
pub(crate) struct Workspace<K: Kernels> {
    sizes: Sizes,
    /// `[images, 3, side, side]`.
    pub(super) pixels: K::Buffer,
    /// `[images * patches, 3 p p]`.
    pub(super) patch_rows: K::Buffer,
    /// Two slots in turn for blocks that keep nothing, then one per kept block.
    pub(super) slots: Vec<Slot<K>>,
    pub(super) scratch: Scratch<K>,
    /// The last block's output, `[rows, d]` or `[images, d]`, and its gradient on the way back.
    pub(super) top: K::Buffer,
    /// Of the final norm, `[images, 2]`, or `[rows, 2]` where all tokens go through it.
    pub(super) top_stats: K::Buffer,
    /// Tokens before prompts are inserted among them, `[images * tokens, d]`; behind the last block
    /// their mean, `[images, d]`, or all of them behind the final norm; on the way back a gradient like `top`.
    pub(super) spare: K::Buffer,
    /// The input of a block, `[images * tokens, d]`, to go on from again with other prompts.
    pub(super) saved: K::Buffer,
    /// `[images, d]` each.
    pub(super) features: Vec<K::Buffer>,
    /// `[images, d]`.
    pub(super) d_features: K::Buffer,
}

impl<K: Kernels> Workspace<K> {
    /// Without memory.
    pub(crate) fn empty(vit: &Vit<K>) -> Result<Self, Error> {
        Self::new(&vit.kernels, &vit.architecture, Sizes::default())
    }

    fn new(k: &K, a: &Architecture, sizes: Sizes) -> Result<Self, Error> {
        k.attention_room(sizes.tokens, sizes.kept > 0)?;
        let (images, rows) = (sizes.images, sizes.images * sizes.tokens);
        let slots = if rows > 0 { 2 + sizes.kept } else { 0 };
        let saved = if sizes.features > 1 { rows * a.width } else { 0 };
        let features = (0..sizes.features).map(|_| k.zeros(images * a.width));
        Ok(Self {
            sizes,
            pixels: k.zeros(images * a.image_values())?,
            patch_rows: k.zeros(images * a.patches() * a.patch_values())?,
            slots: (0..slots).map(|_| Slot::new(k, a, rows, &sizes)).collect::<Result<_, _>>()?,
            scratch: Scratch::new(k, a, rows)?,
            top: k.zeros(rows * a.width)?,
            top_stats: k.zeros(2 * if norms_tokens(a) { rows } else { images })?,
            spare: k.zeros(rows * a.width)?,
            saved: k.zeros(saved)?,
            features: features.collect::<Result<_, _>>()?,
            d_features: k.zeros(images * a.width)?,
        })
    }

    /// Makes room for chunks of `sizes`.
    pub(super) fn fit(&mut self, k: &K, a: &Architecture, sizes: Sizes) -> Result<(), Error> {
        if !self.sizes.covers(&sizes) {
            let sizes = self.sizes.max(&sizes);
            // The old memory goes before the new one comes.
            *self = Self::new(k, a, Sizes::default())?;
            *self = Self::new(k, a, sizes)?;
        }
        Ok(())
    }
}
