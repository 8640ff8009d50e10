use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde_json::Value;

/// What ties are settled by, in this order.
const TIES: [&str; 2] = ["solver.base_lr", "solver.weight_decay"];

/// A trial that may be picked.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'a> {
    /// Its values, by dotted key.
    pub values: &'a BTreeMap<String, Value>,
    /// Its val top-1; none if it failed, or has none.
    pub val_top1: Option<f64>,
}

/// Candidates from best to worst: by val top-1, ties to the smaller learning rate, then to the
/// smaller weight decay, then to the one that stands first. Indices into `candidates`; those
/// without a val top-1, or with one that is no number, are left out.
pub fn best_first(candidates: &[Candidate<'_>]) -> Vec<usize> {
    let top1 = |index: &usize| candidates[*index].val_top1.filter(|top1| top1.is_finite());
    let mut order: Vec<usize> = (0..candidates.len()).filter(|i| top1(i).is_some()).collect();
    order.sort_by(|a, b| {
        let better = top1(b).partial_cmp(&top1(a)).unwrap_or(Ordering::Equal);
        better.then_with(|| smaller(candidates[*a].values, candidates[*b].values))
    });
    order
}

fn smaller(a: &BTreeMap<String, Value>, b: &BTreeMap<String, Value>) -> Ordering {
    let number =
        |values: &BTreeMap<String, Value>, key: &str| values.get(key).and_then(Value::as_f64);
    TIES.iter().fold(Ordering::Equal, |order, key| {
        let by_key = match (number(a, key), number(b, key)) {
            (Some(a), Some(b)) => a.total_cmp(&b),
            _ => Ordering::Equal,
        };
        order.then(by_key)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(lr: f64, wd: f64) -> BTreeMap<String, Value> {
        [(TIES[0].to_owned(), lr.into()), (TIES[1].to_owned(), wd.into())].into()
    }

    fn order(grid: &[(f64, f64, Option<f64>)]) -> Vec<usize> {
        let values: Vec<_> = grid.iter().map(|&(lr, wd, _)| values(lr, wd)).collect();
        let candidates: Vec<_> = values
            .iter()
            .zip(grid)
            .map(|(values, &(_, _, val_top1))| Candidate { values, val_top1 })
            .collect();
        best_first(&candidates)
    }

    #[test]
    fn ties_go_to_the_smaller_learning_rate_then_weight_decay_then_place() {
        let tied = [(5.0, 0.0, Some(0.5)), (1.0, 0.01, Some(0.5)), (1.0, 0.0, Some(0.5))];
        assert_eq!(order(&tied), [2, 1, 0]);
        assert_eq!(order(&[(1.0, 0.0, Some(0.5)), (1.0, 0.0, Some(0.5))]), [0, 1]);
        assert_eq!(order(&[(1.0, 0.0, Some(0.5)), (50.0, 0.1, Some(0.6))]), [1, 0]);
    }

    #[test]
    fn what_has_no_score_is_out() {
        assert_eq!(order(&[(1.0, 0.0, None), (2.0, 0.0, Some(f64::NAN))]), [0usize; 0]);
        assert_eq!(order(&[(1.0, 0.0, None), (2.0, 0.0, Some(0.0))]), [1]);
    }
}
