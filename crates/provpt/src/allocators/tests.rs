use super::*;
use proptest::prelude::*;
use provpt_base::{Purpose, stream};

const BLOCKS: usize = 4;

fn settings(update_every: usize) -> PpoSettings {
    PpoSettings { update_every, discount: 0.9, k_epoch: 5 }
}

fn allocators() -> [Allocator; 4] {
    [AllocatorKind::Ppo, AllocatorKind::Thompson, AllocatorKind::Random, AllocatorKind::Fixed]
        .map(|kind| new(kind, BLOCKS))
}

fn new(kind: AllocatorKind, blocks: usize) -> Allocator {
    Allocator::new(kind, blocks, &settings(2), &mut stream(0, Purpose::PolicyInit, [0, 0])).unwrap()
}

/// Whether an allocator is of the kind of each of [`allocators`].
fn kinds(allocator: &Allocator) -> [bool; 4] {
    let kind = std::mem::discriminant(allocator);
    allocators().map(|other| std::mem::discriminant(&other) == kind)
}

fn ppo(update_every: usize) -> Ppo {
    Ppo::start(BLOCKS, &settings(update_every), &mut stream(0, Purpose::PolicyInit, [0, 0]))
}

/// One round of the loop that an allocator lives in.
fn round(allocator: &mut Allocator, epoch: u64, reward: f64) -> Choice {
    let idleness: Vec<f64> = (0..BLOCKS as u64).map(|b| (b * epoch) as f64 * 0.1).collect();
    let state = State::new(&idleness, &[3, 0, 5, 1], epoch as usize % BLOCKS);
    let choice = allocator.choose(&state, &mut stream(7, Purpose::Policy, [epoch, 0]));
    allocator.learn(reward);
    choice
}

fn rounds(allocator: &mut Allocator, first: u64, rewards: &[f64]) -> Vec<Choice> {
    (first..).zip(rewards).map(|(epoch, &reward)| round(allocator, epoch, reward)).collect()
}

proptest! {
    #[test]
    fn every_choice_is_a_block(rewards in prop::collection::vec(-1e3..1e3f64, 1..12)) {
        for mut allocator in allocators() {
            for choice in rounds(&mut allocator, 0, &rewards) {
                prop_assert!(choice.block < BLOCKS);
                prop_assert!(choice.probability.is_none_or(|p| p > 0.0 && p <= 1.0));
            }
        }
    }

    #[test]
    fn probabilities_sum_to_one(
        state in prop::collection::vec(-5.0f32..5.0, 3 * BLOCKS),
        rewards in prop::collection::vec(-10.0..10.0f64, 0..6),
    ) {
        let mut allocator = Allocator::Ppo(ppo(2));
        rounds(&mut allocator, 0, &rewards);
        let Allocator::Ppo(ppo) = allocator else { unreachable!() };
        let sum: f64 = ppo.log_probabilities(&state).iter().map(|log| log.exp()).sum();
        prop_assert!((sum - 1.0).abs() < 1e-12, "{}", sum);
    }

    #[test]
    fn goes_on_from_json_as_if_never_interrupted(
        before in prop::collection::vec(-1.0..1.0f64, 0..6),
        after in prop::collection::vec(-1.0..1.0f64, 1..6),
    ) {
        for mut allocator in allocators() {
            rounds(&mut allocator, 0, &before);
            let state = State::new(&[0.0, 1.0, 2.0, 3.0], &[1; BLOCKS], 0);
            allocator.choose(&state, &mut stream(8, Purpose::Policy, [0, 0]));
            let json = serde_json::to_string(&allocator).unwrap();
            let mut resumed: Allocator = serde_json::from_str(&json).unwrap();
            prop_assert_eq!(&resumed, &allocator);
            for (fresh, same) in allocators().iter().zip(kinds(&resumed)) {
                prop_assert_eq!(resumed.may_follow(fresh), same);
            }
            for a in [&mut allocator, &mut resumed] {
                a.learn(0.5);
            }
            let first = before.len() as u64;
            let choices = rounds(&mut allocator, first, &after);
            prop_assert_eq!(rounds(&mut resumed, first, &after), choices);
            prop_assert_eq!(serde_json::to_string(&resumed).unwrap(),
                serde_json::to_string(&allocator).unwrap());
        }
    }
}

