//! What went wrong on a device since somebody asked.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};

use crate::error::Error;

/// The first fault of each thread since it last asked: work that others do at the same time has
/// nothing to do with it. A lost device is lost to all, and stays so.
#[derive(Debug, Default)]
pub(super) struct Faults {
    lost: Mutex<Option<String>>,
    first: Mutex<HashMap<ThreadId, Fault>>,
}

#[derive(Debug)]
enum Fault {
    /// There was no room for so many bytes.
    Memory(usize),
    Other(String),
}

fn locked<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Faults {
    /// The device is gone.
    pub(super) fn lose(&self, cause: &str) {
        locked(&self.lost).get_or_insert_with(|| one_line(cause));
    }

    /// Something went wrong that nobody waits for.
    pub(super) fn put(&self, error: &wgpu::Error) {
        self.keep(match error {
            wgpu::Error::OutOfMemory { .. } => Fault::Memory(0),
            other => Fault::Other(one_line(&other.to_string())),
        });
    }

    /// There was no room for something.
    pub(super) fn run_out(&self, bytes: usize) {
        self.keep(Fault::Memory(bytes));
    }

    fn keep(&self, fault: Fault) {
        locked(&self.first).entry(thread::current().id()).or_insert(fault);
    }

    /// # Errors
    /// What this thread met since it last called.
    pub(super) fn take(&self) -> Result<(), Error> {
        let first = locked(&self.first).remove(&thread::current().id());
        if let Some(cause) = locked(&self.lost).clone() {
            return Err(Error::DeviceLost { cause });
        }
        match first {
            None => Ok(()),
            Some(Fault::Memory(bytes)) => Err(Error::Memory { bytes }),
            Some(Fault::Other(cause)) => Err(Error::DeviceFailed { cause }),
        }
    }
}

/// Messages of drivers, which like to have several lines.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
