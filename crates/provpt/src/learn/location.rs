//! What follows from where prompts stand.

use provpt_vit::Architecture;

use crate::config::PromptLocation;
use crate::learn::pixels::{ABOVE_BELOW, CHANNEL_WEIGHT, CHANNELS, LEFT_RIGHT, STRIP};

impl PromptLocation {
    /// Whether prompts are added to tokens.
    pub(crate) fn is_added(self) -> bool {
        matches!(self, Self::Add | Self::AddOne | Self::Pad | Self::Below)
    }

    /// Whether prompts are learned as pixels.
    pub(crate) fn is_pixels(self) -> bool {
        !matches!(self, Self::Prepend | Self::Add | Self::AddOne)
    }

    /// The arrays that pixels are in, and their axes, for n patches, pixels or channels.
    pub(crate) fn pixel_arrays(
        self,
        a: &Architecture,
        n: usize,
    ) -> Vec<(&'static str, Vec<usize>)> {
        let (side, p) = (a.image_size, a.patch_size);
        match self {
            Self::Pad => vec![
                (ABOVE_BELOW, vec![3, 2 * n, side + 2 * n]),
                (LEFT_RIGHT, vec![3, side, 2 * n]),
            ],
            Self::Below => {
                vec![(CHANNELS, vec![n, side, side]), (CHANNEL_WEIGHT, vec![a.width, n, p, p])]
            }
            _ => vec![(STRIP, vec![3, p, p * n])],
        }
    }

    /// Rows that a block has, if there are to be `given` where that can be chosen.
    pub(crate) fn per_block(self, a: &Architecture, given: usize) -> usize {
        match self {
            Self::Add | Self::Pad | Self::Below => a.tokens(),
            Self::AddOne => 1,
            _ => given,
        }
    }
}
