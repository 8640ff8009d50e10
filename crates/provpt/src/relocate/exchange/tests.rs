use std::collections::BTreeSet;

use provpt_base::Stream;

use super::*;
use crate::config::AllocatorKind::{Demand, Ghost, Nursery};
use crate::learn::first::{DrawnTokens, draw_tokens};
use crate::learn::ghosts::PER_BLOCK;
use crate::learn::model::{Model, Stepping};
use crate::learn::objective::Objective;
use crate::learn::parameters::LOGITS;
use crate::learn::source::Source;
use crate::learn::tune::Learner;
use crate::observer::Silent;
use crate::relocate::candidate::{Candidate, Origin};
use crate::relocate::insertion::appraise;
use crate::relocate::truth::image_losses;
use crate::sample;
use crate::setup::Setup;

fn config(kind: AllocatorKind, words: &[&str]) -> Config {
    let allocator = format!("model.prompt.allocator={}", kind.name());
    let few = ["model.prompt.num_tokens=2", "model.prompt.verify_samples=10"];
    let words =
        [&allocator, few[0], few[1], "recipe=published"].into_iter().chain(words.iter().copied());
    Config::from_args(None, &words.map(str::to_owned).collect::<Vec<_>>()).unwrap().config
}

/// A learner with a head that tells classes apart.
fn learner(setup: &Setup) -> Learner {
    let mut learner = setup.learner();
    let head = learner.parameters.set.values_mut("head.weight");
    head.iter_mut().enumerate().for_each(|(i, x)| *x = ((i * 37) % 17) as f32 / 8.0 - 1.0);
    learner
}

/// One step before an epoch, after which the loss of the looked-at images is what it is.
fn step(config: &Config, epoch: usize) -> (Changes, Learner, Learner, Setup) {
    let setup = sample::setup(config, sample::task([0.0, 0.0]));
    let split = setup.task.train.clone();
    let source = Source::new(&split, setup.preprocess).unwrap();
    let mut learner = learner(&setup);
    learner.start_from_data(&setup.beginning(), &source).unwrap();
    let old = self::learner(&setup);
    let mut step = ExchangeStep::new(config, config.allocator());
    let mut silent = Silent;
    let mut scene = Scene {
        engine: &setup.engine,
        train: &source,
        learner: &mut learner,
        observer: &mut silent,
    };
    let first = step.before_tuning(0, &mut scene).unwrap();
    assert_eq!(first.reason.as_deref(), Some("no prompt has been scored yet"));
    let indices: Vec<usize> = (0..split.len()).collect();
    let joined =
        scene.learner.ghosts.as_ref().map(|ghosts| ghosts.beside(&scene.learner.parameters));
    let parameters = joined.as_ref().unwrap_or(&scene.learner.parameters);
    let model = scene.learner.model_of(parameters, scene.engine);
    let gradients = model.gradients(&source, &indices, Stepping::default()).unwrap();
    step.while_tuning(&gradients, indices.len());
    step.after_tuning(&scene.learner.parameters);
    let changes = step.before_tuning(epoch, &mut scene).unwrap();
    (changes, old, learner, setup)
}

