//! Starts by what attention sees (VIPAMIN, Park and Chung, NeurIPS 2025, in its form for prompts of
//! every block): each prompt is the mean of the tokens whose keys are most like that of a drawn one, and a
//! share whose value is orthogonal to all that attention puts out.

use super::attention::FrozenAttention;
use super::tokens::Tokens;

/// Training images that are asked: attention is computed by plain loops.
pub(super) const IMAGES: usize = 16;
/// Tokens that a prompt is the mean of.
const ALIKE: usize = 8;
/// The weight of the orthogonal share; the rest is the mean's.
const ORTHOGONAL: f64 = 0.1;
/// Steps of the solver: where they do not reach, the map hardly tells rows from each other.
const STEPS: usize = 100;

/// Starts for so many prompts of a block, given its tokens; `draw` draws rows as prompts are drawn.
pub(super) fn starts(
    attention: &FrozenAttention,
    tokens: &Tokens<'_>,
    count: usize,
    draw: &mut dyn FnMut() -> Vec<f32>,
) -> Vec<Vec<f32>> {
    let seen = Seen::of(attention, tokens);
    let start = |_| {
        let mean = seen.mean_of_alike(attention, &draw());
        let orthogonal = seen.orthogonal(attention, &draw());
        let both = mean.iter().zip(&orthogonal);
        both.map(|(m, o)| ((1.0 - ORTHOGONAL) * f64::from(*m) + ORTHOGONAL * o) as f32).collect()
    };
    (0..count).map(start).collect()
}

/// What attention makes of the images, means over them.
struct Seen {
    /// Patches, and the means over heads of their keys.
    patches: Vec<(Vec<f32>, Vec<f32>)>,
    /// Orthonormal rows that span what attention puts out.
    span: Vec<Vec<f64>>,
}

impl Seen {
    fn of(attention: &FrozenAttention, tokens: &Tokens<'_>) -> Self {
        let made = attention.queries_keys_values(tokens.all);
        let of_image = made.chunks_exact(3 * tokens.width * tokens.per_image);
        let outputs: Vec<f32> = of_image.flat_map(|image| attention.outputs(image)).collect();
        let mean = |values, width| mean_over_images(values, width, tokens.per_image);
        let keys = mean(&made, 3 * tokens.width).into_iter().map(|made| attention.mean_key(&made));
        let patches = mean(tokens.all, tokens.width).into_iter().zip(keys);
        let span = orthonormal(mean(&outputs, tokens.width));
        Self { patches: patches.skip(tokens.prefix).collect(), span }
    }

    fn mean_of_alike(&self, attention: &FrozenAttention, drawn: &[f32]) -> Vec<f32> {
        let key = attention.mean_key(&attention.queries_keys_values(drawn));
        let alike = |other: &[f32]| {
            let product: f32 = key.iter().zip(other).map(|(x, y)| x * y).sum();
            product / other.iter().map(|y| y * y).sum::<f32>().sqrt().max(f32::MIN_POSITIVE)
        };
        let mut ranked: Vec<(f32, &[f32])> =
            self.patches.iter().map(|(patch, key)| (alike(key), &patch[..])).collect();
        ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
        ranked.truncate(ALIKE);
        let mut mean = vec![0.0; drawn.len()];
        for (_, patch) in &ranked {
            mean.iter_mut().zip(*patch).for_each(|(sum, x)| *sum += x / ranked.len() as f32);
        }
        mean
    }

    /// The row whose value is that of a drawn one without its part in the span.
    fn orthogonal(&self, attention: &FrozenAttention, drawn: &[f32]) -> Vec<f64> {
        let mut value = attention.value(drawn);
        self.span.iter().for_each(|row| take_out(&mut value, row));
        value.iter_mut().zip(attention.value_bias()).for_each(|(x, b)| *x -= f64::from(*b));
        solved(&attention.value_map().collect::<Vec<_>>(), value)
    }
}

/// Of values `[images, tokens, width]` the mean over the images, token by token.
fn mean_over_images(values: &[f32], width: usize, tokens: usize) -> Vec<Vec<f32>> {
    let mut means = vec![vec![0.0; width]; tokens];
    let images = (values.len() / (width * tokens).max(1)).max(1) as f32;
    for (row, token) in values.chunks_exact(width).zip((0..tokens).cycle()) {
        means[token].iter_mut().zip(row).for_each(|(sum, x)| *sum += x / images);
    }
    means
}

/// Rows that span the same space (Gram and Schmidt, twice each, so that rounding does not add up).
fn orthonormal(rows: Vec<Vec<f32>>) -> Vec<Vec<f64>> {
    let mut span: Vec<Vec<f64>> = Vec::new();
    for row in rows {
        let mut row: Vec<f64> = row.into_iter().map(f64::from).collect();
        let length = product(&row, &row).sqrt();
        for _ in 0..2 {
            span.iter().for_each(|other| take_out(&mut row, other));
        }
        let left = product(&row, &row).sqrt();
        if left > 1e-6 * length {
            row.iter_mut().for_each(|x| *x /= left);
            span.push(row);
        }
    }
    span
}

fn take_out(row: &mut [f64], unit: &[f64]) {
    let part = product(row, unit);
    row.iter_mut().zip(unit).for_each(|(x, u)| *x -= part * u);
}

fn product(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

/// The least squares solution of `W x = b` by conjugate gradients (CGLS; Hestenes and Stiefel, 1952).
fn solved(rows: &[&[f32]], mut rest: Vec<f64>) -> Vec<f64> {
    let width = rows.first().map_or(0, |row| row.len());
    let by_rows = |x: &[f64]| -> Vec<f64> {
        let of_row = |row: &&[f32]| row.iter().zip(x).map(|(w, x)| f64::from(*w) * x).sum();
        rows.iter().map(of_row).collect()
    };
    let by_columns = |y: &[f64]| {
        let mut sums = vec![0.0; width];
        for (row, y) in rows.iter().zip(y) {
            sums.iter_mut().zip(*row).for_each(|(sum, w)| *sum += f64::from(*w) * y);
        }
        sums
    };
    let mut slope = by_columns(&rest);
    let (mut x, mut way, mut size) = (vec![0.0; width], slope.clone(), product(&slope, &slope));
    let enough = 1e-14 * size;
    for _ in 0..STEPS {
        if size <= enough {
            break;
        }
        let change = by_rows(&way);
        let step = size / product(&change, &change).max(f64::MIN_POSITIVE);
        x.iter_mut().zip(&way).for_each(|(x, w)| *x += step * w);
        rest.iter_mut().zip(&change).for_each(|(r, c)| *r -= step * c);
        slope = by_columns(&rest);
        let before = std::mem::replace(&mut size, product(&slope, &slope));
        way.iter_mut().zip(&slope).for_each(|(w, s)| *w = s + size / before * *w);
    }
    x
}

#[cfg(test)]
mod tests;
