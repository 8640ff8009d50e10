//! Linear layers, norms, GELU, residual branches and sums.

use std::ops::Range;
use std::sync::Arc;

use proptest::prelude::*;

use super::{Draw, Operation, cases, check};
use crate::kernels::{FrozenMatrix, Kernels, Linear, LinearOn, Norm, NormOn, Role};

/// A linear layer forward, or back with or without what is there.
struct Affine {
    matrix: FrozenMatrix,
    bias: Vec<f32>,
    rows: usize,
}

impl Affine {
    fn draw(draw: &mut Draw, (rows, inputs, outputs): (usize, usize, usize)) -> Self {
        let matrix = FrozenMatrix { values: draw.values(inputs * outputs), inputs, outputs };
        Self { matrix, bias: draw.values(outputs), rows }
    }

    fn on<K: Kernels>(&self, k: &K) -> LinearOn<K> {
        let FrozenMatrix { inputs, outputs, .. } = self.matrix;
        let weight = k.pack(self.matrix.clone(), Role::ForwardAndBackward).unwrap();
        let bias = k.upload(self.bias.clone()).unwrap();
        Linear { weight: Arc::new(weight), bias: Arc::new(bias), inputs, outputs }
    }
}

impl Operation<1, 1> for Affine {
    fn run<K: Kernels>(&self, k: &K, [y]: [&mut K::Buffer; 1], [x]: [&K::Buffer; 1]) {
        k.linear(y, x, &self.on(k), self.rows);
    }
}

struct AffineGrad {
    affine: Affine,
    accumulate: bool,
}

impl Operation<1, 1> for AffineGrad {
    fn run<K: Kernels>(&self, k: &K, [dx]: [&mut K::Buffer; 1], [dy]: [&K::Buffer; 1]) {
        k.linear_grad(dx, dy, &self.affine.on(k), self.affine.rows, self.accumulate);
    }
}

/// The gradient of a matrix `[outputs, inputs]`.
struct MatrixGrad {
    rows: usize,
    inputs: usize,
    outputs: usize,
    /// The outputs that are asked for.
    of: Range<usize>,
}

impl Operation<1, 2> for MatrixGrad {
    fn run<K: Kernels>(&self, k: &K, [dw]: [&mut K::Buffer; 1], [x, dy]: [&K::Buffer; 2]) {
        k.linear_weight_grad(dw, x, dy, self.rows, [self.inputs, self.outputs], self.of.clone());
    }
}

/// A matrix with other values than it was packed with.
struct Repacked {
    affine: Affine,
    values: Vec<f32>,
}

impl Operation<1, 1> for Repacked {
    fn run<K: Kernels>(&self, k: &K, [y]: [&mut K::Buffer; 1], [x]: [&K::Buffer; 1]) {
        let mut linear = self.affine.on(k);
        let (inputs, outputs) = (linear.inputs, linear.outputs);
        k.repack(Arc::get_mut(&mut linear.weight).unwrap(), &self.values, inputs, outputs);
        k.linear(y, x, &linear, self.affine.rows);
    }
}

/// Sums over rows: of values, of products, and of products with what is normalized.
struct Sums {
    rows: usize,
    width: usize,
}

impl Operation<3, 3> for Sums {
    fn run<K: Kernels>(
        &self,
        k: &K,
        [columns, products, normalized]: [&mut K::Buffer; 3],
        [x, y, stats]: [&K::Buffer; 3],
    ) {
        k.column_sums(columns, x, self.rows, self.width);
        k.product_sums(products, x, y, self.rows, self.width);
        k.norm_weight_grad(normalized, x, y, stats, self.rows, self.width);
    }
}

/// A norm forward, then back.
struct Normalize {
    weight: Vec<f32>,
    bias: Vec<f32>,
    rows: usize,
}

impl Normalize {
    fn on<K: Kernels>(&self, k: &K) -> NormOn<K> {
        let (width, upload) = (self.weight.len(), |values: &Vec<f32>| k.upload(values.clone()));
        let (weight, bias) = (upload(&self.weight).unwrap(), upload(&self.bias).unwrap());
        Norm { weight: Arc::new(weight), bias: Arc::new(bias), width, eps: 1e-6 }
    }
}

