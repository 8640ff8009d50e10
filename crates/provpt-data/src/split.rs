use std::path::PathBuf;
use std::sync::Arc;

use crate::source::{Item, Source};
use crate::{Decoding, Error, Image};

/// One part of a task: images, read and decoded when they are asked for, and for each a label and
/// a name.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Split {
    sources: Vec<Source>,
    labels: Vec<usize>,
    names: Vec<String>,
    decoding: Decoding,
    carved: Vec<(&'static str, f64)>,
}

impl Split {
    pub(crate) fn new(items: Vec<Item>) -> Self {
        let mut split = Self::default();
        for Item { source, label, name } in items {
            split.sources.push(source);
            split.labels.push(label);
            split.names.push(name);
        }
        split
    }

    /// Images in memory with their labels, numbered; as many as there are of both.
    pub fn of_images(images: impl IntoIterator<Item = (Image, usize)>) -> Self {
        let item = |(i, (image, label)): (usize, (Image, usize))| {
            let source = Source::Drawn(Arc::new(image));
            Item { source, label, name: i.to_string() }
        };
        Self::new(images.into_iter().enumerate().map(item).collect())
    }

    /// Image files, all of label 0.
    pub fn of_files(paths: impl IntoIterator<Item = PathBuf>) -> Self {
        Self::new(paths.into_iter().map(|path| Item::file(path, 0)).collect())
    }

    pub(crate) fn with_carved(self, carved: Vec<(&'static str, f64)>) -> Self {
        Self { carved, ..self }
    }

    /// The splits (`val`, `test`) that were taken from this one because the task had none, and the
    /// share of each class that was wanted.
    pub fn carved(&self) -> &[(&'static str, f64)] {
        &self.carved
    }

    /// The same images, decoded in another way.
    pub fn decoded_with(self, decoding: Decoding) -> Self {
        Self { decoding, ..self }
    }

    /// The same images under other labels: label `i` becomes `labels[i]`.
    ///
    /// # Errors
    /// [`Error::Index`] for a label that has no other.
    pub fn relabelled(&self, labels: &[usize]) -> Result<Self, Error> {
        let other = |&label: &usize| {
            let none = Error::Index { len: labels.len(), index: label };
            labels.get(label).copied().ok_or(none)
        };
        let labels = self.labels.iter().map(other).collect::<Result<_, _>>()?;
        Ok(Self { labels, ..self.clone() })
    }

    /// Number of images.
    pub fn len(&self) -> usize {
        self.sources.len()
    }

    /// True when there is no image.
    pub fn is_empty(&self) -> bool {
        self.sources.is_empty()
    }

    /// Class of each image, `0..classes`.
    pub fn labels(&self) -> &[usize] {
        &self.labels
    }

    /// Path of each image, or what else tells it apart: the id of an example, the factors of a
    /// generated image.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Reads and decodes one image, at its own size.
    ///
    /// # Errors
    /// [`Error::Index`]; as [`decode_file`](crate::decode_file), and for images out of files of
    /// many what their reader says.
    pub fn image(&self, index: usize) -> Result<Image, Error> {
        self.source(index)?.image(self.decoding).map(Arc::unwrap_or_clone)
    }

    /// Bytes of one image as they are stored (JPEG, PNG, ...); none for a generated one.
    ///
    /// # Errors
    /// [`Error::Index`], or it cannot be read.
    pub fn encoded(&self, index: usize) -> Result<Option<Vec<u8>>, Error> {
        self.source(index)?.encoded()
    }

    pub(crate) fn decoding(&self) -> Decoding {
        self.decoding
    }

    pub(crate) fn sources(&self) -> &[Source] {
        &self.sources
    }

    pub(crate) fn source(&self, index: usize) -> Result<&Source, Error> {
        self.sources.get(index).ok_or(Error::Index { len: self.len(), index })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_without_classes_are_all_of_the_first() {
        let split = Split::of_files(["a.png", "b.png"].map(PathBuf::from));
        assert_eq!(
            (split.labels(), split.names()),
            (&[0, 0][..], &["a.png".to_owned(), "b.png".to_owned()][..])
        );
    }
}
