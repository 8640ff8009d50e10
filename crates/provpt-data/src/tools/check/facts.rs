//! What can be counted and measured.

use serde::Serialize;

/// One split in numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SplitFacts {
    /// `train`, `val` or `test`.
    pub split: &'static str,
    /// Images in all, unreadable ones included.
    pub images: usize,
    /// Images of each class.
    pub per_class: Vec<usize>,
}

impl SplitFacts {
    pub(super) fn new(split: &'static str, labels: &[usize], classes: usize) -> Self {
        let mut per_class = vec![0; classes];
        for &label in labels {
            if let Some(count) = per_class.get_mut(label) {
                *count += 1;
            }
        }
        Self { split, images: labels.len(), per_class }
    }
}

/// Sizes of images, `[width, height]`, ordered by area.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Sizes {
    /// Fewest pixels.
    pub smallest: [usize; 2],
    /// As many images are larger as are smaller.
    pub median: [usize; 2],
    /// Most pixels.
    pub largest: [usize; 2],
}

impl Sizes {
    /// None without images.
    pub(super) fn new(mut sizes: Vec<[usize; 2]>) -> Option<Self> {
        sizes.sort_unstable_by_key(|&[width, height]| (width * height, width));
        let [smallest, .., largest] = sizes[..] else {
            return sizes.first().map(|&one| Self { smallest: one, median: one, largest: one });
        };
        Some(Self { smallest, median: sizes[(sizes.len() - 1) / 2], largest })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_counted() {
        let facts = SplitFacts::new("val", &[2, 0, 2, 9], 4);
        assert_eq!((facts.images, facts.per_class), (4, vec![1, 0, 2, 0]));
    }

    #[test]
    fn sizes_are_ordered_by_area() {
        assert_eq!(Sizes::new(Vec::new()), None);
        let one = Sizes::new(vec![[3, 4]]).unwrap();
        assert_eq!((one.smallest, one.median, one.largest), ([3, 4], [3, 4], [3, 4]));
        let sizes = Sizes::new(vec![[100, 1], [9, 9], [20, 20], [8, 8]]).unwrap();
        assert_eq!((sizes.smallest, sizes.median, sizes.largest), ([8, 8], [9, 9], [20, 20]));
    }
}
