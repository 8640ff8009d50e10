use proptest::prelude::*;

use super::*;

const SGD: OptimizerSettings = OptimizerSettings::Sgd { momentum: 0.9, weight_decay: 0.1 };
const ADAMW: OptimizerSettings = OptimizerSettings::AdamW { weight_decay: 0.1 };
const ALL: [OptimizerSettings; 4] = [
    SGD,
    OptimizerSettings::Adam { weight_decay: 0.1 },
    ADAMW,
    OptimizerSettings::VptAdamW { weight_decay: 0.1 },
];

fn update<'a>(name: &'a str, values: &'a mut [f32], gradient: &'a [f32]) -> Update<'a> {
    Update { name, group: Group::default(), values, gradient }
}

fn close(w: &[f32], expected: &[f64]) {
    assert_eq!(w.len(), expected.len());
    for (w, e) in w.iter().zip(expected) {
        assert!((f64::from(*w) - e).abs() < 1e-6, "{w} and {e}");
    }
}

#[test]
fn sgd_follows_pytorch() {
    let mut optimizer = Optimizer::new(SGD);
    let mut w = [1.0, -2.0];
    // d = g + 0.1 w = [0.6, 0.8]; buf = d; w -= 0.5 buf
    optimizer.step(0.5, vec![update("w", &mut w, &[0.5, 1.0])]);
    close(&w, &[0.7, -2.4]);
    // d = [0.57, -1.24]; buf = 0.9 [0.6, 0.8] + d = [1.11, -0.52]; w -= 0.1 buf
    optimizer.step(0.1, vec![update("w", &mut w, &[0.5, -1.0])]);
    close(&w, &[0.589, -2.348]);
}

#[test]
fn adamw_follows_pytorch() {
    let mut optimizer = Optimizer::new(ADAMW);
    let mut w = [1.0, -2.0];
    // decayed: 0.99 w = [0.99, -1.98]; the first step is lr sign(g)
    optimizer.step(0.1, vec![update("w", &mut w, &[0.5, -3.0])]);
    close(&w, &[0.89, -1.88]);
    // m = 0.9 * 0.05 + 0.1 * -1 = -0.055, corrected / 0.19 = -0.289473684
    // v = 0.999 * 0.00025 + 0.001 = 0.00124975, corrected / 0.001999 = 0.625187594
    // 0.99 * 0.89 + 0.1 * 0.289473684 / 0.790688052 = 0.917710352
    // m = 0.9 * -0.3 + 0.1 * 2 = -0.07 / 0.19 = -0.368421053
    // v = 0.999 * 0.009 + 0.004 = 0.012991 / 0.001999 = 6.498749375
    // 0.99 * -1.88 + 0.1 * 0.368421053 / 2.549264 = -1.846747947
    optimizer.step(0.1, vec![update("w", &mut w, &[-1.0, 2.0])]);
    close(&w, &[0.917_710_352, -1.846_747_947]);
}

#[test]
fn adamw_adds_its_eps_to_the_root_of_the_corrected_mean() {
    let mut optimizer = Optimizer::new(OptimizerSettings::AdamW { weight_decay: 0.0 });
    let mut w = [0.0];
    // m / 0.1 = 1e-8 and v / 0.001 = 1e-16: lr 1e-8 / (1e-8 + eps)
    optimizer.step(0.5, vec![update("w", &mut w, &[1e-8])]);
    close(&w, &[-0.25]);
}

#[test]
fn arrays_and_rates_are_independent() {
    let mut optimizer = Optimizer::new(SGD);
    let (mut a, mut b) = ([1.0], [1.0, 1.0]);
    optimizer.step(0.5, vec![update("a", &mut a, &[1.0]), update("b", &mut b, &[0.0, 2.0])]);
    optimizer.step(0.0, vec![update("a", &mut a, &[1.0])]);
    close(&a, &[0.45]);
    close(&b, &[0.95, -0.05]);
}

#[test]
fn an_array_without_memory_can_be_reset() {
    let mut optimizer = Optimizer::new(SGD);
    optimizer.reset_row("w", 3, 2);
    assert_eq!(optimizer, Optimizer::new(SGD));
}

#[test]
fn a_group_has_its_own_rate_and_decay() {
    for settings in ALL {
        let (mut grouped, mut values) = (Optimizer::new(settings), [1.0, -2.0]);
        let group = Group { rate: 2.0, decay: 0.5, sphere: None };
        grouped.step(0.1, vec![Update { group, ..update("w", &mut values, &[0.5, 1.0]) }]);
        let half = settings.of_group(Group { decay: 0.5, ..Group::default() });
        assert_ne!(half, settings);
        let mut alone = Optimizer::new(half);
        let mut expected = [1.0, -2.0];
        alone.step(0.2, vec![update("w", &mut expected, &[0.5, 1.0])]);
        assert_eq!(values, expected, "{settings:?}");
    }
}

