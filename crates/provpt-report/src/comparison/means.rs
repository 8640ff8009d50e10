//! Means over tasks, with their spread over seeds.

use super::catalogue::Sorted;
use super::entry::Group;
use crate::stats::{Estimate, mean};

/// A method's mean over some tasks.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TaskMean {
    /// Of the tasks' means over seeds.
    pub(crate) mean: f64,
    /// Sample standard deviation of the same mean made for one seed at a time, over the seeds that
    /// all tasks have.
    pub(crate) std: Option<f64>,
    /// Tasks in it.
    pub(crate) tasks: usize,
    /// Tasks that belong to it.
    pub(crate) of: usize,
}

/// A method's results on some tasks: each its accuracies by seed.
type Tests = Vec<Vec<(u64, f64)>>;

/// The mean of a group's tasks.
pub(super) fn of_tasks<'a>(
    groups: &[Group],
    method: &str,
    tasks: impl Iterator<Item = &'a String>,
    of: usize,
) -> Option<TaskMean> {
    let tests: Tests =
        tasks.map(|task| tests(groups, method, task)).filter(|t| !t.is_empty()).collect();
    over(&[tests], of)
}

/// The mean of the means of a benchmark's groups.
pub(super) fn of_groups(groups: &[Group], method: &str, sorted: &Sorted) -> Option<TaskMean> {
    let tests: Vec<Tests> = sorted
        .groups
        .iter()
        .map(|group| {
            let all = group.tasks.iter().map(|task| tests(groups, method, task));
            all.filter(|tests| !tests.is_empty()).collect()
        })
        .filter(|tests: &Tests| !tests.is_empty())
        .collect();
    over(&tests, sorted.of())
}

fn tests(groups: &[Group], method: &str, task: &str) -> Vec<(u64, f64)> {
    let group = groups.iter().find(|group| group.method == method && group.task == task);
    group.map(Group::tests).unwrap_or_default()
}

/// The mean over groups of the mean over tasks of a number of each task.
fn nested(groups: &[Tests], number: impl Fn(&[(u64, f64)]) -> Option<f64>) -> Option<f64> {
    let of_group = |tests: &Tests| {
        let numbers: Option<Vec<f64>> = tests.iter().map(|runs| number(runs)).collect();
        mean(&numbers?)
    };
    let means: Option<Vec<f64>> = groups.iter().map(of_group).collect();
    mean(&means?)
}

fn over(groups: &[Tests], of: usize) -> Option<TaskMean> {
    let average = |runs: &[(u64, f64)]| mean(&runs.iter().map(|run| run.1).collect::<Vec<_>>());
    let first: Vec<u64> = groups.first()?.first()?.iter().map(|run| run.0).collect();
    let with =
        |seed: u64| nested(groups, |runs| runs.iter().find(|run| run.0 == seed).map(|run| run.1));
    let by_seed: Vec<f64> = first.into_iter().filter_map(with).collect();
    Some(TaskMean {
        mean: nested(groups, average)?,
        std: Estimate::of(&by_seed).and_then(|estimate| estimate.std),
        tasks: groups.iter().map(Vec::len).sum(),
        of,
    })
}

#[cfg(test)]
mod tests_of_means {
    use super::*;

    #[test]
    fn both_means_and_the_seeds_all_tasks_share() {
        let runs = |values: &[(u64, f64)]| values.to_vec();
        let natural: Tests = vec![runs(&[(1, 0.5), (2, 0.7)]), runs(&[(1, 0.1), (2, 0.3)])];
        let structured: Tests = vec![runs(&[(2, 0.9), (1, 0.8), (3, 1.0)])];
        let both = over(&[natural.clone(), structured.clone()], 19).unwrap();
        assert!((both.mean - 0.65).abs() < 1e-12, "{both:?}");
        assert_eq!((both.tasks, both.of), (3, 19));
        // By seed: (0.3 + 0.8) / 2 and (0.5 + 0.9) / 2; no task but one has seed 3.
        let std = both.std.unwrap();
        assert!((std - 0.15 / 2_f64.sqrt()).abs() < 1e-12, "{std}");

        let flat = over(&[[natural, structured].concat()], 19).unwrap();
        assert!((flat.mean - (0.6 + 0.2 + 0.9) / 3.0).abs() < 1e-12, "{flat:?}");
        assert_eq!(over(&[], 19), None);
        assert_eq!(over(&[vec![runs(&[(1, 0.5)])]], 7).unwrap().std, None);
    }
}
