//! Memory: how many trials fit beside one another.

use std::collections::BTreeMap;

/// The share of the memory that trials may have: the rest is for what cannot be foreseen.
const SHARE: f64 = 0.9;

/// Whether a trial that takes `next` bytes fits beside those that take `running`, where there are
/// `memory` in all. One trial always does: nothing is gained by doing nothing.
pub fn fits(memory: u64, running: impl IntoIterator<Item = u64>, next: u64) -> bool {
    let mut running = running.into_iter().peekable();
    if running.peek().is_none() {
        return true;
    }
    let all = running.fold(next, u64::saturating_add);
    all as f64 <= SHARE * memory as f64
}

/// What is known of the memory of trials. Those of one group, a method on a task, are alike.
#[derive(Debug, Default)]
pub(crate) struct Room {
    /// Bytes for all of them; none for any number.
    memory: Option<u64>,
    /// The most that a trial of a group has had.
    peaks: BTreeMap<usize, u64>,
    /// The groups of trials that run.
    running: BTreeMap<usize, usize>,
}

impl Room {
    pub(crate) fn new(memory: Option<u64>) -> Self {
        Self { memory, ..Self::default() }
    }

    /// Whether anybody asks for peaks.
    pub(crate) fn is_limited(&self) -> bool {
        self.memory.is_some()
    }

    /// Whether one more trial of a group may start. While nothing is known of any trial, one runs
    /// alone: what it takes is known after its first epoch.
    pub(crate) fn admits(&self, group: usize) -> bool {
        let Some(memory) = self.memory else { return true };
        let Some(next) = self.estimate(group) else { return self.running.is_empty() };
        let running = self.running.values().map(|&group| self.estimate(group).unwrap_or(next));
        fits(memory, running, next)
    }

    /// Where no trial of the group has run, the most that any has had.
    fn estimate(&self, group: usize) -> Option<u64> {
        self.peaks.get(&group).or_else(|| self.peaks.values().max()).copied()
    }

    pub(crate) fn enter(&mut self, trial: usize, group: usize) {
        self.running.insert(trial, group);
    }

    pub(crate) fn leave(&mut self, trial: usize) {
        self.running.remove(&trial);
    }

    /// A trial of a group has had so many bytes.
    pub(crate) fn learn(&mut self, group: usize, bytes: u64) {
        let peak = self.peaks.entry(group).or_default();
        *peak = bytes.max(*peak);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GB: u64 = 1_000_000_000;

    /// Trials of a group that may run at once.
    fn most(room: &mut Room, group: usize) -> usize {
        (0..100)
            .take_while(|&trial| room.admits(group).then(|| room.enter(trial, group)).is_some())
            .count()
    }

    #[test]
    fn no_more_trials_run_than_fit() {
        for (peak, expected) in [(GB, 14), (5 * GB, 2), (8 * GB, 1), (40 * GB, 1)] {
            let mut room = Room::new(Some(16 * GB));
            room.learn(0, peak);
            room.learn(0, peak / 2);
            assert_eq!(most(&mut room, 0), expected, "{peak}");
        }
        assert_eq!(most(&mut Room::new(None), 0), 100);
    }

    #[test]
    fn the_first_trial_of_all_runs_alone_until_it_is_known() {
        let mut room = Room::new(Some(16 * GB));
        assert_eq!(most(&mut room, 3), 1);
        room.learn(3, 2 * GB);
        assert_eq!(most(&mut room, 3), 7, "as many as fit");
        room.leave(0);
        assert!(room.admits(3));
    }

    #[test]
    fn groups_are_taken_by_themselves_and_by_the_largest_until_they_are_known() {
        let mut room = Room::new(Some(10 * GB));
        room.learn(0, GB);
        room.learn(1, 6 * GB);
        room.enter(50, 1);
        assert!(room.admits(0) && !room.admits(1) && !room.admits(2));
        room.learn(2, 3 * GB);
        assert!(room.admits(2));
    }
}
