//! Forward passes.

use proptest::prelude::*;
use provpt_vit::{Images, Prompts};

use super::assert_close;
use crate::plain::{Case, Sizes, case};

/// f32 through a few blocks, against f64.
const TOLERANCE: f64 = 1e-5;

fn sizes() -> Sizes {
    Sizes {
        heads: 1..=4,
        head_width: 1..=20,
        depth: 1..=4,
        grid: 1..=4,
        mlp_width: 1..=50,
        images: 0..=5,
        prompts: 0..=8,
    }
}

/// Enough tokens and images for several chunks per thread.
fn many() -> Sizes {
    Sizes { grid: 7..=10, images: 20..=50, heads: 1..=2, head_width: 3..=8, depth: 1..=2, ..sizes() }
}

fn features_are_right(case: &Case) -> Result<(), TestCaseError> {
    let drawn = case.draw();
    let got = drawn.engine().features(&drawn.pixels, &drawn.prompts()).unwrap();
    assert_close("features", &got, &drawn.plain(&drawn.bank(), None), TOLERANCE)
}

proptest! {
    #[test]
    fn features_are_those_of_prompts_as_tokens(case in case(&sizes())) {
        features_are_right(&case)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn features_of_many_chunks_are_too(case in case(&many())) {
        features_are_right(&case)?;
    }
}
