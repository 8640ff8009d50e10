//! How far a step turns prompts. A norm stands behind them, so that nothing but their direction, less
//! their mean, has an effect: its angle is what a learning rate comes to.

use crate::learn::bank::PromptBank;

/// The largest angle of each block's prompts, `[L]`, radians, between the rows before a step and those
/// behind it, one after another. Empty where rows are fewer than prompts, as blocks share them.
pub(crate) fn block_turns(bank: &PromptBank, before: &[f32], after: &[f32]) -> Vec<f64> {
    let mut turns = vec![0.0; bank.depth()];
    let mut start = 0;
    for &block in bank.block_of() {
        let row = start..start + bank.row_width(block);
        start = row.end;
        let (Some(old), Some(new)) = (before.get(row.clone()), after.get(row)) else {
            return Vec::new();
        };
        turns[block] = f64::max(turns[block], angle(old, new));
    }
    turns
}

/// Between two directions, by the chord, which keeps small angles.
fn angle(a: &[f32], b: &[f32]) -> f64 {
    let (a, b) = (Centred::of(a), Centred::of(b));
    let terms = a.row.iter().zip(b.row);
    let chord = terms.map(|(&x, &y)| (a.at(x) - b.at(y)).powi(2)).sum::<f64>().sqrt();
    2.0 * (chord / 2.0).min(1.0).asin()
}

/// A row less its mean, of length 1.
struct Centred<'a> {
    row: &'a [f32],
    mean: f64,
    inverse: f64,
}

impl<'a> Centred<'a> {
    fn of(row: &'a [f32]) -> Self {
        let mean = row.iter().map(|&x| f64::from(x)).sum::<f64>() / row.len().max(1) as f64;
        let length = row.iter().map(|&x| (f64::from(x) - mean).powi(2)).sum::<f64>().sqrt();
        Self { row, mean, inverse: if length > 0.0 { 1.0 / length } else { 0.0 } }
    }

    fn at(&self, value: f32) -> f64 {
        (f64::from(value) - self.mean) * self.inverse
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn the_largest_turn_of_each_block_is_told() {
        let parameters = sample::parameters(&sample::engine());
        let bank = parameters.bank().unwrap();
        let (width, before) = (bank.width(), parameters.rows().into_owned());
        let mut after = before.clone();
        // Neither size nor mean is a turn.
        after[..width].iter_mut().for_each(|x| *x = 3.0 * *x + 0.5);
        // The two prompts of the second block change places.
        let (first, second) = after[2 * width..4 * width].split_at_mut(width);
        first.swap_with_slice(second);
        let turns = block_turns(bank, &before, &after);
        assert_eq!(turns.len(), bank.depth());
        assert!(turns[0] < 1e-6 && turns[2] == 0.0, "{turns:?}");
        let expected = angle(&before[2 * width..3 * width], &before[3 * width..4 * width]);
        assert!(turns[1] == expected && (1.0..2.2).contains(&expected), "{turns:?}");
        assert!(block_turns(bank, &before[..width], &after[..width]).is_empty());
    }

    #[test]
    fn angles_are_those_of_the_plane() {
        let quarter = angle(&[1.0, -1.0, 0.0, 0.0], &[0.0, 0.0, 2.0, -2.0]);
        assert!((quarter - std::f64::consts::FRAC_PI_2).abs() < 1e-9, "{quarter}");
        // Where the chord is longest, it tells least.
        assert!((angle(&[1.0, -1.0], &[-1.0, 1.0]) - std::f64::consts::PI).abs() < 1e-6);
        let small = angle(&[1.0, -1.0, 0.0, 0.0], &[1.0, -1.0, 1e-4, -1e-4]);
        assert!((small - 1e-4).abs() < 1e-9, "{small}");
    }
}
