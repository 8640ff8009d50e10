//! Predictions and features of images.

use std::path::PathBuf;

use provpt_data::{Image, Split};

use crate::error::Error;
use crate::learned::Learned;
use crate::learned::bare::{Seen, features, finite};
use crate::math::vector::log_softmax;

/// A class and the model's belief in it.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Guess {
    /// The class's name.
    pub class: String,
    /// Its place among the head's rows.
    pub index: usize,
    /// 0..1.
    pub probability: f64,
}

impl Learned {
    /// The most probable classes of each image file, the likeliest first.
    ///
    /// # Errors
    /// An image cannot be decoded.
    pub fn predict(&self, paths: &[PathBuf], top: usize) -> Result<Vec<Vec<Guess>>, Error> {
        self.guesses(&self.split_of(paths), top)
    }

    /// The most probable classes of each image, the likeliest first.
    ///
    /// # Errors
    /// An image has no pixels.
    pub fn predict_images(
        &self,
        images: impl IntoIterator<Item = Image>,
        top: usize,
    ) -> Result<Vec<Vec<Guess>>, Error> {
        let split = Split::of_images(images.into_iter().map(|image| (image, 0)));
        self.guesses(&split, top)
    }

    /// Features `[n, d]` of image files, with what was learned. `watch` hears how many images are
    /// done.
    ///
    /// # Errors
    /// An image cannot be decoded.
    pub fn features(&self, paths: &[PathBuf], watch: impl FnMut(usize)) -> Result<Vec<f32>, Error> {
        self.features_of(&self.split_of(paths), Seen::AsIs, watch)
    }

    fn split_of(&self, paths: &[PathBuf]) -> Split {
        let decoding = self.adapter.config.preprocessing.decoding();
        Split::of_files(paths.iter().cloned()).decoded_with(decoding)
    }

    fn features_of(
        &self,
        split: &Split,
        seen: Seen,
        watch: impl FnMut(usize),
    ) -> Result<Vec<f32>, Error> {
        let (engine, preprocess) = (&self.engine, &self.preprocess);
        self.model().with_tuned(|tuned| features(engine, tuned, split, preprocess, seen, watch))
    }

    fn guesses(&self, split: &Split, top: usize) -> Result<Vec<Vec<Guess>>, Error> {
        let head = self.adapter.parameters.head();
        let mut logits = head.logits(&self.features_of(split, Seen::AsIs, |_| {})?);
        if self.flips {
            let mirrored = head.logits(&self.features_of(split, Seen::Mirrored, |_| {})?);
            logits.iter_mut().zip(&mirrored).for_each(|(sum, other)| *sum = (*sum + other) / 2.0);
        }
        let rows = || logits.chunks_exact(head.classes().max(1));
        finite("logits", rows(), split.names())?;
        Ok(rows().map(|row| self.row_guesses(row, top)).collect())
    }

    fn row_guesses(&self, logits: &[f32], top: usize) -> Vec<Guess> {
        let logs = log_softmax(logits);
        let mut order: Vec<usize> = (0..logs.len()).collect();
        order.sort_by(|&a, &b| logs[b].total_cmp(&logs[a]));
        let guess = |index: usize| Guess {
            class: self.classes()[index].clone(),
            index,
            probability: logs[index].exp(),
        };
        order.into_iter().take(top).map(guess).collect()
    }
}
