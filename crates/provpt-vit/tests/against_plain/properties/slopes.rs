//! Backward passes against finite differences of the plain model.

use proptest::prelude::*;
use provpt_vit::Gradients;

use super::{assert_close, assert_within, cases, largest, many, small};
use crate::plain::{Bank, Case, Drawn, Loss, Random, case, slope};

/// f32 against central differences in f64; relative to the largest gradient.
const TOLERANCE: f64 = 1e-4;

/// A step at which a central difference in f64 is good to eight digits.
const STEP: f64 = 1e-4;

/// The same for gates, whose slope is tiny in comparison with the loss.
const GATE_STEP: f64 = 1e-3;

/// A case, its loss, and what the engine says of it.
struct Comparison<'a> {
    case: &'a Case,
    drawn: Drawn<'a>,
    bank: Bank,
    loss: Loss,
    got: Gradients,
}

impl<'a> Comparison<'a> {
    /// Runs the engine; the images must come once each, in order, with the right features.
    fn new(case: &'a Case) -> Result<Self, TestCaseError> {
        let (drawn, width) = (case.draw(), case.architecture.width);
        let loss = Loss::new(case.images, width, 1 + drawn.seed());
        let (got, parts) = drawn
            .engine()
            .gradients(&drawn.pixels, &drawn.prompts(), case.mask(), |range, features| {
                (loss.slope(range.clone(), features), (range, features.to_vec()))
            })
            .unwrap();
        let images: Vec<usize> = parts.iter().flat_map(|(range, _)| range.clone()).collect();
        prop_assert_eq!(images, (0..case.images).collect::<Vec<_>>());
        let features: Vec<f32> = parts.into_iter().flat_map(|(_, features)| features).collect();
        let bank = drawn.bank();
        assert_close("features", &features, &drawn.plain(&bank, case.mask()), 1e-5)?;
        Ok(Self { case, drawn, bank, loss, got })
    }

    /// d loss / d t at 0 of the plain model, for a bank that depends on t.
    fn expected(&self, step: f64, change: impl Fn(&mut Bank, f64)) -> f64 {
        slope(step, |t| {
            let mut bank = self.bank.clone();
            change(&mut bank, t);
            self.loss.value(&self.drawn.plain(&bank, self.case.mask()))
        })
    }

    /// The scale of a prompt's values. LayerNorm divides by it, hence so do gradients; in this
    /// unit those of all prompts can be compared.
    fn unit(&self, row: usize) -> f64 {
        self.bank.spread(row, f64::from(self.case.architecture.norm_eps))
    }

    /// Where a prompt enters through a LayerNorm only, its gate is as small as eps is to its
    /// variance. In this unit it is not.
    fn gate_unit(&self, row: usize) -> f64 {
        let eps = f64::from(self.case.architecture.norm_eps);
        if self.case.is_token(row) { 1.0 } else { self.unit(row).powi(2) / eps }
    }
}

/// Every number of the gradient, one by one.
fn check_each(case: &Case) -> Result<(), TestCaseError> {
    let c = Comparison::new(case)?;
    let (width, rows) = (case.architecture.width, 0..case.block_of.len());
    let values = rows.clone().flat_map(|row| (0..width).map(move |i| (row, i)));
    let expected: Vec<f64> = values
        .map(|(row, i)| c.expected(STEP, |bank, t| bank.values[row][i] += t * c.unit(row)))
        .collect();
    let got = c.got.prompts.iter().enumerate();
    let got: Vec<f32> = got.map(|(i, g)| g * c.unit(i / width) as f32).collect();
    assert_close("prompts", &got, &expected, TOLERANCE)?;
    // Gates and attention are sums that may cancel: what they are sums of is as large as this.
    let size = largest(&expected);

    let scaled = |row: usize| {
        move |bank: &mut Bank, t: f64| bank.values[row].iter_mut().for_each(|v| *v *= 1.0 + t)
    };
    let gates = rows.clone().map(|row| c.gate_unit(row) * c.expected(GATE_STEP, scaled(row)));
    let expected: Vec<f64> = gates.collect();
    let got: Vec<f32> =
        c.got.gate.iter().enumerate().map(|(row, g)| g * c.gate_unit(row) as f32).collect();
    assert_within("gate", &got, &expected, TOLERANCE * size.max(largest(&expected)))?;

    let expected: Vec<f64> =
        rows.map(|row| c.expected(STEP, |bank, t| bank.logits[row] += t)).collect();
    let bound = TOLERANCE * size.max(largest(&expected));
    assert_within("attention", &c.got.attention, &expected, bound)
}

/// The gradient along random directions, which takes few passes.
fn check_along(case: &Case) -> Result<(), TestCaseError> {
    let c = Comparison::new(case)?;
    let (width, count) = (case.architecture.width, case.block_of.len());
    let mut random = Random::new(2 + c.drawn.seed());
    let mut direction = |len: usize| -> Vec<f64> {
        random.values(len, 0.0, 1.0).into_iter().map(f64::from).collect()
    };
    let (by_value, by_row) = (direction(count * width), direction(count));
    let units: Vec<f64> = (0..count).map(|row| c.unit(row)).collect();

    let expected = c.expected(STEP, |bank, t| {
        for (i, d) in by_value.iter().enumerate() {
            bank.values[i / width][i % width] += t * d * units[i / width];
        }
    });
    let terms = c.got.prompts.iter().zip(&by_value).enumerate();
    let terms = terms.map(|(i, (g, d))| f64::from(*g) * d * units[i / width]);
    assert_sum("prompts", terms, expected)?;

    let expected = c.expected(STEP, |bank, t| {
        bank.logits.iter_mut().zip(&by_row).for_each(|(l, d)| *l += t * d);
    });
    let terms = c.got.attention.iter().zip(&by_row).map(|(g, d)| f64::from(*g) * d);
    assert_sum("attention", terms, expected)
}

/// Asserts that a sum is right, to the tolerance relative to its terms.
pub(super) fn assert_sum(
    what: &str,
    terms: impl Iterator<Item = f64>,
    expected: f64,
) -> Result<(), TestCaseError> {
    let (sum, size) = terms.fold((0.0, 0.0), |(sum, size), t| (sum + t, size + t.abs()));
    let bound = TOLERANCE * size + 1e-7;
    let error = (sum - expected).abs();
    prop_assert!(error <= bound, "{what}: got {sum}, expected {expected}, bound {bound:e}");
    Ok(())
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn gradients_are_right(case in case(&small())) {
        check_each(&case)?;
    }
}

proptest! {
    #![proptest_config(cases(8))]

    #[test]
    fn gradients_over_many_chunks_are_right(case in case(&many())) {
        check_along(&case)?;
    }
}