impl Operation<3, 2> for Normalize {
    fn run<K: Kernels>(
        &self,
        k: &K,
        [y, stats, dx]: [&mut K::Buffer; 3],
        [x, dy]: [&K::Buffer; 2],
    ) {
        let norm = self.on(k);
        k.norm(y, stats, x, &norm, self.rows);
        k.norm_grad(dx, dy, x, stats, &norm, self.rows);
    }
}

/// Forward and back, of `[rows, width]`.
struct Gelu {
    len: usize,
}

impl Operation<2, 1> for Gelu {
    fn run<K: Kernels>(&self, k: &K, [y, d]: [&mut K::Buffer; 2], [x]: [&K::Buffer; 1]) {
        k.gelu(y, x, self.len);
        k.gelu_grad(d, x, self.len);
    }
}

struct Residual {
    scale: Option<Vec<f32>>,
    rows: usize,
    width: usize,
}

impl Operation<2, 2> for Residual {
    fn run<K: Kernels>(&self, k: &K, [y, d]: [&mut K::Buffer; 2], [x, branch]: [&K::Buffer; 2]) {
        let scale = self.scale.clone().map(|scale| k.upload(scale).unwrap());
        k.residual(y, x, branch, scale.as_ref(), self.rows, self.width);
        k.residual_grad(d, branch, scale.as_ref(), self.rows, self.width);
    }
}

struct Add {
    len: usize,
}

impl Operation<1, 1> for Add {
    fn run<K: Kernels>(&self, k: &K, [sum]: [&mut K::Buffer; 1], [part]: [&K::Buffer; 1]) {
        k.add(sum, part, self.len);
    }
}

/// Rows, inputs and outputs on both sides of a panel of any machine.
fn sizes() -> impl Strategy<Value = (usize, usize, usize)> {
    (0_usize..9, 1_usize..150, 1_usize..70)
}

/// More inputs than the CPU turns over at a time.
#[test]
fn no_rows_are_no_work() {
    let mut draw = Draw::new(0);
    let affine = Affine::draw(&mut draw, (0, 65, 1));
    check(&affine, [draw.buffer(0)], [draw.buffer(0)], 0.0).unwrap();
    let back = AffineGrad { affine, accumulate: true };
    check(&back, [draw.buffer(0)], [draw.buffer(0)], 0.0).unwrap();
}

