//! The nursery's part in exchanges: its rows are candidates, and prompts that leave come into it.

use crate::config::AllocatorKind;
use crate::error::Error;
use crate::learn::between::Scene;
use crate::learn::ghosts::{Ghosts, PER_BLOCK};
use crate::learn::parameters::Parameters;
use crate::relocate::candidate::{Candidate, Origin};
use crate::relocate::exchange::decide::Verified;
use crate::relocate::exchange::field::Expected;

/// Its rows, given what they would do to the loss.
pub(super) fn candidates(
    ghosts: Option<&Ghosts>,
    changes: impl Iterator<Item = f64>,
) -> Vec<Expected> {
    let Some((ghosts, bank)) = ghosts.and_then(|ghosts| Some((ghosts, ghosts.rows.bank()?))) else {
        return Vec::new();
    };
    let of = |(ghost, (&block, change)): (usize, (&usize, f64))| {
        let row = ghosts.rows.row(ghost).to_vec();
        Expected { candidate: Candidate { block, row, origin: Origin::Nursery(ghost) }, change }
    };
    bank.block_of().iter().zip(changes).enumerate().map(of).collect()
}

/// How many rows a nursery has.
pub(super) fn expected(kind: AllocatorKind, parameters: &Parameters) -> usize {
    let depth = parameters.bank().map_or(0, |bank| bank.depth());
    if kind == AllocatorKind::Nursery { PER_BLOCK * depth } else { 0 }
}

/// A prompt that becomes what a row of the nursery is.
pub(super) struct Evicted {
    ghost: usize,
    block: usize,
    row: Vec<f32>,
}

impl Evicted {
    /// As it is before the exchange; none if the other one is not the nursery's.
    pub(super) fn of(parameters: &Parameters, verified: &Verified<'_>) -> Option<Self> {
        let prompt = verified.pair.prompt;
        match verified.expected.candidate.origin {
            Origin::Nursery(ghost) => Some(Self {
                ghost,
                block: parameters.bank()?.block_of()[prompt],
                row: parameters.row(prompt).to_vec(),
            }),
            _ => None,
        }
    }
}

/// Prompts that left come into the nursery of the block that they left, so that they may come back;
/// places of rows that became prompts begin anew.
pub(super) fn take_in(
    scene: &mut Scene<'_>,
    at: (u64, usize),
    evicted: Vec<Option<Evicted>>,
) -> Result<(), Error> {
    let Some(ghosts) = &mut scene.learner.ghosts else { return Ok(()) };
    let evicted: Vec<Evicted> = evicted.into_iter().flatten().collect();
    if evicted.is_empty() {
        return Ok(());
    }
    let promoted: Vec<usize> = evicted.iter().map(|evicted| evicted.ghost).collect();
    ghosts.renew(&promoted, at, scene.engine, scene.train)?;
    let mut taken: Vec<usize> = Vec::new();
    for Evicted { block, row, .. } in evicted {
        // Of the block's places one that has begun anew, else the last, while there is any.
        let places = (block * PER_BLOCK..(block + 1) * PER_BLOCK).rev();
        let mut free: Vec<usize> = places.filter(|place| !taken.contains(place)).collect();
        free.sort_by_key(|place| !promoted.contains(place));
        if let Some(&place) = free.first() {
            ghosts.put(place, row);
            taken.push(place);
        }
    }
    Ok(())
}
