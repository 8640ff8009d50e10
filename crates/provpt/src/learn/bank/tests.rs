use proptest::prelude::*;

use super::*;
use crate::config::Rebirth;
use crate::learn::parameters::Parameters;
use provpt_base::{Purpose, stream};

fn architecture() -> Architecture {
    Architecture { mlp_width: 12, ..Architecture::plain(32, 8, 6, 4, 2) }
}

fn bank(per_block: usize) -> Parameters {
    let mut rng = stream(0, Purpose::PromptInit, [0, 0]);
    let (bank, prompts) = PromptBank::init(&architecture(), Placement::Deep, per_block, &mut rng);
    Parameters { set: prompts.into_iter().collect(), bank: Some(bank) }
}

fn block_of(parameters: &Parameters) -> &[usize] {
    parameters.bank().unwrap().block_of()
}

#[test]
fn starts_uniform_within_the_published_range() {
    let bank = bank(5);
    assert_eq!(bank.distribution(), [5; 4]);
    let v = (6.0f32 / (3.0 * 64.0 + 6.0)).sqrt();
    assert!(bank.rows().iter().all(|x| x.abs() <= v));
    assert!(bank.rows().iter().any(|x| x.abs() > 0.9 * v));
}

#[test]
fn shallow_prompts_are_so_many_in_all_before_the_first_block() {
    let mut rng = stream(0, Purpose::PromptInit, [0, 0]);
    let (bank, prompts) = PromptBank::init(&architecture(), Placement::Shallow, 5, &mut rng);
    assert_eq!((bank.len(), bank.distribution()), (5, vec![5, 0, 0, 0]));
    assert_eq!((&prompts[0].shape[..], prompts[0].values.len()), (&[5, 6][..], 30));
}

#[test]
fn parts_must_fit_each_other_and_the_backbone() {
    let parts = |values: usize, block_of: &[usize]| {
        let values = vec![0.0; values];
        PromptBank::from_parts(&architecture(), Placement::Deep, values, block_of.to_vec())
            .map(|(bank, prompts)| (bank.distribution(), prompts[0].shape.clone()))
            .map_err(|error| error.to_string())
    };
    assert_eq!(parts(18, &[3, 0, 3]), Ok((vec![1, 0, 0, 2], vec![3, 6])));
    let error = parts(17, &[3, 0, 3]).unwrap_err();
    assert!(error.contains("expected 18") && error.contains("got 17"), "{error}");
    for block in [4, 9] {
        let error = parts(18, &[3, 0, block]).unwrap_err();
        assert_eq!(error, format!("prompts: expected a block below 4, got {block}"));
    }
    let none = PromptBank::from_parts(&architecture(), Placement::Deep, vec![], vec![]);
    let (none, _) = none.unwrap();
    assert_eq!(
        (none.is_empty(), none.prompts(&[]).first_block(), none.in_block(0)),
        (true, None, vec![])
    );
}

#[test]
fn norms_and_sums_are_taken_block_by_block() {
    let values = vec![
        3.0, 0.0, 0.0, 0.0, 0.0, 4.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 12.0, 0.0, 0.0, 0.0, 0.0,
    ];
    let parts =
        PromptBank::from_parts(&architecture(), Placement::Deep, values.clone(), vec![2, 0, 2]);
    let (bank, _) = parts.unwrap();
    assert_eq!(bank.block_norms(&values), [2.0, 0.0, 13.0, 0.0]);
    assert_eq!(bank.block_sums(&[0.5, 2.0, -1.5]), [2.0, 0.0, -1.0, 0.0]);
    assert_eq!((bank.prompts(&[]).first_block(), bank.is_empty()), (Some(0), false));
}

