//! Prompts that are learned as pixels (Jia et al., VPT, ECCV 2022): a strip of patches of its own, a
//! frame around every image, or channels behind its colours. What the patch embedding makes of them
//! is the same for all images, and becomes rows: tokens, or what is added to tokens.

use provpt_vit::Backbone;

use crate::config::PromptLocation;
use crate::error::Error;
use crate::learn::affine::{apply, by_input, by_weight};
use crate::learn::making::{Named, named};
use crate::learn::planes::Planes;
use crate::learn::set::Set;

/// A strip `[3, p, p n]`.
pub(crate) const STRIP: &str = "prompts.pixels";
/// A frame: above and below `[3, 2n, S + 2n]`, left and right `[3, S, 2n]`.
pub(crate) const ABOVE_BELOW: &str = "prompts.tb";
pub(crate) const LEFT_RIGHT: &str = "prompts.lr";
/// Channels `[n, S, S]`, and their part of the patch embedding, `[d, n, p, p]`.
pub(crate) const CHANNELS: &str = "prompts.channels";
pub(crate) const CHANNEL_WEIGHT: &str = "prompts.proj.weight";

/// ImageNet's, as the published code normalizes such prompts whatever images go through.
const MEAN: [f32; 3] = [0.485, 0.456, 0.406];
const STD: [f32; 3] = [0.229, 0.224, 0.225];

/// The frozen patch embedding, and what it is to embed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PixelPrompts {
    location: PromptLocation,
    /// Tokens, pixels on each side, or channels: n.
    count: usize,
    /// Side of an image, and of a patch.
    side: usize,
    patch: usize,
    /// `[d, 3, p, p]`.
    weight: Vec<f32>,
    /// `[d]`.
    bias: Vec<f32>,
}

impl PixelPrompts {
    pub(crate) fn new(
        location: PromptLocation,
        count: usize,
        backbone: &Backbone,
    ) -> Result<Self, Error> {
        let array = |name: &str| {
            let tensor = backbone.tensors.get(&format!("patch_embed.proj.{name}"));
            tensor.map(|tensor| tensor.data.clone()).unwrap_or_default()
        };
        let a = &backbone.architecture;
        let (side, patch) = (a.image_size, a.patch_size);
        let (weight, bias) = (array("weight"), array("bias"));
        if bias.len() != a.width || weight.len() != a.width * a.patch_values() {
            let (expected, got) = (a.width * a.patch_values(), weight.len());
            return Err(Error::AdapterShape { what: "patch_embed.proj.weight", expected, got });
        }
        Ok(Self { location, count, side, patch, weight, bias })
    }

    fn planes(&self) -> Planes {
        let (n, side, patch) = (self.count, self.side, self.patch);
        match self.location {
            PromptLocation::Pad => {
                let side = side + 2 * n;
                Planes { channels: 3, height: side, width: side, patch }
            }
            PromptLocation::Below => Planes { channels: n, height: side, width: side, patch },
            _ => Planes { channels: 3, height: patch, width: patch * n, patch },
        }
    }

    /// Whether pixels are normalized.
    fn is_normalized(&self) -> bool {
        matches!(self.location, PromptLocation::Pad | PromptLocation::PrependPixelImagenet)
    }

    /// Values of one patch.
    fn inner(&self) -> usize {
        self.planes().channels * self.patch * self.patch
    }

    /// The learned arrays that pixels are in: each with where its values go among the planes.
    fn pieces(&self) -> Vec<(&'static str, Vec<usize>)> {
        let Planes { channels, height, width, .. } = self.planes();
        let inside = self.count..self.count + self.side;
        let all = move || {
            (0..channels * height * width).map(move |at| (at, at / width % height, at % width))
        };
        let frame = |above_below: bool| {
            let chosen = all().filter(|(_, y, x)| match above_below {
                true => !inside.contains(y),
                false => inside.contains(y) && !inside.contains(x),
            });
            chosen.map(|(at, ..)| at).collect()
        };
        match self.location {
            PromptLocation::Pad => vec![(ABOVE_BELOW, frame(true)), (LEFT_RIGHT, frame(false))],
            PromptLocation::Below => vec![(CHANNELS, (0..channels * height * width).collect())],
            _ => vec![(STRIP, (0..channels * height * width).collect())],
        }
    }

    /// The planes, normalized where they are to be; 0 where nothing is learned.
    fn pixels(&self, set: &Set) -> Vec<f32> {
        let Planes { channels, height, width, .. } = self.planes();
        let mut pixels = vec![0.0; channels * height * width];
        for (name, places) in self.pieces() {
            for (place, value) in places.into_iter().zip(set.values(name)) {
                let channel = place / (height * width);
                pixels[place] = match self.is_normalized() {
                    true => (value - MEAN[channel]) / STD[channel],
                    false => *value,
                };
            }
        }
        pixels
    }

    /// The map from patches to rows.
    fn map<'a>(&'a self, set: &'a Set) -> (&'a [f32], Option<&'a [f32]>) {
        match self.location {
            PromptLocation::Below => (set.values(CHANNEL_WEIGHT), None),
            PromptLocation::Pad => (&self.weight, None),
            _ => (&self.weight, Some(&self.bias)),
        }
    }

    /// Rows as the network sees them: of what is added to tokens, CLS gets nothing.
    pub(crate) fn rows(&self, set: &Set) -> Vec<f32> {
        let (weight, bias) = self.map(set);
        let patches = self.planes().cut(&self.pixels(set));
        let rows = apply(&patches, weight, bias, self.inner());
        if !self.location.is_added() {
            return rows;
        }
        let mut all = vec![0.0; self.bias.len()];
        all.extend(rows);
        all
    }

    /// Gradients of the learned arrays, given those of the rows.
    pub(crate) fn gradients(&self, set: &Set, d_rows: &[f32]) -> Vec<Named> {
        let (planes, (weight, _)) = (self.planes(), self.map(set));
        let (width, inner) = (self.bias.len(), self.inner());
        let d_rows = if self.location.is_added() { &d_rows[width..] } else { d_rows };
        let d_pixels = planes.paste(&by_input(d_rows, weight, inner));
        let scale = |place: usize| match self.is_normalized() {
            true => STD[place / (planes.height * planes.width)],
            false => 1.0,
        };
        let piece = |(name, places): (&str, Vec<usize>)| {
            named(name, places.into_iter().map(|place| d_pixels[place] / scale(place)).collect())
        };
        let mut all: Vec<Named> = self.pieces().into_iter().map(piece).collect();
        if self.location == PromptLocation::Below {
            let patches = planes.cut(&self.pixels(set));
            all.push(named(CHANNEL_WEIGHT, by_weight(d_rows, &patches, width, inner)));
        }
        all
    }
}
