//! What lies at the limits of the interface, and beyond them.

use provpt_vit::{Engine, Images, Placement, Prompts};

use crate::plain::{Random, tiny};

#[test]
fn no_images_have_no_features_and_no_gradients() {
    let a = tiny();
    let engine = Engine::new(Random::new(0).backbone(&a, false), 2).unwrap();
    let (values, none) = (vec![0.5; 2 * a.width], Vec::new());
    let prompts =
        Prompts { values: &values, block_of: &[0, 1], placement: Placement::Deep, logits: &[] };
    assert!(engine.features(&none, &prompts).unwrap().is_empty());
    assert!(engine.tokens(&none, 1).unwrap().is_empty());
    assert_eq!(engine.leave_one_out(&none, &prompts, &[1]).unwrap().concat(), none);
    let (gradients, parts) =
        engine.gradients(&none, &prompts, None, |_, features| (features.to_vec(), ())).unwrap();
    assert!(parts.is_empty());
    assert_eq!(gradients.prompts, vec![0.0; 2 * a.width]);
    assert_eq!((gradients.gate, gradients.attention), (vec![0.0; 2], vec![0.0; 2]));
}

#[test]
fn tokens_behind_the_last_block_are_refused() {
    let a = tiny();
    let engine = Engine::new(Random::new(0).backbone(&a, false), 1).unwrap();
    let pixels = Random::new(1).values(a.image_values(), 0.0, 1.0);
    let tokens = engine.tokens(&pixels, 0).unwrap();
    for block in [a.depth, a.depth + 1] {
        for images in [Images::Pixels(&pixels), Images::Tokens { block: 0, values: &tokens }] {
            let error = engine.tokens(images, block).unwrap_err().to_string();
            assert!(
                error.ends_with(&format!("tokens of block 1 at the latest, got block {block}")),
                "{error}"
            );
        }
    }
}

#[test]
fn a_prompt_that_is_not_there_cannot_be_left_out() {
    let a = tiny();
    let engine = Engine::new(Random::new(0).backbone(&a, false), 1).unwrap();
    let pixels = Random::new(1).values(a.image_values(), 0.0, 1.0);
    let values = vec![0.5; 2 * a.width];
    for placement in [Placement::Deep, Placement::Shallow] {
        let prompts = Prompts { values: &values, block_of: &[0, 1], placement, logits: &[] };
        let error = engine.leave_one_out(&pixels, &prompts, &[1, 2]).unwrap_err().to_string();
        assert_eq!(error, "prompts: expected a row below 2, got 2");
    }
}

#[test]
fn shallow_prompts_need_no_block() {
    let a = tiny();
    let engine = Engine::new(Random::new(0).backbone(&a, false), 1).unwrap();
    let pixels = Random::new(1).values(a.image_values(), 0.0, 1.0);
    let values = Random::new(2).values(2 * a.width, 0.0, 1.0);
    let features = |block_of: &[usize]| {
        let prompts =
            Prompts { values: &values, block_of, placement: Placement::Shallow, logits: &[] };
        engine.features(&pixels, &prompts).unwrap()
    };
    assert_eq!(features(&[0, 0]), features(&[7, usize::MAX]));
}
