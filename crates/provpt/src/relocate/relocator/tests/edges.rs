//! The edges of the rules: nobody to move, nothing to gain, a move to where the prompt was.

use super::*;

#[test]
fn without_prompts_nothing_moves_and_it_is_told() {
    let architecture = Architecture { mlp_width: 8, ..Architecture::plain(8, 4, 4, BLOCKS, 1) };
    let none = PromptBank::from_parts(&architecture, Placement::Deep, vec![], vec![]).unwrap();
    let (bank, prompts) = none;
    let mut empty = Parameters { set: prompts.into_iter().collect(), bank: Some(bank) };
    let mut relocator = Relocator::new(allocator(AllocatorKind::Fixed));
    let scores = Scores { idleness: vec![], loss: 1.0 };
    for epoch in 1..3 {
        let (outcome, asked) = step(&mut relocator, &mut empty, &scores, epoch, &settings(4), &[]);
        assert_eq!((outcome.reward, outcome.moved), (None, None));
        assert_eq!(outcome.reason.as_deref(), Some("there are no prompts"));
        assert!(asked.is_empty());
    }
}

#[test]
fn a_move_to_its_own_block_changes_nothing_and_is_rewarded_all_the_same() {
    let (mut bank, mut relocator) = (bank(), Relocator::new(allocator(AllocatorKind::Fixed)));
    let before = bank.clone();
    let first = scores([0.75, 0.3, -0.2, 0.5, 0.0, 0.2], 2.0);
    let (outcome, _) = step(&mut relocator, &mut bank, &first, 1, &settings(0), &[]);
    let moved = outcome.moved.unwrap();
    assert_eq!((moved.prompt, moved.from, moved.to), (0, 0, 0));
    assert_eq!(outcome.changed, None, "what the optimizer remembers of it is not stale");
    assert_eq!(bank, before);
    let second = Scores { loss: 1.0, ..first };
    let (outcome, _) = step(&mut relocator, &mut bank, &second, 2, &settings(0), &[]);
    assert_eq!(outcome.reward, Some(2.0 - 1.0 - 0.75));
}

#[test]
fn a_prompt_whose_removal_changes_nothing_may_move() {
    let (mut bank, mut relocator) = (bank(), Relocator::new(allocator(AllocatorKind::Fixed)));
    let scores = scores([0.1, 0.3, -0.2, 0.9, 0.0, 0.2], 1.0);
    let (outcome, _) = step(&mut relocator, &mut bank, &scores, 1, &settings(2), &[0.5, 0.0]);
    assert_eq!((outcome.moved.unwrap().prompt, outcome.reason), (1, None));
}

#[test]
fn of_equal_removals_the_more_idle_prompt_moves() {
    let (mut bank, mut relocator) = (bank(), Relocator::new(allocator(AllocatorKind::Fixed)));
    let scores = scores([0.1, 0.3, -0.2, 0.9, 0.0, 0.2], 1.0);
    let changes = [0.0, -0.5, -0.5];
    let (outcome, _) = step(&mut relocator, &mut bank, &scores, 1, &settings(3), &changes);
    assert_eq!(outcome.moved.map(|moved| (moved.prompt, moved.idleness)), Some((1, 0.3)));
}

#[test]
fn no_prompt_is_removed_for_a_try_before_one_may_move() {
    let (mut bank, mut relocator) = (bank(), Relocator::new(allocator(AllocatorKind::Fixed)));
    let scores = scores([0.1, 0.3, -0.2, 0.9, 0.0, 0.2], 1.0);
    let changes = [-0.5; 6];
    let (outcome, asked) = step(&mut relocator, &mut bank, &scores, 0, &settings(4), &changes);
    assert_eq!(outcome.reason.as_deref(), Some("warm-up until epoch 2"));
    assert!(asked.is_empty(), "{asked:?}");
}

#[test]
fn no_more_prompts_are_tried_than_there_are() {
    let (mut bank, mut relocator) = (bank(), Relocator::new(allocator(AllocatorKind::Fixed)));
    let scores = scores([0.1, 0.3, -0.2, 0.9, 0.0, 0.2], 1.0);
    let changes = [0.5, 0.5, 0.5, 0.5, 0.5, -0.5];
    let (outcome, asked) = step(&mut relocator, &mut bank, &scores, 1, &settings(9), &changes);
    assert_eq!(asked, [3, 1, 5, 0, 4, 2]);
    let moved = outcome.moved.unwrap();
    assert_eq!((moved.prompt, moved.idleness, moved.verified), (2, -0.2, Some(0.5)));
}

#[test]
fn prompts_that_all_help_stay() {
    let (mut bank, mut relocator) = (bank(), Relocator::new(allocator(AllocatorKind::Fixed)));
    let scores = scores([-0.1, -0.3, -0.2, -0.9, -0.5, -0.2], 1.0);
    let (outcome, asked) = step(&mut relocator, &mut bank, &scores, 1, &settings(4), &[-0.5; 4]);
    assert_eq!(outcome.reason.as_deref(), Some("no prompt is idle"));
    assert!(asked.is_empty() && outcome.moved.is_none());
}

#[test]
fn the_most_idle_prompt_moves_if_its_removal_helps_most() {
    let (mut bank, mut relocator) = (bank(), Relocator::new(allocator(AllocatorKind::Fixed)));
    let scores = scores([0.1, 0.3, -0.2, 0.9, 0.0, 0.2], 1.0);
    let changes = [-0.5, -0.25, 0.5];
    let (outcome, _) = step(&mut relocator, &mut bank, &scores, 1, &settings(3), &changes);
    assert_eq!(outcome.moved.map(|moved| (moved.prompt, moved.verified)), Some((3, Some(0.5))));
}
