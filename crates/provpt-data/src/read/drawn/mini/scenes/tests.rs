use super::*;
use crate::read::drawn::mini::canvas::SIDE;

/// Pixels that stand out, where all that varies but the light is left out.
fn bright(draw: fn(usize, &mut Stream) -> Canvas, class: usize, seed: u64) -> Vec<(f64, f64)> {
    let random = &mut Stream::new(seed);
    let image = draw(class, random).into_image(0.0, random).unwrap();
    let levels: Vec<u32> =
        image.pixels().chunks(3).map(|p| p.iter().map(|&v| u32::from(v)).sum()).collect();
    let most = levels.iter().max().copied().unwrap_or(0);
    let places = levels.iter().enumerate().filter(|(_, level)| **level * 10 > most * 9);
    places.map(|(i, _)| ((i % SIDE) as f64, (i / SIDE) as f64)).collect()
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    sum / count
}

fn every(draw: fn(usize, &mut Stream) -> Canvas, classes: usize) -> Vec<Vec<Vec<(f64, f64)>>> {
    let of = |class| (0..12).map(|seed| bright(draw, class, seed)).collect();
    (0..classes).map(of).collect()
}

#[test]
fn the_star_is_where_its_class_says() {
    for (class, pictures) in every(location, PLACES.len()).iter().enumerate() {
        for star in pictures {
            let x = mean(star.iter().map(|place| place.0 + 0.5));
            let expected = 12.0 + 10.0 * class as f64;
            assert!((x - expected).abs() < 5.0 + 3.0, "{class}: {x}");
        }
    }
}

#[test]
fn arrows_are_wider_in_front() {
    for (class, pictures) in every(orientation, DIRECTIONS.len()).iter().enumerate() {
        let (sin, cos) = libm::sincos(std::f64::consts::TAU * class as f64 / 8.0);
        let mut widths = [Vec::new(), Vec::new()];
        for arrow in pictures {
            let middle = (mean(arrow.iter().map(|p| p.0)), mean(arrow.iter().map(|p| p.1)));
            for (right, down) in arrow.iter().map(|p| (p.0 - middle.0, p.1 - middle.1)) {
                let is_in_front = right * sin - down * cos > 0.0;
                widths[usize::from(is_in_front)].push((right * cos + down * sin).abs());
            }
        }
        let [behind, in_front] = widths.map(|width| mean(width.into_iter()));
        assert!(in_front > 1.1 * behind, "{}: {in_front} {behind}", DIRECTIONS[class]);
    }
}

#[test]
fn more_figures_and_larger_rings_and_nearer_boxes_are_more_bright_pixels() {
    let area = |pictures: &Vec<Vec<(f64, f64)>>| mean(pictures.iter().map(|p| p.len() as f64));
    let counts: Vec<f64> = every(count, NUMBERS.len()).iter().map(area).collect();
    assert!(counts[5] > 2.5 * counts[0] && counts.is_sorted(), "{counts:?}");
    let sizes: Vec<f64> = every(size, SIZES.len()).iter().map(area).collect();
    assert!(sizes[5] > 2.5 * sizes[0], "{sizes:?}");
}

#[test]
fn nearer_boxes_stand_lower() {
    let lowest = |pictures: &Vec<Vec<(f64, f64)>>| {
        mean(pictures.iter().map(|p| p.iter().map(|place| place.1).fold(0.0, f64::max)))
    };
    let feet: Vec<f64> = every(depth, DEPTHS.len()).iter().map(lowest).collect();
    assert!(feet.is_sorted_by(|near, far| near > far), "{feet:?}");
}
