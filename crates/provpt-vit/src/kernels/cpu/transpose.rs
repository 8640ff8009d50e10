//! Matrices turned over. The `gemm` crate does it element by element while it packs, at a third of
//! a product's time; in tiles it costs a few percent.

#[cfg(target_arch = "x86_64")]
use super::transpose_avx::Eights;

/// A matrix `rows x cols` in and its transpose out, consecutive rows of each a stride apart.
pub(super) struct Turn<'a> {
    pub(super) out: &'a mut [f32],
    pub(super) out_stride: usize,
    pub(super) x: &'a [f32],
    pub(super) x_stride: usize,
    pub(super) rows: usize,
    pub(super) cols: usize,
}

impl<'a> Turn<'a> {
    /// Each side with its stride; `size` is `(rows, cols)` of `x`.
    pub(super) fn new(
        (out, out_stride): (&'a mut [f32], usize),
        (x, x_stride): (&'a [f32], usize),
        (rows, cols): (usize, usize),
    ) -> Self {
        Self { out, out_stride, x, x_stride, rows, cols }
    }

    /// `out[c, r] = x[r, c]`.
    pub(super) fn run(mut self) {
        let side = self.tiles();
        self.rest(side);
    }

    /// What tiles of a side leave over at the edges.
    fn rest(&mut self, side: usize) {
        let (tiled_rows, tiled_cols) = (self.rows / side * side, self.cols / side * side);
        for row in 0..self.rows {
            let rest = if row < tiled_rows { tiled_cols } else { 0 };
            for col in rest..self.cols {
                self.out[col * self.out_stride + row] = self.x[row * self.x_stride + col];
            }
        }
    }

    /// Turns all whole tiles over and returns their side.
    fn tiles(&mut self) -> usize {
        #[cfg(target_arch = "x86_64")]
        if let pulp::Arch::V3(simd) = super::arch() {
            simd.vectorize(Eights { simd, turn: self });
            return Eights::SIDE;
        } else if let pulp::Arch::V4(simd) = super::arch() {
            let simd = *simd;
            simd.vectorize(Eights { simd, turn: self });
            return Eights::SIDE;
        }
        self.fours();
        4
    }

    /// Tiles of 4 x 4, which compilers turn over in any instruction set's registers.
    fn fours(&mut self) {
        let stride = self.out_stride;
        for row in (0..self.rows / 4 * 4).step_by(4) {
            let line =
                |i: usize| self.x[(row + i) * self.x_stride..][..self.cols].as_chunks::<4>().0;
            let lines = line(0).iter().zip(line(1)).zip(line(2)).zip(line(3));
            for (out, (((a, b), c), d)) in self.out[row..].chunks_mut(4 * stride).zip(lines) {
                for j in 0..4 {
                    out[j * stride..][..4].copy_from_slice(&[a[j], b[j], c[j], d[j]]);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Turn;

    fn check(turn: impl Fn(Turn<'_>)) {
        for (rows, cols) in [(0, 3), (1, 1), (4, 4), (8, 8), (9, 6), (3, 17), (20, 13), (33, 24)] {
            let (x_stride, out_stride) = (cols + 2, rows + 3);
            let x: Vec<f32> = (0..rows * x_stride).map(|i| i as f32).collect();
            let mut out = vec![-1.0; cols * out_stride];
            turn(Turn::new((&mut out, out_stride), (&x, x_stride), (rows, cols)));
            for (index, value) in out.iter().enumerate() {
                let (col, row) = (index / out_stride, index % out_stride);
                let expected = if row < rows { x[row * x_stride + col] } else { -1.0 };
                assert_eq!(*value, expected, "{rows} x {cols}: row {row}, column {col}");
            }
        }
    }

    #[test]
    fn any_shape_is_turned_over() {
        check(|turn| turn.run());
    }

    #[test]
    fn small_tiles_do_the_same() {
        check(|mut turn| {
            turn.fours();
            turn.rest(4);
        });
    }
}