/// Two rows of four values, mean 0 and length 2.
const DIRECTIONS: [f32; 8] = [1.0, -1.0, 1.0, -1.0, 1.0, 1.0, -1.0, -1.0];

#[test]
fn directions_turn_by_the_rate_and_keep_their_length() {
    let group = Group { sphere: Some(4), ..Group::default() };
    let (mut optimizer, mut rows) = (Optimizer::new(ADAMW), DIRECTIONS);
    // What is along the row, or the same everywhere, turns nothing.
    let gradient: Vec<f32> = DIRECTIONS
        .iter()
        .zip([1.0, 1.0, -1.0, -1.0].repeat(2))
        .map(|(w, t)| 5.0 * w + t + 3.0)
        .collect();
    optimizer.step(0.1, vec![Update { group, ..update("w", &mut rows, &gradient) }]);
    let expected: Vec<f32> = DIRECTIONS[..4]
        .iter()
        .zip([1.0, 1.0, -1.0, -1.0])
        .map(|(w, t)| 0.1f32.cos() * w - 0.1f32.sin() * t)
        .collect();
    let near = |a: &[f32], b: &[f32]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-5);
    assert!(near(&rows[..4], &expected), "{rows:?}, {expected:?}");
    // The other row points along its gradient.
    assert!(near(&rows[4..], &DIRECTIONS[4..]), "{rows:?}");
    for _ in 0..50 {
        optimizer.step(0.1, vec![Update { group, ..update("w", &mut rows, &gradient) }]);
    }
    for row in rows.chunks(4) {
        let (mean, square) = (row.iter().sum::<f32>(), row.iter().map(|w| w * w).sum::<f32>());
        assert!(mean.abs() < 1e-5 && (square - 4.0).abs() < 1e-4, "{row:?}");
    }
    // The first one has gone about as far down as it can: against its gradient, less the mean.
    let size = 26f32.sqrt();
    let lowest = [-6.0, 4.0, -4.0, 6.0].map(|x| x / size);
    let along: f32 = rows[..4].iter().zip(lowest).map(|(w, low)| w * low / 4.0).sum();
    assert!(along > 0.95, "{rows:?}");
}

#[test]
fn a_direction_that_is_reset_begins_anew() {
    let group = Group { sphere: Some(4), ..Group::default() };
    let gradient = [1.0, 1.0, -1.0, -1.0, 1.0, -1.0, 1.0, -1.0];
    let step = |optimizer: &mut Optimizer, rows: &mut [f32; 8], gradient: &[f32]| {
        optimizer.step(0.1, vec![Update { group, ..update("w", rows, gradient) }]);
    };
    let (mut optimizer, mut rows) = (Optimizer::new(ADAMW), DIRECTIONS);
    step(&mut optimizer, &mut rows, &gradient);
    optimizer.reset_row("w", 1, 4);
    rows[4..].copy_from_slice(&DIRECTIONS[4..]);
    step(&mut optimizer, &mut rows, &gradient);
    let (mut fresh, mut expected) = (Optimizer::new(ADAMW), DIRECTIONS);
    step(&mut fresh, &mut expected, &gradient);
    assert_eq!(rows[4..], expected[4..]);
    assert_ne!(rows[..4], expected[..4]);
}

/// What a stranger's checkpoint may hold.
#[test]
fn what_cannot_come_of_steps_is_told() {
    let sizes = [("w", 4)];
    for settings in [SGD, ADAMW] {
        let mut optimizer = Optimizer::new(settings);
        let mut w = [0.5; 4];
        optimizer.step(0.1, vec![update("w", &mut w, &[1.0; 4])]);
        optimizer.step(0.1, vec![update("w", &mut w, &[1.0; 4])]);
        optimizer.reset_row("w", 1, 2);
        let edited = |edit: &dyn Fn(&mut Memory)| {
            let mut stored = optimizer.clone();
            edit(stored.memory("w"));
            stored.may_follow(&Optimizer::new(settings), &sizes)
        };
        assert!(edited(&|_| {}), "reset at its last step");
        assert!(edited(&|memory| memory.reset_at = [(0, 1)].into()), "or before");
        assert!(!edited(&|memory| memory.first.truncate(3)));
        assert!(!edited(&|memory| memory.second = vec![0.0; 3]));
        assert!(!edited(&|memory| memory.second = vec![0.0; 5]));
        assert!(!edited(&|memory| memory.steps = u64::MAX));
        assert!(!edited(&|memory| memory.reset_at = [(0, 3)].into()));
        assert!(!optimizer.may_follow(&Optimizer::new(settings), &[("w", 5), ("v", 4)]));
        assert!(optimizer.may_follow(&Optimizer::new(settings), &[("v", 5), ("w", 4)]));
        let other = OptimizerSettings::AdamW { weight_decay: 0.2 };
        assert!(!optimizer.may_follow(&Optimizer::new(other), &sizes));
    }
}

fn gradients() -> impl Strategy<Value = Vec<Vec<f32>>> {
    prop::collection::vec(prop::collection::vec(-10.0f32..10.0, 6), 1..6)
}

