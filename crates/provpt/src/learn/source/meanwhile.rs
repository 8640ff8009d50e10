//! Images of the next batches made while one is worked on.

use std::thread;

use provpt_vit::Engine;

use super::Source;
use crate::error::Error;
use crate::learn::ahead::{self, Batches};
use crate::learn::showing::Showing;

impl Source<'_> {
    /// Works on these batches in turn, with [images ahead](Self::ahead); `watch` hears how many are
    /// done, and of how many.
    pub(crate) fn in_turn(
        &self,
        engine: &Engine,
        batches: Batches<'_>,
        mut watch: impl FnMut(usize, usize),
        mut work: impl FnMut(&[usize]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.ahead(engine, batches, || {
            let chunks = batches.chunks();
            let total = chunks.len();
            for (done, batch) in chunks.enumerate() {
                work(batch)?;
                watch(done + 1, total);
            }
            Ok(())
        })
    }

    /// Does work that asks for the pixels of these batches in turn: those of the next are made while
    /// one is worked on. They are the same as without; nothing is made for work that asks for none.
    ///
    /// Where all threads are busy with a batch this would win nothing, and take memory: there images
    /// are made when they are asked for.
    fn ahead<T>(&self, engine: &Engine, batches: Batches<'_>, work: impl FnOnce() -> T) -> T {
        if !engine.has_time_beside(batches.size) {
            return work();
        }
        thread::scope(|scope| {
            let (queue, maker) = ahead::pair(batches);
            let make = |indices: &[usize], showing| self.meanwhile(engine, indices, showing);
            let thread = thread::Builder::new().name("images".to_owned());
            // Where no thread is to be had, images are made when they are asked for.
            let _announced = thread.spawn_scoped(scope, move || maker.work(make)).ok().map(|_| {
                *self.queue() = Some(queue);
                Announced(self)
            });
            work()
        })
    }

    /// As [`pixels`](Self::pixels), image by image, whenever the engine's threads have nothing else
    /// to do.
    fn meanwhile(
        &self,
        engine: &Engine,
        indices: &[usize],
        showing: Option<Showing>,
    ) -> Result<Vec<f32>, Error> {
        let augment = showing.map(|showing| showing.augment);
        let images = engine.meanwhile(indices, |&index| {
            let mut image = Vec::new();
            self.pixels.batch(&[index], augment, &mut image).map(|()| image)
        });
        let images: Vec<_> = images.into_iter().collect::<Result<_, _>>()?;
        let mut pixels = images.concat();
        self.mix(indices, showing, &mut pixels);
        Ok(pixels)
    }
}

/// Ends what a source prepares, however the work ends.
struct Announced<'s, 'a>(&'s Source<'a>);

impl Drop for Announced<'_, '_> {
    fn drop(&mut self) {
        *self.0.queue() = None;
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::path::Path;

    use provpt_data::Split;

    use super::*;
    use crate::config::{Config, Crop};
    use crate::sample;

    const IMAGES: usize = 23;
    const BATCH: usize = 4;

    /// Images in files, of many sizes.
    fn files(folder: &Path) -> Split {
        Split::of_files((0..IMAGES).map(|i| {
            let (width, height) = (20 + i % 5, 17 + i % 7);
            let level = |at: usize| ((at * 37 + i * 101) % 251) as u8;
            let mut bytes = format!("P6 {width} {height} 255\n").into_bytes();
            bytes.extend((0..3 * width * height).map(level));
            let path = folder.join(format!("{i}.ppm"));
            std::fs::write(&path, bytes).unwrap();
            path
        }))
    }

    /// Everything that can become of an image.
    fn showing() -> Showing {
        let mut config = Config::default();
        let augment = &mut config.data.augment;
        (augment.crop, augment.flip) = (Some(Crop::Resized), Some(true));
        (augment.mixup, augment.cutmix) = (0.8, 1.0);
        Showing::of(&config, 3)
    }

    fn order() -> Vec<usize> {
        (0..IMAGES).map(|i| i * 7 % IMAGES).collect()
    }

    #[test]
    fn pixels_are_the_same_made_ahead_or_not_on_any_number_of_threads() {
        let folder = tempfile::tempdir().unwrap();
        let (split, order) = (files(folder.path()), order());
        let source = Source::new(&split, sample::preprocess()).unwrap();
        for showing in [None, Some(showing())] {
            let all = |engine: &Engine| -> Vec<Vec<f32>> {
                let batches = order.chunks(BATCH);
                batches.map(|batch| source.pixels(engine, batch, showing).unwrap()).collect()
            };
            let expected = all(&sample::engine());
            for threads in [1, BATCH, BATCH + 1, 9] {
                let engine = Engine::new(sample::backbone(), threads).unwrap();
                let batches = Batches { order: &order, size: BATCH, showing };
                let (work, fetched) = (|| all(&engine), || source.queue().is_some());
                let (got, ahead) = source.ahead(&engine, batches, || (work(), fetched()));
                assert_eq!(got, expected);
                assert_eq!(ahead, threads > BATCH, "only where threads have time");
                assert!(!fetched(), "nothing is left");
            }
        }
    }

    #[test]
    fn an_image_that_cannot_be_read_is_an_error_of_its_own_batch() {
        let folder = tempfile::tempdir().unwrap();
        let (split, order) = (files(folder.path()), order());
        let engine = Engine::new(sample::backbone(), BATCH + 1).unwrap();
        let source = Source::new(&split, sample::preprocess()).unwrap();
        for place in [13, 15] {
            std::fs::write(folder.path().join(format!("{}.ppm", order[place])), "P6 3").unwrap();
        }
        let done = RefCell::new(0);
        let all = || -> Result<(), Error> {
            order.chunks(BATCH).try_for_each(|batch| {
                source.pixels(&engine, batch, None)?;
                *done.borrow_mut() += 1;
                Ok(())
            })
        };
        let expected = (all().unwrap_err().to_string(), done.replace(0));
        assert_eq!(expected.1, 3);
        assert!(expected.0.contains(&format!("{}.ppm", order[13])), "{}", expected.0);
        let batches = Batches { order: &order, size: BATCH, showing: None };
        let got = source.ahead(&engine, batches, all).unwrap_err().to_string();
        assert_eq!((got, done.replace(0)), expected);
    }
}
