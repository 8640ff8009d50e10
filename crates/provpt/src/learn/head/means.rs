//! A head that knows something before the first step: the nearest class mean has the largest logit.

use super::Head;
use crate::learn::set::Param;
use crate::math::vector::log_softmax;

/// Steps of the search for a scale; each leaves 0.62 of the range.
const SEARCH: usize = 50;

impl Head<'_> {
    /// The arrays of a linear head that starts from features `[n, d]` of images with these labels:
    /// `logit_c = -s / 2 |f - m_c|²`, but for what all classes share, where `m_c` is the mean of class
    /// `c`. The scale `s` has the least cross-entropy over the same images, where each one is left out
    /// of the mean of its class. A class without images has the smallest bias of all.
    pub(crate) fn of_means(features: &[f32], labels: &[usize], classes: usize) -> [Param; 2] {
        let width = features.len() / labels.len().max(1);
        let means = class_means(features, labels, classes, width);
        let scale = scale(features, labels, &means);
        let known: Vec<&Mean> = means.iter().filter(|mean| mean.images > 0.0).collect();
        let middle =
            |i: usize| known.iter().map(|mean| mean.at[i]).sum::<f64>() / known.len() as f64;
        let middle: Vec<f64> = (0..width).map(middle).collect();
        let bias = |mean: &Mean| -scale / 2.0 * mean.at.iter().map(|m| m * m).sum::<f64>();
        let biases = || known.iter().map(|mean| bias(mean));
        let (least, most) =
            (biases().fold(0.0, f64::min), biases().fold(f64::NEG_INFINITY, f64::max));
        let (mut weights, mut offsets) = (Vec::new(), Vec::new());
        for mean in &means {
            let (scale, bias) = if mean.images > 0.0 { (scale, bias(mean)) } else { (0.0, least) };
            let row = mean.at.iter().zip(&middle).map(|(m, middle)| (scale * (m - middle)) as f32);
            weights.extend(row);
            offsets.push(if known.is_empty() { 0.0 } else { (bias - most) as f32 });
        }
        Self::arrays(classes, weights, offsets)
    }
}

/// The mean feature of a class, and of how many images it is.
struct Mean {
    at: Vec<f64>,
    images: f64,
}

fn class_means(features: &[f32], labels: &[usize], classes: usize, width: usize) -> Vec<Mean> {
    let mut means: Vec<Mean> =
        (0..classes).map(|_| Mean { at: vec![0.0; width], images: 0.0 }).collect();
    for (row, &label) in features.chunks_exact(width.max(1)).zip(labels) {
        let Some(mean) = means.get_mut(label) else { continue };
        mean.images += 1.0;
        mean.at.iter_mut().zip(row).for_each(|(sum, &value)| *sum += f64::from(value));
    }
    for Mean { at, images } in &mut means {
        at.iter_mut().for_each(|sum| *sum /= images.max(1.0));
    }
    means
}

/// The scale of logits with the least loss, by the golden section: in its logarithm the loss falls
/// to one minimum and rises behind it.
fn scale(features: &[f32], labels: &[usize], means: &[Mean]) -> f64 {
    let rows = distances(features, labels, means);
    let values = || rows.iter().flat_map(|(_, row)| row.iter());
    let spread = values().sum::<f64>() / values().count().max(1) as f64;
    if spread == 0.0 {
        return 1.0;
    }
    let loss = |log: f64| -> f64 {
        let half = -0.5 * log.exp() / spread;
        let logits = |row: &[f64]| row.iter().map(|d| (half * d) as f32).collect::<Vec<f32>>();
        rows.iter().map(|(own, row)| -log_softmax(&logits(row))[*own]).sum()
    };
    let golden = (5f64.sqrt() - 1.0) / 2.0;
    let (mut low, mut high) = (-7.0, 7.0);
    for _ in 0..SEARCH {
        let [left, right] = [high - golden * (high - low), low + golden * (high - low)];
        if loss(left) <= loss(right) { high = right } else { low = left }
    }
    (0.5 * (low + high)).exp() / spread
}