proptest! {
    #[test]
    fn a_reset_row_behaves_like_a_new_one(
        before in gradients(), after in gradients(), settings in prop::sample::select(&ALL), row in 0..3usize,
    ) {
        let (mut old, mut new) = (Optimizer::new(settings), Optimizer::new(settings));
        let (mut w, mut untouched) = (vec![0.5f32; 6], Optimizer::new(settings));
        before.iter().for_each(|g| old.step(0.1, vec![update("w", &mut w, g)]));
        let mut fresh = w[row * 2..row * 2 + 2].to_vec();
        let mut whole = w.clone();
        untouched.arrays = old.arrays.clone();
        old.reset_row("w", row, 2);
        for g in &after {
            old.step(0.1, vec![update("w", &mut w, g)]);
            new.step(0.1, vec![update("w", &mut fresh, &g[row * 2..row * 2 + 2])]);
            untouched.step(0.1, vec![update("w", &mut whole, g)]);
        }
        for i in 0..6 {
            let expected = if i / 2 == row { fresh[i % 2] } else { whole[i] };
            prop_assert_eq!(w[i].to_bits(), expected.to_bits());
        }
    }

    #[test]
    fn comes_back_from_json_bit_for_bit(
        gradients in gradients(), settings in prop::sample::select(&ALL),
    ) {
        let mut optimizer = Optimizer::new(settings);
        let mut w = vec![0.3f32; 6];
        gradients.iter().for_each(|g| optimizer.step(0.1, vec![update("w", &mut w, g)]));
        optimizer.reset_row("w", 1, 2);
        let json = serde_json::to_string(&optimizer).unwrap();
        let back: Optimizer = serde_json::from_str(&json).unwrap();
        let bits = |o: &Optimizer| -> Vec<u32> {
            let memory = &o.arrays["w"];
            memory.first.iter().chain(&memory.second).map(|x| x.to_bits()).collect()
        };
        prop_assert_eq!(bits(&back), bits(&optimizer));
        prop_assert_eq!(back, optimizer);
    }
}

#[test]
fn a_row_that_changes_its_array_is_new_there_and_the_others_keep_their_memory() {
    let settings = OptimizerSettings::AdamW { weight_decay: 0.1 };
    let values = |rows: &[usize]| -> Vec<f32> {
        rows.iter().flat_map(|&row| [row as f32 + 0.5, 1.0 - row as f32]).collect()
    };
    let gradient = |rows: &[usize]| -> Vec<f32> {
        rows.iter().flat_map(|&row| [0.1 * row as f32 + 0.1, -0.2]).collect()
    };
    let step = |optimizer: &mut Optimizer, name: &'static str, rows: &[usize], w: &mut [f32]| {
        let (group, gradient) = (Group::default(), &gradient(rows)[..]);
        optimizer.step(0.1, vec![Update { name, group, values: w, gradient }]);
    };
    // Row 1 of three leaves; the others go on as if they had always been alone.
    let (mut left, mut w) = (Optimizer::new(settings), values(&[0, 1, 2]));
    step(&mut left, "a", &[0, 1, 2], &mut w);
    left.reset_row("a", 2, 2);
    left.remove_row("a", 1, 2);
    w.drain(2..4);
    step(&mut left, "a", &[0, 2], &mut w);
    let (mut alone, mut expected) = (Optimizer::new(settings), values(&[0, 2]));
    step(&mut alone, "a", &[0, 2], &mut expected);
    alone.reset_row("a", 1, 2);
    step(&mut alone, "a", &[0, 2], &mut expected);
    assert_eq!(w, expected);
    assert_eq!(left.arrays["a"], alone.arrays["a"]);
    // It comes back in between: as new as a row that was reset.
    left.insert_row("a", 1, 2);
    w.splice(2..2, values(&[1]));
    step(&mut left, "a", &[0, 1, 2], &mut w);
    let (mut new, mut fresh) = (Optimizer::new(settings), values(&[1]));
    step(&mut new, "a", &[1], &mut fresh);
    assert_eq!(w[2..4], fresh);
    step(&mut alone, "a", &[0, 2], &mut expected);
    assert_eq!([&w[..2], &w[4..]].concat(), expected);
    // Into an array that has had no row yet, as SGD and AdamW remember it.
    for settings in [settings, OptimizerSettings::Sgd { momentum: 0.9, weight_decay: 0.0 }] {
        let (mut empty, mut w) = (Optimizer::new(settings), vec![]);
        step(&mut empty, "a", &[], &mut w);
        empty.insert_row("a", 0, 2);
        w.extend(values(&[1]));
        assert!(empty.may_follow(&Optimizer::new(settings), &[("a", 2)]));
        step(&mut empty, "a", &[1], &mut w);
        let (mut new, mut fresh) = (Optimizer::new(settings), values(&[1]));
        step(&mut new, "a", &[1], &mut fresh);
        assert_eq!(w, fresh);
    }
}
