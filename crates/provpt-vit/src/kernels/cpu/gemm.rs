//! A safe face for the `gemm-f32` crate: strided views, checked once per call.
//!
//! It is the part of the `gemm` crate that we need; `gemm` itself compiles kernels of five number
//! types.

/// A strided matrix.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) data: &'a [f32],
    pub(super) rows: usize,
    pub(super) cols: usize,
    pub(super) row_stride: usize,
    pub(super) col_stride: usize,
}

impl<'a> View<'a> {
    /// `rows x cols` values, consecutive rows `stride` apart.
    pub(super) fn rows(data: &'a [f32], rows: usize, cols: usize, stride: usize) -> Self {
        assert!(fits(data.len(), rows, cols, stride), "matrix view exceeds its buffer");
        Self { data, rows, cols, row_stride: stride, col_stride: 1 }
    }

    /// No rows of the same length.
    #[inline(always)]
    pub(super) fn none(self) -> Self {
        Self { data: &[], rows: 0, ..self }
    }

    /// The transpose.
    pub(super) fn t(self) -> Self {
        Self {
            rows: self.cols,
            cols: self.rows,
            row_stride: self.col_stride,
            col_stride: self.row_stride,
            ..self
        }
    }
}

/// A row-major matrix to write into.
pub(super) struct ViewMut<'a> {
    pub(super) data: &'a mut [f32],
    pub(super) rows: usize,
    pub(super) cols: usize,
    pub(super) stride: usize,
}

impl<'a> ViewMut<'a> {
    /// `rows x cols` values, consecutive rows `stride` apart.
    pub(super) fn rows(data: &'a mut [f32], rows: usize, cols: usize, stride: usize) -> Self {
        assert!(fits(data.len(), rows, cols, stride), "matrix view exceeds its buffer");
        Self { data, rows, cols, stride }
    }
}

fn fits(len: usize, rows: usize, cols: usize, stride: usize) -> bool {
    rows == 0 || cols == 0 || (cols <= stride && (rows - 1) * stride + cols <= len)
}

/// Whether a product replaces its target or is added to it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Into {
    Replace,
    Add,
}

/// `out = alpha * a b` (or `+=`), on the calling thread.
#[allow(unsafe_code)]
pub(super) fn gemm(out: ViewMut<'_>, mode: Into, alpha: f32, a: View<'_>, b: View<'_>) {
    assert_eq!((a.rows, a.cols), (out.rows, b.rows), "matrix product shapes");
    assert_eq!(b.cols, out.cols, "matrix product shapes");
    if out.rows == 0 || out.cols == 0 {
        return;
    }
    let previous = if mode == Into::Add { 1.0 } else { 0.0 };
    // The kernels want consecutive values of a column of the target: where its rows are stored one
    // after the other, out^T = b^T a^T is computed instead.
    let (first, second) = if out.stride > 1 { (b.t(), a.t()) } else { (a, b) };
    let strides = if out.stride > 1 { (out.stride, 1) } else { (1, out.stride) };
    let kernel = gemm_f32::gemm::f32::get_gemm_fn();
    // SAFETY: the three views were checked against their slices when they were made, the shapes
    // agree by the assertions above, and `out` borrows its slice mutably, so it overlaps neither
    // operand. All strides are far below isize::MAX because they are within a slice.
    unsafe {
        kernel(
            first.rows,
            second.cols,
            first.cols,
            out.data.as_mut_ptr(),
            strides.0 as isize,
            strides.1 as isize,
            mode == Into::Add,
            first.data.as_ptr(),
            first.col_stride as isize,
            first.row_stride as isize,
            second.data.as_ptr(),
            second.col_stride as isize,
            second.row_stride as isize,
            previous,
            alpha,
            false,
            false,
            false,
            gemm_common::Parallelism::None,
        );
    }
}

/// Products of dense matrices, for measurements.
#[cfg(feature = "bench")]
pub(crate) mod bench {
    use super::{Into, View, ViewMut, gemm};

    /// Dense, row-major matrices.
    pub(crate) struct Operands<'a> {
        pub(crate) a: &'a [f32],
        pub(crate) b: &'a [f32],
        /// Whether `a` is transposed first.
        pub(crate) turned: bool,
    }

    /// `out[rows, columns] = a[rows, inner] b[inner, columns]`.
    pub(crate) fn product(
        out: &mut [f32],
        operands: Operands<'_>,
        (rows, inner, columns): (usize, usize, usize),
    ) {
        let a = match operands.turned {
            false => View::rows(operands.a, rows, inner, inner),
            true => View::rows(operands.a, inner, rows, rows).t(),
        };
        let b = View::rows(operands.b, inner, columns, columns);
        gemm(ViewMut::rows(out, rows, columns, columns), Into::Replace, 1.0, a, b);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strided_product_matches_a_triple_loop() {
        let (m, n, k, stride) = (7, 5, 9, 13);
        let a: Vec<f32> = (0..m * stride).map(|i| (i % 11) as f32 - 5.0).collect();
        let b: Vec<f32> = (0..n * stride).map(|i| (i % 7) as f32 - 3.0).collect();
        let mut out = vec![1.0; m * stride];
        let view_b = View::rows(&b, n, k, stride).t();
        gemm(
            ViewMut::rows(&mut out, m, n, stride),
            Into::Add,
            0.5,
            View::rows(&a, m, k, stride),
            view_b,
        );
        for i in 0..m {
            for j in 0..stride {
                let sum: f32 =
                    (0..k).map(|l| a[i * stride + l] * b.get(j * stride + l).unwrap_or(&0.0)).sum();
                let expected = if j < n { 1.0 + 0.5 * sum } else { 1.0 };
                assert_eq!(out[i * stride + j], expected, "row {i}, column {j}");
            }
        }
    }

    #[test]
    #[should_panic(expected = "exceeds its buffer")]
    fn a_view_beyond_its_buffer_is_refused() {
        View::rows(&[0.0; 10], 3, 4, 4);
    }
}
