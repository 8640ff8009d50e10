use std::ops::Range;

/// A part of a split in the notation of tensorflow-datasets: `test`, `train[:800]`,
/// `train[90%:+200]`, `train[80%:]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Published<'a> {
    pub(crate) split: &'a str,
    from_percent: usize,
    /// Number of examples; all that are left where there is none.
    take: Option<usize>,
}

impl<'a> Published<'a> {
    /// None for what is not in this notation.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let Some((split, slice)) = text.split_once('[') else {
            return Some(Self { split: text, from_percent: 0, take: None });
        };
        let (from, to) = slice.strip_suffix(']')?.split_once(':')?;
        let from_percent = match from {
            "" => 0,
            from => from.strip_suffix('%')?.parse().ok()?,
        };
        let take = match to {
            "" => None,
            to => Some(to.strip_prefix('+').unwrap_or(to).parse().ok()?),
        };
        Some(Self { split, from_percent, take })
    }

    /// The examples it means in a split of `examples`; fewer where the split ends before.
    ///
    /// Percentages are rounded down, as task_adaptation does (`90 * examples // 100`);
    /// tensorflow-datasets itself rounds to the nearest, which is the same for all official sizes.
    pub(crate) fn range(self, examples: usize) -> Range<usize> {
        let start = examples / 100 * self.from_percent + examples % 100 * self.from_percent / 100;
        let left = examples.saturating_sub(start);
        start..start + self.take.map_or(left, |take| take.min(left))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_are_read_and_counted() {
        let range = |text, examples| Published::parse(text).map(|part| part.range(examples));
        assert_eq!(range("test", 711), Some(0..711));
        assert_eq!(range("train[:800]", 6347), Some(0..800));
        assert_eq!(range("train[:800]", 40), Some(0..40));
        assert_eq!(range("train[90%:+200]", 3059), Some(2753..2953));
        assert_eq!(range("train[90%:+200]", 39), Some(35..39));
        assert_eq!(range("train[80%:]", 27_000), Some(21_600..27_000));
        assert_eq!(range("train[80%:]", 0), Some(0..0));
        // 31.5 and 1079.1: cut, not rounded.
        assert_eq!(range("train[90%:]", 35), Some(31..35));
        assert_eq!(range("train[90%:]", 1199), Some(1079..1199));
        for wrong in ["train[", "train[800]", "train[5:9]", "train[a%:]", "train[:b]"] {
            assert_eq!(Published::parse(wrong), None, "{wrong}");
        }
    }
}
