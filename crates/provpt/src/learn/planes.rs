//! Planes of pixels, and the patches that are cut of them.

/// Some planes of pixels, of which whole patches are cut.
#[derive(Clone, Copy)]
pub(crate) struct Planes {
    pub(crate) channels: usize,
    pub(crate) height: usize,
    pub(crate) width: usize,
    /// Side of a patch.
    pub(crate) patch: usize,
}

impl Planes {
    /// Where the values of all patches stand, patch by patch, each in the order of channels.
    fn places(self) -> impl Iterator<Item = usize> {
        let Self { channels, height, width, patch: p } = self;
        let cells = (0..height / p).flat_map(move |y| (0..width / p).map(move |x| (y * p, x * p)));
        cells.flat_map(move |(top, left)| {
            let lines = (0..channels).flat_map(move |c| (0..p).map(move |dy| (c, top + dy)));
            lines.flat_map(move |(c, y)| (0..p).map(move |dx| (c * height + y) * width + left + dx))
        })
    }

    /// The patches, one after the other.
    pub(crate) fn cut(self, pixels: &[f32]) -> Vec<f32> {
        self.places().map(|place| pixels[place]).collect()
    }

    /// Puts values back to where they were cut; what was in no patch is 0.
    pub(crate) fn paste(self, patches: &[f32]) -> Vec<f32> {
        let mut pixels = vec![0.0; self.channels * self.height * self.width];
        self.places().zip(patches).for_each(|(place, value)| pixels[place] = *value);
        pixels
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patches_are_cut_row_by_row_and_put_back() {
        let planes = Planes { channels: 2, height: 2, width: 5, patch: 2 };
        let pixels: Vec<f32> = (0..20).map(|i| i as f32).collect();
        let patches = planes.cut(&pixels);
        let first = [0.0, 1.0, 5.0, 6.0, 10.0, 11.0, 15.0, 16.0];
        let second = first.map(|value| value + 2.0);
        assert_eq!(patches, [first, second].concat());
        let mut rest = pixels;
        // The last column is in no patch.
        rest.iter_mut().skip(4).step_by(5).for_each(|pixel| *pixel = 0.0);
        assert_eq!(planes.paste(&patches), rest);
    }
}
