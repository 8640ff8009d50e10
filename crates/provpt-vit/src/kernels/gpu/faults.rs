//! What went wrong on a device since somebody asked.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::error::Error;

/// The first fault since the last question; a lost device stays lost.
#[derive(Debug, Default)]
pub(super) struct Faults {
    lost: Mutex<Option<String>>,
    first: Mutex<Option<Fault>>,
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
        let fault = match error {
            wgpu::Error::OutOfMemory { .. } => Fault::Memory(0),
            other => Fault::Other(one_line(&other.to_string())),
        };
        locked(&self.first).get_or_insert(fault);
    }

    /// There was no room for something.
    pub(super) fn run_out(&self, bytes: usize) {
        locked(&self.first).get_or_insert(Fault::Memory(bytes));
    }

    /// # Errors
    /// What was put here since the last call.
    pub(super) fn take(&self) -> Result<(), Error> {
        let first = locked(&self.first).take();
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
