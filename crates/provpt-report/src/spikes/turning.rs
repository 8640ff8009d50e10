//! Whether steps that turn prompts far lead to spikes.

use std::path::Path;

use provpt_runs::{Error, Metrics, RunFolder, StepRecord, Steps};

use super::around::turn_before;
use super::{Spike, SpikeRate, find};
use crate::stats::median;
use crate::{Align, Table};

/// A turn from which on a spike is to be expected, radians.
const FAR: f64 = 0.3;

/// How turns and spikes of a run go together.
#[derive(Debug, Clone, Default, PartialEq)]
struct Turning {
    /// The largest turn of the few steps before each spike, as far as it is known.
    before_spikes: Vec<f64>,
    /// The same before each step that is in no spike.
    before_others: Vec<f64>,
}

impl Turning {
    fn of(steps: &[StepRecord], spikes: &[Spike]) -> Self {
        let inside = |at: usize| spikes.iter().any(|spike| (spike.start..=spike.end).contains(&at));
        let turn = |at: usize| turn_before(steps, at);
        Self {
            before_spikes: spikes.iter().filter_map(|spike| turn(spike.start)).collect(),
            before_others: (0..steps.len()).filter(|at| !inside(*at)).filter_map(turn).collect(),
        }
    }

    /// How likely a spike has a larger turn before it than another step: 0.5 where turns tell nothing.
    fn separation(&self) -> Option<f64> {
        let pairs = self.before_spikes.len() * self.before_others.len();
        let above = |spike: &f64| -> f64 {
            let count = |other: &f64| match spike.total_cmp(other) {
                std::cmp::Ordering::Greater => 1.0,
                std::cmp::Ordering::Equal => 0.5,
                std::cmp::Ordering::Less => 0.0,
            };
            self.before_others.iter().map(count).sum()
        };
        (pairs > 0).then(|| self.before_spikes.iter().map(above).sum::<f64>() / pairs as f64)
    }

    /// Shares of spikes, and of other steps, behind a far turn.
    fn far(&self) -> [Option<f64>; 2] {
        [&self.before_spikes, &self.before_others].map(|turns| {
            let far = turns.iter().filter(|turn| **turn > FAR).count();
            (!turns.is_empty()).then(|| far as f64 / turns.len() as f64)
        })
    }
}

/// A table of runs: how often the loss spiked, behind moves and else, and how far prompts turned in the
/// steps before.
///
/// # Errors
/// A run cannot be read, or has not recorded its steps.
pub fn spike_table(runs: &[impl AsRef<Path>]) -> Result<Table, Error> {
    let columns = [
        "steps",
        "spikes",
        "of loss",
        "moved",
        "still",
        "lost",
        "turn",
        "at spikes",
        "larger",
        "far",
        "far else",
    ];
    let columns = columns.map(|name| (name, Align::Right));
    let mut table = Table::new([("run", Align::Left)].into_iter().chain(columns));
    let (mut all, mut rates) = (Turning::default(), SpikeRate::default());
    for path in runs {
        let folder = RunFolder::open(path.as_ref())?;
        let steps = Steps::load(&folder.steps())?;
        let metrics = Metrics::load(&folder.metrics())?;
        let found = find(&steps);
        let turning = Turning::of(&steps, &found);
        let rate = SpikeRate::of(&steps, &found, &metrics);
        table.row(row(path.as_ref().display().to_string(), &turning, &rate));
        all.before_spikes.extend(turning.before_spikes);
        all.before_others.extend(turning.before_others);
        rates += rate;
    }
    if runs.len() > 1 {
        table.row(row("all".to_owned(), &all, &rates));
    }
    Ok(table)
}

fn row(name: String, turning: &Turning, rate: &SpikeRate) -> [String; 12] {
    let number = |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.2}"));
    let [_, moved, still] = rate.per_thousand().map(number);
    let [far, far_else] = turning.far().map(number);
    [
        name,
        rate.steps().to_string(),
        rate.spikes().to_string(),
        rate.of_loss.to_string(),
        moved,
        still,
        rate.lost.to_string(),
        number(median(&turning.before_others)),
        number(median(&turning.before_spikes)),
        number(turning.separation()),
        far,
        far_else,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A quiet loss that jumps at these steps, and turns of 0.1, but of 0.5 at those.
    fn steps(jumps: &[usize], turns: &[usize]) -> Vec<StepRecord> {
        let step = |at: usize| StepRecord {
            loss: if jumps.contains(&at) { 9.0 } else { 1.0 },
            grad_norm: 1.0,
            block_turn: vec![0.05, if turns.contains(&at) { 0.5 } else { 0.1 }],
            ..StepRecord::default()
        };
        (0..200).map(step).collect()
    }

    fn turning(jumps: &[usize], turns: &[usize]) -> Turning {
        let steps = steps(jumps, turns);
        Turning::of(&steps, &find(&steps))
    }

    #[test]
    fn far_turns_in_front_of_spikes_are_told_from_others() {
        let far = turning(&[60, 120], &[59, 118]);
        assert_eq!(far.before_spikes, [0.5, 0.5]);
        assert_eq!(far.far()[0], Some(1.0));
        // Steps behind the far turns that are no spikes.
        let separation = far.separation().unwrap();
        assert!((0.97..1.0).contains(&separation), "{separation}");
        let none = turning(&[60, 120], &[]);
        assert_eq!((none.separation(), none.far()), (Some(0.5), [Some(0.0), Some(0.0)]));
        let quiet = turning(&[], &[59]);
        assert_eq!((quiet.separation(), quiet.far()[0]), (None, None));
    }
}
