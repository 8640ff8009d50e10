use std::path::PathBuf;

use fast_image_resize::Resizer;
use rayon::prelude::*;

use crate::decode::decode_files;
use crate::{Augment, Error, Image, Preprocess};

/// One part of a task: decoded images, and for each a label and a name. The three lists are
/// equally long; a split made by hand for prediction may leave `labels` and `names` empty.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Split {
    /// Decoded once, at their own size.
    pub images: Vec<Image>,
    /// Class of each image, `0..classes`.
    pub labels: Vec<usize>,
    /// Path of each image, or the factors of a generated one.
    pub names: Vec<String>,
}

impl Split {
    /// Number of images.
    pub fn len(&self) -> usize {
        self.images.len()
    }

    /// True when there is no image.
    pub fn is_empty(&self) -> bool {
        self.images.is_empty()
    }

    /// Image `index`.
    ///
    /// # Errors
    /// [`Error::Index`].
    pub fn image(&self, index: usize) -> Result<&Image, Error> {
        self.images.get(index).ok_or(Error::Index { len: self.len(), index })
    }

    /// The file that image `index` was decoded from, if there is one.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn encoded(&self, index: usize) -> Result<Option<Vec<u8>>, Error> {
        let path = self.names.get(index).map(PathBuf::from).filter(|path| path.is_file());
        Ok(path.map(fs_err::read).transpose()?)
    }

    /// Writes the images at `indices`, in that order, to `out` `[B, 3, size, size]`:
    /// `(level / 255 - mean) / std`. Images are prepared in parallel on the current rayon pool;
    /// the result depends neither on the pool nor on what else is in the batch.
    ///
    /// # Errors
    /// [`Error::Index`], and [`Error::Size`] or [`Error::ShortSide`] for an impossible `pre`.
    pub fn batch(
        &self,
        indices: &[usize],
        pre: &Preprocess,
        augment: Option<Augment>,
        out: &mut Vec<f32>,
    ) -> Result<(), Error> {
        pre.check()?;
        let len = self.len();
        if let Some(&index) = indices.iter().find(|&&index| index >= len) {
            return Err(Error::Index { len, index });
        }
        out.resize(indices.len() * pre.floats(), 0.0);
        out.par_chunks_exact_mut(pre.floats()).zip(indices).try_for_each_init(
            Resizer::new,
            |resizer, (out, &index)| {
                let random = augment.map(|augment| augment.stream(index));
                pre.apply(&self.images[index], random, resizer, out)
            },
        )
    }

    /// Decodes labelled files in parallel.
    pub(crate) fn decode(files: Vec<(PathBuf, usize)>) -> Result<Self, Error> {
        let (paths, labels): (Vec<_>, Vec<_>) = files.into_iter().unzip();
        let images = decode_files(&paths)?;
        let names = paths.iter().map(|path| path.display().to_string()).collect();
        Ok(Self { images, labels, names })
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
        let names = (0..6).map(|i| format!("image {i}")).collect();
        Split { images: (0..6).map(image).collect(), labels: vec![0; 6], names }
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
