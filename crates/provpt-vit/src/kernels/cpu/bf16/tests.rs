//! Products against sums in f64 of the rounded operands, on whichever units this machine has.

use proptest::prelude::*;

use std::sync::Arc;

use super::packed::Panels;
use super::product::product;
use super::round::{round, widen};
use super::unit::{Path, Unit};
use super::{Bf16Matrix, views};
use crate::kernels::cpu::Cpu;
use crate::kernels::cpu::gemm::View;
use crate::kernels::cpu::pack::Products;
use crate::kernels::cpu::tests::values;
use crate::kernels::tests::cases;
use crate::kernels::{FrozenMatrix, Layers, Linear, Mlp, Residual, Role};

/// The ways that this machine can go. The others would be plain loops once more.
pub(super) fn paths() -> impl Iterator<Item = Path> {
    let all = [Path::Amx, Path::Pairs, Path::Plain];
    all.into_iter().filter(|path| *path == Path::Plain || !matches!(Unit::new(*path), Unit::Plain))
}

/// A sum of rounded products, and of their sizes.
fn sum(pairs: impl Iterator<Item = (f32, f32)>) -> (f64, f64) {
    let rounded = |x| f64::from(widen(round(x)));
    let products = pairs.map(|(a, b)| rounded(a) * rounded(b));
    products.fold((0.0, 0.0), |(sum, size), x| (sum + x, size + x.abs()))
}

fn assert_close(got: f32, (sum, size): (f64, f64), what: &str) -> Result<(), TestCaseError> {
    let bound = 4e-7 * size + 1e-30;
    prop_assert!((f64::from(got) - sum).abs() <= bound, "{what}: got {got}, expected {sum}");
    Ok(())
}

proptest! {
    #![proptest_config(cases(60))]

    #[test]
    fn both_directions_are_right(
        (rows, inputs, outputs) in (0_usize..70, 1_usize..100, 1_usize..100),
        accumulate: bool,
        seed: u64,
    ) {
        let of = |index, len| values(seed.wrapping_add(index), len, 2.0);
        let (w, bias) = (of(0, inputs * outputs), of(1, outputs));
        let (x, dy, before) = (of(2, rows * inputs), of(3, rows * outputs), of(4, rows * inputs));
        let matrix = FrozenMatrix { values: w.clone(), inputs, outputs };
        for path in paths() {
            let packed = Bf16Matrix::new(&matrix, Role::ForwardAndBackward, path).unwrap();
            let (mut y, mut dx) = (vec![9.0; rows * outputs + 3], before.clone());
            packed.forward(&mut y, &x, &bias, rows);
            packed.backward(&mut dx, &dy, rows, accumulate);
            prop_assert_eq!(&y[rows * outputs..], [9.0; 3]);
            for (row, y) in y[..rows * outputs].chunks_exact(outputs).enumerate() {
                for (o, y) in y.iter().enumerate() {
                    let pairs = (0..inputs).map(|i| (x[row * inputs + i], w[o * inputs + i]));
                    let (total, size) = sum(pairs);
                    let bias = f64::from(bias[o]);
                    assert_close(*y, (total + bias, size + bias.abs()), path.name())?;
                }
            }
            for (row, dx) in dx.chunks_exact(inputs).enumerate() {
                for (i, dx) in dx.iter().enumerate() {
                    let pairs = (0..outputs).map(|o| (dy[row * outputs + o], w[o * inputs + i]));
                    let (total, size) = sum(pairs);
                    let before = if accumulate { f64::from(before[row * inputs + i]) } else { 0.0 };
                    assert_close(*dx, (total + before, size + before.abs()), path.name())?;
                }
            }
        }
    }
}

