//! What is learned before the first step, and where: prompts may first be where the gradients of
//! training images ask for them.

use provpt_base::{Purpose, stream};
use provpt_vit::Engine;

use crate::config::{Config, Distribution, HeadInit, Rebirth};
use crate::error::Error;
use crate::learn::bank::PromptBank;
use crate::learn::clip;
use crate::learn::first::Beginning;
use crate::learn::model::Stepping;
use crate::learn::parameters::Parameters;
use crate::learn::set::Gradients;
use crate::learn::source::Source;
use crate::learn::stage_rows::RowPlace;
use crate::learn::tune::Learner;
use crate::math::order::shuffled;

/// Batches of training images whose gradients are asked, and images of each.
const BATCHES: usize = 4;
const BATCH: usize = 64;

/// Replaces what is drawn by what is configured to come of the training images: values, and the first
/// distribution.
///
/// # Errors
/// An image cannot be read, or there is no room for the work.
pub(crate) fn start(
    learner: &mut Learner,
    beginning: &Beginning<'_>,
    train: &Source<'_>,
) -> Result<(), Error> {
    let &Beginning { config, engine, .. } = beginning;
    learner.start_from_data(beginning, train)?;
    if config.model.prompt.distribution != Some(Distribution::Demand) {
        return Ok(());
    }
    let demand = demand(learner, config, engine, train)?;
    distribute(&mut learner.parameters, &demand, config.seed)?;
    // Starts are those of other blocks now.
    learner.start_from_data(beginning, train)
}

/// How much each block asks for prompts, `[L]`, under a head from the means of the classes: the mean over
/// batches and its prompts of the length of the gradient by a prompt's direction.
fn demand(
    learner: &mut Learner,
    config: &Config,
    engine: &Engine,
    train: &Source<'_>,
) -> Result<Vec<f64>, Error> {
    let mut images = shuffled(train.len(), &mut stream(config.seed, Purpose::PromptInit, [4, 0]));
    images.truncate(BATCH * BATCHES);
    let drawn = learner.parameters.clone();
    if config.model.head_init != HeadInit::Means {
        learner.start_head(engine, train)?;
    }
    let (model, train) = (learner.model(engine), train.aside());
    let mut sums = vec![0.0; engine.architecture().depth];
    for batch in images.chunks(BATCH) {
        let by = model.gradients(&train, batch, Stepping::default())?.learned;
        add_slopes(model.parameters, engine.architecture().norm_eps, &by, &mut sums);
    }
    learner.parameters = drawn;
    let counts = learner.parameters.distribution();
    Ok(sums.iter().zip(counts).map(|(sum, count)| sum / count.max(1) as f64).collect())
}

fn add_slopes(parameters: &Parameters, eps: f32, by: &Gradients, sums: &mut [f64]) {
    let Some(bank) = parameters.bank() else { return };
    for (prompt, &block) in bank.block_of().iter().enumerate() {
        let RowPlace { array, row, width } = bank.place(prompt);
        let Some(slope) = by.of(&array).chunks_exact(width).nth(row) else { continue };
        let mut slope = slope.to_vec();
        bank.row_form().by_direction(block, eps, parameters.row(prompt), &mut slope);
        sums[block] += clip::squares(&slope).sqrt();
    }
}

/// Moves prompts until each block has its share.
fn distribute(parameters: &mut Parameters, demand: &[f64], seed: u64) -> Result<(), Error> {
    let Some(bank) = parameters.bank() else { return Ok(()) };
    let (wanted, rng) =
        (shares(demand, bank.len()), &mut stream(seed, Purpose::PromptInit, [5, 0]));
    for (prompt, block) in moves(bank, &wanted) {
        parameters.relocate(prompt, block, (Rebirth::Resample, 1.0), 0, rng)?;
    }
    if let Some(bank) = &mut parameters.bank {
        // None of this is a move of the method.
        bank.moved_at.fill(None);
    }
    Ok(())
}

/// The last prompts of blocks that have too many, and the blocks that have too few.
fn moves(bank: &PromptBank, wanted: &[usize]) -> Vec<(usize, usize)> {
    let blocks = || wanted.iter().zip(bank.distribution()).enumerate();
    let leave =
        blocks().flat_map(|(block, (&wanted, _))| bank.in_block(block).into_iter().skip(wanted));
    let enter = blocks()
        .flat_map(|(block, (&wanted, has))| std::iter::repeat_n(block, wanted.saturating_sub(has)));
    leave.zip(enter).collect()
}