#[test]
fn the_reward_is_the_improvement_less_the_idleness_left() {
    assert_eq!(reward(2.0, 1.5, 0.125), 0.375);
}

#[test]
fn fixed_takes_the_blocks_in_turn_and_random_takes_them_all() {
    let blocks = |mut allocator| -> Vec<usize> {
        rounds(&mut allocator, 0, &[0.0; 400]).iter().map(|choice| choice.block).collect()
    };
    assert_eq!(blocks(new(AllocatorKind::Fixed, BLOCKS))[..6], [0, 1, 2, 3, 0, 1]);
    let random = blocks(new(AllocatorKind::Random, BLOCKS));
    for block in 0..BLOCKS {
        let share = random.iter().filter(|&&b| b == block).count();
        assert!((70..130).contains(&share), "{block}: {share}");
    }
}

#[test]
fn ppo_updates_at_every_nth_reward_only() {
    let mut allocator = Allocator::Ppo(ppo(3));
    let mut networks = ppo(3);
    for epoch in 0..9 {
        round(&mut allocator, epoch, 0.1 * epoch as f64);
        let Allocator::Ppo(now) = &allocator else { unreachable!() };
        let moved = now.actor() != networks.actor() && now.critic() != networks.critic();
        let still = now.actor() == networks.actor() && now.critic() == networks.critic();
        assert!(if epoch % 3 == 2 { moved } else { still }, "{epoch}");
        networks = now.clone();
    }
}

#[test]
fn rewards_without_a_choice_and_choices_without_a_reward_leave_no_trace() {
    let state = State::new(&[0.0, 1.0, 2.0, 3.0], &[1; BLOCKS], 0);
    for mut allocator in allocators() {
        let mut clean = allocator.clone();
        allocator.learn(9.0);
        if !matches!(allocator, Allocator::Fixed(_)) {
            allocator.choose(&state, &mut stream(9, Purpose::Policy, [0, 0]));
        }
        round(&mut allocator, 0, f64::NAN);
        round(&mut clean, 0, f64::NAN);
        assert_eq!(
            rounds(&mut allocator, 1, &[0.5, -0.5, 0.25]),
            rounds(&mut clean, 1, &[0.5, -0.5, 0.25])
        );
        assert_eq!(allocator, clean);
    }
}

#[test]
fn ppo_learns_to_prefer_the_block_that_pays() {
    let mut rng = stream(1, Purpose::PolicyInit, [0, 0]);
    let settings = PpoSettings { update_every: 4, discount: 0.0, k_epoch: 60 };
    let mut allocator = Allocator::new(AllocatorKind::Ppo, BLOCKS, &settings, &mut rng).unwrap();
    let state = State::new(&[0.0, 1.0, 2.0, 3.0], &[2; BLOCKS], 1);
    let mut probability = 0.0;
    for epoch in 0..120 {
        let choice = allocator.choose(&state, &mut stream(1, Purpose::Policy, [epoch, 0]));
        allocator.learn(if choice.block == 2 { 0.1 } else { 0.0 });
        let Allocator::Ppo(ppo) = &allocator else { unreachable!() };
        probability = ppo.log_probabilities(state.values())[2].exp();
    }
    assert!(probability > 0.9, "{probability}");
}

