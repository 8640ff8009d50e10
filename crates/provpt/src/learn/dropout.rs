//! Prompt dropout: inverted dropout on prompt elements, a fresh mask per image; in stages, for all but
//! the prompts of the first block, one per batch (so in the published Swin).

use provpt_vit::PromptMask;
use rand::RngExt;

use crate::config::Config;
use provpt_base::{Purpose, stream};

/// The masks of one epoch; each depends on the seed, the epoch, the image and the prompt alone.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dropout {
    pub(crate) rate: f64,
    pub(crate) seed: u64,
    pub(crate) purpose: Purpose,
    pub(crate) epoch: usize,
    /// Images in the training split, and prompts in the bank.
    pub(crate) images: usize,
    pub(crate) prompts: usize,
}

impl Dropout {
    /// As configured, for an epoch over so many images with so many prompts; none if it is off.
    pub(crate) fn of(
        config: &Config,
        purpose: Purpose,
        epoch: usize,
        images: usize,
        prompts: usize,
    ) -> Option<Self> {
        let (rate, seed) = (config.model.prompt.dropout, config.seed);
        (rate > 0.0).then_some(Self { rate, seed, purpose, epoch, images, prompts })
    }
}

/// The masks of one batch.
pub(crate) struct Mask<'a> {
    pub(crate) dropout: Dropout,
    /// The batch: places in the training split.
    pub(crate) indices: &'a [usize],
    /// `[K]`: blocks of the prompts, if those behind the first block have one mask for all images.
    pub(crate) shared: Option<&'a [usize]>,
}

impl PromptMask for Mask<'_> {
    fn fill(&self, image: usize, prompt: usize, multipliers: &mut [f32]) {
        let d = &self.dropout;
        let is_shared = self.shared.is_some_and(|block_of| block_of[prompt] > 0);
        let image = if is_shared { 0 } else { image };
        let place = (d.epoch * d.images + self.indices[image]) * d.prompts + prompt;
        let mut rng = stream(d.seed, d.purpose, [place as u64, 0]);
        let keep = 1.0 - d.rate;
        for m in multipliers {
            *m = if rng.random_bool(keep) { (1.0 / keep) as f32 } else { 0.0 };
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn keeps_the_mean_and_differs_per_image_and_prompt() {
        let indices: Vec<usize> = (0..50).collect();
        let dropout = Dropout {
            rate: 0.2,
            seed: 1,
            purpose: Purpose::Dropout,
            epoch: 3,
            images: 50,
            prompts: 2,
        };
        let batch = Mask { dropout, indices: &indices, shared: None };
        let mask = |image, prompt| {
            let mut m = [0.0; 64];
            batch.fill(image, prompt, &mut m);
            m
        };
        assert_eq!(mask(4, 1), mask(4, 1));
        assert_ne!(mask(4, 1), mask(4, 0));
        assert_ne!(mask(4, 1), mask(5, 1));
        let all: Vec<f32> = (0..50).flat_map(|i| mask(i, 0)).collect();
        let mean = all.iter().sum::<f32>() / all.len() as f32;
        assert!((mean - 1.0).abs() < 0.03, "{mean}");
        assert!(all.iter().all(|&m| m == 0.0 || m == 1.25));
    }

    #[test]
    fn no_two_masks_are_the_same() {
        let dropout = |seed, purpose, epoch| {
            let (images, prompts) = (4, 3);
            Dropout { rate: 0.5, seed, purpose, epoch, images, prompts }
        };
        let mut seen = HashSet::new();
        let mut masks = 0;
        for (seed, purpose, epoch) in [
            (1, Purpose::Dropout, 0),
            (1, Purpose::Dropout, 1),
            (1, Purpose::Dropout, 2),
            (1, Purpose::ScoringDropout, 0),
            (2, Purpose::Dropout, 0),
        ] {
            let dropout = dropout(seed, purpose, epoch);
            let batch = Mask { dropout, indices: &[3, 0, 2, 1], shared: None };
            for (image, prompt) in (0..4).flat_map(|image| (0..3).map(move |k| (image, k))) {
                let mut mask = [0.0; 64];
                batch.fill(image, prompt, &mut mask);
                seen.insert(mask.map(f32::to_bits));
                masks += 1;
            }
        }
        assert_eq!(seen.len(), masks);
        // An image's mask is its own, wherever in a batch it stands.
        let dropout = dropout(1, Purpose::Dropout, 0);
        let mask = |indices: &[usize], image| {
            let mut mask = [0.0; 64];
            Mask { dropout, indices, shared: None }.fill(image, 1, &mut mask);
            mask
        };
        assert_eq!(mask(&[3, 0, 2, 1], 2), mask(&[2], 0));
    }

    #[test]
    fn in_stages_all_images_share_the_masks_behind_the_first_block() {
        let (images, prompts, purpose) = (4, 2, Purpose::Dropout);
        let dropout = Dropout { rate: 0.5, seed: 1, purpose, epoch: 0, images, prompts };
        let mask = |indices: &[usize], image, prompt| {
            let mut mask = [0.0; 64];
            let shared = Some(&[0, 3][..]);
            Mask { dropout, indices, shared }.fill(image, prompt, &mut mask);
            mask
        };
        assert_ne!(mask(&[3, 0], 0, 0), mask(&[3, 0], 1, 0));
        assert_eq!(mask(&[3, 0], 0, 1), mask(&[3, 0], 1, 1));
        assert_ne!(mask(&[3, 0], 1, 1), mask(&[2, 0], 1, 1), "another batch");
    }

    #[test]
    fn without_a_rate_there_is_none() {
        let mut config = Config::default();
        assert!(Dropout::of(&config, Purpose::Dropout, 0, 1, 1).is_none());
        config.model.prompt.dropout = 0.1;
        assert!(Dropout::of(&config, Purpose::Dropout, 0, 1, 1).is_some_and(|d| d.rate == 0.1));
    }
}
