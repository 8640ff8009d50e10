use proptest::prelude::*;

use super::random_ops::{OPERATIONS, Operation, one};
use super::*;

const SIDE: usize = 9;

/// Every level from 0 to 242, different in each channel.
fn picture() -> Levels {
    Levels::Whole((0..3 * SIDE * SIDE).map(|i| (i * 100 % 243) as u8).collect())
}

fn colours() -> Colours {
    Colours::new(&picture(), SIDE)
}

fn after(change: impl FnOnce(&mut Colours)) -> Vec<[f32; 3]> {
    let mut colours = colours();
    change(&mut colours);
    colours.pixels
}

fn close(got: &[[f32; 3]], expected: &[[f32; 3]]) {
    let pairs = got.as_flattened().iter().zip(expected.as_flattened());
    assert!(pairs.clone().all(|(a, b)| (a - b).abs() < 1e-2), "{:?}", pairs.collect::<Vec<_>>());
}

#[test]
fn factors_of_one_change_nothing() {
    let same = colours().pixels;
    close(&after(|c| c.brightness(1.0)), &same);
    close(&after(|c| c.contrast(1.0)), &same);
    close(&after(|c| c.saturation(1.0)), &same);
    close(&after(|c| c.sharpness(1.0)), &same);
    close(&after(|c| c.posterize(8)), &same);
    close(&after(|c| c.solarize(256.0)), &same);
}

/// The values are Pillow's, which rounds them.
#[test]
fn colours_change_as_in_pillow() {
    let mut colours =
        Colours::new(&Levels::Whole(vec![200, 100, 50, 10, 20, 30, 0, 0, 0, 9, 9, 9]), 2);
    colours.brightness(0.5);
    close(&colours.pixels, &[[100.0, 50.0, 25.0], [5.0, 10.0, 15.0], [0.0; 3], [4.5; 3]]);
    let mut colours =
        Colours::new(&Levels::Whole(vec![200, 100, 50, 10, 20, 30, 0, 0, 0, 0, 0, 0]), 2);
    colours.saturation(0.0);
    let greys = [0.299 * 200.0 + 0.587 * 100.0 + 0.114 * 50.0, 0.299 * 10.0 + 0.587 * 20.0 + 3.42];
    close(&colours.pixels[..2], &[[greys[0]; 3], [greys[1]; 3]]);
    colours.contrast(0.0);
    close(&colours.pixels, &[[(greys[0] + greys[1]) / 4.0; 3]; 4]);
    let mut colours =
        Colours::new(&Levels::Whole(vec![200, 100, 50, 130, 127, 128, 0, 0, 0, 255, 255, 255]), 2);
    colours.solarize(128.0);
    close(&colours.pixels, &[[55.0, 100.0, 50.0], [125.0, 127.0, 127.0], [0.0; 3], [0.0; 3]]);
    colours.posterize(4);
    close(&colours.pixels, &[[48.0, 96.0, 48.0], [112.0, 112.0, 112.0], [0.0; 3], [0.0; 3]]);
}

#[test]
fn stretched_levels_reach_from_end_to_end() {
    for c in 0..3 {
        let stretched = after(Colours::autocontrast);
        let channel = || stretched.iter().map(move |pixel| pixel[c]);
        assert_eq!(channel().fold(255.0, f32::min), 0.0);
        assert!((channel().fold(0.0, f32::max) - 255.0).abs() < 1e-3);
    }
    // 1,024 pixels of four levels, close together: each a third further than the last.
    let levels = (0..1024_usize).flat_map(|i| [(100 + i % 4) as u8; 3]).collect();
    let mut few = Colours::new(&Levels::Whole(levels), 32);
    few.equalize();
    assert_eq!(few.pixels[..4].iter().map(|p| p[0]).collect::<Vec<_>>(), [0.0, 85.0, 171.0, 255.0]);
}

