//! How much room passes over a chunk of images need.

use std::ops::Range;

use super::pass::first_block;
use super::{Purpose, Vit};
use crate::kernels::Kernels;

/// What a workspace must hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sizes {
    pub(crate) images: usize,
    /// Prompts inserted among an image's tokens.
    pub(crate) extra: usize,
    /// The last blocks that have a slot of their own, to keep their inner values for a backward pass.
    /// All others take two slots in turn, which the two in front of these still have on the way back.
    pub(crate) own: usize,
    /// The blocks in front of those that keep their input alone.
    pub(crate) again: usize,
    /// Whether there are backward passes.
    pub(crate) backward: bool,
    /// Whether the blocks keep what attention and MLP put out.
    pub(crate) outputs: bool,
    /// Values between the two maps of an adapter; 0 without adapters.
    pub(crate) narrow: usize,
    /// Of matrices of low rank beside the maps; 0 without such.
    pub(crate) rank: usize,
    /// Whether there are scales and shifts behind layers.
    pub(crate) shifted: bool,
    /// How often the images' features are made: once, and once per prompt left out.
    pub(crate) features: usize,
}

/// Blocks whose inner values two slots keep.
const IN_TURN: usize = 2;

impl Sizes {
    /// Those of passes with so many tokens inserted and the first prompt in or in front of such a
    /// block.
    pub(super) fn of<K: Kernels>(
        vit: &Vit<K>,
        (extra, first): (usize, Option<usize>),
        purpose: Purpose<'_>,
        images: usize,
    ) -> Self {
        let (narrow, rank, shifted) = (vit.bottleneck(), vit.rank(), vit.has_shifts());
        let sizes = Self { images, extra, narrow, rank, shifted, ..Self::default() };
        match purpose {
            Purpose::Features { variants } => Self { features: 1 + variants, ..sizes },
            Purpose::Gradients { demand, again } => {
                let first = first_block(first, demand);
                let back = first.map_or(0, |first| vit.architecture.depth - first);
                let kept = back.saturating_sub(IN_TURN);
                let again = again.min(kept);
                let outputs = demand.keeps_outputs();
                Self { own: kept - again, again, backward: true, outputs, features: 1, ..sizes }
            }
        }
    }

    /// The blocks that keep their input alone.
    pub(super) fn again(&self, depth: usize) -> Range<usize> {
        let end = depth.saturating_sub(self.own + IN_TURN);
        end - self.again.min(end)..end
    }

    pub(super) fn covers(&self, other: &Self) -> bool {
        self.joined(other) == Some(*self)
    }

    /// Enough for both, so that two kinds of pass in turn do not allocate each time; unless they keep
    /// values of blocks in different places.
    pub(super) fn joined(&self, other: &Self) -> Option<Self> {
        let places = [self, other].map(|sizes| (sizes.own, sizes.again));
        let (own, again) = match places {
            [(0, 0), places] | [places, (0, 0)] => places,
            [(one, 0), (two, 0)] => (one.max(two), 0),
            [one, two] => Some(one).filter(|one| *one == two)?,
        };
        Some(Self {
            images: self.images.max(other.images),
            extra: self.extra.max(other.extra),
            own,
            again,
            backward: self.backward || other.backward,
            outputs: self.outputs || other.outputs,
            narrow: self.narrow.max(other.narrow),
            rank: self.rank.max(other.rank),
            shifted: self.shifted || other.shifted,
            features: self.features.max(other.features),
        })
    }
}
