//! Centres of groups of tokens: Lloyd's algorithm, begun as k-means++ does (Arthur and Vassilvitskii,
//! SODA 2007). Crates that have it bring an array library or need a nightly compiler.

use provpt_base::Stream;
use rand::RngExt;
use rayon::prelude::*;

/// Tokens that are grouped, at most: they are of neighbouring patches, and tell little more in greater
/// numbers.
const TOKENS: usize = 2048;
/// Rounds of moving centres to the means of their groups.
const ROUNDS: usize = 10;

/// `count` centres of groups of rows, all of one width. There are always so many: where rows are
/// fewer, some come more than once.
pub(super) fn centres(rows: &[&[f32]], count: usize, rng: &mut Stream) -> Vec<Vec<f32>> {
    let step = rows.len().div_ceil(TOKENS).max(1);
    let rows: Vec<&[f32]> = rows.iter().copied().step_by(step).collect();
    let mut centres = first(&rows, count, rng);
    for _ in 0..ROUNDS {
        let groups: Vec<usize> = rows.par_iter().map(|row| nearest(row, &centres).0).collect();
        for (group, centre) in centres.iter_mut().enumerate() {
            let members = || rows.iter().zip(&groups).filter(|(_, of)| **of == group);
            let size = members().count();
            if size > 0 {
                centre.fill(0.0);
                for (row, _) in members() {
                    centre.iter_mut().zip(*row).for_each(|(sum, x)| *sum += x / size as f32);
                }
            }
        }
    }
    centres
}

/// Rows far from each other: each is drawn by its squared distance to the nearest one before.
fn first(rows: &[&[f32]], count: usize, rng: &mut Stream) -> Vec<Vec<f32>> {
    let mut centres: Vec<Vec<f32>> = Vec::with_capacity(count);
    while centres.len() < count && !rows.is_empty() {
        let far: Vec<f64> = match centres.is_empty() {
            true => vec![1.0; rows.len()],
            false => rows.par_iter().map(|row| nearest(row, &centres).1).collect(),
        };
        let mut left = rng.random_range(0.0..1.0) * far.iter().sum::<f64>();
        let place = far.iter().position(|far| {
            left -= far;
            left < 0.0
        });
        centres.push(rows[place.unwrap_or(rows.len() - 1)].to_vec());
    }
    centres
}

/// The place of the nearest centre, and its squared distance.
fn nearest(row: &[f32], centres: &[Vec<f32>]) -> (usize, f64) {
    let distance =
        |centre: &Vec<f32>| -> f32 { centre.iter().zip(row).map(|(c, x)| (c - x).powi(2)).sum() };
    let distances = centres.iter().map(distance).map(f64::from).enumerate();
    distances.min_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or((0, 0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_that_are_apart_are_found() {
        let point = |i: usize| {
            let corner = [[0.0, 0.0], [10.0, 0.0], [0.0, 10.0]][i % 3];
            let off = ((i * 7) % 5) as f32 / 5.0 - 0.4;
            [corner[0] + off, corner[1] - off]
        };
        let points: Vec<[f32; 2]> = (0..60).map(point).collect();
        let rows: Vec<&[f32]> = points.iter().map(|point| &point[..]).collect();
        let mut found = centres(&rows, 3, &mut Stream::new(4));
        found.sort_by(|a, b| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1])));
        let near = |a: &[f32], b: [f32; 2]| (a[0] - b[0]).abs() + (a[1] - b[1]).abs() < 0.2;
        assert!(near(&found[0], [0.0, 0.0]) && near(&found[1], [0.0, 10.0]), "{found:?}");
        assert!(near(&found[2], [10.0, 0.0]), "{found:?}");
    }

    #[test]
    fn there_are_as_many_as_asked_for() {
        let rows: [&[f32]; 2] = [&[1.0], &[2.0]];
        assert_eq!(centres(&rows, 5, &mut Stream::new(1)).len(), 5);
    }
}
