//! Products against sums in f64 of the rounded operands, on whichever units this machine has.

use proptest::prelude::*;

use super::packed::Panels;
use super::product::{Rows, product};
use super::round::{round, widen};
use super::unit::{Path, Unit};
use super::{Bf16Matrix, activations, views};
use crate::kernels::cpu::gemm::{View, ViewMut};
use crate::kernels::cpu::tests::values;
use crate::kernels::tests::cases;
use crate::kernels::{FrozenMatrix, Role};

/// The ways that this machine can go. The others would be plain loops once more.
fn paths() -> impl Iterator<Item = Path> {
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

proptest! {
    #![proptest_config(cases(60))]

    #[test]
    fn activations_are_multiplied_right(
        (rows, inner, columns) in (1_usize..70, 1_usize..70, 1_usize..70),
        gap in 0_usize..3,
        turned: bool,
        seed: u64,
    ) {
        let of = |index, len| values(seed.wrapping_add(index), len, 2.0);
        let (a, b) = (of(0, (rows + gap) * (inner + gap)), of(1, inner * (columns + gap)));
        let left = match turned {
            false => View::rows(&a, rows, inner, inner + gap),
            true => View::rows(&a, inner, rows, rows + gap).t(),
        };
        for path in paths() {
            let mut out = vec![9.0; rows * (columns + gap)];
            let view = ViewMut::rows(&mut out, rows, columns, columns + gap);
            activations(path, view, 0.5, left, View::rows(&b, inner, columns, columns + gap));
            for (row, out) in out.chunks_exact(columns + gap).enumerate() {
                prop_assert!(out[columns..].iter().all(|x| *x == 9.0), "{path:?}: a gap");
                for (column, out) in out[..columns].iter().enumerate() {
                    let at = |l| if turned { l * (rows + gap) + row } else { row * (inner + gap) + l };
                    let pairs = (0..inner).map(|l| (a[at(l)], b[l * (columns + gap) + column]));
                    let (total, size) = sum(pairs);
                    assert_close(*out, (0.5 * total, 0.5 * size), path.name())?;
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
        let x = Rows { values: x, count: rows, stride: inner };
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