/// An MLP with residual branch forward, and the gradient at its input, on a device.
fn mlp(cpu: Cpu, rows: usize, (d, m): (usize, usize), scaled: bool, seed: u64) -> [Vec<f32>; 3] {
    let of = |index, len| values(seed.wrapping_add(index), len, 1.0);
    let linear = |index, inputs, outputs| {
        let matrix = FrozenMatrix { values: of(index, inputs * outputs), inputs, outputs };
        let weight = Arc::new(cpu.pack(matrix, Role::ForwardAndBackward).unwrap());
        Linear { weight, bias: Arc::new(of(index + 1, outputs)), inputs, outputs }
    };
    let (fc1, fc2) = (linear(0, d, m), linear(2, m, d));
    let (x, normed, dy, scale) = (of(4, rows * d), of(5, rows * d), of(6, rows * d), of(7, d));
    let [mut y, mut dx, mut branch] = [(); 3].map(|()| vec![9.0; rows * d + 3]);
    let [mut hidden, mut wide] = [(); 2].map(|()| vec![9.0; rows * m + 3]);
    let residual = Residual { x: &x, scale: scaled.then_some(&scale) };
    let w = Mlp { fc1: &fc1, fc2: &fc2, residual };
    cpu.mlp(&mut y, &mut hidden, [&mut wide, &mut branch], &normed, &w, rows);
    cpu.mlp_grad(&mut dx, &mut wide, &dy, &hidden, [&fc1, &fc2], rows);
    [y, hidden, dx]
}

proptest! {
    #![proptest_config(cases(40))]

    #[test]
    fn layers_that_follow_each_other_are_right(
        rows in 0_usize..70,
        size in (1_usize..80, 1_usize..80),
        scaled: bool,
        seed: u64,
    ) {
        let expected = mlp(Cpu::ONE, rows, size, scaled, seed);
        for path in paths() {
            let cpu = Cpu { products: Products::Bf16(path), ..Cpu::ONE };
            let got = mlp(cpu, rows, size, scaled, seed);
            for (which, (got, expected)) in got.iter().zip(&expected).enumerate() {
                let meant = got.len() - 3;
                prop_assert_eq!(&got[meant..], [9.0; 3], "{:?}: behind {}", path, which);
                let most = expected[..meant].iter().fold(1.0f32, |most, x| most.max(x.abs()));
                for (got, expected) in got.iter().zip(expected) {
                    let bound = 0.02 * most;
                    prop_assert!((got - expected).abs() <= bound, "{path:?}: {which}: {got}, {expected}");
                }
            }
        }
    }
}

/// So many rows that they are multiplied in parts, of a size that leaves some over.
#[test]
fn rows_in_parts_are_the_same_rows() {
    let (rows, inner, columns) = (300, 4096, 40);
    let (x, w) = (values(0, rows * inner, 1.0), values(1, inner * columns, 1.0));
    let panels = Panels::new(views(&w, inner, columns).0).unwrap();
    let run = |path, x: &[f32], rows| {
        let mut out = vec![0.0; rows * columns];
        let x = View::rows(x, rows, inner, inner);
        product(path, x, &panels, |sums, place| {
            super::finish::replaced(&mut out, columns, sums, place);
        });
        out
    };
    for path in paths() {
        let all = run(path, &x, rows);
        for row in [0, 31, 127, 128, 159, 160, 299] {
            let alone = run(path, &x[row * inner..(row + 1) * inner], 1);
            assert_eq!(all[row * columns..(row + 1) * columns], alone, "{path:?}, row {row}");
        }
    }
}

/// What is no number, infinite, or too small for products comes out as f32 has it, or as 0.
#[test]
fn odd_numbers_come_out_alike() {
    let tiny = f32::MIN_POSITIVE / 4.0;
    let cases = [
        (f32::NAN, 1.0, f32::NAN),
        (f32::INFINITY, 2.0, f32::INFINITY),
        (f32::INFINITY, 0.0, f32::NAN),
        (tiny, 1e30, 0.0),
        (1e30, tiny, 0.0),
        (f32::MAX, -1.0, f32::NEG_INFINITY),
    ];
    for path in paths() {
        for (x, w, expected) in cases {
            let matrix = FrozenMatrix { values: vec![w], inputs: 1, outputs: 1 };
            let matrix = Bf16Matrix::new(&matrix, Role::Forward, path).unwrap();
            let mut y = [7.0];
            matrix.forward(&mut y, &[x], &[0.0], 1);
            let same = y[0].total_cmp(&expected).is_eq() || (y[0].is_nan() && expected.is_nan());
            assert!(same, "{path:?}: {x} times {w} gave {}, expected {expected}", y[0]);
        }
    }
}
