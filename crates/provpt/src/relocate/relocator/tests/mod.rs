mod edges;
mod memory;

use provpt_vit::{Architecture, Placement};

use super::*;
use crate::allocators::{AllocatorKind, PpoSettings};
use crate::learn::bank::PromptBank;
use provpt_base::{Purpose, Stream, stream};

const BLOCKS: usize = 3;

fn bank() -> Parameters {
    let architecture = Architecture { mlp_width: 8, ..Architecture::plain(8, 4, 4, BLOCKS, 1) };
    let mut rng = stream(1, Purpose::PromptInit, [0, 0]);
    let (bank, prompts) = PromptBank::init(&architecture, Placement::Deep, 2, &mut rng);
    Parameters { set: prompts.into_iter().collect(), bank: Some(bank) }
}

fn allocator(kind: AllocatorKind) -> Allocator {
    Allocator::new(kind, BLOCKS, &PpoSettings::default(), &mut Stream::new(0)).unwrap()
}

fn settings(verify: usize) -> Rules {
    let (rebirth, scale) = (Rebirth::Scale, 1e-3);
    let (reach, scores_are_losses) = (Reach::Any, true);
    Rules { seed: 1, epoch: 0, warmup: 1, rebirth, scale, reach, verify, scores_are_losses }
}

fn scores(idleness: [f64; 6], loss: f64) -> Scores {
    Scores { idleness: idleness.to_vec(), loss }
}

/// A step whose verification answers with `changes`, in order of the candidates.
fn step(
    relocator: &mut Relocator,
    bank: &mut Parameters,
    scores: &Scores,
    epoch: usize,
    settings: &Rules,
    changes: &[f64],
) -> (Outcome, Vec<usize>) {
    let mut asked = Vec::new();
    let verify = |_: &Parameters, rows: &[usize]| {
        asked = rows.to_vec();
        Ok(changes[..rows.len()].to_vec())
    };
    let settings = Rules { epoch, ..*settings };
    let outcome = relocator.step(bank, scores, &settings, verify).unwrap();
    (outcome, asked)
}

#[test]
fn the_most_idle_prompt_moves_once_the_warm_up_is_over() {
    let (mut bank, mut relocator) = (bank(), Relocator::new(allocator(AllocatorKind::Fixed)));
    let scores = scores([0.1, 0.3, -0.2, 0.9, 0.0, 0.2], 1.0);
    let (outcome, _) = step(&mut relocator, &mut bank, &scores, 0, &settings(0), &[]);
    assert!(outcome.moved.is_none());
    assert_eq!(outcome.reason.as_deref(), Some("warm-up until epoch 2"));
    let before = bank.row(3).to_vec();
    let (outcome, _) = step(&mut relocator, &mut bank, &scores, 1, &settings(0), &[]);
    let moved = outcome.moved.unwrap();
    assert_eq!((moved.prompt, moved.from, moved.to), (3, 1, 0));
    assert_eq!((moved.idleness, moved.verified), (0.9, None));
    assert_eq!((moved.probability, moved.rebirth.as_str()), (Some(1.0), "scale"));
    assert_eq!(bank.distribution(), [3, 1, 2]);
    assert_eq!(outcome.changed, Some(3));
    assert_eq!(bank.row(3), before.iter().map(|value| value * 1e-3).collect::<Vec<_>>());
}

#[test]
fn the_reward_is_the_fall_of_the_loss_less_the_idleness_left() {
    let (mut bank, mut relocator) = (bank(), Relocator::new(allocator(AllocatorKind::Fixed)));
    let first = scores([0.1, 0.3, -0.2, 0.9, 0.0, 0.2], 2.0);
    let (outcome, _) = step(&mut relocator, &mut bank, &first, 1, &settings(0), &[]);
    assert_eq!(outcome.reward, None, "nothing had been moved");
    let second = scores([0.5, 0.25, -0.2, -0.9, 0.0, 0.2], 1.25);
    let (outcome, _) = step(&mut relocator, &mut bank, &second, 2, &settings(0), &[]);
    assert_eq!(outcome.reward, Some(2.0 - 1.25 - 0.5));
}

#[test]
fn nothing_moves_when_no_prompt_is_idle() {
    let (mut bank, mut relocator) = (bank(), Relocator::new(allocator(AllocatorKind::Random)));
    let before = bank.clone();
    let none = scores([-0.1, -0.3, -0.2, -0.9, 0.0, -0.2], 1.0);
    let (outcome, asked) = step(&mut relocator, &mut bank, &none, 1, &settings(4), &[]);
    assert_eq!(outcome.reason.as_deref(), Some("no prompt is idle"));
    assert!(asked.is_empty(), "there is nothing to verify");
    assert_eq!(bank, before);
    let (outcome, _) = step(&mut relocator, &mut bank, &none, 2, &settings(4), &[]);
    assert_eq!(outcome.reward, None, "no move, no reward");
}

