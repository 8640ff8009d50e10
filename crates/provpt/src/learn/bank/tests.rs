use proptest::prelude::*;

use super::*;
use crate::learn::parameters::Parameters;
use provpt_base::{Purpose, stream};

fn architecture() -> Architecture {
    Architecture { mlp_width: 12, ..Architecture::plain(32, 8, 6, 4, 2) }
}

fn bank(per_block: usize) -> Parameters {
    let mut rng = stream(0, Purpose::PromptInit, [0, 0]);
    let (bank, prompts) = PromptBank::init(&architecture(), Placement::Deep, per_block, &mut rng);
    Parameters { set: [prompts].into_iter().collect(), bank: Some(bank) }
}

fn block_of(parameters: &Parameters) -> &[usize] {
    parameters.bank().unwrap().block_of()
}

#[test]
fn starts_uniform_within_the_published_range() {
    let bank = bank(5);
    assert_eq!(bank.distribution(), [5; 4]);
    let v = (6.0f32 / (3.0 * 64.0 + 6.0)).sqrt();
    assert!(bank.prompt_values().iter().all(|x| x.abs() <= v));
    assert!(bank.prompt_values().iter().any(|x| x.abs() > 0.9 * v));
}

#[test]
fn rebirth_scales_keeps_or_resamples() {
    let mut rng = stream(0, Purpose::Rebirth, [0, 0]);
    let old = bank(2);
    let mut scaled = old.clone();
    assert!(scaled.relocate(0, 3, (Rebirth::Scale, 1e-3), 1, &mut rng).unwrap());
    assert_eq!(scaled.row(0)[0], old.row(0)[0] * 1e-3);
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
    let error = bank.relocate(0, 4, keep, 1, &mut rng).unwrap_err();
    assert_eq!(error.to_string(), "prompts: expected a block below 4, got 4");
    let only = bank.bank().unwrap().prompt_at(1, 0).unwrap();
    bank.relocate(only, 2, keep, 1, &mut rng).unwrap();
    let error = bank.bank().unwrap().prompt_at(1, 0).unwrap_err();
    assert_eq!(error.to_string(), "relocation: block 2 has 0 prompts, no prompt 1 to move");
    assert_eq!(bank.bank().unwrap().in_block(2), [2, 1], "in the order of arrival");
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
            prop_assert_eq!(bank.prompt_values().len(), 12 * 6);
        }
    }
}
