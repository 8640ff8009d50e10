//! Other work while an engine computes.

use std::sync::mpsc::{Sender, channel};

use rayon::{ThreadPool, ThreadPoolBuilder};

use super::Engine;
use crate::error::Error;

/// So many threads (0 = one per core).
pub(super) fn pool(threads: usize) -> Result<ThreadPool, Error> {
    let pool = ThreadPoolBuilder::new().num_threads(threads).build();
    pool.map_err(|error| Error::Threads { cause: error.to_string() })
}

impl Engine {
    /// Whether threads have nothing to do while a call works on so many images: those that wait for a
    /// card; on the processor those that no image is left for.
    pub fn has_time_beside(&self, images: usize) -> bool {
        self.card.is_some() || images < self.threads.current_num_threads()
    }

    /// Works on each item where one of the engine's threads has nothing else to do: what a call that
    /// is under way is at comes first. Results are in the order of the items.
    ///
    /// Whoever calls this waits, and so is not to be one of those threads.
    pub fn meanwhile<T: Sync, R: Send>(
        &self,
        items: &[T],
        work: impl Fn(&T) -> R + Sync,
    ) -> Vec<R> {
        let pool = self.meanwhile.as_ref().unwrap_or(&self.threads);
        let mut results: Vec<Option<R>> = items.iter().map(|_| None).collect();
        let (work, (free, freed)) = (&work, channel());
        // What comes from outside a pool is looked at last: threads look for parts of what they are
        // at, and of what the others are at, first. Calls come from outside, too, and so wait for the
        // few items that are in front of them, not for all.
        (0..=pool.current_num_threads()).for_each(|_| free.send(()).unwrap_or_default());
        pool.in_place_scope_fifo(|scope| {
            for (item, result) in items.iter().zip(&mut results) {
                let place = freed.recv().map(|()| Place(free.clone()));
                scope.spawn_fifo(move |_| {
                    *result = Some(work(item));
                    drop(place);
                });
            }
        });
        results.into_iter().flatten().collect()
    }
}

/// A place among the items that wait; free again when the work is over, however it ends.
struct Place(Sender<()>);

impl Drop for Place {
    fn drop(&mut self) {
        // Nobody listens any more behind the last item.
        let _ = self.0.send(());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Backbone;
    use crate::weights::LoadOptions;

    #[test]
    fn results_are_in_order_and_the_work_is_done_by_the_engine() {
        for threads in [1, 3] {
            let backbone = Backbone::pico(&LoadOptions::default()).unwrap();
            let engine = Engine::new(backbone, threads).unwrap();
            let items: Vec<usize> = (0..40).collect();
            let got = engine.meanwhile(&items, |item| {
                assert!(rayon::current_thread_index().is_some_and(|index| index < threads));
                item * item
            });
            let expected: Vec<usize> = items.iter().map(|item| item * item).collect();
            assert_eq!(got, expected);
            assert_eq!(engine.meanwhile(&[0; 0], |item| *item), [0; 0]);
            assert!(engine.has_time_beside(threads - 1) && !engine.has_time_beside(threads));
        }
    }
}
