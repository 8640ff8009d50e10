//! What equal images mean.

use serde::Serialize;

use provpt_base::quoted;

/// Where an image is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    /// `train`, `val` or `test`.
    pub split: &'static str,
    /// Its path or name.
    pub name: String,
    /// Its class.
    pub label: usize,
}

/// Images with equal pixels, two or more, in the order of splits and lists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Repeat {
    /// Where they are.
    pub images: Vec<Place>,
}

/// Names told in a line.
const NAMED: usize = 4;

impl Repeat {
    /// A line for each image that has another label than an equal one before it in its split.
    pub(super) fn contradictions(&self) -> impl Iterator<Item = String> {
        self.images.iter().enumerate().filter_map(|(index, image)| {
            let first = self.images[..index].iter().find(|other| other.split == image.split)?;
            let Place { split, name, label } = image;
            let (name, other, expected) = (quoted(name), quoted(&first.name), first.label);
            (*label != expected).then(|| {
                format!(
                    "{name}: label: expected {expected} as the equal image {other} of {split} \
                     has, got {label}"
                )
            })
        })
    }

    /// A line if the images are in more than one split.
    pub(super) fn leak(&self) -> Option<String> {
        let splits = distinct(self.images.iter().map(|image| image.split));
        if splits.len() < 2 {
            return None;
        }
        // One image of each split first, so that the line shows what it says.
        let one_each = splits
            .iter()
            .filter_map(|split| self.images.iter().find(|image| image.split == *split));
        let named: Vec<String> =
            one_each.map(|image| quoted(&image.name).to_string()).take(NAMED).collect();
        let more = match self.images.len() - named.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let labels = distinct(self.images.iter().map(|image| image.label));
        let labels: Vec<String> = labels.iter().map(usize::to_string).collect();
        let labels = match labels.len() {
            1 => String::new(),
            _ => format!("; labels {}", labels.join(" and ")),
        };
        let (splits, named) = (splits.join(" and "), named.join(" = "));
        Some(format!("equal images in {splits}: {named}{more}{labels}"))
    }
}

/// Each value once, in the order of the first.
fn distinct<T: PartialEq>(values: impl Iterator<Item = T>) -> Vec<T> {
    let mut seen = Vec::new();
    for value in values {
        if !seen.contains(&value) {
            seen.push(value);
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repeat_of(images: &[(&'static str, &str, usize)]) -> Repeat {
        let place =
            |&(split, name, label): &(_, &str, _)| Place { split, name: name.to_owned(), label };
        Repeat { images: images.iter().map(place).collect() }
    }

    #[test]
    fn another_label_in_the_same_split_contradicts() {
        let repeat = repeat_of(&[("train", "a", 3), ("train", "b", 5), ("train", "c", 3)]);
        let lines: Vec<String> = repeat.contradictions().collect();
        assert_eq!(lines, ["b: label: expected 3 as the equal image a of train has, got 5"]);
        assert_eq!(repeat.leak(), None);
    }

    #[test]
    fn two_splits_leak() {
        let repeat = repeat_of(&[("train", "a", 3), ("train", "b", 3), ("test", "c", 3)]);
        assert_eq!(repeat.contradictions().count(), 0);
        let leak = repeat.leak().unwrap();
        assert_eq!(leak, "equal images in train and test: a = c and 1 more");
        let repeat = repeat_of(&[("val", "a", 3), ("test", "c", 1)]);
        assert_eq!(repeat.contradictions().count(), 0);
        assert_eq!(repeat.leak().unwrap(), "equal images in val and test: a = c; labels 3 and 1");
    }
}
