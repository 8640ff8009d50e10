//! Random fields: values that change smoothly, and cells around random points.

use provpt_base::Stream;
use rand::Rng;

use super::figures::{Point, length};

/// Numbers of lattice points, by hashing their coordinates.
#[derive(Debug, Clone, Copy)]
pub(super) struct Noise(u64);

impl Noise {
    pub(super) fn new(random: &mut Stream) -> Self {
        Self(random.next_u64())
    }

    /// 0 to 1, the same for a lattice point each time: SplitMix64's finalizer over what is hashed.
    pub(super) fn hash(self, x: i64, y: i64, which: u64) -> f64 {
        let mut bits = self.0
            ^ (x as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)
            ^ (y as u64).wrapping_mul(0xc2b2_ae3d_27d4_eb4f)
            ^ which.wrapping_mul(0x1656_67b1_9e37_79f9);
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^= bits >> 31;
        (bits >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// 0 to 1, smooth, with hills about 1 wide.
    pub(super) fn smooth(self, (x, y): Point) -> f64 {
        let (left, top) = (x.floor(), y.floor());
        let ease = |t: f64| t * t * (3.0 - 2.0 * t);
        let (across, down) = (ease(x - left), ease(y - top));
        let at = |dx, dy| self.hash(left as i64 + dx, top as i64 + dy, 0);
        let upper = at(0, 0) + (at(1, 0) - at(0, 0)) * across;
        let lower = at(0, 1) + (at(1, 1) - at(0, 1)) * across;
        upper + (lower - upper) * down
    }

    /// 0 to 1, with hills of all sizes below 1: octaves of half the size and half the height.
    pub(super) fn rough(self, (x, y): Point) -> f64 {
        let octaves = [(1.0, 0.5), (2.0, 0.25), (4.0, 0.125), (8.0, 0.125)];
        let octave = |(finer, height): (f64, f64)| {
            height * self.smooth((x * finer + 17.0 * finer, y * finer))
        };
        octaves.map(octave).iter().sum()
    }

    /// The distances to the nearest and to the next point of a scattered lattice of mesh 1, and a
    /// number of the nearest one's own.
    pub(super) fn cell(self, (x, y): Point) -> (f64, f64, f64) {
        let (left, top) = (x.floor() as i64, y.floor() as i64);
        let mut found = (f64::INFINITY, f64::INFINITY, 0.0);
        for (dx, dy) in (-2..=2).flat_map(|dx| (-2..=2).map(move |dy| (dx, dy))) {
            let (column, row) = (left + dx, top + dy);
            let across = column as f64 + self.hash(column, row, 1) - x;
            let distance = length((across, row as f64 + self.hash(column, row, 2) - y));
            if distance < found.0 {
                found = (distance, found.0, self.hash(column, row, 3));
            } else if distance < found.1 {
                found.1 = distance;
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points() -> impl Iterator<Item = Point> {
        (0..4_000).map(|i| (f64::from(i % 80) * 0.13 - 4.0, f64::from(i / 80) * 0.17 - 3.0))
    }

    #[test]
    fn values_fill_their_range_and_are_smooth() {
        let noise = Noise::new(&mut Stream::new(0));
        let values: Vec<f64> = points().map(|point| noise.smooth(point)).collect();
        assert!(values.iter().all(|v| (0.0..=1.0).contains(v)));
        assert!(values.iter().any(|&v| v < 0.1) && values.iter().any(|&v| v > 0.9));
        for (x, y) in points() {
            let step = noise.smooth((x + 1e-4, y)) - noise.smooth((x, y));
            assert!(step.abs() < 2e-4, "{x} {y}: {step}");
        }
        assert!(points().all(|point| (0.0..=1.0).contains(&noise.rough(point))));
    }

    #[test]
    fn the_nearest_point_is_nearest() {
        let noise = Noise::new(&mut Stream::new(1));
        for point in points() {
            let (nearest, next, own) = noise.cell(point);
            assert!(nearest <= next && next < 2.0 && (0.0..1.0).contains(&own), "{point:?}");
        }
    }
}
