//! How far a problem lets its values go in a step, found while it takes steps.

use std::collections::BTreeMap;

use crate::math::optimizer::{BETAS, EPS, Update, correction};

/// An estimate of the distance from a start to a minimum, by the largest coordinate, which is a rate for
/// Adam (Mishchenko and Defazio, Prodigy, ICML 2024, algorithm 4, with Adam's corrections for bias). It
/// begins small and only grows: while steps go downhill all along, what was gained for the
/// length of what was gone through says that the minimum is farther away than was thought.
///
/// Where groups have factors on their rates, distances are by these.
#[derive(Clone, Debug)]
pub(crate) struct Prodigy {
    distance: f64,
    /// Sum over steps of how much lower the loss became by its slopes, weighted and fading.
    gain: f64,
    steps: u64,
    arrays: BTreeMap<String, Memory>,
}

/// What is remembered of an array.
#[derive(Clone, Debug)]
struct Memory {
    start: Vec<f32>,
    slopes: Vec<Slopes>,
}

/// What is remembered of the gradients by one value.
#[derive(Clone, Copy, Debug, Default)]
struct Slopes {
    /// Their running mean.
    first: f64,
    /// That of their squares.
    second: f64,
    /// Their sum, weighted and fading.
    sum: f64,
}

impl Prodigy {
    /// An estimate that is known to be too small.
    pub(crate) fn new(distance: f64) -> Self {
        Self { distance, gain: 0.0, steps: 0, arrays: BTreeMap::new() }
    }

    /// The estimate.
    pub(crate) fn distance(&self) -> f64 {
        self.distance
    }

    /// One step of arrays against their gradients, as far as the estimate says; then the next one.
    pub(crate) fn step(&mut self, updates: Vec<Update<'_>>) {
        self.steps += 1;
        let fade = BETAS.1.sqrt();
        let [first, second] = [BETAS.0, BETAS.1].map(|beta| correction(beta, self.steps));
        let size = self.distance * second.sqrt() / first;
        self.gain *= fade;
        let mut length = 0.0;
        for Update { name, group, values, gradient } in updates {
            let fresh =
                || Memory { start: values.to_vec(), slopes: vec![Slopes::default(); values.len()] };
            let memory = self.arrays.entry(name.to_owned()).or_insert_with(fresh);
            let weight = self.distance * size;
            self.gain += weight * memory.gained(values, gradient);
            length += memory.add(gradient, group.rate, (self.distance, weight, fade));
            memory.follow(values, size * group.rate, self.distance);
        }
        if length > 0.0 {
            self.distance = self.distance.max(self.gain / length);
        }
    }
}

impl Memory {
    /// By how much the loss is lower here than at the start, by its slope here.
    fn gained(&self, values: &[f32], gradient: &[f32]) -> f64 {
        let ways = self.start.iter().zip(values).map(|(start, here)| f64::from(start - here));
        gradient.iter().zip(ways).map(|(&slope, way)| f64::from(slope) * way).sum()
    }

    /// Takes a gradient in; the length of the sum, by its coordinates.
    fn add(
        &mut self,
        gradient: &[f32],
        rate: f64,
        (distance, weight, fade): (f64, f64, f64),
    ) -> f64 {
        for (slopes, &slope) in self.slopes.iter_mut().zip(gradient) {
            let slope = rate * f64::from(slope);
            slopes.first += (1.0 - BETAS.0) * (distance * slope - slopes.first);
            slopes.second += (1.0 - BETAS.1) * ((distance * slope).powi(2) - slopes.second);
            slopes.sum = fade * slopes.sum + weight * slope;
        }
        self.slopes.iter().map(|slopes| slopes.sum.abs()).sum()
    }

    fn follow(&self, values: &mut [f32], size: f64, distance: f64) {
        for (value, slopes) in values.iter_mut().zip(&self.slopes) {
            *value -= (size * slopes.first / (slopes.second.sqrt() + distance * EPS)) as f32;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::optimizer::Group;

    /// The estimate after steps down a bowl, `sum curvature (w - at)^2 / 2`, from 0.
    fn found(first: f64, at: &[f32], curvature: f32, group: Group) -> f64 {
        let (mut search, mut w) = (Prodigy::new(first), vec![0.0; at.len()]);
        for _ in 0..200 {
            let slopes = w.iter().zip(at).map(|(w, at)| curvature * (w - at));
            let gradient: Vec<f32> = slopes.collect();
            search.step(vec![Update { name: "w", group, values: &mut w, gradient: &gradient }]);
        }
        search.distance()
    }

    const AT: [f32; 4] = [0.5, -0.5, 0.4, -0.6];

    #[test]
    fn the_distance_is_found_from_wherever_the_search_begins() {
        for first in [1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2] {
            let distance = found(first, &AT, 1.0, Group::default());
            assert!((0.05..0.6).contains(&distance), "{distance} from {first}");
        }
        assert_eq!(found(7.0, &AT, 1.0, Group::default()), 7.0, "it does not shrink");
    }

    #[test]
    fn it_goes_with_the_problem_and_not_with_the_size_of_its_gradients() {
        let near = found(1e-6, &AT, 1.0, Group::default());
        let steep = found(1e-6, &AT, 1000.0, Group::default());
        assert!((steep / near - 1.0).abs() < 0.01, "{steep} {near}");
        let far = found(1e-5, &AT.map(|x| 10.0 * x), 1.0, Group::default());
        assert!((far / near / 10.0 - 1.0).abs() < 0.01, "{far} {near}");
        let half = found(1e-6 / 10.0, &AT, 1.0, Group { rate: 10.0, ..Group::default() });
        assert!((10.0 * half / near - 1.0).abs() < 0.01, "{half} {near}");
    }

    #[test]
    fn where_nothing_slopes_nothing_is_found() {
        let (mut search, mut w) = (Prodigy::new(1e-6), vec![1.0; 3]);
        let group = Group::default();
        search.step(vec![Update { name: "w", group, values: &mut w, gradient: &[0.0; 3] }]);
        assert_eq!((search.distance(), w), (1e-6, vec![1.0; 3]));
    }
}