/// So many values that a graphics card takes larger squares of a product, and groups of threads in more
/// than one row.
#[test]
fn large_operations_are_right() {
    let draw = &mut Draw::new(0);
    let forward = Affine::draw(draw, (2000, 3, 2100));
    check(&forward, [draw.buffer(2000 * 2100)], [draw.buffer(2000 * 3)], 2e-6).unwrap();
    let affine = Affine::draw(draw, (2000, 2100, 3));
    let back = AffineGrad { affine, accumulate: true };
    check(&back, [draw.buffer(2000 * 2100)], [draw.buffer(2000 * 3)], 2e-6).unwrap();
    let matrix = MatrixGrad { rows: 3, inputs: 2100, outputs: 2000, of: 0..2000 };
    let read = [draw.buffer(3 * 2100), draw.buffer(3 * 2000)];
    check(&matrix, [draw.buffer(2000 * 2100)], read, 2e-6).unwrap();
    let len = 9_000_000;
    check(&Add { len }, [draw.buffer(len)], [draw.buffer(len)], 1e-7).unwrap();
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn linear_is_right(sizes in sizes(), accumulate: bool, seed: u64) {
        let ((rows, inputs, outputs), mut draw) = (sizes, Draw::new(seed));
        let affine = Affine::draw(&mut draw, sizes);
        check(&affine, [draw.buffer(rows * outputs)], [draw.buffer(rows * inputs)], 2e-6)?;
        let back = AffineGrad { affine, accumulate };
        check(&back, [draw.buffer(rows * inputs)], [draw.buffer(rows * outputs)], 2e-6)?;
    }

    #[test]
    fn gradients_of_matrices_are_right(sizes in sizes(), seed: u64) {
        let ((rows, inputs, outputs), mut draw) = (sizes, Draw::new(seed));
        for of in [0..outputs, outputs / 3..outputs, outputs / 3..outputs / 2] {
            let read = [draw.buffer(rows * inputs), draw.buffer(rows * outputs)];
            let written = [draw.buffer(inputs * of.len())];
            check(&MatrixGrad { rows, inputs, outputs, of }, written, read, 2e-6)?;
        }
    }

    #[test]
    fn matrices_can_be_replaced(sizes in sizes(), seed: u64) {
        let ((rows, inputs, outputs), mut draw) = (sizes, Draw::new(seed));
        let affine = Affine::draw(&mut draw, sizes);
        let other = Repacked { affine, values: draw.values(inputs * outputs) };
        check(&other, [draw.buffer(rows * outputs)], [draw.buffer(rows * inputs)], 2e-6)?;
    }

    #[test]
    fn sums_over_rows_are_right(rows in 0_usize..9, width in 1_usize..70, seed: u64) {
        let (len, mut draw) = (rows * width, Draw::new(seed));
        let written = [draw.buffer(width), draw.buffer(width), draw.buffer(width)];
        let read = [draw.buffer(len), draw.buffer(len), draw.buffer(2 * rows)];
        check(&Sums { rows, width }, written, read, 5e-6)?;
    }

    #[test]
    fn norm_is_right(rows in 0_usize..5, width in 6_usize..100, seed: u64) {
        let (len, mut draw) = (rows * width, Draw::new(seed));
        let norm = Normalize { weight: draw.values(width), bias: draw.values(width), rows };
        let written = [draw.buffer(len), draw.buffer(2 * rows), draw.buffer(len)];
        check(&norm, written, [draw.buffer(len), draw.buffer(len)], 1e-5)?;
    }

    #[test]
    fn gelu_is_right(len in 0_usize..300, seed: u64) {
        let mut draw = Draw::new(seed);
        check(&Gelu { len }, [draw.buffer(len), draw.buffer(len)], [draw.buffer(len)], 1e-6)?;
    }

    #[test]
    fn residual_is_right(rows in 0_usize..5, width in 1_usize..70, scaled: bool, seed: u64) {
        let (len, mut draw) = (rows * width, Draw::new(seed));
        let residual = Residual { scale: scaled.then(|| draw.values(width)), rows, width };
        let written = [draw.buffer(len), draw.buffer(len)];
        check(&residual, written, [draw.buffer(len), draw.buffer(len)], 1e-6)?;
    }

    #[test]
    fn sums_are_right(len in 0_usize..300, seed: u64) {
        let mut draw = Draw::new(seed);
        check(&Add { len }, [draw.buffer(len)], [draw.buffer(len)], 1e-7)?;
    }
}

/// Lanes add up in another order there, so that the last bits differ.
#[cfg(feature = "gpu")]
#[test]
fn norms_are_right_with_subgroups_and_without() {
    use super::{compare, gpu, outcome};
    use crate::kernels::gpu::{Gpu, found};
    use crate::kernels::plain::Plain;

    let Some(without) = found().first().map(|it| Gpu::without_subgroups(it).unwrap()) else {
        return;
    };
    for width in [1, 31, 128, 300, 768] {
        let (rows, mut draw) = (3, Draw::new(width as u64));
        let len = rows * width;
        let norm = Normalize { weight: draw.values(width), bias: draw.values(width), rows };
        let written = [draw.buffer(len), draw.buffer(2 * rows), draw.buffer(len)];
        let read = [draw.buffer(len), draw.buffer(len)];
        let expected = outcome(&Plain { chunk_images: 1 }, &norm, &written, &read);
        for gpu in [Some(&without), gpu::any()].into_iter().flatten() {
            let got = outcome(gpu, &norm, &written, &read);
            compare(&got, &expected, &written, 1e-5).unwrap();
        }
    }
}
