//! Which exchanges are made: those that lower the losses of some images, each image compared with
//! itself, by more than chance explains.

use provpt_runs::Move;

use crate::error::Error;
use crate::learn::between::Scene;
use crate::learn::model::Model;
use crate::learn::parameters::{LOGITS, Parameters};
use crate::learn::tune::Learner;
use crate::observer::{Phase, batches};
use crate::relocate::exchange::field::Expected;
use crate::relocate::exchange::nominate::Pair;
use crate::relocate::step::follow;
use crate::relocate::truth::{Change, Exchange, exchange_changes, image_losses};

/// An exchange and what it does.
#[derive(Clone, Debug)]
pub(super) struct Verified<'a> {
    pub(super) pair: Pair,
    pub(super) expected: &'a Expected,
    pub(super) change: Change,
}

/// Of some pairs those to be made, at most so many, the best first. Several are only made if they do
/// more together than the best one alone.
pub(super) fn decide<'f>(
    scene: &mut Scene<'_>,
    (epoch, looks): (usize, &[usize]),
    field: &'f [Expected],
    (pairs, most): (&[Pair], usize),
) -> Result<Vec<Verified<'f>>, Error> {
    if pairs.is_empty() {
        return Ok(Vec::new());
    }
    let train = &scene.train.aside();
    let model = scene.learner.model(scene.engine);
    let before = image_losses(&model, train, looks)?;
    let exchange = |pair: &Pair| Exchange {
        leaves: Some(pair.prompt),
        comes: Some(&field[pair.candidate].candidate),
    };
    let exchanges: Vec<Exchange<'_>> = pairs.iter().map(exchange).collect();
    let watch = batches(scene.observer, epoch, Phase::Verify);
    let changes = exchange_changes(&model, train, (looks, &before), &exchanges, watch)?;
    tracing::debug!(epoch, ?pairs, ?changes, "tried exchanges");
    let verified = pairs.iter().zip(changes).map(|(&pair, change)| Verified {
        pair,
        expected: &field[pair.candidate],
        change,
    });
    let mut good: Vec<Verified<'f>> = verified.filter(|tried| tried.change.helps()).collect();
    good.sort_by(|a, b| a.change.mean.total_cmp(&b.change.mean));
    good.truncate(most);
    if good.len() > 1 {
        let mut parameters = model.parameters.clone();
        for Verified { pair, expected, .. } in &good {
            let candidate = &expected.candidate;
            parameters.exchange(pair.prompt, (candidate.block, candidate.row.clone()), epoch)?;
        }
        let after = image_losses(&Model { parameters: &parameters, ..model }, train, looks)?;
        let together = Change::paired(&before, &after);
        if !(together.helps() && together.mean < good[0].change.mean) {
            good.truncate(1);
        }
    }
    Ok(good)
}

/// Makes an exchange; what there is to record of it. To the optimizer the prompt is new.
pub(super) fn make(
    learner: &mut Learner,
    epoch: usize,
    verified: &Verified<'_>,
) -> Result<Move, Error> {
    let Verified { pair, expected: Expected { candidate, change: insertion }, change } = verified;
    let Learner { parameters, optimizer, .. } = learner;
    let place = |parameters: &Parameters| {
        parameters.bank().map(|bank| (bank.place(pair.prompt), bank.block_of()[pair.prompt]))
    };
    let left = place(parameters);
    parameters.exchange(pair.prompt, (candidate.block, candidate.row.clone()), epoch)?;
    let mut from = candidate.block;
    if let (Some((left, block)), Some((now, _))) = (left, place(parameters)) {
        from = block;
        optimizer.reset_row(LOGITS, pair.prompt, 1);
        follow(optimizer, &left, &now, true);
    }
    Ok(Move {
        prompt: pair.prompt,
        from,
        to: candidate.block,
        idleness: pair.idleness,
        verified: Some(-change.mean),
        error: Some(change.error),
        insertion: Some(*insertion),
        probability: None,
        rebirth: candidate.origin.name().to_owned(),
    })
}
