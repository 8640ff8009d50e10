//! What goes from one epoch to the next: the reward that is still to come, and what it teaches.

use super::*;

#[test]
fn an_epoch_without_a_move_has_no_reward() {
    let (mut bank, mut relocator) = (bank(), Relocator::new(allocator(AllocatorKind::Fixed)));
    let idle = scores([0.1, 0.3, -0.2, 0.9, 0.0, 0.2], 2.0);
    let none = scores([-0.1, -0.3, -0.2, -0.9, 0.0, -0.2], 1.5);
    let mut reward = |epoch, scores: &Scores| {
        step(&mut relocator, &mut bank, scores, epoch, &settings(0), &[]).0.reward
    };
    assert_eq!(reward(1, &idle), None);
    assert_eq!(reward(2, &none), Some(0.5), "of the move before");
    assert_eq!(reward(3, &idle), None, "nothing had moved");
    assert_eq!(reward(4, &none), Some(0.5));
}

#[test]
fn the_allocator_learns_the_reward_of_its_own_choice() {
    for (loss, what) in [(0.5, "successes"), (1.5, "failures")] {
        let mut relocator = Relocator::new(allocator(AllocatorKind::Thompson));
        let mut bank = bank();
        let first = scores([0.0, 0.0, 0.0, 0.25, 0.0, 0.0], 1.0);
        let (outcome, _) = step(&mut relocator, &mut bank, &first, 1, &settings(0), &[]);
        let chosen = outcome.moved.unwrap().to;
        let second = Scores { loss, ..first };
        step(&mut relocator, &mut bank, &second, 2, &settings(0), &[]);
        let stored = serde_json::to_value(&relocator).unwrap();
        for block in 0..BLOCKS {
            for counted in ["successes", "failures"] {
                let path = format!("/allocator/thompson/arms/{block}/{counted}");
                let expected = u64::from(block == chosen && counted == what);
                let got = stored.pointer(&path).unwrap().as_u64().unwrap();
                assert_eq!(got, expected, "{path} after a loss of {loss}");
            }
        }
    }
}

#[test]
fn choices_differ_from_epoch_to_epoch_and_from_seed_to_seed() {
    let choices = |seed| -> Vec<usize> {
        let choose = |epoch| {
            let mut relocator = Relocator::new(allocator(AllocatorKind::Random));
            let idle = scores([0.0, 0.0, 0.0, 0.25, 0.0, 0.0], 1.0);
            let rules = Rules { seed, ..settings(0) };
            let (outcome, _) = step(&mut relocator, &mut bank(), &idle, epoch, &rules, &[]);
            outcome.moved.unwrap().to
        };
        (1..=20).map(choose).collect()
    };
    assert_eq!(choices(1), choices(1));
    assert_ne!(choices(1), choices(2));
    assert!((0..BLOCKS).all(|block| choices(1).contains(&block)), "{:?}", choices(1));
}

#[test]
fn new_values_differ_from_epoch_to_epoch_and_from_seed_to_seed() {
    let reborn = |seed, epoch| {
        let (mut bank, mut relocator) = (bank(), Relocator::new(allocator(AllocatorKind::Fixed)));
        let idle = scores([0.0, 0.0, 0.0, 0.25, 0.0, 0.0], 1.0);
        let rules = Rules { seed, rebirth: Rebirth::Resample, ..settings(0) };
        step(&mut relocator, &mut bank, &idle, epoch, &rules, &[]);
        bank.row(3).to_vec()
    };
    assert_eq!(reborn(1, 1), reborn(1, 1));
    assert_ne!(reborn(1, 1), reborn(1, 2));
    assert_ne!(reborn(1, 1), reborn(2, 1));
    assert_ne!(reborn(1, 1), bank().row(3));
}

#[test]
fn its_memory_survives_storage() {
    let (mut bank, mut relocator) = (bank(), Relocator::new(allocator(AllocatorKind::Random)));
    let first = scores([0.1, 0.3, -0.2, 0.9, 0.0, 0.2], 2.0);
    step(&mut relocator, &mut bank, &first, 1, &settings(0), &[]);
    let stored = serde_json::to_string(&relocator).unwrap();
    let mut restored: Relocator = serde_json::from_str(&stored).unwrap();
    let mut other = bank.clone();
    let (a, _) = step(&mut relocator, &mut bank, &first, 2, &settings(0), &[]);
    let (b, _) = step(&mut restored, &mut other, &first, 2, &settings(0), &[]);
    assert_eq!((a.reward, a.moved), (b.reward, b.moved));
    assert_eq!(bank, other);
}