#[test]
fn what_was_measured_is_what_becomes_of_the_loss() {
    let mut moved = 0;
    for kind in [Ghost, Demand, Nursery] {
        let config = config(kind, &["model.prompt.moves=0.5", "solver.total_epoch=40"]);
        let (changes, old, new, setup) = step(&config, 1);
        moved += changes.moved.len();
        let Some(best) = changes.moved.first() else { continue };
        let split = setup.task.train.clone();
        let source = Source::new(&split, setup.preprocess).unwrap();
        let looks = subset(config.seed, split.len(), 10);
        let mean = |parameters: &Parameters| {
            let model = Model { engine: &setup.engine, parameters, objective: &new.objective };
            image_losses(&model, &source, &looks).unwrap().iter().sum::<f64>() / 10.0
        };
        let fell = mean(&old.parameters) - mean(&new.parameters);
        let alone = best.verified.unwrap();
        let agrees = (fell - alone).abs() < 1e-5;
        assert!(if changes.moved.len() == 1 { agrees } else { fell > alone }, "{fell} {changes:?}");
        for moved in &changes.moved {
            assert!(moved.verified.unwrap() > 2.0 * moved.error.unwrap(), "{moved:?}");
            assert_ne!(moved.from, moved.to);
            assert_eq!(new.parameters.bank().unwrap().block_of()[moved.prompt], moved.to);
        }
        for prompt in 0..new.parameters.prompt_count() {
            let stays = changes.moved.iter().all(|moved| moved.prompt != prompt);
            let same = new.parameters.row(prompt) == old.parameters.row(prompt);
            assert!(same || !stays, "{kind:?}: {prompt}");
        }
        if let Some(ghosts) = &new.ghosts {
            let places = best.from * PER_BLOCK..(best.from + 1) * PER_BLOCK;
            let left = old.parameters.row(best.prompt);
            assert!(places.into_iter().any(|place| ghosts.rows.row(place) == left));
        }
    }
    assert!(moved > 1);
}

#[test]
fn several_may_move_and_nobody_twice() {
    let mut moves = 0;
    for (kind, seed) in (0..5).flat_map(|seed| [(Ghost, seed), (Demand, seed), (Nursery, seed)]) {
        let words = ["model.prompt.moves=0.5", "solver.total_epoch=40", &format!("seed={seed}")];
        let (changes, old, new, _) = step(&config(kind, &words), 1);
        let prompts: BTreeSet<usize> = changes.moved.iter().map(|moved| moved.prompt).collect();
        assert_eq!(prompts.len(), changes.moved.len(), "{changes:?}");
        moves += prompts.len();
        for prompt in 0..new.parameters.prompt_count() {
            let block = |learner: &Learner| learner.parameters.bank().unwrap().block_of()[prompt];
            assert_eq!(block(&old) != block(&new), prompts.contains(&prompt));
        }
    }
    assert!(moves > 3, "{moves}");
}

#[test]
fn there_are_times_without_moves() {
    let words = ["model.prompt.moves=0.5", "solver.total_epoch=40"];
    let (changes, ..) = step(&config(Ghost, &words), 30);
    assert_eq!(changes.reason.as_deref(), Some("the time of moves is over"));
    let late = ["model.prompt.reward_warmup_epoch=3"];
    let (changes, ..) = step(&config(Demand, &late), 2);
    assert_eq!(changes.reason.as_deref(), Some("warm-up until epoch 4"));
}

#[test]
fn fewer_and_fewer_may_move() {
    let config = config(Ghost, &["model.prompt.moves=0.1", "solver.total_epoch=40"]);
    let most: Vec<usize> = (0..40).map(|epoch| config.most_moves(epoch, 60)).collect();
    assert_eq!((most[0], most[1], most[29], most[30], most[39]), (0, 6, 1, 0, 0));
    assert!(most[1..].windows(2).all(|pair| pair[0] >= pair[1]), "{most:?}");
    // Half of the time is over: 3 of 6.
    assert_eq!(most[16], 3);
    let plain = self::config(Ghost, &[]);
    assert!((0..100).all(|epoch| plain.most_moves(epoch, 60) == 1));
}

#[test]
fn settings_that_do_not_go_with_exchanges_are_refused() {
    let refused = |words: &[&str]| {
        let words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
        Config::from_args(None, &words).unwrap_err().to_string()
    };
    let error = refused(&["model.prompt.moves=0.1"]);
    assert!(error.contains("one prompt at most (with model.prompt.allocator = ppo)"), "{error}");
    let ghost = "model.prompt.allocator=ghost";
    let error = refused(&[ghost, "model.prompt.fidelity=reference"]);
    assert!(error.contains("ppo, thompson, random or fixed"), "{error}");
    let error = refused(&[ghost, "model.prompt.idleness=gate"]);
    assert!(error.contains("attention (with model.prompt.allocator = ghost)"), "{error}");
    let error = refused(&[ghost, "model.prompt.verify=0"]);
    assert!(error.contains("at least 1"), "{error}");
}

