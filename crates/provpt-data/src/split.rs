use std::path::PathBuf;
use std::sync::Arc;

use crate::source::{Item, Source};
use crate::{Augment, Decoding, Error, Image, Pixels, Preprocess};

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

    /// Writes the images at `indices`, in that order, to `out` `[B, 3, size, size]`:
    /// `(level / 255 - mean) / std`. Images are read and prepared in parallel on the current rayon
    /// pool; the result depends neither on the pool nor on what else is in the batch.
    ///
    /// # Errors
    /// [`Error::Index`], and [`Error::Size`] or [`Error::ShortSide`] for an impossible `pre`; of
    /// images that cannot be read or decoded the first.
    pub fn batch(
        &self,
        indices: &[usize],
        pre: &Preprocess,
        augment: Option<Augment>,
        out: &mut Vec<f32>,
    ) -> Result<(), Error> {
        Pixels::new(self, *pre)?.batch(indices, augment, out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Fit, Interpolation};

    fn split() -> Split {
        let image = |i: usize| {
            let (width, height) = (9 + i, 14 - i);
            let pixels = (0..3 * width * height).map(|p| ((p * 31 + i * 7) % 256) as u8);
            Image::from_rgb(width, height, pixels.collect()).unwrap()
        };
        Split::of_images((0..6).map(|i| (image(i), 0)))
    }

    const PRE: Preprocess = Preprocess {
        size: 8,
        fit: Fit::ShortSideCrop { resize: 10 },
        interpolation: Interpolation::Bilinear,
        mean: [0.5; 3],
        std: [0.5; 3],
    };

    fn batch(indices: &[usize], augment: Option<Augment>) -> Vec<f32> {
        let mut out = vec![f32::NAN; 17]; // what was in there before must not show
        split().batch(indices, &PRE, augment, &mut out).unwrap();
        out
    }

    #[test]
    fn the_same_image_looks_the_same_in_any_batch_and_pool() {
        let augment = Some(Augment { seed: 7, epoch: 3 });
        let all = batch(&[0, 1, 2, 3, 4, 5], augment);
        assert_eq!(all.len(), 6 * PRE.floats());
        for (i, alone) in all.chunks(PRE.floats()).enumerate() {
            assert_eq!(batch(&[i], augment), alone);
        }
        let backwards = batch(&[5, 4, 3, 2, 1, 0], augment);
        assert!(backwards.chunks(PRE.floats()).eq(all.chunks(PRE.floats()).rev()));
        for threads in [1, 3] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            assert_eq!(pool.install(|| batch(&[0, 1, 2, 3, 4, 5], augment)), all);
        }
    }

    #[test]
    fn seed_and_epoch_change_the_crops() {
        let all = [0, 1, 2, 3, 4, 5];
        let one = batch(&all, Some(Augment { seed: 7, epoch: 3 }));
        assert_ne!(one, batch(&all, Some(Augment { seed: 7, epoch: 4 })));
        assert_ne!(one, batch(&all, Some(Augment { seed: 8, epoch: 3 })));
        assert_ne!(one, batch(&all, None));
    }

    #[test]
    fn an_index_out_of_range_is_an_error() {
        let error = split().batch(&[0, 6], &PRE, None, &mut Vec::new()).unwrap_err();
        assert_eq!(error.to_string(), "batch: expected indices below 6, got 6");
    }

    #[test]
    fn an_empty_batch_is_empty() {
        assert!(batch(&[], None).is_empty());
    }
}