#[test]
fn rebirth_scales_keeps_or_resamples() {
    let mut rng = stream(0, Purpose::Rebirth, [0, 0]);
    let old = bank(2);
    let mut scaled = old.clone();
    assert!(scaled.relocate(0, 3, (Rebirth::Scale, 1e-3), 1, &mut rng).unwrap());
    assert_eq!(scaled.row(0)[0], old.row(0)[0] * 1e-3);
    assert!(scaled.relocate(5, 0, (Rebirth::Scale, 0.5), 1, &mut rng).unwrap());
    for row in 0..8 {
        let factor = [1e-3, 1.0, 1.0, 1.0, 1.0, 0.5, 1.0, 1.0][row];
        let expected: Vec<f32> = old.row(row).iter().map(|value| value * factor).collect();
        assert_eq!(scaled.row(row), expected, "{row}");
    }
    let mut kept = old.clone();
    kept.relocate(0, 3, (Rebirth::Keep, 1e-3), 1, &mut rng).unwrap();
    assert_eq!((kept.row(0), block_of(&kept)[0]), (old.row(0), 3));
    let mut drawn = old.clone();
    drawn.relocate(0, 3, (Rebirth::Resample, 1e-3), 1, &mut rng).unwrap();
    assert_ne!(drawn.row(0), old.row(0));
    assert_eq!(drawn.row(1), old.row(1));
}

#[test]
fn a_move_to_its_own_block_changes_nothing() {
    let mut rng = stream(0, Purpose::Rebirth, [0, 0]);
    let old = bank(2);
    let mut bank = old.clone();
    assert!(!bank.relocate(5, 2, (Rebirth::Scale, 1e-3), 1, &mut rng).unwrap());
    assert_eq!(bank, old);
}

#[test]
fn moves_beyond_the_bank_are_refused() {
    let mut rng = stream(0, Purpose::Rebirth, [0, 0]);
    let mut bank = bank(1);
    let keep = (Rebirth::Keep, 1.0);
    let error = bank.relocate(4, 0, keep, 1, &mut rng).unwrap_err();
    assert_eq!(error.to_string(), "prompts: expected a prompt below 4, got 4");
    for block in [4, 9] {
        let error = bank.relocate(0, block, keep, 1, &mut rng).unwrap_err();
        assert_eq!(error.to_string(), format!("prompts: expected a block below 4, got {block}"));
    }
    let only = bank.bank().unwrap().prompt_at(1, 0).unwrap();
    bank.relocate(only, 2, keep, 1, &mut rng).unwrap();
    let error = bank.bank().unwrap().prompt_at(1, 0).unwrap_err();
    assert_eq!(error.to_string(), "relocation: block 2 has 0 prompts, no prompt 1 to move");
    assert_eq!(bank.bank().unwrap().in_block(2), [2, 1], "in the order of arrival");
}

#[test]
fn prompts_stand_in_a_block_in_the_order_of_their_arrival() {
    let mut rng = stream(0, Purpose::Rebirth, [0, 0]);
    let mut bank = bank(1);
    for (epoch, prompt) in [(1, 3), (2, 1), (4, 2)] {
        bank.relocate(prompt, 0, (Rebirth::Keep, 1.0), epoch, &mut rng).unwrap();
    }
    assert_eq!(bank.bank().unwrap().in_block(0), [0, 3, 1, 2]);
    assert_eq!(bank.bank().unwrap().prompt_at(0, 2).unwrap(), 1);
    bank.relocate(3, 1, (Rebirth::Keep, 1.0), 5, &mut rng).unwrap();
    assert_eq!(bank.prompts(&bank.rows()).first_block(), Some(0));
    for prompt in [0, 1, 2] {
        bank.relocate(prompt, 3, (Rebirth::Keep, 1.0), 6, &mut rng).unwrap();
    }
    assert_eq!(bank.prompts(&bank.rows()).first_block(), Some(1));
}

proptest! {
    #[test]
    fn prompts_are_conserved_under_any_moves(
        moves in prop::collection::vec((0..12usize, 0..4usize), 0..60),
    ) {
        let mut bank = bank(3);
        let mut rng = stream(0, Purpose::Rebirth, [0, 0]);
        for (epoch, (prompt, block)) in moves.into_iter().enumerate() {
            let before = bank.distribution();
            let from = block_of(&bank)[prompt];
            bank.relocate(prompt, block, (Rebirth::Scale, 0.5), epoch, &mut rng).unwrap();
            let after = bank.distribution();
            prop_assert_eq!(after.iter().sum::<usize>(), 12);
            let mut expected = before;
            expected[from] -= 1;
            expected[block] += 1;
            prop_assert_eq!(after, expected);
            prop_assert_eq!(bank.rows().len(), 12 * 6);
        }
    }
}
