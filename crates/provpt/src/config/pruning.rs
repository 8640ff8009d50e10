//! When prompts leave, and how many.

use std::ops::RangeInclusive;

use super::Config;

/// How many times as many prompts there are at first as in the end, where they leave.
const SURPLUS: usize = 2;

impl Config {
    /// Whether prompts leave as the run goes on.
    pub(crate) fn prunes(&self) -> bool {
        self.adaptive() && self.allocator().prunes()
    }

    /// The epochs that prompts leave before, where they do and there are such: from a quarter of the
    /// run on, once there are scores, to two thirds of it.
    pub(crate) fn pruning(&self) -> Option<RangeInclusive<usize>> {
        let epochs = self.solver.total_epoch;
        let first = self.model.prompt.reward_warmup_epoch.max(epochs / 4).max(1);
        let window = first..=epochs * 2 / 3;
        (self.prunes() && !window.is_empty()).then_some(window)
    }

    /// How many prompts each block has at first, given how many it is to have in the end.
    pub(crate) fn with_surplus(&self, prompts: usize) -> usize {
        if self.pruning().is_some() { SURPLUS * prompts } else { prompts }
    }

    /// How many of so many prompts are there from an epoch on. The surplus falls like a cube, fast at
    /// first (Zhu and Gupta, To prune, or not to prune, 2017).
    pub(crate) fn kept(&self, epoch: usize, at_first: usize) -> usize {
        let Some(window) = self.pruning().filter(|window| *window.start() <= epoch) else {
            return at_first;
        };
        let wanted = at_first / SURPLUS;
        let left = window.end().saturating_sub(epoch) as f64;
        let share = left / (window.end() - window.start() + 1) as f64;
        wanted + ((at_first - wanted) as f64 * share.powi(3)).round() as usize
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::config::AllocatorKind;

    fn pruning(epochs: usize, warmup: usize) -> Config {
        let mut config = Config::default();
        config.solver.total_epoch = epochs;
        config.model.prompt.reward_warmup_epoch = warmup;
        config.model.prompt.allocator = Some(AllocatorKind::Prune);
        config
    }

    #[test]
    fn most_prompts_leave_early() {
        let config = pruning(12, 1);
        assert_eq!(config.with_surplus(5), 10);
        let kept: Vec<usize> = (0..12).map(|epoch| config.kept(epoch, 120)).collect();
        assert_eq!(kept, [120, 120, 120, 95, 78, 68, 62, 60, 60, 60, 60, 60]);
    }

    #[test]
    fn where_none_can_leave_there_are_none_too_many() {
        for config in [pruning(1, 1), pruning(9, 7), Config::default()] {
            assert_eq!(
                (config.pruning(), config.with_surplus(5), config.kept(8, 60)),
                (None, 5, 60)
            );
        }
    }

    proptest! {
        #[test]
        fn in_the_end_there_are_as_many_as_asked_for(
            epochs in 1usize..200, warmup in 0usize..50, wanted in 1usize..300,
        ) {
            let config = pruning(epochs, warmup);
            let mut there = config.with_surplus(wanted);
            let at_first = there;
            prop_assert_eq!(config.kept(0, at_first), at_first);
            for epoch in 0..epochs {
                let kept = config.kept(epoch, at_first);
                prop_assert!(kept <= there, "{} after {}", kept, there);
                there = kept;
            }
            prop_assert_eq!(there, wanted);
        }
    }
}
