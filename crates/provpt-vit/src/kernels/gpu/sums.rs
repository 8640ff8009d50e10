//! Sums over rows and over parts, added to what is there.

use super::Gpu;
use super::memory::Buffer;
use super::shader::{Call, Shader, word};

/// Columns of a workgroup.
const COLUMNS: usize = 16;

/// Parts of sums: for each of `sums`, `parts` of them one behind the other, each of `len` values.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parts {
    pub(super) sums: usize,
    pub(super) parts: usize,
    pub(super) len: usize,
}

impl Gpu {
    /// Of `x[rows, width]`.
    pub(super) fn row_sums(&self, sum: &Buffer, x: &Buffer, rows: usize, width: usize) {
        self.sums(sum, [x, x, x], [rows, width, 0]);
    }

    /// Of `x y`.
    pub(super) fn row_product_sums(
        &self,
        sum: &Buffer,
        [x, y]: [&Buffer; 2],
        rows: usize,
        width: usize,
    ) {
        self.sums(sum, [x, y, x], [rows, width, 1]);
    }

    /// Of `x` times what `y` is when it is normalized by `stats`.
    pub(super) fn normalized_sums(
        &self,
        sum: &Buffer,
        read: [&Buffer; 3],
        rows: usize,
        width: usize,
    ) {
        self.sums(sum, read, [rows, width, 2]);
    }

    fn sums(&self, sum: &Buffer, read: [&Buffer; 3], sizes: [usize; 3]) {
        let [rows, width, _] = sizes;
        self.call(&Call {
            shader: Shader { entry: "column_sums", source: include_str!("sums.wgsl") },
            constants: &[],
            written: &[sum],
            read: &read,
            params: &sizes.map(word),
            groups: if rows == 0 { 0 } else { width.div_ceil(COLUMNS) },
        });
    }

    /// `sum[sums, len] += ` the sum over parts of `x[sums, parts, len]`.
    pub(super) fn part_sums(&self, sum: &Buffer, x: &Buffer, shape: Parts) {
        let shader = Shader { entry: "sum_parts", source: include_str!("sums.wgsl") };
        let Parts { sums, parts, len } = shape;
        self.call_on_each(shader, sum, &[x, x, x], &[parts, sums, len].map(word), sums * len);
    }
}
