//! Sizes of all maps on the way through the network.

use crate::alexnet::{AlexNetShape, LAYERS, Layer};
use crate::error::Error;
use crate::kernels::{MapShape, Window};

/// What pools, where a layer does.
pub(super) const POOL: Window = Window { size: 3, stride: 2, frame: 0 };

/// The convolutions over images of one size.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(super) image_size: usize,
    pub(super) steps: [Step; 5],
    /// Values of a row of features.
    pub(crate) features: usize,
}

/// A convolution, and what pools behind it; shapes are those of one image.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    pub(super) window: Window,
    pub(super) before: MapShape,
    pub(super) after: MapShape,
    /// Behind pooling, if there is any.
    pub(super) pooled: Option<MapShape>,
}

impl Step {
    fn new(layer: Layer, side: usize, [inputs, outputs]: [usize; 2]) -> Option<Self> {
        let Layer { size, stride, frame, pools, .. } = layer;
        let window = Window { size, stride, frame };
        let before = MapShape { images: 1, side, channels: inputs };
        let after = MapShape { side: window.steps(side)?, channels: outputs, ..before };
        let pooled = match pools {
            false => None,
            true => Some(MapShape { side: POOL.steps(after.side)?, ..after }),
        };
        Some(Self { window, before, after, pooled })
    }

    /// What it puts out.
    pub(super) fn output(&self) -> MapShape {
        self.pooled.unwrap_or(self.after)
    }

    /// Values of a row that a kernel is multiplied with.
    pub(super) fn width(&self) -> usize {
        self.window.width(self.before.channels)
    }
}

impl Plan {
    /// # Errors
    /// The images are too small for it.
    pub(crate) fn new(shape: AlexNetShape, image_size: usize) -> Result<Self, Error> {
        let too_small = || {
            let fits = |side: &usize| steps(shape, *side).is_some();
            let least = (image_size..).find(fits).unwrap_or(image_size);
            Error::SideTooSmall { least, got: image_size }
        };
        let steps = steps(shape, image_size).ok_or_else(too_small)?;
        Ok(Self { image_size, steps, features: shape.features() })
    }

    /// The last map.
    pub(super) fn last(&self) -> MapShape {
        self.steps[4].output()
    }
}

fn steps(shape: AlexNetShape, image_size: usize) -> Option<[Step; 5]> {
    let mut side = image_size;
    let mut steps = [None; 5];
    for (index, layer) in LAYERS.into_iter().enumerate() {
        let step = Step::new(layer, side, shape.channels(index))?;
        side = step.output().side;
        steps[index] = Some(step);
    }
    let [a, b, c, d, e] = steps;
    Some([a?, b?, c?, d?, e?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_are_as_large_as_published() {
        let plan = Plan::new(AlexNetShape::PUBLISHED, 224).unwrap();
        let sides = plan.steps.map(|step| [step.after.side, step.output().side]);
        assert_eq!(sides, [[55, 27], [27, 13], [13, 13], [13, 13], [13, 6]]);
        assert_eq!(plan.steps.map(|step| step.width()), [363, 1600, 1728, 3456, 2304]);
    }

    #[test]
    fn images_too_small_for_it_are_refused() {
        let plan = |side| Plan::new(AlexNetShape::PUBLISHED, side);
        assert_eq!(plan(63).unwrap().last().side, 1);
        let error = plan(62).unwrap_err().to_string();
        let expected = "side network: expected images of at least 63 pixels for AlexNet, got 62";
        assert_eq!(error, expected);
        assert!(plan(0).is_err());
    }
}