#[test]
fn a_smooth_picture_has_nothing_to_sharpen() {
    let flat = Levels::Whole(vec![77; 3 * SIDE * SIDE]);
    for factor in [0.0, 1.9] {
        let mut colours = Colours::new(&flat, SIDE);
        colours.sharpness(factor);
        close(&colours.pixels, &vec![[77.0; 3]; SIDE * SIDE]);
    }
    let mut dot = vec![0; 3 * SIDE * SIDE];
    dot[3 * (4 * SIDE + 4)] = 130;
    let mut colours = Colours::new(&Levels::Whole(dot), SIDE);
    colours.sharpness(0.0);
    assert_eq!((colours.pixels[4 * SIDE + 4][0], colours.pixels[3 * SIDE + 3][0]), (50.0, 10.0));
}

#[test]
fn shapes_move_as_they_are_told() {
    use super::warp::Affine;
    let old = colours().pixels;
    let moved = after(|c| c.warp(Affine::shift(2.0, 1.0)));
    close(&moved[..1], &old[SIDE + 2..SIDE + 3]);
    close(&moved[SIDE * SIDE - 1..], &[[128.0; 3]]);
    let turned = after(|c| c.warp(Affine::rotation(90.0)));
    close(&turned[..1], &old[SIDE - 1..SIDE]);
    let sheared = after(|c| c.warp(Affine::shear(0.5, 0.0)));
    close(&sheared[4 * SIDE..5 * SIDE], &old[4 * SIDE..5 * SIDE]);
    close(&sheared[2 * SIDE + 4..2 * SIDE + 5], &old[2 * SIDE + 3..2 * SIDE + 4]);
}

#[test]
fn every_operation_but_one_changes_a_picture() {
    // Pixels enough for levels to become as frequent as each other.
    let levels = Levels::Whole((0..3 * 32 * 32).map(|i| (i * 100 % 243) as u8).collect());
    let old = Colours::new(&levels, 32).pixels;
    for operation in OPERATIONS {
        let mut colours = Colours::new(&levels, 32);
        one(&mut colours, operation, 0.9, -1.0);
        let changed = colours.pixels;
        assert_eq!(changed == old, operation == Operation::Identity, "{operation:?}");
        let levels = changed.as_flattened();
        assert!(levels.iter().all(|level| (0.0..=255.0).contains(level)), "{operation:?}");
    }
}

fn shown(ways: Augmentation, epoch: u64, index: usize) -> Levels {
    let augment = Augment { seed: 3, epoch, ways };
    augment.recolour(picture(), SIDE, &mut augment.stream(index))
}

#[test]
fn what_is_shown_depends_on_epoch_and_image() {
    let jitter = Augmentation { jitter: 0.4, ..Augmentation::default() };
    let many = Augmentation { operations: 3, ..Augmentation::default() };
    for ways in [jitter, many] {
        assert_eq!(shown(ways, 1, 2), shown(ways, 1, 2));
        let others = [shown(ways, 2, 2), shown(ways, 1, 3), shown(ways, 4, 9)];
        assert!(others.iter().any(|other| *other != shown(ways, 1, 2)));
    }
    assert_eq!(shown(Augmentation::default(), 1, 2), picture());
}

proptest! {
    #[test]
    fn a_part_lies_inside_and_is_as_large_as_asked(
        width in 1_usize..400, height in 1_usize..400, side in 1_usize..64, least in 0.01..1.0, seed: u64,
    ) {
        let mut random = stream(seed, Purpose::Caller, [0, 0]);
        let window = resized_crop((width, height), side, least, &mut random);
        prop_assert_eq!(window.size, (side, side));
        for (full, corner) in [(window.full.0, window.corner.0), (window.full.1, window.corner.1)] {
            prop_assert!(corner + side <= full);
        }
        // The window's share of the resized image is the part's share of the image.
        if width > 50 && height > 50 && side > 20 && width < 2 * height && height < 2 * width {
            let share = (side * side) as f64 / (window.full.0 * window.full.1) as f64;
            prop_assert!(share > 0.8 * least.min(0.6), "{} {}", share, least);
        }
    }
}
