//! Maps of channels: moves of whole runs of channels, and loops over them.

use super::Cpu;
use super::elementwise::add;
use super::scratch;
use super::vectorized::vectorized;
use crate::kernels::maps::cell;
use crate::kernels::{MapShape, Maps, Window};

impl Maps for Cpu {
    fn unfold(&self, rows: &mut Vec<f32>, x: &Vec<f32>, shape: MapShape, window: Window) {
        for (to, run) in runs(shape, window) {
            let row = &mut rows[to..to + window.size * shape.channels];
            let (before, rest) = row.split_at_mut(run.before);
            let (inside, behind) = rest.split_at_mut(run.len);
            before.fill(0.0);
            inside.copy_from_slice(&x[run.from..run.from + run.len]);
            behind.fill(0.0);
        }
    }

    fn unfold_grad(&self, dx: &mut Vec<f32>, d_rows: &Vec<f32>, shape: MapShape, window: Window) {
        dx[..shape.len()].fill(0.0);
        for (to, run) in runs(shape, window) {
            let d_inside = &d_rows[to + run.before..to + run.before + run.len];
            let dx = &mut dx[run.from..run.from + run.len];
            // A run is too short for a dispatched loop to pay.
            dx.iter_mut().zip(d_inside).for_each(|(dx, d)| *dx += d);
        }
    }

    fn relu(&self, x: &mut Vec<f32>, len: usize) {
        relu(&mut x[..len]);
    }

    fn relu_grad(&self, d: &mut Vec<f32>, y: &Vec<f32>, len: usize) {
        relu_grad(&mut d[..len], &y[..len]);
    }

    fn max_pool(&self, y: &mut Vec<f32>, x: &Vec<f32>, shape: MapShape, window: Window) {
        let y = y.chunks_exact_mut(shape.channels);
        for (y, corner) in y.zip(corners(shape, window)) {
            largest(y, &x[corner..], shape.side, window.size);
        }
    }

    fn max_pool_grad(
        &self,
        dx: &mut Vec<f32>,
        dy: &Vec<f32>,
        [x, y]: [&Vec<f32>; 2],
        shape: MapShape,
        window: Window,
    ) {
        dx[..shape.len()].fill(0.0);
        let channels = shape.channels;
        let places = dy.chunks_exact(channels).zip(y.chunks_exact(channels));
        scratch::with(channels, |left| {
            for ((dy, y), corner) in places.zip(corners(shape, window)) {
                left.copy_from_slice(dy);
                let (dx, x) = (&mut dx[corner..], &x[corner..]);
                largest_grad(dx, left, x, y, shape.side, window.size);
            }
        });
    }

    fn mean_cells(&self, y: &mut Vec<f32>, x: &Vec<f32>, shape: MapShape, cells: usize) {
        scratch::with(shape.channels, |sum| {
            for place in cell_places(shape, cells) {
                sum.fill(0.0);
                let values = place.values(shape);
                values.for_each(|at| add(sum, &x[at..at + shape.channels]));
                let share = 1.0 / place.count() as f32;
                for (channel, sum) in sum.iter().enumerate() {
                    y[place.to + channel * cells * cells] = sum * share;
                }
            }
        });
    }

    fn mean_cells_grad(&self, dx: &mut Vec<f32>, dy: &Vec<f32>, shape: MapShape, cells: usize) {
        dx[..shape.len()].fill(0.0);
        scratch::with(shape.channels, |part| {
            for place in cell_places(shape, cells) {
                let share = 1.0 / place.count() as f32;
                for (channel, part) in part.iter_mut().enumerate() {
                    *part = dy[place.to + channel * cells * cells] * share;
                }
                place.values(shape).for_each(|at| add(&mut dx[at..at + shape.channels], part));
            }
        });
    }
}

/// A line of a window in a map: what of it is inside the map, and where.
struct Run {
    /// Values of the line in front of the map.
    before: usize,
    from: usize,
    len: usize,
}

