//! Dropout within a backbone that learns as a whole, by the rates that the published code has for it.

use provpt_vit::{Backbone, BackboneMask, DropPlace, Pooling};
use rand::Rng;

use crate::config::{BackboneDropout, Config, TransferType};
use crate::error::Error;
use provpt_base::{Purpose, stream};

/// How much is dropped.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct DropRates {
    /// Of values behind the embeddings, behind GELU and behind the MLP.
    values: f64,
    /// Of images that the last block's attention or MLP adds nothing to; from 0 for the first block
    /// it grows evenly.
    path: f64,
    blocks: usize,
}

impl DropRates {
    /// What a run drops: by default nothing.
    ///
    /// # Errors
    /// It is asked to, and its backbone was published without.
    pub(crate) fn of(config: &Config, backbone: &Backbone) -> Result<Option<Self>, Error> {
        let (model, whole) = (&config.model, TransferType::End2end);
        if model.drop_path > 0.0 {
            let blocks = backbone.architecture.depth;
            return Ok(Some(Self { values: 0.0, path: model.drop_path, blocks }));
        }
        match (model.dropout, Self::published(backbone)) {
            (BackboneDropout::Off, _) => Ok(None),
            (BackboneDropout::Auto, rates) => Ok(rates.filter(|_| model.transfer_type == whole)),
            (BackboneDropout::On, Some(rates)) => Ok(Some(rates)),
            (BackboneDropout::On, None) => Err(Error::Unsuited {
                key: "model.dropout",
                expected: "off, as the published code drops nothing of it,",
                backbone: "by MoCo v3",
                got: model.dropout.to_string(),
            }),
        }
    }

    /// The rates of the published code (Jia et al., VPT, ECCV 2022), if it drops anything.
    fn published(backbone: &Backbone) -> Option<Self> {
        let a = &backbone.architecture;
        let (values, path) = match (a.stages.is_some(), a.pooling) {
            (true, _) => (0.0, swin_path(a.block_width(0), a.depth)),
            _ if backbone.name.starts_with("mocov3") => return None,
            (_, Pooling::Cls) => (0.1, 0.0),
            // MAE.
            (_, Pooling::Mean) => (0.0, 0.1),
        };
        Some(Self { values, path, blocks: a.depth })
    }

    fn at(self, place: DropPlace) -> f64 {
        match place {
            DropPlace::Embedding | DropPlace::Hidden(_) | DropPlace::Output(_) => self.values,
            DropPlace::AttentionPath(block) | DropPlace::MlpPath(block) => {
                self.path * block as f64 / self.blocks.saturating_sub(1).max(1) as f64
            }
        }
    }

    /// The last block whose input has nothing dropped; none if not even tokens are whole.
    pub(crate) fn last_entry(self) -> Option<usize> {
        let dropped = |&block: &usize| self.at(DropPlace::MlpPath(block)) > 0.0;
        (self.values == 0.0).then(|| (0..self.blocks).find(dropped).unwrap_or(self.blocks - 1))
    }

    /// In words.
    pub(crate) fn fact(self) -> String {
        let Self { values, path, .. } = self;
        match values > 0.0 {
            true => format!("dropout   {values} of values behind embeddings, GELU and MLPs"),
            false => format!("dropout   up to {path} of what attention and MLPs add (drop-path)"),
        }
    }
}

/// Of Swin-T, -S, and -B or larger, by the width and the number of their blocks.
fn swin_path(width: usize, depth: usize) -> f64 {
    match (width <= 96, depth <= 12) {
        (true, true) => 0.2,
        (true, false) => 0.3,
        (false, _) => 0.5,
    }
}

/// What one batch drops; each multiplier depends on the seed, the epoch, the image and its place in
/// the network alone.
pub(crate) struct Drops<'a> {
    pub(crate) rates: DropRates,
    pub(crate) seed: u64,
    pub(crate) epoch: u64,
    /// The batch: places in the training split.
    pub(crate) indices: &'a [usize],
}

impl BackboneMask for Drops<'_> {
    fn drops(&self, place: DropPlace) -> bool {
        self.rates.at(place) > 0.0
    }

    fn fill(&self, image: usize, place: DropPlace, multipliers: &mut [f32]) {
        const ALL: f64 = (1_u64 << 32) as f64;
        let keep = 1.0 - self.rates.at(place);
        let image = self.epoch << 32 | self.indices[image] as u64;
        let mut rng = stream(self.seed, Purpose::BackboneDropout, [image, number(place)]);
        let (bound, kept) = ((keep * ALL) as u64, (1.0 / keep) as f32);
        for multiplier in multipliers {
            *multiplier = if u64::from(rng.next_u32()) < bound { kept } else { 0.0 };
        }
    }
}

/// Another one for each place.
fn number(place: DropPlace) -> u64 {
    let (kind, block) = match place {
        DropPlace::Embedding => return 0,
        DropPlace::Hidden(block) => (1, block),
        DropPlace::Output(block) => (2, block),
        DropPlace::AttentionPath(block) => (3, block),
        DropPlace::MlpPath(block) => (4, block),
    };
    kind + 4 * block as u64
}

#[cfg(test)]
mod tests;
