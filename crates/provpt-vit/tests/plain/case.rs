//! A random model with random images and prompts, and how to draw one.

use std::ops::RangeInclusive;

use proptest::collection::vec;
use proptest::prelude::*;
use provpt_vit::{
    Architecture, Backbone, Engine, Placement, Pooling, PromptMask, PromptPool, Prompts,
};

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
    let pool = prop_oneof![
        3 => Just(PromptPool::Original),
        1 => Just(PromptPool::Image),
        1 => Just(PromptPool::ImageAndPrompts),
        1 => Just(PromptPool::Prompts),
    ];
    let rest = (sizes.depth.clone(), sizes.grid.clone(), 1_usize..=3, sizes.mlp_width.clone());
    (shape, rest, any::<bool>(), any::<bool>(), pool).prop_map(
        |(
            (heads, head_width),
            (depth, grid, patch_size, mlp_width),
            layer_scale,
            mean,
            prompt_pool,
        )| {
            Architecture {
                mlp_width,
                layer_scale,
                pooling: if mean { Pooling::Mean } else { Pooling::Cls },
                prompt_pool,
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
        let placement = prop_oneof![
            3 => Just(Placement::Deep),
            1 => Just(Placement::Shallow),
            1 => (0..architecture.depth).prop_map(Placement::DeepThenStay),
        ];
        let flags = (any::<bool>(), any::<bool>(), 0..u64::MAX / 2);
        (bank, placement, images.clone(), 1_usize..=3, flags).prop_map(
            move |((reborn, block_of), placement, images, threads, (fc_norm, dropout, seed))| {
                let mut block_of = block_of;
                if let Placement::DeepThenStay(last) = placement {
                    block_of.iter_mut().for_each(|block| *block = last.min(*block));
                }
                let mut architecture = architecture.clone();
                let last = architecture.depth - 1;
                let ends_as_token = |row: usize| ends_as_token(placement, last, block_of[row]);
                // Without prompts to read from, there are no features.
                if !(0..block_of.len()).any(ends_as_token)
                    && architecture.prompt_pool == PromptPool::Prompts
                {
                    architecture.prompt_pool = PromptPool::ImageAndPrompts;
                }
                Case {
                    architecture,
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

/// Whether a prompt of this block is there at the end of the last block, if anybody asks.
fn ends_as_token(placement: Placement, last: usize, block: usize) -> bool {
    match placement {
        Placement::Shallow => true,
        Placement::Deep | Placement::DeepLosing | Placement::DeepNormed => block == last,
        Placement::DeepThenStay(stay) => block == stay,
        Placement::Added => false,
    }
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

    /// Whether a prompt is a token somewhere, and not only a key and a value.
    pub(crate) fn is_token(&self, row: usize) -> bool {
        let (a, last) = (&self.architecture, self.architecture.depth - 1);
        let is_read = match a.prompt_pool {
            PromptPool::Original => a.pooling == Pooling::Mean,
            PromptPool::Image => false,
            PromptPool::ImageAndPrompts | PromptPool::Prompts => true,
        };
        let stays = match self.placement {
            Placement::Shallow => true,
            Placement::DeepThenStay(stay) => stay < last,
            Placement::Deep | Placement::DeepLosing | Placement::DeepNormed | Placement::Added => {
                false
            }
        };
        (is_read || stays) && ends_as_token(self.placement, last, self.block_of[row])
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
            logits: &[],
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