/// Of each image whose class has others: the place of its class, and the squared distances to the
/// means of all classes that have images, to its own one without itself.
fn distances(features: &[f32], labels: &[usize], means: &[Mean]) -> Vec<(usize, Vec<f64>)> {
    let known: Vec<usize> = (0..means.len()).filter(|&class| means[class].images > 0.0).collect();
    let width = features.len() / labels.len().max(1);
    let images = features.chunks_exact(width.max(1)).zip(labels);
    images
        .filter_map(|(row, &label)| {
            let own = known.iter().position(|&class| class == label)?;
            let images = means[label].images;
            let squares = |mean: &Mean| -> f64 {
                mean.at.iter().zip(row).map(|(m, &f)| (f64::from(f) - m).powi(2)).sum()
            };
            let mut row: Vec<f64> = known.iter().map(|&class| squares(&means[class])).collect();
            row[own] *= (images / (images - 1.0)).powi(2);
            (images > 1.0).then_some((own, row))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two clouds of two numbers, and one that is not there.
    const FEATURES: [f32; 12] = [1.0, 0.0, 1.2, 0.2, 0.8, -0.2, -1.0, 0.1, -1.3, 0.0, -0.7, -0.1];
    const LABELS: [usize; 6] = [0, 0, 0, 2, 2, 2];

    fn logits(feature: [f32; 2]) -> Vec<f32> {
        let arrays = Head::of_means(&FEATURES, &LABELS, 3);
        Head::of(&arrays.into_iter().collect()).logits(&feature)
    }

    #[test]
    fn the_nearest_mean_has_the_largest_logit() {
        for (row, &label) in FEATURES.chunks(2).zip(&LABELS) {
            let logits = logits([row[0], row[1]]);
            let best = crate::math::vector::argmax(&logits);
            assert_eq!((best, logits.len()), (label, 3), "{logits:?}");
        }
        // On the line between the means both are as likely.
        let [first, last] = [1.0, -1.0].map(|x: f32| [x, 0.0]);
        let middle = logits([(first[0] + last[0]) / 2.0, 0.0]);
        assert!((middle[0] - middle[2]).abs() < 1e-4, "{middle:?}");
    }

    #[test]
    fn the_scale_has_the_least_loss_of_images_left_out() {
        // One image of each class lies among those of the other.
        let (features, labels) = ([0.0, 0.7, -0.5, 1.0, 0.4, 1.6], [0, 0, 0, 1, 1, 1]);
        let means = class_means(&features, &labels, 2, 1);
        let best = scale(&features, &labels, &means);
        let rows = distances(&features, &labels, &means);
        // Without itself the first image's class is at 0.1, the other one is at 1.
        assert!((rows[0].1[0] - 0.01).abs() < 1e-6 && (rows[0].1[1] - 1.0).abs() < 1e-6);
        let loss = |scale: f64| -> f64 {
            let of = |(own, row): &(usize, Vec<f64>)| {
                let logits: Vec<f32> = row.iter().map(|d| (-scale / 2.0 * d) as f32).collect();
                -log_softmax(&logits)[*own]
            };
            rows.iter().map(of).sum()
        };
        let [less, at, more] = [best / 1.3, best, best * 1.3].map(loss);
        assert!(at < less - 1e-4 && at < more - 1e-4 && best > 0.1, "{best}: {less} {at} {more}");
    }

    #[test]
    fn images_that_are_alone_or_not_there_are_no_trouble() {
        for labels in [&[0, 1][..], &[]] {
            let features = &[1.0, 2.0, 3.0, 4.0][..2 * labels.len()];
            let arrays = Head::of_means(features, labels, 3);
            assert!(arrays.iter().flat_map(|array| &array.values).all(|v| v.is_finite()));
        }
    }
}
