//! What data sets call their splits.

/// A split by any of its names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum SplitName {
    /// What is learned from.
    Train,
    /// What settings are chosen by.
    Val,
    /// What is reported.
    Test,
}

impl SplitName {
    /// In their order.
    pub(crate) const ALL: [Self; 3] = [Self::Train, Self::Val, Self::Test];

    /// All spellings, the usual one first: those that Hugging Face's libraries look for.
    pub(crate) fn spellings(self) -> &'static [&'static str] {
        match self {
            Self::Train => &["train", "training"],
            Self::Val => &["val", "validation", "valid", "dev"],
            Self::Test => &["test", "testing", "eval", "evaluation"],
        }
    }

    /// The split that a word means, in any case.
    pub(crate) fn of(word: &str) -> Option<Self> {
        let word = word.trim().to_lowercase();
        Self::ALL.into_iter().find(|split| split.spellings().contains(&word.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_have_many_names_in_any_case() {
        assert_eq!(SplitName::of(" Dev"), Some(SplitName::Val));
        assert_eq!(SplitName::of("trainval"), None);
        for split in SplitName::ALL {
            assert!(split.spellings().iter().all(|name| SplitName::of(name) == Some(split)));
        }
    }
}
