//! Pillow's antialiased filters, to the bit.
//!
//! As `Image.resize`: weights of 22 binary digits; along the rows first, then along the columns
//! (Pillow 13 sometimes the other way round), with whole levels in between. Sums of integers are the same in any order and on any machine.

use pulp::Arch;

use crate::Image;
use crate::resize::Window;

/// Binary digits of a weight after the point: a product with a level fits 32 bits, and two sums of
/// weights as large as one still do.
const PRECISION: u32 = 32 - 8 - 2;

/// A filter of Pillow's: its reach in source pixels (when not shrinking) and its shape.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Filter {
    Bilinear,
    Bicubic,
}

impl Filter {
    fn support(self) -> f64 {
        match self {
            Self::Bilinear => 1.0,
            Self::Bicubic => 2.0,
        }
    }

    fn weight(self, distance: f64) -> f64 {
        const A: f64 = -0.5;
        let x = distance.abs();
        match self {
            Self::Bilinear if x < 1.0 => 1.0 - x,
            Self::Bicubic if x < 1.0 => ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0,
            Self::Bicubic if x < 2.0 => (((x - 5.0) * x + 8.0) * x - 4.0) * A,
            _ => 0.0,
        }
    }
}

/// What the target pixels of one axis read: where each one starts, and its weights.
#[derive(Debug, Default)]
struct Taps {
    starts: Vec<usize>,
    weights: Vec<i32>,
    /// Weights per target pixel, zeros at its end where it needs fewer.
    each: usize,
}

impl Taps {
    /// For `size` pixels from `corner` on, of an axis resized from `source` to `full` pixels.
    fn new(filter: Filter, source: usize, full: usize, corner: usize, size: usize) -> Self {
        let scale = source as f64 / full as f64;
        let stretch = scale.max(1.0);
        let support = filter.support() * stretch;
        // Truncated and not rounded down, as in C; both ends then lie in the source.
        let ends = |target: usize| {
            let centre = (target as f64 + 0.5) * scale;
            let first = (centre - support + 0.5).max(0.0) as usize;
            (centre, first, ((centre + support + 0.5) as usize).min(source))
        };
        let targets = corner..corner + size;
        let each = targets.clone().map(ends).map(|(_, first, end)| end - first).max().unwrap_or(0);
        let mut taps = Self { each, ..Self::default() };
        for (centre, first, end) in targets.map(ends) {
            let weight = |x: usize| filter.weight((x as f64 - centre + 0.5) * (1.0 / stretch));
            let sum: f64 = (first..end).map(weight).sum();
            let divisor = if sum == 0.0 { 1.0 } else { sum };
            taps.starts.push(first);
            taps.weights.extend((first..end).map(|x| fixed(weight(x) / divisor)));
            taps.weights.resize(taps.starts.len() * each, 0);
        }
        taps
    }

    fn iter(&self) -> impl Iterator<Item = (usize, &[i32])> {
        self.starts.iter().copied().zip(self.weights.chunks_exact(self.each))
    }

    /// The source pixels that are read at all, first and one beyond the last.
    fn reach(&self, source: usize) -> (usize, usize) {
        let first = self.starts.first().copied().unwrap_or(0);
        let end = self.starts.last().map_or(source, |last| (last + self.each).min(source));
        (first, end)
    }
}

/// Halves away from zero.
fn fixed(weight: f64) -> i32 {
    let scaled = weight * f64::from(1 << PRECISION);
    (if scaled < 0.0 { scaled - 0.5 } else { scaled + 0.5 }) as i32
}

#[inline(always)]
fn level(sum: i32) -> u8 {
    (sum >> PRECISION).clamp(0, 255) as u8
}

/// Columns as rows.
fn transposed(pixels: &[u8], width: usize) -> Vec<u8> {
    let (pixels, _) = pixels.as_chunks::<3>();
    let column = |x: usize| pixels.iter().skip(x).step_by(width.max(1));
    (0..width).flat_map(column).flatten().copied().collect()
}

const HALF: i32 = 1 << (PRECISION - 1);

