//! Dropout within a backbone that learns as a whole (Srivastava et al., JMLR 2014), and of whole
//! branches (stochastic depth: Huang et al., ECCV 2016).

/// Where values are dropped; blocks are counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DropPlace {
    /// Tokens in front of the first block, positions added: `[tokens, d]`.
    Embedding,
    /// Behind GELU: `[tokens, mlp]`.
    Hidden(usize),
    /// What the MLP puts out: `[tokens, d]`.
    Output(usize),
    /// What attention adds to the tokens, all of it or nothing: one number.
    AttentionPath(usize),
    /// What the MLP adds to them, likewise.
    MlpPath(usize),
}

impl DropPlace {
    /// The places of a block.
    fn of_block(block: usize) -> [Self; 4] {
        [Self::Hidden(block), Self::Output(block), Self::AttentionPath(block), Self::MlpPath(block)]
    }

    /// Whether one number stands for all tokens of an image.
    pub(crate) fn is_path(self) -> bool {
        matches!(self, Self::AttentionPath(_) | Self::MlpPath(_))
    }
}

/// Whether anything is dropped in front of a block.
pub(crate) fn drops_before(mask: &dyn BackboneMask, block: usize) -> bool {
    let mut places = (0..block).flat_map(DropPlace::of_block);
    block > 0 && mask.drops(DropPlace::Embedding) || places.any(|place| mask.drops(place))
}

/// Multipliers on a backbone's own values, a fresh set per image. The same is asked for on the way
/// back again, and must be the same then.
pub trait BackboneMask: Sync {
    /// Whether anything is dropped at a place.
    fn drops(&self, place: DropPlace) -> bool;
    /// Writes the multipliers at a place for one image of the batch (counted from 0). Where fewer
    /// tokens are asked for than an image has, they are the first ones.
    fn fill(&self, image: usize, place: DropPlace, multipliers: &mut [f32]);
}
