use super::*;
use crate::learn::objective::Objective;
use crate::learn::parameters::LOGITS;
use crate::relocate::candidate::Origin;
use crate::relocate::truth::image_losses;
use crate::sample;
use provpt_vit::Engine;

fn mean_loss(engine: &Engine, parameters: &Parameters, source: &Source<'_>) -> f64 {
    let model = Model { engine, parameters, objective: Objective::PLAIN };
    let indices: Vec<usize> = (0..source.len()).collect();
    let losses = image_losses(&model, source, &indices).unwrap();
    losses.iter().sum::<f64>() / losses.len() as f64
}

/// Rows in the first, some middle and the last block, large enough to be seen.
fn candidates(parameters: &Parameters) -> Vec<Candidate> {
    let row = |k: usize| parameters.row(k).iter().map(|x| 20.0 * x).collect();
    let of = |(k, block)| Candidate { block, row: row(k), origin: Origin::Token };
    [(3, 0), (8, 5), (1, 11)].map(of).to_vec()
}

#[test]
fn a_change_is_what_a_little_attention_does_to_the_loss() {
    let (engine, split) = (sample::engine(), sample::split(6));
    let source = Source::new(&split, sample::preprocess()).unwrap();
    let parameters = sample::parameters(&engine);
    let model = Model { engine: &engine, parameters: &parameters, objective: Objective::PLAIN };
    let candidates = candidates(&parameters);
    let indices: Vec<usize> = (0..6).collect();
    let got = appraise(&model, &source, (&indices, 4), &candidates).unwrap();
    let present = mean_loss(&engine, &parameters, &source);
    let largest = got.changes.iter().fold(0.0, |most: f64, change| most.max(change.abs()));
    // What rounding makes of losses counts by the inverse of the weight.
    let noise = 2e-4;
    assert!(largest > 10.0 * noise, "{:?}", got.changes);
    for (candidate, &change) in candidates.iter().zip(&got.changes) {
        // With weights e and 2 e the rest of the second order goes.
        let with = |weight: f32| {
            let mut joined = parameters.with_rows([candidate.beside()]);
            if let Some(logit) = joined.set.values_mut(LOGITS).last_mut() {
                *logit = weight.ln();
            }
            (mean_loss(&engine, &joined, &source) - present) / f64::from(weight)
        };
        let expected = 2.0 * with(0.02) - with(0.04);
        let difference = (change - expected).abs();
        assert!(difference < 0.03 * expected.abs() + noise, "{change} {expected}");
    }
}

#[test]
fn slopes_are_those_of_the_change() {
    let (engine, split) = (sample::engine(), sample::split(4));
    let source = Source::new(&split, sample::preprocess()).unwrap();
    let parameters = sample::parameters(&engine);
    let model = Model { engine: &engine, parameters: &parameters, objective: Objective::PLAIN };
    let candidates = candidates(&parameters);
    let of = |candidates: &[Candidate]| {
        appraise(&model, &source, (&[0, 1, 2, 3], 4), candidates).unwrap()
    };
    let here = of(&candidates);
    for (k, norm) in here.slope_norms().enumerate() {
        let moved = |size: f32| {
            let mut moved = candidates.clone();
            let way = here.slopes[k].iter().map(|g| size * g / norm as f32);
            moved[k].row.iter_mut().zip(way).for_each(|(x, step)| *x += step);
            of(&moved).changes[k]
        };
        let expected = (moved(0.01) - moved(-0.01)) / 0.02;
        assert!((norm / expected - 1.0).abs() < 0.02, "{norm} {expected}");
    }
}

#[test]
fn a_copy_of_a_prompt_does_what_its_own_attention_does() {
    let (engine, split) = (sample::engine(), sample::split(4));
    let source = Source::new(&split, sample::preprocess()).unwrap();
    let parameters = sample::parameters(&engine);
    let model = Model { engine: &engine, parameters: &parameters, objective: Objective::PLAIN };
    let bank = parameters.bank().unwrap();
    let copy = |k: usize| Candidate {
        block: bank.block_of()[k],
        row: parameters.row(k).to_vec(),
        origin: Origin::Prompt(k),
    };
    let copies: Vec<Candidate> = (0..bank.len()).map(copy).collect();
    let indices = [0, 1, 2, 3];
    let got = appraise(&model, &source, (&indices, 4), &copies).unwrap().changes;
    let expected = model.gradients(&source, &indices, Stepping::default()).unwrap();
    for (got, &own) in got.iter().zip(&expected.attention) {
        assert!((got - f64::from(own)).abs() < 1e-3 * own.abs() as f64 + 1e-7, "{got} {own}");
    }
    // They are there, and change nothing.
    let joined = parameters.with_ghosts(copies.iter().map(Candidate::beside));
    let [with, without] = [&joined, &parameters].map(|p| mean_loss(&engine, p, &source));
    assert!((with - without).abs() < 1e-5 * without, "{with} {without}");
}
