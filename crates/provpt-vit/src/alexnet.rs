//! The convolutions of AlexNet (Krizhevsky, One weird trick, 2014, as torchvision has them): five, the
//! numbers of whose channels are open.

/// Side of the cells that the last map is averaged over.
pub(crate) const CELLS: usize = 6;
/// Channels of an image.
const RGB: usize = 3;

/// One of the convolutions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layer {
    /// Name of the weights, behind which stands that of the bias.
    names: [&'static str; 2],
    /// Side of the kernel.
    pub(crate) size: usize,
    pub(crate) stride: usize,
    /// Zeros around a map.
    pub(crate) frame: usize,
    /// Whether the largest of each 3 x 3 places goes on, two places apart.
    pub(crate) pools: bool,
}

const fn layer(names: [&'static str; 2], [size, stride, frame]: [usize; 3], pools: bool) -> Layer {
    Layer { names, size, stride, frame, pools }
}

pub(crate) const LAYERS: [Layer; 5] = [
    layer(["features.0.weight", "features.0.bias"], [11, 4, 2], true),
    layer(["features.3.weight", "features.3.bias"], [5, 1, 2], true),
    layer(["features.6.weight", "features.6.bias"], [3, 1, 1], false),
    layer(["features.8.weight", "features.8.bias"], [3, 1, 1], false),
    layer(["features.10.weight", "features.10.bias"], [3, 1, 1], true),
];

/// Channels that the convolutions put out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlexNetShape {
    channels: [usize; 5],
}

impl AlexNetShape {
    /// The published network.
    pub const PUBLISHED: Self = Self { channels: [64, 192, 384, 256, 256] };
    /// Names of the convolutions' weights, whose first extent is the number of channels that they
    /// put out.
    pub const WEIGHTS: [&'static str; 5] = {
        let mut names = [""; 5];
        let mut layer = 0;
        while layer < 5 {
            names[layer] = LAYERS[layer].names[0];
            layer += 1;
        }
        names
    };

    /// One whose convolutions put out so many channels.
    pub const fn new(channels: [usize; 5]) -> Self {
        Self { channels }
    }

    /// Values of its features: those of the last map, averaged over 6 x 6 cells, the channels one
    /// after the other.
    pub fn features(&self) -> usize {
        self.channels[4].saturating_mul(CELLS * CELLS)
    }

    /// The arrays: name and shape, weights in front of biases.
    pub fn arrays(&self) -> [(&'static str, Vec<usize>); 10] {
        std::array::from_fn(|place| {
            let (index, is_bias) = (place / 2, place % 2 == 1);
            let Layer { names, size, .. } = LAYERS[index];
            let outputs = self.channels[index];
            match is_bias {
                true => (names[1], vec![outputs]),
                false => (names[0], vec![outputs, self.inputs(index), size, size]),
            }
        })
    }

    /// Channels that a convolution takes in, and that it puts out.
    pub(crate) fn channels(&self, layer: usize) -> [usize; 2] {
        [self.inputs(layer), self.channels[layer]]
    }

    fn inputs(&self, layer: usize) -> usize {
        layer.checked_sub(1).map_or(RGB, |before| self.channels[before])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_network_has_so_many_numbers() {
        let shape = AlexNetShape::PUBLISHED;
        let count = |(_, shape): &(&str, Vec<usize>)| shape.iter().product::<usize>();
        assert_eq!(shape.arrays().iter().map(count).sum::<usize>(), 2_469_696);
        assert_eq!(shape.features(), 9216);
        assert_eq!(AlexNetShape::WEIGHTS[4], "features.10.weight");
        assert_eq!(shape.arrays()[8], ("features.10.weight", vec![256, 256, 3, 3]));
    }
}
