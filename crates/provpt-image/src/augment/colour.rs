//! Other colours, as Pillow's `ImageEnhance` and `ImageOps` have them, but for levels that are not
//! rounded in between.

use provpt_base::Stream;
use rand::RngExt;

use crate::resize::Levels;

/// A square image, levels 0..=255.
pub(super) struct Colours {
    pub(super) side: usize,
    /// `[side, side]` of red, green and blue.
    pub(super) pixels: Vec<[f32; 3]>,
}

/// Brightness of a colour (ITU-R 601).
fn grey(pixel: [f32; 3]) -> f32 {
    0.299 * pixel[0] + 0.587 * pixel[1] + 0.114 * pixel[2]
}

impl Colours {
    pub(super) fn new(levels: &Levels, side: usize) -> Self {
        let pixels = match levels {
            Levels::Whole(levels) => {
                levels.as_chunks::<3>().0.iter().map(|p| p.map(f32::from)).collect()
            }
            Levels::Fractions(levels) => levels.as_chunks::<3>().0.to_vec(),
        };
        Self { side, pixels }
    }

    pub(super) fn levels(self) -> Vec<f32> {
        self.pixels.into_flattened()
    }

    /// Brightness, contrast and saturation by random factors in `1 - strength ..= 1 + strength`.
    pub(super) fn jitter(&mut self, strength: f32, random: &mut Stream) {
        if strength > 0.0 {
            let mut factor = || random.random_range((1.0 - strength).max(0.0)..=1.0 + strength);
            let factors = [factor(), factor(), factor()];
            self.brightness(factors[0]);
            self.contrast(factors[1]);
            self.saturation(factors[2]);
        }
    }

    /// 0 is black, 1 changes nothing.
    pub(super) fn brightness(&mut self, factor: f32) {
        self.each(|pixel| pixel.map(|level| level * factor));
    }

    /// 0 is the mean grey everywhere.
    pub(super) fn contrast(&mut self, factor: f32) {
        let sum: f32 = self.pixels.iter().map(|&pixel| grey(pixel)).sum();
        let mean = sum / self.pixels.len().max(1) as f32;
        self.each(|pixel| pixel.map(|level| mean + factor * (level - mean)));
    }

    /// 0 is a picture in greys.
    pub(super) fn saturation(&mut self, factor: f32) {
        self.each(|pixel| {
            let grey = grey(pixel);
            pixel.map(|level| grey + factor * (level - grey))
        });
    }

    /// 0 is smooth, more than 1 is sharper than it was. The border stays as it is.
    pub(super) fn sharpness(&mut self, factor: f32) {
        let (side, old) = (self.side, self.pixels.clone());
        for y in 1..side.saturating_sub(1) {
            for x in 1..side - 1 {
                let here = old[y * side + x];
                for c in 0..3 {
                    let rows =
                        (y - 1..=y + 1).flat_map(|y| &old[y * side + x - 1..=y * side + x + 1]);
                    let sum: f32 = rows.map(|pixel| pixel[c]).sum();
                    let smooth = (sum + 4.0 * here[c]) / 13.0;
                    let level = smooth + factor * (here[c] - smooth);
                    self.pixels[y * side + x][c] = level.clamp(0.0, 255.0);
                }
            }
        }
    }

    /// Levels from the threshold on become their negatives.
    pub(super) fn solarize(&mut self, threshold: f32) {
        let turn = |level| if level >= threshold { 255.0 - level } else { level };
        self.each(|pixel| pixel.map(turn));
    }

    /// Keeps the first `bits` of eight.
    pub(super) fn posterize(&mut self, bits: u32) {
        let step = f32::from(1_u16 << (8 - bits.min(8)));
        self.each(|pixel| pixel.map(|level| (level / step).floor() * step));
    }

    /// The darkest level of each channel becomes 0, the lightest 255.
    pub(super) fn autocontrast(&mut self) {
        for c in 0..3 {
            let channel = || self.pixels.iter().map(|pixel| pixel[c]);
            let (least, most) = (channel().fold(255.0, f32::min), channel().fold(0.0, f32::max));
            if most > least {
                let stretch = 255.0 / (most - least);
                self.pixels.iter_mut().for_each(|pixel| pixel[c] = (pixel[c] - least) * stretch);
            }
        }
    }

    /// Every level of a channel becomes about as frequent as any other.
    pub(super) fn equalize(&mut self) {
        for c in 0..3 {
            let mut counts = [0_usize; 256];
            let level = |pixel: &[f32; 3]| pixel[c].clamp(0.0, 255.0) as usize;
            self.pixels.iter().for_each(|pixel| counts[level(pixel)] += 1);
            let last = counts.iter().rev().find(|count| **count > 0).copied().unwrap_or_default();
            let step = (self.pixels.len() - last) / 255;
            if step == 0 {
                continue;
            }
            let mut below = step / 2;
            let table = counts.map(|count| {
                let new = (below / step).min(255) as f32;
                below += count;
                new
            });
            self.pixels.iter_mut().for_each(|pixel| pixel[c] = table[level(pixel)]);
        }
    }

    fn each(&mut self, change: impl Fn([f32; 3]) -> [f32; 3]) {
        for pixel in &mut self.pixels {
            *pixel = change(*pixel).map(|level| level.clamp(0.0, 255.0));
        }
    }
}
