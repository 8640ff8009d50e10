//! How a step of training sees images: augmented, and mixed with each other.

use provpt_data::{Augment, Augmentation, Fit, RandomCrop};

use crate::config::{Config, Crop};
use crate::learn::drops::{DropRates, Drops};
use crate::learn::mixing::{Mix, Mixing};
use crate::learn::objective::Target;

/// How one epoch of training sees images.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Showing {
    pub(crate) augment: Augment,
    mixing: Mixing,
    /// What the backbone drops, if anything.
    drops: Option<DropRates>,
}

impl Showing {
    /// As configured.
    pub(crate) fn of(config: &Config, epoch: usize) -> Self {
        let augment = Augment { seed: config.seed, epoch: epoch as u64, ways: ways(config) };
        let how = &config.data.augment;
        Self { augment, mixing: Mixing { mixup: how.mixup, cutmix: how.cutmix }, drops: None }
    }

    /// The same, where the backbone drops values.
    pub(crate) fn dropping(self, drops: Option<DropRates>) -> Self {
        Self { drops, ..self }
    }

    /// How much the backbone drops, if anything.
    pub(crate) fn drop_rates(&self) -> Option<DropRates> {
        self.drops
    }

    /// What is dropped of the images at `indices`.
    pub(crate) fn drops<'a>(&self, indices: &'a [usize]) -> Option<Drops<'a>> {
        let Augment { seed, epoch, .. } = self.augment;
        self.drops.map(|rates| Drops { rates, seed, epoch, indices })
    }

    /// Whether training sees images otherwise than evaluation does.
    pub(crate) fn varies(&self, fit: Fit) -> bool {
        self.augment.ways.varies(fit) || self.mixing.mixes()
    }

    /// Mixes the images at `indices`, whose normalized pixels `[B, 3, side, side]` are given.
    pub(crate) fn mix(&self, indices: &[usize], side: usize, pixels: &mut [f32]) {
        if !self.mixing.mixes() || indices.is_empty() {
            return;
        }
        let old = pixels.to_vec();
        let size = pixels.len() / indices.len();
        for (mix, image) in self.mixes(indices, side).iter().zip(pixels.chunks_exact_mut(size)) {
            mix.apply(image, &old[mix.partner * size..(mix.partner + 1) * size], side);
        }
    }

    /// What the images at `indices` should be, given their own labels.
    pub(crate) fn targets(&self, indices: &[usize], side: usize, labels: &[usize]) -> Vec<Target> {
        if !self.mixing.mixes() {
            return labels.iter().copied().map(Target::from).collect();
        }
        let mixes = self.mixes(indices, side);
        let pairs = labels.iter().zip(&mixes);
        pairs.map(|(&label, mix)| Target::mixed(label, labels[mix.partner], mix.share)).collect()
    }

    /// Each image's own share of what is shown in its place.
    #[cfg(test)]
    pub(crate) fn shares(&self, indices: &[usize], side: usize) -> Vec<f64> {
        self.mixes(indices, side).iter().map(|mix| mix.share).collect()
    }

    fn mixes(&self, indices: &[usize], side: usize) -> Vec<Mix> {
        let mix = |place| self.mixing.mix(&self.augment, indices, place, side);
        (0..indices.len()).map(mix).collect()
    }
}

/// What a configuration asks of single images.
pub(crate) fn ways(config: &Config) -> Augmentation {
    let how = &config.data.augment;
    Augmentation {
        crop: match how.crop {
            None | Some(Crop::Random) => RandomCrop::ByFit,
            Some(Crop::None) => RandomCrop::Never,
            Some(Crop::Resized) => RandomCrop::Resized { least: how.least_area },
        },
        flip: how.flip,
        jitter: how.color_jitter as f32,
        operations: how.rand_augment,
        magnitude: how.magnitude as f32,
    }
}
