use super::*;

const SIDE: usize = 8;
const INDICES: [usize; 5] = [7, 3, 9, 0, 4];

fn mixes(mixing: Mixing, epoch: u64) -> Vec<Mix> {
    let mix = |place| mixing.mix(&Augment::by_fit(5, epoch), &INDICES, place, SIDE);
    (0..INDICES.len()).map(mix).collect()
}

fn image(value: f32) -> Vec<f32> {
    vec![value; 3 * SIDE * SIDE]
}

#[test]
fn the_ends_of_a_batch_are_mixed() {
    for mixing in [Mixing { mixup: 0.8, cutmix: 0.0 }, Mixing { mixup: 0.0, cutmix: 1.0 }] {
        let partners: Vec<usize> = mixes(mixing, 1).iter().map(|mix| mix.partner).collect();
        assert_eq!(partners, [4, 3, 2, 1, 0]);
        assert_eq!(mixes(mixing, 1), mixes(mixing, 1));
        assert_ne!(mixes(mixing, 1), mixes(mixing, 2));
    }
}

/// The pixels that are an image's own are its share, whichever way it is mixed.
#[test]
fn shares_are_those_of_the_pixels() {
    let (mut blends, mut pastes) = (0, 0);
    for mixing in [Mixing { mixup: 0.8, cutmix: 1.0 }, Mixing { mixup: 0.8, cutmix: 0.0 }] {
        for mix in (0..20).flat_map(|epoch| mixes(mixing, epoch)) {
            let mut own = image(1.0);
            mix.apply(&mut own, &image(0.0), SIDE);
            let mean = own.iter().sum::<f32>() / own.len() as f32;
            assert!((f64::from(mean) - mix.share).abs() < 1e-5, "{mix:?}");
            match mix.way {
                Way::Blend => blends += 1,
                Way::Paste(..) => pastes += 1,
            }
        }
    }
    assert!(blends > 120 && pastes > 20, "{blends} {pastes}");
}

#[test]
fn a_hole_is_a_rectangle_of_the_other_image() {
    let mix = Mix { partner: 0, share: 0.9, way: Way::Paste(1..3, 2..5) };
    let (mut own, other) = (image(1.0), image(0.0));
    mix.apply(&mut own, &other, SIDE);
    for (place, value) in own.iter().enumerate() {
        let (row, column) = (place / SIDE % SIDE, place % SIDE);
        let inside = (1..3).contains(&row) && (2..5).contains(&column);
        assert_eq!(*value, if inside { 0.0 } else { 1.0 });
    }
}

/// Beta(a, a) is symmetric, and the flatter the larger its variance.
#[test]
fn shares_are_drawn_from_beta() {
    let mixing = |mixup| Mixing { mixup, cutmix: 0.0 };
    for (a, variance) in [(0.2, 0.25 / 1.4), (1.0, 1.0 / 12.0), (8.0, 0.25 / 17.0)] {
        let shares: Vec<f64> =
            (0..800).flat_map(|epoch| mixes(mixing(a), epoch)).map(|mix| mix.share).collect();
        let count = shares.len() as f64;
        let mean = shares.iter().sum::<f64>() / count;
        let spread = shares.iter().map(|share| (share - mean).powi(2)).sum::<f64>() / count;
        assert!((mean - 0.5).abs() < 0.03, "{a}: {mean}");
        assert!((spread / variance - 1.0).abs() < 0.1, "{a}: {spread} {variance}");
    }
}
