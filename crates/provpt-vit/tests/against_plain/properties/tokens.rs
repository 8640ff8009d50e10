//! Going on from the middle of the network.

use proptest::prelude::*;
use provpt_vit::{Images, PromptPool, Prompts};

use super::{assert_close, assert_same_bits, cases, gradients, small};
use crate::plain::{Case, case};

/// The input of every block is that of the plain model, whichever way it was come by.
fn check_tokens(case: &Case) -> Result<(), TestCaseError> {
    prop_assume!(case.architecture.prompt_pool != PromptPool::Prompts);
    let drawn = case.draw();
    let engine = drawn.engine();
    let bare = engine.features(&drawn.pixels, &Prompts::NONE).unwrap();
    let mut before = drawn.pixels.clone();
    for block in 0..case.architecture.depth {
        let values = engine.tokens(&drawn.pixels, block).unwrap();
        let plain = drawn.images().flat_map(|image| drawn.model.tokens(image, block));
        assert_close("tokens", &values, &plain.collect::<Vec<_>>(), 1e-5)?;
        if let Some(block_before) = block.checked_sub(1) {
            let tokens = Images::Tokens { block: block_before, values: &before };
            prop_assert_eq!(&engine.tokens(tokens, block).unwrap(), &values);
        }
        let tokens = Images::Tokens { block, values: &values };
        prop_assert_eq!(&engine.features(tokens, &Prompts::NONE).unwrap(), &bare);
        before = values;
    }
    Ok(())
}

/// Up to the first block with a prompt, tokens stand for their images.
fn check_going_on(case: &Case) -> Result<(), TestCaseError> {
    let drawn = case.draw();
    let engine = drawn.engine();
    let (pixels, prompts) = ((&drawn.pixels).into(), drawn.prompts());
    let rows: Vec<usize> = (0..prompts.len()).collect();
    let features = engine.leave_one_out(pixels, &prompts, &rows).unwrap();
    let slopes = gradients(&engine, case, &drawn, pixels);
    for block in 0..=prompts.first_block().unwrap_or(case.architecture.depth - 1) {
        let values = engine.tokens(pixels, block).unwrap();
        let tokens = Images::Tokens { block, values: &values };
        prop_assert_eq!(&engine.leave_one_out(tokens, &prompts, &rows).unwrap(), &features);
        assert_same_bits(&gradients(&engine, case, &drawn, tokens), &slopes)?;
    }
    Ok(())
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn tokens_are_right(case in case(&small())) {
        check_tokens(&case)?;
    }

    #[test]
    fn tokens_stand_for_their_images(case in case(&small())) {
        check_going_on(&case)?;
    }
}
