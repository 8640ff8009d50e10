//! Where trials run: on which device, and how many at once.

mod machine;
mod room;
mod taken;

pub use machine::free_memory;
pub(crate) use machine::peak_of;
pub(crate) use room::Room;
pub use room::fits;
pub(crate) use taken::{room, taken_by};

/// What the key `device` calls the processor.
const CPU: &str = "cpu";

/// Where one trial after the other runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// What the key `device` is set to; none: what the trial's own configuration says.
    pub device: Option<String>,
}

/// As many places as there is room for: one for each card in `devices`, and where that has `cpu`, or
/// nothing, one for each `threads` cores that are left. A card's trial takes as many cores, for what
/// is not done on the card; a card that stands there twice has two trials.
///
/// ```
/// let on = |devices: &[&str]| {
///     let devices: Vec<String> = devices.iter().map(|&device| device.to_owned()).collect();
///     let places = provpt_sweep::places(8, 2, &devices);
///     places.into_iter().map(|place| place.device.unwrap_or_default()).collect::<Vec<_>>()
/// };
/// assert_eq!(on(&[]), ["", "", "", ""]);
/// assert_eq!(on(&["gpu:0", "gpu:1"]), ["gpu:0", "gpu:1"]);
/// assert_eq!(on(&["gpu:0", "cpu"]), ["gpu:0", "cpu", "cpu", "cpu"]);
/// ```
pub fn places(cores: usize, threads: usize, devices: &[String]) -> Vec<Place> {
    let on = |device: &String| Place { device: Some(device.clone()) };
    let mut places: Vec<Place> = devices.iter().filter(|device| *device != CPU).map(on).collect();
    let left = (cores / threads.max(1)).saturating_sub(places.len()).max(1);
    if devices.is_empty() {
        return anywhere(left);
    }
    if devices.iter().any(|device| device == CPU) {
        places.extend(vec![on(&CPU.to_owned()); left]);
    }
    places
}

/// So many places where trials go by their own configurations.
pub fn anywhere(count: usize) -> Vec<Place> {
    vec![Place::default(); count]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_a_place_for_each_card_and_for_each_so_many_cores() {
        let count = |cores, threads, devices: &[&str]| {
            let devices: Vec<String> = devices.iter().map(|&device| device.to_owned()).collect();
            places(cores, threads, &devices).len()
        };
        for (cores, threads, expected) in
            [(2, 1, 2), (8, 1, 8), (64, 1, 64), (64, 2, 32), (3, 2, 1), (1, 2, 1), (2, 0, 2)]
        {
            assert_eq!(count(cores, threads, &[]), expected, "{cores} cores, {threads} threads");
            assert_eq!(count(cores, threads, &["cpu"]), expected);
            assert_eq!(count(cores, threads, &["gpu:0"]), 1);
        }
        assert_eq!(count(8, 1, &["cpu", "gpu:0", "cpu", "gpu:0"]), 8);
        assert_eq!(count(2, 1, &["gpu:0", "gpu:1", "cpu"]), 3, "the processor works, too");
    }
}