/// What a stranger's checkpoint may hold.
#[test]
fn what_cannot_come_of_a_fresh_one_is_told() {
    let stored = |allocator: &Allocator, edit: &dyn Fn(&mut serde_json::Value)| {
        let mut json = serde_json::to_value(allocator).unwrap();
        edit(&mut json);
        let allocator: Allocator = serde_json::from_value(json).unwrap();
        allocators().iter().any(|fresh| allocator.may_follow(fresh))
    };
    let [ppo, thompson, random, fixed] = allocators();
    for allocator in [&ppo, &thompson, &random, &fixed] {
        assert!(stored(allocator, &|_| {}));
    }
    assert!(!stored(&fixed, &|json| json["fixed"]["next"] = BLOCKS.into()));
    assert!(!stored(&random, &|json| json["random"]["blocks"] = 9.into()));
    assert!(!stored(&thompson, &|json| json["thompson"]["pending"] = BLOCKS.into()));
    assert!(!stored(&thompson, &|json| json["thompson"]["arms"] = vec![0; 0].into()));
    let most = u64::MAX;
    assert!(!stored(&thompson, &|json| json["thompson"]["arms"][0]["failures"] = most.into()));
    assert!(!stored(&ppo, &|json| json["ppo"]["settings"]["k_epoch"] = most.into()));
    assert!(!stored(&ppo, &|json| json["ppo"]["actor"]["layers"][1]["bias"] = vec![0.0; 3].into()));
    let group = serde_json::json!(
        {"first": [0.0], "second": [], "steps": 1, "width": 0, "reset_at": {}}
    );
    assert!(!stored(&ppo, &|json| json["ppo"]["optimizer"]["groups"]["x"] = group.clone()));
    let experience = serde_json::json!(
        {"state": [0.0], "block": 1, "log_probability": 0.0, "value": 0.0, "reward": 0.0}
    );
    assert!(!stored(&ppo, &|json| json["ppo"]["pending"] = experience.clone()));
    assert!(!stored(&ppo, &|json| json["ppo"]["buffer"] = vec![experience.clone()].into()));
    for (block, fits) in [(BLOCKS - 1, true), (BLOCKS, false)] {
        let mut experience = experience.clone();
        experience["state"] = vec![0.0; 3 * BLOCKS].into();
        experience["block"] = block.into();
        assert_eq!(stored(&ppo, &|json| json["ppo"]["pending"] = experience.clone()), fits);
    }
    let layer = |network: &str| format!("/ppo/{network}/layers/0/weight");
    for network in ["actor", "critic"] {
        let edit = |json: &mut serde_json::Value| {
            *json.pointer_mut(&layer(network)).unwrap() = vec![0.0; 3].into();
        };
        assert!(!stored(&ppo, &edit), "{network}");
    }
    assert!(!stored(&thompson, &|json| json["thompson"]["arms"][0]["successes"] = most.into()));
}

#[test]
fn blocks_out_of_reach_are_never_chosen() {
    for (kind, ..) in RELOCATING {
        let mut rng = stream(3, Purpose::PolicyInit, [0, 0]);
        let settings = PpoSettings { update_every: 1, k_epoch: 5, ..PpoSettings::default() };
        let Some(mut allocator) = Allocator::new(*kind, 7, &settings, &mut rng) else {
            assert!(kind.exchanges() || kind.prunes());
            continue;
        };
        let mut seen = [0; 7];
        for epoch in 0..60 {
            let state = State::new(&[0.1, 0.5, -0.2, 0.0, 0.3, 0.1, 0.2], &[1; 7], 3).within(2..5);
            let choice = allocator.choose(&state, &mut stream(3, Purpose::Policy, [epoch, 0]));
            seen[choice.block] += 1;
            if *kind == AllocatorKind::Random {
                assert_eq!(choice.probability, Some(1.0 / 3.0));
            }
            // Through JSON, as a checkpoint keeps it.
            let json = serde_json::to_string(&allocator).unwrap();
            let back: Allocator = serde_json::from_str(&json).unwrap();
            assert_eq!(back, allocator);
            allocator.learn(if choice.block == 4 { 0.5 } else { -0.5 });
        }
        assert_eq!([seen[0], seen[1], seen[5], seen[6]], [0; 4], "{kind}");
        assert!(seen[2..5].iter().filter(|times| **times > 0).count() > 1, "{kind}: {seen:?}");
    }
}
