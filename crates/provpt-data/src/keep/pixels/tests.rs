//! Batches do not depend on what is beside an image, on threads, or on what was there before.

use super::*;
use crate::Fit;
use crate::{Image, Interpolation};

fn split() -> Split {
    let image = |i: usize| {
        let (width, height) = (9 + i, 14 - i);
        let pixels = (0..3 * width * height).map(|p| ((p * 31 + i * 7) % 256) as u8);
        Image::from_rgb(width, height, pixels.collect()).unwrap()
    };
    Split::of_images((0..6).map(|i| (image(i), 0)))
}

const PRE: Preprocess = Preprocess {
    size: 8,
    fit: Fit::ShortSideCrop { resize: 10 },
    interpolation: Interpolation::Bilinear,
    mean: [0.5; 3],
    std: [0.5; 3],
};

fn batch(indices: &[usize], augment: Option<Augment>) -> Vec<f32> {
    let mut out = vec![f32::NAN; 17]; // what was in there before must not show
    split().batch(indices, &PRE, augment, &mut out).unwrap();
    out
}

#[test]
fn the_same_image_looks_the_same_in_any_batch_and_pool() {
    let augment = Some(Augment::by_fit(7, 3));
    let all = batch(&[0, 1, 2, 3, 4, 5], augment);
    assert_eq!(all.len(), 6 * PRE.floats());
    for (i, alone) in all.chunks(PRE.floats()).enumerate() {
        assert_eq!(batch(&[i], augment), alone);
    }
    let backwards = batch(&[5, 4, 3, 2, 1, 0], augment);
    assert!(backwards.chunks(PRE.floats()).eq(all.chunks(PRE.floats()).rev()));
    for threads in [1, 3] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        assert_eq!(pool.install(|| batch(&[0, 1, 2, 3, 4, 5], augment)), all);
    }
}

#[test]
fn seed_and_epoch_change_the_crops() {
    let all = [0, 1, 2, 3, 4, 5];
    let one = batch(&all, Some(Augment::by_fit(7, 3)));
    assert_ne!(one, batch(&all, Some(Augment::by_fit(7, 4))));
    assert_ne!(one, batch(&all, Some(Augment::by_fit(8, 3))));
    assert_ne!(one, batch(&all, None));
}

#[test]
fn an_index_out_of_range_is_an_error() {
    let error = split().batch(&[0, 6], &PRE, None, &mut Vec::new()).unwrap_err();
    assert_eq!(error.to_string(), "batch: expected indices below 6, got 6");
}

#[test]
fn an_empty_batch_is_empty() {
    assert!(batch(&[], None).is_empty());
}
