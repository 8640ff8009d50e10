//! Numbers in random order.

use provpt_base::Stream;
use rand::seq::SliceRandom;

/// The numbers below `count`, shuffled.
pub(crate) fn shuffled(count: usize, rng: &mut Stream) -> Vec<usize> {
    let mut numbers: Vec<usize> = (0..count).collect();
    numbers.shuffle(rng);
    numbers
}
