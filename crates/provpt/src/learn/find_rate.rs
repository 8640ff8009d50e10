//! The learning rate, found by some steps that are taken back.
//!
//! Prodigy's estimate is of how far values are from where they will come to. Wherever it begins, it grows
//! until it is about as large as the best rate, and stays there. Runs take twice the estimate, by what was
//! measured (`docs/learning.md`).

use provpt_base::{Purpose, stream};

use crate::error::Error;
use crate::learn::first::Beginning;
use crate::learn::model::{Model, Stepping};
use crate::learn::showing::Showing;
use crate::learn::source::Source;
use crate::learn::tune::Learner;
use crate::math::order::shuffled;
use crate::math::prodigy::Prodigy;

/// How much smaller than the configured rate the first estimate is.
const FIRST: f64 = 0.1;

/// A good rate by the last one.
const TIMES: f64 = 2.0;

/// The rate that so many steps from here find, by batches as they will be. The learner stays as it is.
///
/// # Errors
/// An image cannot be read, the loss is no longer a number, or there is no room for the work.
pub(crate) fn find_rate(
    learner: &Learner,
    &Beginning { config, engine, .. }: &Beginning<'_>,
    train: &Source<'_>,
    showing: Showing,
    mut watch: impl FnMut(usize, usize),
) -> Result<f64, Error> {
    let mut parameters = learner.parameters.clone();
    let mut search = Prodigy::new(FIRST * config.learning_rate());
    let steps = config.solver.find_rate;
    let orders = (0..)
        .map(|round| shuffled(train.len(), &mut stream(config.seed, Purpose::Shuffle, [round, 1])));
    let batches = orders.flat_map(|order| {
        let batches = order.chunks(config.data.batch_size).map(<[usize]>::to_vec);
        batches.collect::<Vec<_>>()
    });
    let stepping = Stepping { showing: Some(showing), ..Stepping::default() };
    for (step, batch) in batches.take(steps).enumerate() {
        let model = Model { engine, parameters: &parameters, objective: &learner.objective };
        let gradients = model.gradients(train, &batch, stepping)?;
        gradients.check(0, step + 1)?;
        search.step(parameters.set.updates(&gradients.learned));
        watch(step + 1, steps);
    }
    Ok(TIMES * search.distance())
}