/// Labels that a little of a prompt in one block makes ask for that prompt in that block, among rows
/// in all blocks that change logits as much as it.
#[test]
fn a_planted_prompt_is_missed_where_it_stood() {
    let engine = sample::engine();
    let mut parameters = sample::parameters(&engine);
    // Nothing is certain yet, so that all images count alike.
    let head = parameters.set.values_mut("head.weight");
    head.iter_mut().enumerate().for_each(|(i, x)| *x = ((i * 37) % 17) as f32 / 2000.0 - 0.004);
    let (images, depth) = (24, engine.architecture().depth);
    let indices: Vec<usize> = (0..images).collect();
    let unlabelled = sample::split(images);
    let source = Source::new(&unlabelled, sample::preprocess()).unwrap();
    let pixels = source.pixels(&engine, &[3], None).unwrap();
    let tokens = draw_tokens(&engine, &pixels, 1, |block| Stream::new(block as u64)).unwrap();
    let token = |(block, mut tokens): (usize, DrawnTokens)| Candidate {
        block,
        row: tokens.rows.remove(0),
        origin: Origin::Token,
    };
    let candidates: Vec<Candidate> = tokens.into_iter().enumerate().map(token).collect();
    let raised = |parameters: &Parameters| -> Vec<f64> {
        let model = Model { engine: &engine, parameters, objective: Objective::PLAIN };
        let logits = model.head().logits(&model.features(&source, &indices).unwrap());
        logits.chunks(2).map(|pair| f64::from(pair[1]) - f64::from(pair[0])).collect()
    };
    let without = raised(&parameters);
    // By how much each row raises the second class of each image, over the median image, as
    // what is the same in all images asks for nothing where classes are of one size.
    let effects: Vec<Vec<f64>> = candidates
        .iter()
        .map(|candidate| {
            let mut joined = parameters.with_rows([candidate.beside()]);
            if let Some(logit) = joined.set.values_mut(LOGITS).last_mut() {
                *logit = 0.05f32.ln();
            }
            let with = raised(&joined);
            let changes = with.iter().zip(&without).map(|(with, without)| with - without);
            let changes: Vec<f64> = changes.collect();
            let mut sorted = changes.clone();
            sorted.sort_by(f64::total_cmp);
            let median = 0.5 * (sorted[images / 2 - 1] + sorted[images / 2]);
            changes.iter().map(|change| change - median).collect()
        })
        .collect();
    // How much each row would change logits, to first order, over their mean.
    let ones = sample::labelled(images, |_| 1);
    let ones = Source::new(&ones, sample::preprocess()).unwrap();
    let model = Model { engine: &engine, parameters: &parameters, objective: Objective::PLAIN };
    let each: Vec<Vec<f64>> = indices
        .iter()
        .map(|&image| appraise(&model, &ones, (&[image], 1), &candidates).unwrap().changes)
        .collect();
    let strength = |block: usize| {
        let mean = each.iter().map(|changes| changes[block]).sum::<f64>() / images as f64;
        each.iter().map(|changes| (changes[block] - mean).powi(2)).sum::<f64>().sqrt()
    };
    let found: Vec<usize> = (0..depth)
        .map(|planted| {
            let split =
                sample::labelled(images, |image| usize::from(effects[planted][image] > 0.0));
            let source = Source::new(&split, sample::preprocess()).unwrap();
            let model =
                Model { engine: &engine, parameters: &parameters, objective: Objective::PLAIN };
            let looks = (&indices[..], images);
            let changes = appraise(&model, &source, looks, &candidates).unwrap().changes;
            let expected = |block: usize| changes[block] / strength(block);
            (0..depth).min_by(|&a, &b| expected(a).total_cmp(&expected(b))).unwrap()
        })
        .collect();
    let right = found.iter().enumerate().filter(|(planted, found)| planted == *found).count();
    assert!(right >= 9, "{found:?}");
}
