//! Maps, one value at a time.

use super::{Cells, Plain};
use crate::kernels::maps::cell;
use crate::kernels::{MapShape, Maps, Window};

/// Where a value stands.
fn at(shape: MapShape, image: usize, row: usize, column: usize, channel: usize) -> usize {
    ((image * shape.side + row) * shape.side + column) * shape.channels + channel
}

/// Of every value of unfolded rows, where it comes from; none: from the frame.
fn unfolded(shape: MapShape, window: Window) -> impl Iterator<Item = Option<usize>> {
    let (after, width) = (window.over(shape), window.width(shape.channels));
    (0..after.places() * width).map(move |place| {
        let (row, value) = (place / width, place % width);
        let [image, top, left] = after.place(row);
        let (cell, channel) = (value / shape.channels, value % shape.channels);
        let y = top * window.stride + cell / window.size;
        let x = left * window.stride + cell % window.size;
        let inside = window.frame..window.frame + shape.side;
        let found = inside.contains(&y) && inside.contains(&x);
        found.then(|| at(shape, image, y - window.frame, x - window.frame, channel))
    })
}

/// Where the values of a pooled map's places come from, in order: (where it stands, all of these).
fn pooled(shape: MapShape, window: Window) -> impl Iterator<Item = (usize, Vec<usize>)> {
    let after = window.over(shape);
    (0..after.len()).map(move |place| {
        let (row, channel) = (place / shape.channels, place % shape.channels);
        let [image, top, left] = after.place(row);
        let cells = (0..window.size).flat_map(|y| (0..window.size).map(move |x| (y, x)));
        let from = cells.map(|(y, x)| {
            at(shape, image, top * window.stride + y, left * window.stride + x, channel)
        });
        (place, from.collect())
    })
}

/// The same of means over cells.
fn averaged(shape: MapShape, cells: usize) -> impl Iterator<Item = (usize, Vec<usize>)> {
    (0..shape.images * shape.channels * cells * cells).map(move |place| {
        let (row, column) = (place / cells % cells, place % cells);
        let (image, channel) =
            (place / cells / cells / shape.channels, place / cells / cells % shape.channels);
        let columns = cell(column, shape.side, cells);
        let places = cell(row, shape.side, cells)
            .flat_map(|y| columns.clone().map(move |x| at(shape, image, y, x, channel)));
        (place, places.collect())
    })
}

impl Maps for Plain {
    fn unfold(&self, rows: &mut Cells, x: &Cells, shape: MapShape, window: Window) {
        for (place, from) in unfolded(shape, window).enumerate() {
            rows[place] = from.map_or(0.0, |from| x[from]);
        }
    }

    fn unfold_grad(&self, dx: &mut Cells, d_rows: &Cells, shape: MapShape, window: Window) {
        (0..shape.len()).for_each(|i| dx[i] = 0.0);
        for (place, from) in unfolded(shape, window).enumerate() {
            if let Some(from) = from {
                dx[from] += d_rows[place];
            }
        }
    }

    fn relu(&self, x: &mut Cells, len: usize) {
        for i in 0..len {
            x[i] = if x[i] < 0.0 { 0.0 } else { x[i] };
        }
    }

    fn relu_grad(&self, d: &mut Cells, y: &Cells, len: usize) {
        for i in 0..len {
            d[i] = if y[i] == 0.0 { 0.0 } else { d[i] };
        }
    }

    fn max_pool(&self, y: &mut Cells, x: &Cells, shape: MapShape, window: Window) {
        for (place, from) in pooled(shape, window) {
            let larger = |most: f64, from: &usize| {
                if x[*from] > most || x[*from].is_nan() { x[*from] } else { most }
            };
            y[place] = from.iter().fold(f64::NEG_INFINITY, larger);
        }
    }

    fn max_pool_grad(
        &self,
        dx: &mut Cells,
        dy: &Cells,
        [x, y]: [&Cells; 2],
        shape: MapShape,
        window: Window,
    ) {
        (0..shape.len()).for_each(|i| dx[i] = 0.0);
        for (place, from) in pooled(shape, window) {
            if let Some(from) = from.into_iter().find(|from| x[*from] == y[place]) {
                dx[from] += dy[place];
            }
        }
    }

    fn mean_cells(&self, y: &mut Cells, x: &Cells, shape: MapShape, cells: usize) {
        for (place, from) in averaged(shape, cells) {
            y[place] = from.iter().map(|from| x[*from]).sum::<f64>() / from.len() as f64;
        }
    }

    fn mean_cells_grad(&self, dx: &mut Cells, dy: &Cells, shape: MapShape, cells: usize) {
        (0..shape.len()).for_each(|i| dx[i] = 0.0);
        for (place, from) in averaged(shape, cells) {
            from.iter().for_each(|to| dx[*to] += dy[place] / from.len() as f64);
        }
    }
}
