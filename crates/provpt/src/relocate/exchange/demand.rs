//! What the gradients of each block ask for: the row that an empty one would become.

use crate::error::Error;
use crate::learn::clip;
use crate::learn::first::DrawnTokens;
use crate::learn::model::Model;
use crate::learn::source::Source;
use crate::relocate::candidate::{Candidate, Origin};
use crate::relocate::exchange::field::Expected;
use crate::relocate::insertion::appraise_batch;

/// Batches whose gradients are compared: what they agree in is no noise.
const BATCHES: usize = 4;

/// How much a block asks for a row, and which.
#[derive(Clone, Debug)]
pub(crate) struct Demand {
    /// By how much an empty row would change the loss.
    pub(crate) empty: f64,
    /// The mean gradient by the direction of such a row.
    pub(crate) slope: Vec<f32>,
    /// The length of the slope, without what noise adds to it; 0 where it is all noise.
    pub(crate) length: f64,
}

impl Demand {
    /// The change of the loss that is expected of the row that is asked for: along the slope, by the
    /// length of a row of variance 1.
    pub(crate) fn change(&self) -> f64 {
        self.empty - (self.slope.len() as f64).sqrt() * self.length
    }
}

/// The demand of every block, over some images.
pub(crate) fn demands(
    model: &Model<'_>,
    source: &Source<'_>,
    images: &[usize],
) -> Result<Vec<Demand>, Error> {
    let empty = empty_rows(model);
    let size = images.len().div_ceil(BATCHES).max(1);
    // Batches of one size, so that all count the same.
    let count = (images.len() / size).max(1);
    let mut sums: Vec<Sum> = empty.iter().map(|row| Sum::of(row.row.len())).collect();
    for batch in images.chunks(size).take(count) {
        let appraisal = appraise_batch(model, source, batch, &empty)?;
        for (((sum, row), change), mut slope) in
            sums.iter_mut().zip(&empty).zip(appraisal.changes).zip(appraisal.slopes)
        {
            by_direction(model, row, &mut slope);
            sum.add(change, &slope);
        }
    }
    Ok(sums.into_iter().map(Sum::finish).collect())
}

/// The rows that all blocks ask for, as large as tokens are there.
pub(crate) fn asked_for(
    model: &Model<'_>,
    source: &Source<'_>,
    images: &[usize],
    tokens: &[DrawnTokens],
) -> Result<Vec<Expected>, Error> {
    let demands = demands(model, source, images)?.into_iter().zip(tokens).enumerate();
    let row = |(block, (demand, tokens)): (usize, (Demand, &DrawnTokens))| Expected {
        change: demand.change(),
        candidate: candidate(model, block, &demand, tokens.deviation),
    };
    Ok(demands.map(row).collect())
}

/// The row that a block asks for.
pub(crate) fn candidate(
    model: &Model<'_>,
    block: usize,
    demand: &Demand,
    deviation: f32,
) -> Candidate {
    let length = clip::squares(&demand.slope).sqrt();
    let size = f64::from(deviation) * (demand.slope.len() as f64).sqrt() / length.max(1e-30);
    let mut row: Vec<f32> = demand.slope.iter().map(|&g| (-f64::from(g) * size) as f32).collect();
    if let Some(bank) = model.parameters.bank() {
        bank.row_form().of_token(block, &mut row);
    }
    Candidate { block, row, origin: Origin::Demand }
}

/// What the norm of each block makes of no direction at all.
fn empty_rows(model: &Model<'_>) -> Vec<Candidate> {
    let Some(bank) = model.parameters.bank() else { return Vec::new() };
    let empty = |block: usize| {
        Candidate::of_token(bank, block, vec![0.0; bank.row_width(block)], Origin::Demand)
    };
    (0..bank.depth()).map(empty).collect()
}

fn by_direction(model: &Model<'_>, empty: &Candidate, slope: &mut [f32]) {
    if let Some(bank) = model.parameters.bank() {
        let eps = model.engine.architecture().norm_eps;
        bank.row_form().by_direction(empty.block, eps, &empty.row, slope);
    }
}

/// Adds up slopes of batches.
struct Sum {
    empty: f64,
    slope: Vec<f64>,
    /// The sum of their squared lengths.
    squares: f64,
    batches: usize,
}

impl Sum {
    fn of(width: usize) -> Self {
        Self { empty: 0.0, slope: vec![0.0; width], squares: 0.0, batches: 0 }
    }

    fn add(&mut self, empty: f64, slope: &[f32]) {
        self.empty += empty;
        self.squares += clip::squares(slope);
        self.slope.iter_mut().zip(slope).for_each(|(sum, &g)| *sum += f64::from(g));
        self.batches += 1;
    }

    /// The squared length of a mean has what noise adds to it. The mean product of slopes of two
    /// different batches has not: `(|sum|² - sum of |.|²) / (n (n - 1))`.
    fn finish(self) -> Demand {
        let n = self.batches.max(1) as f64;
        let square: f64 = self.slope.iter().map(|sum| sum * sum).sum();
        let agreed = if n > 1.0 { (square - self.squares) / (n * (n - 1.0)) } else { square };
        Demand {
            empty: self.empty / n,
            slope: self.slope.iter().map(|sum| (sum / n) as f32).collect(),
            length: agreed.max(0.0).sqrt(),
        }
    }
}

#[cfg(test)]
mod tests {
    use provpt_base::Stream;
    use rand::RngExt;
    use rand_distr::StandardNormal;

    use super::*;

    #[test]
    fn noise_is_not_demand() {
        let mut rng = Stream::new(3);
        let mut of = |signal: f32| {
            let mut sum = Sum::of(200);
            for _ in 0..8 {
                let slope: Vec<f32> =
                    (0..200).map(|_| signal + rng.sample::<f32, _>(StandardNormal)).collect();
                sum.add(0.5, &slope);
            }
            sum.finish()
        };
        let mean = |demand: &Demand| {
            demand.slope.iter().map(|&g| f64::from(g).powi(2)).sum::<f64>().sqrt()
        };
        let (noise, signal) = (of(0.0), of(1.0));
        assert!(mean(&noise) > 4.0 && noise.length < 3.0, "{}", noise.length);
        // sqrt(200) = 14.1
        assert!((signal.length - 14.1).abs() < 1.5, "{}", signal.length);
        assert!((signal.change() - (0.5 - 200f64.sqrt() * signal.length)).abs() < 1e-9);
    }
}
