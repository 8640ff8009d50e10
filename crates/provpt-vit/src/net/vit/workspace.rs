//! Memory for one chunk of images, allocated once and used again.

use std::cell::Cell;

use super::dropping::DropRoom;
use super::lens::{Lens, merges};
use super::pooling::norms_tokens;
use super::{Sizes, Vit};
use crate::Architecture;
use crate::error::Error;
use crate::kernels::{Kernels, Memory};

/// What gives out memory.
pub(super) type Zeros<'a, K> = &'a dyn Fn(usize) -> Result<<K as Memory>::Buffer, Error>;

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
    /// What attention and MLP put out in front of scales and shifts, `[rows, d]`; without values
    /// where there are none. `query`, `kv` and `hidden` are from in front of them, too.
    pub(super) raw1: K::Buffer,
    pub(super) raw2: K::Buffer,
}

impl<K: Kernels> Slot<K> {
    fn new(
        zeros: Zeros<'_, K>,
        a: &Architecture,
        lens: Lens,
        sizes: &Sizes,
    ) -> Result<Self, Error> {
        let Lens { rows, wide, hidden, log_sum } = lens;
        let mixed = if sizes.outputs { wide } else { 0 };
        let adapted = if sizes.narrow > 0 { wide } else { 0 };
        let branch = if a.layer_scale { mixed } else { 0 };
        let raw = if sizes.shifted { wide } else { 0 };
        Ok(Self {
            x: zeros(wide)?,
            stats1: zeros(rows * 2)?,
            query: zeros(wide)?,
            kv: zeros(2 * wide)?,
            log_sum: zeros(log_sum)?,
            middle: zeros(wide)?,
            stats2: zeros(rows * 2)?,
            hidden: zeros(hidden)?,
            mixed: zeros(mixed)?,
            branch1: zeros(branch)?,
            branch2: zeros(branch)?,
            adapted: zeros(adapted)?,
            narrow: zeros(rows * sizes.narrow)?,
            raw1: zeros(raw)?,
            raw2: zeros(raw)?,
        })
    }
}

/// What the backward pass of a merge of tokens needs.
pub(super) struct MergeSlot<K: Kernels> {
    /// Four tokens side by side, `[merged rows, 4d]`.
    pub(super) x: K::Buffer,
    /// Of the norm, `[merged rows, 2]`.
    pub(super) stats: K::Buffer,
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
    /// Between the factors of matrices of low rank, `[rows, rank]`.
    pub(super) low: K::Buffer,
    /// Behind scales and shifts: queries `[rows, d]`, keys and values `[rows, 2d]`, and the MLP in
    /// front of GELU `[rows, mlp]`.
    pub(super) shifted: [K::Buffer; 3],
}

impl<K: Kernels> Scratch<K> {
    fn new(zeros: Zeros<'_, K>, lens: Lens, sizes: &Sizes) -> Result<Self, Error> {
        let shifted = |len: usize| zeros(if sizes.shifted { len } else { 0 });
        Ok(Self {
            normed: zeros(lens.wide)?,
            a: zeros(lens.wide)?,
            b: zeros(lens.wide)?,
            wide: zeros(lens.hidden)?,
            d_query: zeros(lens.wide)?,
            d_kv: zeros(2 * lens.wide)?,
            low: zeros(lens.rows * sizes.rank)?,
            shifted: [shifted(lens.wide)?, shifted(2 * lens.wide)?, shifted(lens.hidden)?],
        })
    }
}

/// All memory of a pass over a chunk.
pub(crate) struct Workspace<K: Kernels> {
    sizes: Sizes,
    /// Values that it may have where two kinds of pass share it.
    most: Option<usize>,
    /// `[images, 3, side, side]`.
    pub(super) pixels: K::Buffer,
    /// `[images * patches, 3 p p]`.
    pub(super) patch_rows: K::Buffer,
    /// Two slots that blocks take in turn, then one for each of the last blocks that has its own.
    pub(super) slots: Vec<Slot<K>>,
    /// The inputs of blocks that keep nothing else, `[rows, d]` each.
    pub(super) inputs: Vec<K::Buffer>,
    /// One per merge.
    pub(super) merges: Vec<MergeSlot<K>>,
    pub(super) scratch: Scratch<K>,
    /// The last block's output, `[rows, d]` or `[images, d]`, and its gradient on the way back;
    /// likewise the last block's of each stage.
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
    /// Where values are dropped, if ever they were.
    pub(super) drops: Option<DropRoom<K>>,
}

impl<K: Kernels> Workspace<K> {
    /// Without memory.
    pub(crate) fn empty(vit: &Vit<K>) -> Result<Self, Error> {
        Self::new(&|len| vit.kernels.zeros(len), &vit.architecture, Sizes::default())
    }

    /// Stays within so many values where two kinds of pass would share more.
    pub(crate) fn keep_within(&mut self, most: Option<usize>) {
        self.most = most;
    }

    /// How many values passes of such sizes work in.
    pub(super) fn values(k: &K, a: &Architecture, sizes: Sizes) -> Result<usize, Error> {
        let total =
            Cell::new(k.attention_values(a.attended_tokens() + sizes.extra, sizes.backward));
        let count = |len| {
            total.set(total.get() + len);
            k.zeros(0)
        };
        Self::new(&count, a, sizes)?;
        Ok(total.get())
    }

    fn new(zeros: Zeros<'_, K>, a: &Architecture, sizes: Sizes) -> Result<Self, Error> {
        let images = sizes.images;
        let (any, merges) = (Lens::most(a, &sizes), merges(zeros, a, &sizes)?);
        let slots = if images > 0 { Lens::slots(a, &sizes) } else { Vec::new() };
        let saved = if sizes.features > 1 { any.wide } else { 0 };
        let features = (0..sizes.features).map(|_| zeros(images * a.width));
        Ok(Self {
            sizes,
            most: None,
            pixels: zeros(images * a.image_values())?,
            patch_rows: zeros(images * a.patches() * a.patch_values())?,
            slots: slots
                .into_iter()
                .map(|lens| Slot::new(zeros, a, lens, &sizes))
                .collect::<Result<_, _>>()?,
            inputs: Lens::inputs(a, &sizes)
                .map(|lens| zeros(lens.wide))
                .collect::<Result<_, _>>()?,
            merges,
            scratch: Scratch::new(zeros, any, &sizes)?,
            top: zeros(any.wide)?,
            top_stats: zeros(2 * if norms_tokens(a) { any.rows } else { images })?,
            spare: zeros(any.wide)?,
            saved: zeros(saved)?,
            features: features.collect::<Result<_, _>>()?,
            d_features: zeros(images * a.width)?,
            drops: None,
        })
    }

    /// Makes room for chunks of `sizes`.
    pub(super) fn fit(&mut self, k: &K, a: &Architecture, sizes: Sizes) -> Result<(), Error> {
        if self.sizes.covers(&sizes) {
            return Ok(());
        }
        let most = self.most;
        let fits = |both: &Sizes| {
            most.is_none_or(|most| Self::values(k, a, *both).is_ok_and(|values| values <= most))
        };
        let sizes = self.sizes.joined(&sizes).filter(fits).unwrap_or(sizes);
        k.attention_room(a.attended_tokens() + sizes.extra, sizes.backward)?;
        // The old memory goes before the new one comes.
        *self = Self::new(&|len| k.zeros(len), a, Sizes::default())?;
        *self = Self { most, ..Self::new(&|len| k.zeros(len), a, sizes)? };
        Ok(())
    }
}