/// Room that resizing uses again for the next image.
#[derive(Debug, Default)]
pub struct Resizer {
    /// A source row, a lane unused: `[width + taps, 4]`.
    row: Vec<[i32; 4]>,
    /// The rows that are needed, at their final width: `[rows, target width, 3]`.
    narrow: Vec<u8>,
    /// Sums of one target row: `[target width, 3]`.
    sums: Vec<i32>,
}

impl Resizer {
    /// No room yet; it grows with the images.
    pub fn new() -> Self {
        Self::default()
    }

    /// Levels of `window`, `[window height, window width, 3]`.
    pub(crate) fn pillow(&mut self, image: &Image, window: Window, filter: Filter) -> Vec<u8> {
        let (width, height) = (image.width(), image.height());
        let columns = Taps::new(filter, width, window.full.0, window.corner.0, window.size.0);
        let rows = Taps::new(filter, height, window.full.1, window.corner.1, window.size.1);
        let (top, bottom) = rows.reach(height);
        let source = &image.pixels()[3 * width * top..3 * width * bottom];
        let mut out = vec![0; 3 * window.size.0 * window.size.1];
        self.narrow.clear();
        self.narrow.resize(3 * window.size.0 * (bottom - top), 0);
        // Compiled for the vector units of the machine; what they compute does not depend on them.
        Arch::new().dispatch(
            #[inline(always)]
            || {
                self.along_rows(source, width, &columns);
                self.along_columns(top, &rows, 3 * window.size.0, &mut out);
            },
        );
        out
    }

    /// The same as Pillow 13 does it, which goes along the columns first where that saves much.
    pub(crate) fn pillow13(&mut self, image: &Image, window: Window, filter: Filter) -> Vec<u8> {
        let (width, height) = (image.width(), image.height());
        let shrinks = width.saturating_sub(window.full.0);
        // Found by comparing results: as it is for random sizes of both filters.
        if height <= window.full.1 || height - window.full.1 <= 2 * shrinks {
            return self.pillow(image, window, filter);
        }
        let turn = |(x, y): (usize, usize)| (y, x);
        let turned = Window {
            full: turn(window.full),
            corner: turn(window.corner),
            size: turn(window.size),
        };
        let Ok(image) = Image::from_rgb(height, width, transposed(image.pixels(), width)) else {
            return Vec::new();
        };
        transposed(&self.pillow(&image, turned, filter), turned.size.0)
    }

    #[inline(always)]
    fn along_rows(&mut self, source: &[u8], width: usize, columns: &Taps) {
        // Weights of zero may point beyond the end of the row.
        self.row.clear();
        self.row.resize(width + columns.each, [0; 4]);
        let narrow = self.narrow.chunks_exact_mut(3 * columns.starts.len());
        for (source, target) in source.chunks_exact(3 * width).zip(narrow) {
            let (pixels, _) = source.as_chunks::<3>();
            for (wide, &[r, g, b]) in self.row.iter_mut().zip(pixels) {
                *wide = [r.into(), g.into(), b.into(), 0];
            }
            let (targets, _) = target.as_chunks_mut::<3>();
            for (target, (start, weights)) in targets.iter_mut().zip(columns.iter()) {
                let mut sums = [HALF; 4];
                for (pixel, &weight) in self.row[start..start + weights.len()].iter().zip(weights) {
                    for (sum, &level) in sums.iter_mut().zip(pixel) {
                        *sum += level * weight;
                    }
                }
                *target = [level(sums[0]), level(sums[1]), level(sums[2])];
            }
        }
    }

    #[inline(always)]
    fn along_columns(&mut self, top: usize, rows: &Taps, stride: usize, out: &mut [u8]) {
        self.sums.clear();
        self.sums.resize(stride, 0);
        for (target, (start, weights)) in out.chunks_exact_mut(stride).zip(rows.iter()) {
            self.sums.fill(HALF);
            let sources = self.narrow.chunks_exact(stride).skip(start - top);
            for (source, &weight) in sources.zip(weights) {
                for (sum, &level) in self.sums.iter_mut().zip(source) {
                    *sum += i32::from(level) * weight;
                }
            }
            for (target, &sum) in target.iter_mut().zip(&self.sums) {
                *target = level(sum);
            }
        }
    }
}