/// So many things in proportion to some weights: whole parts first, the rest by the largest
/// remainders. The same for all if no weight is above 0.
fn shares(weights: &[f64], count: usize) -> Vec<usize> {
    let total: f64 = weights.iter().sum();
    let even = count as f64 / weights.len().max(1) as f64;
    let exact = |weight: &f64| if total > 0.0 { weight / total * count as f64 } else { even };
    let exact: Vec<f64> = weights.iter().map(exact).collect();
    let mut shares: Vec<usize> = exact.iter().map(|share| share.floor() as usize).collect();
    let mut by_rest: Vec<usize> = (0..shares.len()).collect();
    by_rest.sort_by(|&a, &b| exact[b].fract().total_cmp(&exact[a].fract()));
    let given: usize = shares.iter().sum();
    by_rest.into_iter().cycle().take(count.saturating_sub(given)).for_each(|i| shares[i] += 1);
    shares
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sample;

    #[test]
    fn shares_are_in_proportion_and_all_are_given() {
        assert_eq!(shares(&[3.0, 0.0, 1.0], 8), [6, 0, 2]);
        assert_eq!(shares(&[1.0, 1.0, 1.0], 8), [3, 3, 2]);
        assert_eq!(shares(&[0.0, 0.0], 5), [3, 2]);
    }

    proptest! {
        #[test]
        fn shares_are_within_one_of_proportion(
            weights in prop::collection::vec(0.0f64..10.0, 1..13),
            count in 0usize..100,
        ) {
            let (shares, total) = (shares(&weights, count), weights.iter().sum::<f64>());
            prop_assert_eq!(shares.iter().sum::<usize>(), count);
            for (&share, weight) in shares.iter().zip(&weights) {
                let exact = weight / total.max(1e-300) * count as f64;
                prop_assert!(total == 0.0 || (share as f64 - exact).abs() < 1.0 + 1e-9);
            }
        }
    }

    #[test]
    fn a_run_by_demand_has_all_its_prompts_and_starts_from_tokens() {
        let words = ["model.prompt.distribution=demand", "model.prompt.num_tokens=2"];
        let starts = ["model.prompt.init=tokens", "model.prompt.form=token"];
        let words = words.iter().chain(&starts);
        let words: Vec<String> = words.map(|&word| word.to_owned()).collect();
        let config = Config::from_args(None, &words).unwrap().config;
        let setup = sample::setup(&config, sample::task([0.0, 0.0]));
        let split = setup.task.train.clone();
        let source = Source::new(&split, setup.preprocess).unwrap();
        let start = || {
            let mut learner = setup.learner();
            start(&mut learner, &setup.beginning(), &source).unwrap();
            learner.parameters
        };
        let parameters = start();
        let (even, counts) = (setup.learner().parameters.distribution(), parameters.distribution());
        assert_eq!(counts.iter().sum::<usize>(), even.iter().sum::<usize>());
        assert_ne!(counts, even);
        assert_eq!(parameters, start(), "the same every time");
        let bank = parameters.bank().unwrap();
        let indices: Vec<usize> = (0..source.len()).collect();
        let pixels = source.pixels(&setup.engine, &indices, None).unwrap();
        for (prompt, &block) in bank.block_of().iter().enumerate() {
            let tokens = setup.engine.tokens(&pixels, block).unwrap();
            let row = parameters.row(prompt);
            assert!(tokens.chunks(row.len()).any(|token| token == row), "prompt {prompt}");
        }
    }

    #[test]
    fn prompts_go_where_they_are_wanted_and_start_as_others_do_there() {
        let mut parameters = sample::parameters(&sample::engine());
        let depth = parameters.distribution().len();
        let mut demand = vec![1.0; depth];
        (demand[0], demand[depth - 1]) = (2.0, 0.0);
        distribute(&mut parameters, &demand, 1).unwrap();
        assert_eq!(parameters.distribution(), shares(&demand, 2 * depth));
        assert!(parameters.bank().unwrap().moved_at.iter().all(Option::is_none));
        assert_eq!(parameters.prompt_count(), 2 * depth);
    }
}