/// The lines of all windows, and where in the unfolded rows each begins.
fn runs(shape: MapShape, window: Window) -> impl Iterator<Item = (usize, Run)> {
    let MapShape { side, channels, .. } = shape;
    let Window { size, stride, frame } = window;
    let after = window.over(shape);
    (0..after.places() * size).map(move |line| {
        let (row, y) = (line / size, line % size);
        let [image, top, left] = after.place(row);
        let (top, left) = (top * stride + y, left * stride);
        let to = line * size * channels;
        // Columns of the line that are inside, as the map counts them.
        let (first, end) =
            (left.max(frame) - frame, (left + size).min(frame + side).max(frame) - frame);
        if !(frame..frame + side).contains(&top) || first >= end {
            return (to, Run { before: 0, from: 0, len: 0 });
        }
        let from = ((image * side + top - frame) * side + first) * channels;
        let before = (first + frame - left) * channels;
        (to, Run { before, from, len: (end - first) * channels })
    })
}

/// Where the first place of each window stands, for windows without a frame.
fn corners(shape: MapShape, window: Window) -> impl Iterator<Item = usize> {
    let (MapShape { side, channels, .. }, after) = (shape, window.over(shape));
    (0..after.places()).map(move |row| {
        let [image, top, left] = after.place(row);
        ((image * side + top * window.stride) * side + left * window.stride) * channels
    })
}

/// A cell of a map: its places along both sides, and where the mean of its first channel stands.
struct CellPlace {
    image: usize,
    rows: std::ops::Range<usize>,
    columns: std::ops::Range<usize>,
    to: usize,
}

impl CellPlace {
    fn count(&self) -> usize {
        self.rows.len() * self.columns.len()
    }

    /// Where the channels of each of its places begin.
    fn values(&self, shape: MapShape) -> impl Iterator<Item = usize> {
        let (image, columns) = (self.image, self.columns.clone());
        self.rows.clone().flat_map(move |y| {
            let line = (image * shape.side + y) * shape.side;
            columns.clone().map(move |x| (line + x) * shape.channels)
        })
    }
}

fn cell_places(shape: MapShape, cells: usize) -> impl Iterator<Item = CellPlace> {
    (0..shape.images * cells * cells).map(move |place| {
        let (image, inside) = (place / cells / cells, place % (cells * cells));
        let (rows, columns) =
            (cell(inside / cells, shape.side, cells), cell(inside % cells, shape.side, cells));
        CellPlace { image, rows, columns, to: image * shape.channels * cells * cells + inside }
    })
}

vectorized! {
    /// What is no number stays.
    fn relu<'a>(x: &'a mut [f32]) {
        for x in x {
            *x = if *x < 0.0 { 0.0 } else { *x };
        }
    }
}

vectorized! {
    fn relu_grad<'a>(d: &'a mut [f32], y: &'a [f32]) {
        for (d, &y) in d.iter_mut().zip(y) {
            *d = if y == 0.0 { 0.0 } else { *d };
        }
    }
}

vectorized! {
    /// The largest value of each channel in a window whose first place is that of `x`.
    fn largest<'a>(y: &'a mut [f32], x: &'a [f32], side: usize, size: usize) {
        let channels = y.len();
        y.copy_from_slice(&x[..channels]);
        for place in 1..size * size {
            let at = (place / size * side + place % size) * channels;
            for (y, &x) in y.iter_mut().zip(&x[at..at + channels]) {
                *y = if x > *y || x.is_nan() { x } else { *y };
            }
        }
    }
}

vectorized! {
    /// Gives what is `left` for each channel to the first place that has the largest value `y`.
    fn largest_grad<'a>(
        dx: &'a mut [f32],
        left: &'a mut [f32],
        x: &'a [f32],
        y: &'a [f32],
        side: usize,
        size: usize,
    ) {
        let channels = y.len();
        for place in 0..size * size {
            let at = (place / size * side + place % size) * channels;
            let values = x[at..at + channels].iter().zip(y);
            let gradients = dx[at..at + channels].iter_mut().zip(left.iter_mut());
            for ((&x, &y), (dx, left)) in values.zip(gradients) {
                let is_it = x == y;
                *dx += if is_it { *left } else { 0.0 };
                *left = if is_it { 0.0 } else { *left };
            }
        }
    }
}
