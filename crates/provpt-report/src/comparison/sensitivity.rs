//! How much a method minds its settings: accuracy over the logarithm of one of them.

use serde_json::Value;

use super::grid::NEAR;
use super::pick::candidates;
use super::{Comparison, Group};
use crate::{Align, Table};

/// Accuracy of one method on one task over one setting.
#[derive(Debug, Clone, PartialEq)]
pub struct Sensitivity {
    /// The task.
    pub task: String,
    /// The method.
    pub method: String,
    /// The setting, as a dotted key.
    pub key: String,
    /// Values above 0, ascending, and the best val top-1 with each over all other settings.
    pub points: Vec<(f64, f64)>,
}

impl Sensitivity {
    /// Of a group, for each setting that it varies and that is a number.
    fn of(group: &Group) -> Vec<Self> {
        let all = candidates(&group.entries);
        let Some(first) = all.first() else { return Vec::new() };
        let along = |key: &String| {
            let mut points: Vec<(f64, f64)> = Vec::new();
            for candidate in &all {
                let number = candidate.values.get(key).and_then(Value::as_f64);
                let Some((x, y)) = number.filter(|x| *x > 0.0).zip(candidate.val) else { continue };
                match points.iter_mut().find(|(at, _)| *at == x) {
                    Some((_, best)) => *best = best.max(y),
                    None => points.push((x, y)),
                }
            }
            points.sort_by(|a, b| a.0.total_cmp(&b.0));
            let (task, method, key) = (group.task.clone(), group.method.clone(), key.clone());
            (points.len() > 1).then_some(Self { task, method, key, points })
        };
        first.values.keys().filter_map(along).collect()
    }

    /// The best accuracy, and where it is.
    pub fn best(&self) -> (f64, f64) {
        let best = self.points.iter().copied().reduce(|a, b| if b.1 > a.1 { b } else { a });
        best.unwrap_or_default()
    }

    /// Decades around the best in which accuracy stays within one point of it, straight lines drawn
    /// between values; and whether it does so up to an end of what was tried, so that there may be
    /// more.
    pub fn width(&self) -> (f64, bool) {
        let (best_at, best) = self.best();
        let limit = best - NEAR;
        let at = self.points.iter().position(|point| point.0 == best_at).unwrap_or(0);
        let (below, above) = self.points.split_at(at);
        let up = reach(above.iter().copied(), limit);
        let down = reach(above.iter().take(1).chain(below.iter().rev()).copied(), limit);
        let width = (up.0 - best_at.log10()).abs() + (best_at.log10() - down.0).abs();
        (width, up.1 || down.1)
    }

    /// Mean accuracy over the logarithm of the setting, straight lines drawn between values.
    pub fn area(&self) -> f64 {
        let (mut area, mut range) = (0.0, 0.0);
        for pair in self.points.windows(2) {
            let step = (pair[1].0 / pair[0].0).log10();
            area += step * (pair[0].1 + pair[1].1) / 2.0;
            range += step;
        }
        area / range
    }
}

/// How far points go before they fall below a limit, as a logarithm, and whether they never do.
fn reach(mut points: impl Iterator<Item = (f64, f64)>, limit: f64) -> (f64, bool) {
    let Some((mut x, mut y)) = points.next() else { return (0.0, true) };
    for (next, value) in points {
        if value < limit {
            let share = (y - limit) / (y - value);
            return (x.log10() + share * (next.log10() - x.log10()), false);
        }
        (x, y) = (next, value);
    }
    (x.log10(), true)
}

impl Comparison {
    /// Every method's accuracy over each setting that its trials vary, task by task.
    pub fn sensitivities(&self) -> Vec<Sensitivity> {
        self.groups.iter().flat_map(Sensitivity::of).collect()
    }

    /// These as a table, with the mean over tasks behind those of a method that has several.
    pub fn sensitivity_table(&self) -> Table {
        let all = self.sensitivities();
        let left = ["method", "setting", "task"].map(|name| (name, Align::Left));
        let right = ["best", "at", "area", "decades"].map(|name| (name, Align::Right));
        let mut table = Table::new(left.into_iter().chain(right));
        for (method, key) in distinct(&all) {
            let of: Vec<&Sensitivity> =
                all.iter().filter(|s| s.method == method && s.key == key).collect();
            for one in &of {
                let ((at, best), (width, open)) = (one.best(), one.width());
                let more = if open { ">= " } else { "" };
                table.row([
                    method.to_owned(),
                    key.to_owned(),
                    one.task.clone(),
                    percent(best),
                    format!("{at}"),
                    percent(one.area()),
                    format!("{more}{width:.2}"),
                ]);
            }
            let mean = |of_one: &dyn Fn(&Sensitivity) -> f64| {
                of.iter().map(|one| of_one(one)).sum::<f64>() / of.len() as f64
            };
            if of.len() > 1 {
                table.row([
                    method.to_owned(),
                    key.to_owned(),
                    "mean".to_owned(),
                    percent(mean(&|one| one.best().1)),
                    "-".to_owned(),
                    percent(mean(&Sensitivity::area)),
                    format!("{:.2}", mean(&|one| one.width().0)),
                ]);
            }
        }
        table
    }
}

/// Methods and settings, in their order.
fn distinct(all: &[Sensitivity]) -> Vec<(&str, &str)> {
    let mut pairs: Vec<(&str, &str)> = Vec::new();
    for one in all {
        let pair = (&*one.method, &*one.key);
        if !pairs.contains(&pair) {
            pairs.push(pair);
        }
    }
    pairs
}

fn percent(share: f64) -> String {
    format!("{:.1}", 100.0 * share)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(points: &[(f64, f64)]) -> Sensitivity {
        let [task, method, key] = ["t", "m", "solver.base_lr"].map(str::to_owned);
        Sensitivity { task, method, key, points: points.to_vec() }
    }

    #[test]
    fn the_width_ends_where_accuracy_has_fallen_by_a_point() {
        let one = of(&[(0.01, 0.50), (0.1, 0.60), (1.0, 0.595), (10.0, 0.575), (100.0, 0.6)]);
        assert_eq!(one.best(), (0.1, 0.60));
        // A tenth of the way down to 0.01; and a quarter of the way from 1 to 10.
        let (width, open) = one.width();
        assert!((width - (0.1 + 1.0 + 0.25)).abs() < 1e-9 && !open, "{width}");
        let area = (0.55 + 0.5975 + 0.585 + 0.5875) / 4.0;
        assert!((one.area() - area).abs() < 1e-12, "{}", one.area());
    }

    #[test]
    fn what_stays_near_the_best_to_the_end_may_go_on() {
        let (width, open) = of(&[(1.0, 0.4), (10.0, 0.7), (100.0, 0.695)]).width();
        assert!((width - (1.0 + 1.0 / 30.0)).abs() < 1e-9 && open, "{width}");
    }
}