#[test]
fn verification_prefers_the_prompt_whose_removal_helps_most() {
    let (mut bank, mut relocator) = (bank(), Relocator::new(allocator(AllocatorKind::Fixed)));
    let scores = scores([0.1, 0.3, -0.2, 0.9, 0.0, 0.2], 1.0);
    let changes = [0.5, -0.25, -0.1];
    let (outcome, asked) = step(&mut relocator, &mut bank, &scores, 1, &settings(3), &changes);
    assert_eq!(asked, [3, 1, 5], "the most idle first");
    let moved = outcome.moved.unwrap();
    assert_eq!((moved.prompt, moved.verified), (1, Some(0.25)));
    // The verified change stands for the score in the next reward.
    let (outcome, _) = step(&mut relocator, &mut bank, &scores, 2, &settings(3), &changes);
    assert_eq!(outcome.reward, Some(1.0 - 1.0 - 0.25));
}

#[test]
fn verification_keeps_every_prompt_when_all_removals_hurt() {
    let (mut bank, mut relocator) = (bank(), Relocator::new(allocator(AllocatorKind::Fixed)));
    let before = bank.clone();
    let scores = scores([0.1, 0.3, -0.2, 0.9, 0.0, 0.2], 1.0);
    let (outcome, _) = step(&mut relocator, &mut bank, &scores, 1, &settings(2), &[0.5, 0.1]);
    assert!(outcome.moved.is_none());
    assert!(outcome.reason.unwrap().contains("removing any of the 2 most idle raises the loss"));
    assert_eq!(bank, before);
}

#[test]
fn scores_by_norm_only_rank() {
    let (mut bank, mut relocator) = (bank(), Relocator::new(allocator(AllocatorKind::Fixed)));
    let rules = |verify| Rules { scores_are_losses: false, ..settings(verify) };
    let norms = scores([-0.5, -0.5, -0.2, -0.8, -0.4, -0.6], 1.0);
    let (outcome, _) = step(&mut relocator, &mut bank, &norms, 1, &rules(0), &[]);
    assert_eq!(outcome.moved.unwrap().prompt, 2, "the smallest share of its block");
    let better = Scores { loss: 0.25, ..norms.clone() };
    let (outcome, asked) = step(&mut relocator, &mut bank, &better, 2, &rules(2), &[0.1, -0.5]);
    assert_eq!(asked, [2, 4]);
    assert_eq!(outcome.reward, Some(1.0 - 0.25 - 0.5), "only what was measured is subtracted");
    let moved = outcome.moved.unwrap();
    assert_eq!((moved.prompt, moved.verified), (4, Some(0.5)));
    let (outcome, _) = step(&mut relocator, &mut bank, &norms, 3, &rules(0), &[]);
    assert_eq!(outcome.reward, Some(0.25 - 1.0), "no score is");
}

/// What the allocator of a relocator has just seen, `[3L]`.
fn seen(relocator: &Relocator) -> Vec<f64> {
    let stored = serde_json::to_value(relocator).unwrap();
    let state = stored.pointer("/allocator/ppo/pending/state").unwrap().as_array().unwrap();
    state.iter().map(|value| value.as_f64().unwrap()).collect()
}

#[test]
fn the_allocator_sees_the_blocks_without_the_prompt_that_moves() {
    let (mut bank, mut relocator) = (bank(), Relocator::new(allocator(AllocatorKind::Ppo)));
    bank.relocate(0, 1, (Rebirth::Keep, 1.0), 0, &mut Stream::new(0)).unwrap();
    // Prompts by block: 1, 3, 2. Sums: 0, 3, 0.
    let by_score = scores([0.0, 0.0, 1.0, 2.0, 0.0, 0.0], 1.0);
    step(&mut relocator, &mut bank, &by_score, 1, &settings(0), &[]);
    let two = 2.0_f64.sqrt();
    let expected = [-1.0 / two, two, -1.0 / two, 0.2, 0.4, 0.4, 0.0, 1.0, 0.0];
    for (value, expected) in seen(&relocator).iter().zip(expected) {
        assert!((value - expected).abs() < 1e-6, "{:?}", seen(&relocator));
    }
}

#[test]
fn by_norm_the_allocator_sees_norms() {
    let (mut bank, mut relocator) = (bank(), Relocator::new(allocator(AllocatorKind::Ppo)));
    let width = bank.row(0).len();
    // Norms by block: 2, 2, 8.
    for (row, norm) in [1.0, 1.0, 1.0, 1.0, 4.0, 4.0].into_iter().enumerate() {
        let values = bank.set.values_mut(crate::learn::parameters::PROMPTS);
        values[row * width..(row + 1) * width].fill(0.0);
        values[row * width] = norm;
    }
    let rules = Rules { scores_are_losses: false, ..settings(0) };
    let shares = scores([-0.5; 6], 1.0);
    step(&mut relocator, &mut bank, &shares, 1, &rules, &[]);
    let two = 2.0_f64.sqrt();
    for (value, expected) in seen(&relocator).iter().zip([-1.0 / two, -1.0 / two, two]) {
        assert!((value - expected).abs() < 1e-6, "{:?}", seen(&relocator));
    }
}
