//! Two methods on the same tasks.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::entry::Group;
use crate::stats::mean;

/// Resamples of a bootstrap.
pub(crate) const RESAMPLES: usize = 10_000;
/// Differences up to this are ties: 0.05 points.
pub(crate) const TIE: f64 = 0.0005;
const SEED: u64 = 20_250_306;

/// What a difference on one task is made of.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Runs {
    /// Differences of runs with the same seed.
    Paired(Vec<f64>),
    /// Test top-1 of both methods' runs, which have no seed in common.
    Apart(Vec<f64>, Vec<f64>),
}

/// One task's difference, first method less second.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TaskDifference {
    pub(crate) task: String,
    /// Test top-1 of both, means over the runs that are compared.
    pub(crate) means: [f64; 2],
    pub(crate) difference: f64,
    pub(crate) runs: Runs,
}

/// Two methods compared, first less second.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Paired {
    pub(crate) names: [String; 2],
    /// Tasks with results of both.
    pub(crate) tasks: Vec<TaskDifference>,
    /// Mean difference over the tasks.
    pub(crate) mean: f64,
    /// 95 % bootstrap interval of it; none of a single pair of runs, which has no spread.
    pub(crate) interval: Option<(f64, f64)>,
    /// Tasks on which the first is better, the same (up to [`TIE`]), worse.
    pub(crate) outcomes: [usize; 3],
}

impl Paired {
    /// None if no task has results of both.
    pub(crate) fn of(groups: &[Group], names: [&str; 2]) -> Option<Self> {
        let mine = |name: &str| groups.iter().filter(move |g| g.method == name).collect::<Vec<_>>();
        let (first, second) = (mine(names[0]), mine(names[1]));
        let tasks: Vec<TaskDifference> = first
            .iter()
            .filter_map(|a| difference(a, second.iter().find(|b| b.task == a.task)?))
            .collect();
        let differences: Vec<f64> = tasks.iter().map(|task| task.difference).collect();
        let count = |is: fn(f64) -> bool| differences.iter().filter(|&&d| is(d)).count();
        Some(Self {
            names: names.map(str::to_owned),
            mean: mean(&differences)?,
            interval: has_spread(&tasks).then(|| bootstrap(&tasks)),
            outcomes: [count(|d| d > TIE), count(|d| d.abs() <= TIE), count(|d| d < -TIE)],
            tasks,
        })
    }
}

fn difference(a: &Group, b: &Group) -> Option<TaskDifference> {
    let (a_tests, b_tests) = (a.tests(), b.tests());
    let pairs: Vec<(f64, f64)> = a_tests
        .iter()
        .filter_map(|(seed, x)| Some((*x, b_tests.iter().find(|(s, _)| s == seed)?.1)))
        .collect();
    let (xs, ys): (Vec<f64>, Vec<f64>) = match pairs.is_empty() {
        true => (just_values(&a_tests), just_values(&b_tests)),
        false => pairs.iter().copied().unzip(),
    };
    let means = [mean(&xs)?, mean(&ys)?];
    let runs = match pairs.is_empty() {
        true => Runs::Apart(xs, ys),
        false => Runs::Paired(pairs.iter().map(|(x, y)| x - y).collect()),
    };
    let task = a.task.clone();
    Some(TaskDifference { task, means, difference: means[0] - means[1], runs })
}

fn just_values(tests: &[(u64, f64)]) -> Vec<f64> {
    tests.iter().map(|(_, top1)| *top1).collect()
}

fn has_spread(tasks: &[TaskDifference]) -> bool {
    let several = |runs: &Runs| match runs {
        Runs::Paired(runs) => runs.len() > 1,
        Runs::Apart(a, b) => a.len() > 1 || b.len() > 1,
    };
    tasks.len() > 1 || tasks.iter().any(|task| several(&task.runs))
}

/// The middle 95 % of the mean difference over as many tasks, drawn with replacement, each with as
/// many runs of its own, drawn with replacement (together where they share seeds). `tasks` must not be empty.
fn bootstrap(tasks: &[TaskDifference]) -> (f64, f64) {
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let mut resampled: Vec<f64> = (0..RESAMPLES)
        .map(|_| {
            let sum: f64 = (0..tasks.len())
                .map(|_| {
                    let task = &tasks[rng.random_range(0..tasks.len())];
                    match &task.runs {
                        Runs::Paired(runs) => redraw(runs, &mut rng),
                        Runs::Apart(a, b) => redraw(a, &mut rng) - redraw(b, &mut rng),
                    }
                })
                .sum();
            sum / tasks.len() as f64
        })
        .collect();
    resampled.sort_by(f64::total_cmp);
    (resampled[RESAMPLES / 40], resampled[RESAMPLES - 1 - RESAMPLES / 40])
}

/// The mean of as many values, drawn with replacement.
fn redraw(values: &[f64], rng: &mut ChaCha8Rng) -> f64 {
    let drawn: f64 = (0..values.len()).map(|_| values[rng.random_range(0..values.len())]).sum();
    drawn / values.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(runs: Runs) -> TaskDifference {
        TaskDifference { task: "t".into(), means: [0.0; 2], difference: 0.0, runs }
    }

    #[test]
    fn the_interval_of_a_known_spread() {
        // The mean of n draws from ±0.1 has the standard deviation 0.1 / sqrt(n).
        let tasks: Vec<TaskDifference> = (0..100)
            .map(|i| task(Runs::Paired(vec![if i % 2 == 0 { 0.1 } else { -0.1 }])))
            .collect();
        let (low, high) = bootstrap(&tasks);
        assert!((low + 0.0196).abs() < 0.002 && (high - 0.0196).abs() < 0.002, "{low} {high}");
        assert_eq!(bootstrap(&tasks), (low, high), "the same every time");
    }

    #[test]
    fn one_task_still_has_the_spread_of_its_seeds() {
        let (low, high) = bootstrap(&[task(Runs::Paired(vec![0.01, 0.02, 0.03]))]);
        assert!((low, high) == (0.01, 0.03), "{low} {high}");
        let apart = |seconds: &[f64]| [task(Runs::Apart(vec![0.5], seconds.to_vec()))];
        assert!(has_spread(&apart(&[0.25, 0.5])) && !has_spread(&apart(&[0.25])));
        assert_eq!(bootstrap(&apart(&[0.25, 0.5])), (0.0, 0.25));
    }
}
