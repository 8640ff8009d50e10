//! The same work gives the same numbers.

use proptest::prelude::*;
use provpt_vit::{PromptPool, Prompts};

use super::{assert_close, assert_same_bits, cases, gradients, many, small};
use crate::plain::{Case, case};

/// A used engine, whose workspaces are full of other numbers and may be larger than needed, gives
/// what a fresh one gives, to the last bit.
fn check_repeated(case: &Case) -> Result<(), TestCaseError> {
    let drawn = case.draw();
    let pixels = (&drawn.pixels).into();
    let fresh = gradients(&drawn.engine(), case, &drawn, pixels);
    let used = drawn.engine();
    let rows: Vec<usize> = (0..case.block_of.len()).collect();
    for _ in 0..2 {
        assert_same_bits(&fresh, &gradients(&used, case, &drawn, pixels))?;
        used.leave_one_out(&drawn.pixels, &drawn.prompts(), &rows).unwrap();
        // Features that are read from prompts are none without them.
        if case.architecture.prompt_pool != PromptPool::Prompts {
            used.features(&drawn.pixels, &Prompts::NONE).unwrap();
        }
    }
    if !case.is_masked() {
        let features = used.features(&drawn.pixels, &drawn.prompts()).unwrap();
        prop_assert_eq!(features, fresh.1);
    }
    Ok(())
}

fn check_pieces(case: &Case, piece: usize) -> Result<(), TestCaseError> {
    let drawn = case.draw();
    let engine = drawn.engine();
    let whole = engine.features(&drawn.pixels, &drawn.prompts()).unwrap();
    let pieces = drawn.pixels.chunks(piece * case.architecture.image_values());
    let parts = pieces.map(|pixels| engine.features(pixels, &drawn.prompts()).unwrap());
    let whole: Vec<f64> = whole.into_iter().map(f64::from).collect();
    assert_close("pieces", &parts.flatten().collect::<Vec<f32>>(), &whole, 1e-5)
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn repeated_work_gives_the_same_bits(case in case(&small())) {
        check_repeated(&case)?;
    }

    #[test]
    fn a_batch_in_pieces_gives_the_same_features(case in case(&small()), piece in 1_usize..=3) {
        check_pieces(&case, piece)?;
    }
}

proptest! {
    #![proptest_config(cases(12))]

    #[test]
    fn repeated_chunks_give_the_same_bits(case in case(&many())) {
        check_repeated(&case)?;
    }

    #[test]
    fn chunks_in_pieces_give_the_same_features(case in case(&many()), piece in 1_usize..=20) {
        check_pieces(&case, piece)?;
    }
}
