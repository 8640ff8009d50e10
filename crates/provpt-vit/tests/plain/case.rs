//! A random model with random images and prompts, and how to draw one.

use std::ops::RangeInclusive;

use proptest::collection::vec;
use proptest::prelude::*;
use provpt_vit::{Architecture, Backbone, Engine, Placement, Pooling, PromptMask, Prompts};

use super::{Bank, Dropout, Model, Random};

/// From what range each number is drawn.
#[derive(Clone, Debug)]
pub(crate) struct Sizes {
    pub(crate) heads: RangeInclusive<usize>,
    pub(crate) head_width: RangeInclusive<usize>,
    pub(crate) depth: RangeInclusive<usize>,
    pub(crate) grid: RangeInclusive<usize>,
    pub(crate) mlp_width: RangeInclusive<usize>,
    pub(crate) images: RangeInclusive<usize>,
    pub(crate) prompts: RangeInclusive<usize>,
}

/// Everything that a comparison needs.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) architecture: Architecture,
    fc_norm: bool,
    pub(crate) block_of: Vec<usize>,
    placement: Placement,
    /// `[K]`: whether a prompt was scaled by 1e-3, as one is that has just moved.
    reborn: Vec<bool>,
    dropout: Option<Dropout>,
    pub(crate) images: usize,
    threads: usize,
    seed: u64,
}

/// Rows below this width are often all but constant, and then no f32 LayerNorm is accurate.
const MIN_WIDTH: usize = 6;

fn architecture(sizes: &Sizes) -> impl Strategy<Value = Architecture> + use<> {
    let shape = (sizes.heads.clone(), sizes.head_width.clone())
        .prop_filter("a width that LayerNorm can work on", |(h, w)| h * w >= MIN_WIDTH);
    let rest = (sizes.depth.clone(), sizes.grid.clone(), 1_usize..=3, sizes.mlp_width.clone());
    let pooling = prop_oneof![Just(Pooling::Cls), Just(Pooling::Mean), Just(Pooling::Patches)];
    (shape, rest, any::<bool>(), pooling).prop_map(
        |((heads, head_width), (depth, grid, patch_size, mlp_width), layer_scale, pooling)| {
            Architecture {
                mlp_width,
                layer_scale,
                pooling,
                ..Architecture::plain(
                    grid * patch_size,
                    patch_size,
                    heads * head_width,
                    depth,
                    heads,
                )
            }
        },
    )
}

/// Prompts anywhere from some block on, in any order: leading, middle and last blocks may be empty.
fn addresses(depth: usize, count: RangeInclusive<usize>) -> impl Strategy<Value = Vec<usize>> {
    (0..depth).prop_flat_map(move |first| vec(first..depth, count.clone()))
}

/// Cases within these sizes.
pub(crate) fn case(sizes: &Sizes) -> impl Strategy<Value = Case> + use<> {
    let (images, prompts) = (sizes.images.clone(), sizes.prompts.clone());
    architecture(sizes).prop_flat_map(move |architecture| {
        let bank = addresses(architecture.depth, prompts.clone())
            .prop_flat_map(|block_of| (vec(any::<bool>(), block_of.len()), Just(block_of)));
        let placement = prop_oneof![3 => Just(Placement::Deep), 1 => Just(Placement::Shallow)];
        let flags = (any::<bool>(), any::<bool>(), 0..u64::MAX / 2);
        (bank, placement, images.clone(), 1_usize..=3, flags).prop_map(
            move |((reborn, block_of), placement, images, threads, (fc_norm, dropout, seed))| {
                Case {
                    architecture: architecture.clone(),
                    fc_norm,
                    block_of,
                    placement,
                    reborn,
                    dropout: dropout.then_some(Dropout(seed)),
                    images,
                    threads,
                    seed,
                }
            },
        )
    })
}

/// A case's numbers.
pub(crate) struct Drawn<'a> {
    case: &'a Case,
    backbone: Backbone,
    pub(crate) model: Model,
    /// `[B, 3, side, side]`.
    pub(crate) pixels: Vec<f32>,
    /// `[K, d]`.
    values: Vec<f32>,
}

impl Case {
    pub(crate) fn draw(&self) -> Drawn<'_> {
        let (a, mut random) = (&self.architecture, Random::new(self.seed));
        let backbone = random.backbone(a, self.fc_norm);
        let values = self
            .reborn
            .iter()
            .flat_map(|&reborn| random.values(a.width, 0.0, if reborn { 1e-3 } else { 1.0 }));
        let values = values.collect();
        let pixels = random.values(self.images * a.image_values(), 0.0, 1.0);
        Drawn { case: self, model: Model::new(&backbone), backbone, pixels, values }
    }

    pub(crate) fn is_masked(&self) -> bool {
        self.dropout.is_some()
    }

    pub(crate) fn mask(&self) -> Option<&dyn PromptMask> {
        self.dropout.as_ref().map(|mask| mask as &dyn PromptMask)
    }
}

impl Drawn<'_> {
    pub(crate) fn engine(&self) -> Engine {
        Engine::new(self.backbone.clone(), self.case.threads).unwrap()
    }

    pub(crate) fn backbone(&self) -> &Backbone {
        &self.backbone
    }

    /// A backbone of the same shape with other values.
    pub(crate) fn other_backbone(&self) -> Backbone {
        Random::new(self.case.seed + 3).backbone(&self.case.architecture, self.case.fc_norm)
    }

    pub(crate) fn seed(&self) -> u64 {
        self.case.seed
    }

    pub(crate) fn prompts(&self) -> Prompts<'_> {
        Prompts {
            values: &self.values,
            block_of: &self.case.block_of,
            placement: self.case.placement,
        }
    }

    pub(crate) fn bank(&self) -> Bank {
        Bank::new(&self.prompts(), self.case.architecture.width)
    }

    /// The pixels of each image.
    pub(crate) fn images(&self) -> impl Iterator<Item = &[f32]> {
        self.pixels.chunks_exact(self.case.architecture.image_values())
    }

    /// The plain model's features of all images, `[B, d]`.
    pub(crate) fn plain(&self, bank: &Bank, mask: Option<&dyn PromptMask>) -> Vec<f64> {
        self.plain_of(&self.model, bank, mask)
    }

    /// Another model's features of all images, `[B, d]`.
    pub(crate) fn plain_of(
        &self,
        model: &Model,
        bank: &Bank,
        mask: Option<&dyn PromptMask>,
    ) -> Vec<f64> {
        let images = self.images().enumerate();
        images.flat_map(|(i, image)| model.features(image, bank, mask, i)).collect()
    }
}
