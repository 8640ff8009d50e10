//! Forward passes.

use proptest::prelude::*;

use super::{assert_close, cases, many, small};
use crate::plain::{Case, Sizes, case};

/// f32 through a few blocks, against f64; relative to the largest value.
const TOLERANCE: f64 = 1e-5;

/// Rows of 6 to 80 values, in whole vectors and not.
fn wide() -> Sizes {
    Sizes { heads: 1..=4, head_width: 1..=20, mlp_width: 1..=50, depth: 1..=4, ..small() }
}

fn check_features(case: &Case) -> Result<(), TestCaseError> {
    let drawn = case.draw();
    let got = drawn.engine().features(&drawn.pixels, &drawn.prompts()).unwrap();
    assert_close("features", &got, &drawn.plain(&drawn.bank(), None), TOLERANCE)
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn features_are_right(case in case(&wide())) {
        check_features(&case)?;
    }

    #[test]
    fn removing_a_prompt_is_right(case in case(&small())) {
        let (drawn, rows) = (case.draw(), 0..case.block_of.len());
        // Not in the bank's order, and the first one twice.
        let rows: Vec<usize> = rows.clone().rev().chain(rows.take(1)).collect();
        let got = drawn.engine().leave_one_out(&drawn.pixels, &drawn.prompts(), &rows).unwrap();
        prop_assert_eq!(got.len(), 1 + rows.len());
        assert_close("all", &got[0], &drawn.plain(&drawn.bank(), None), TOLERANCE)?;
        for (row, got) in rows.into_iter().zip(&got[1..]) {
            let expected = drawn.plain(&drawn.bank().without(row), None);
            assert_close(&format!("without {row}"), got, &expected, TOLERANCE)?;
        }
    }
}

proptest! {
    #![proptest_config(cases(12))]

    #[test]
    fn features_of_many_chunks_are_right(case in case(&many())) {
        check_features(&case)?;
    }
}
