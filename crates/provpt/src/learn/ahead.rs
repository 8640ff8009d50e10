//! Images of the next batches, prepared while one is worked on.

use std::slice::Chunks;
use std::sync::mpsc::{Receiver, Sender, channel};

use crate::error::Error;
use crate::learn::showing::Showing;

/// Batches that may be ready, or in the making, besides the one that is worked on.
const BATCHES: usize = 2;

/// Batches in the order in which they will be asked for, and how their images are seen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Batches<'a> {
    pub(crate) order: &'a [usize],
    pub(crate) size: usize,
    pub(crate) showing: Option<Showing>,
}

impl<'a> Batches<'a> {
    /// One after the other.
    pub(super) fn chunks(&self) -> Chunks<'a, usize> {
        self.order.chunks(self.size.max(1))
    }
}

/// Normalized pixels of a batch.
type Made = Result<Vec<f32>, Error>;

/// Makes batches, on a thread of its own. It begins when the first batch is asked for, and ends with
/// its [`Queue`].
pub(super) struct Maker<'a> {
    batches: Batches<'a>,
    asked: Receiver<()>,
    made: Sender<Made>,
}

/// Where what a [`Maker`] makes is fetched.
pub(super) struct Queue {
    /// Images that nobody has fetched.
    left: Vec<usize>,
    size: usize,
    showing: Option<Showing>,
    has_begun: bool,
    asked: Sender<()>,
    made: Receiver<Made>,
}

/// The two ends for these batches.
pub(super) fn pair(batches: Batches<'_>) -> (Queue, Maker<'_>) {
    let (asked, made) = (channel(), channel());
    let Batches { order, size, showing } = batches;
    // The next batch is at the end, where it is cheap to take.
    let left = order.iter().rev().copied().collect();
    let queue = Queue { left, size, showing, has_begun: false, asked: asked.0, made: made.1 };
    (queue, Maker { batches, asked: asked.1, made: made.0 })
}

impl Maker<'_> {
    /// Makes one batch for each that is asked for, up to the first that cannot be made.
    pub(super) fn work(self, make: impl Fn(&[usize], Option<Showing>) -> Made) {
        for batch in self.batches.chunks() {
            if self.asked.recv().is_err() {
                return;
            }
            let made = make(batch, self.batches.showing);
            let is_last = made.is_err();
            if self.made.send(made).is_err() || is_last {
                return;
            }
        }
    }
}

impl Queue {
    /// The batch of these images, if it is the next; makes room for one more.
    pub(super) fn fetch(&mut self, indices: &[usize], showing: Option<Showing>) -> Option<Made> {
        let rest = self.left.len() - self.size.max(1).min(self.left.len());
        let is_next = self.left[rest..].iter().rev().eq(indices) && showing == self.showing;
        if !is_next || indices.is_empty() {
            return None;
        }
        self.left.truncate(rest);
        let more = if self.has_begun { 1 } else { 1 + BATCHES };
        self.has_begun = true;
        // A maker that has made all batches hears no more.
        (0..more).for_each(|_| self.asked.send(()).unwrap_or_default());
        self.made.recv().ok()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc::sync_channel;

    use super::*;

    const ORDER: [usize; 11] = [4, 2, 9, 0, 1, 7, 3, 8, 10, 5, 6];

    fn batches() -> Batches<'static> {
        Batches { order: &ORDER, size: 2, showing: None }
    }

    fn as_numbers(indices: &[usize]) -> Vec<f32> {
        indices.iter().map(|&index| index as f32).collect()
    }

    #[test]
    fn two_batches_are_made_ahead_and_never_more() {
        let (mut queue, maker) = pair(batches());
        let (told, heard) = sync_channel(ORDER.len());
        let made = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let told = told; // ends with the thread
                maker.work(|indices, _| {
                    made.fetch_add(1, Ordering::SeqCst);
                    told.send(()).unwrap();
                    Ok(as_numbers(indices))
                });
            });
            for (fetched, batch) in ORDER.chunks(2).enumerate() {
                assert!(made.load(Ordering::SeqCst) <= if fetched == 0 { 0 } else { fetched + 2 });
                assert_eq!(queue.fetch(batch, None).unwrap().unwrap(), as_numbers(batch));
                // Waits for all that may be made by now: without asking, two more are.
                let expected = if fetched == 0 { 3 } else { usize::from(fetched + 3 <= 6) };
                (0..expected).for_each(|_| heard.recv().unwrap());
            }
            assert!(queue.fetch(&[], None).is_none());
            assert!(heard.recv().is_err(), "it has ended");
        });
    }

    #[test]
    fn other_images_or_the_same_seen_otherwise_are_not_in_the_queue() {
        let (mut queue, maker) = pair(batches());
        std::thread::scope(|scope| {
            scope.spawn(|| maker.work(|indices, _| Ok(as_numbers(indices))));
            for other in [&ORDER[2..4], &ORDER[..1], &ORDER[..3], &[]] {
                assert!(queue.fetch(other, None).is_none(), "{other:?}");
            }
            let showing = Showing::of(&crate::config::Config::default(), 0);
            assert!(queue.fetch(&ORDER[..2], Some(showing)).is_none());
            assert_eq!(queue.fetch(&ORDER[..2], None).unwrap().unwrap(), [4.0, 2.0]);
            drop(queue); // and the maker ends, with batches left
        });
    }

    #[test]
    fn an_error_comes_with_its_batch() {
        let (mut queue, maker) = pair(batches());
        let make = |indices: &[usize], _: Option<Showing>| match indices.contains(&1) {
            true => Err(Error::Label { classes: 1, got: 1 }),
            false => Ok(as_numbers(indices)),
        };
        std::thread::scope(|scope| {
            scope.spawn(|| maker.work(make));
            assert!(queue.fetch(&[4, 2], None).unwrap().is_ok());
            assert!(queue.fetch(&[9, 0], None).unwrap().is_ok());
            assert!(queue.fetch(&[1, 7], None).unwrap().is_err());
            assert!(queue.fetch(&[3, 8], None).is_none(), "left to whoever asks");
        });
    }
}
