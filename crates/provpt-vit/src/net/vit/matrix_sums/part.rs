//! One sum, in parts that are added to at the same time.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::error::Error;
use crate::kernels::Kernels;
use crate::net::growing::GrowingBuffer;

/// Outputs that a part has at least: fewer at a time are multiplied slowly.
const LEAST: usize = 16;

pub(super) struct MatrixSum<K: Kernels> {
    /// Inputs and outputs.
    pub(super) sizes: [usize; 2],
    /// How often a chunk adds to it.
    pub(super) visits: usize,
    pub(super) parts: Vec<Part<K>>,
}

/// Some outputs of a matrix.
pub(super) struct Part<K: Kernels> {
    pub(super) outputs: Range<usize>,
    state: Mutex<State<K>>,
    turned: Condvar,
}

/// What is added to.
pub(super) struct State<K: Kernels> {
    /// How often was added to it in this batch; before the first time it is anything.
    pub(super) turns: usize,
    /// `[outputs, inputs]`.
    pub(super) sum: GrowingBuffer<K>,
}

impl<K: Kernels> MatrixSum<K> {
    /// One to which so many shards add at the same time.
    pub(super) fn new(k: &K, [inputs, outputs]: [usize; 2], shards: usize) -> Result<Self, Error> {
        let count = shards.min(outputs / LEAST).max(1);
        let part = |index: usize| {
            let outputs = outputs * index / count..outputs * (index + 1) / count;
            let mut sum = GrowingBuffer::empty(k)?;
            sum.fit(k, inputs * outputs.len())?;
            Ok(Part { outputs, state: Mutex::new(State { turns: 0, sum }), turned: Condvar::new() })
        };
        let parts = (0..count).map(part).collect::<Result<_, Error>>()?;
        Ok(Self { sizes: [inputs, outputs], visits: 1, parts })
    }

    /// Begins at zero.
    pub(super) fn begin(&mut self, visits: usize) {
        self.visits = visits;
        for part in &mut self.parts {
            part.state.get_mut().unwrap_or_else(PoisonError::into_inner).turns = 0;
        }
    }
}

impl<K: Kernels> Part<K> {
    pub(super) fn lock(&self) -> MutexGuard<'_, State<K>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets whoever waits look again. Who is about to wait does so before this.
    pub(super) fn wake(&self) {
        drop(self.lock());
        self.turned.notify_all();
    }

    /// Adds a gradient, given inputs and gradients of outputs: once it was added to so often, unless
    /// all waiting has ended; or at once.
    pub(super) fn add(
        &self,
        k: &K,
        [inputs, outputs]: [usize; 2],
        (turn, stopped): (Option<usize>, &AtomicBool),
        (x, dy): (&K::Buffer, &K::Buffer),
        rows: usize,
    ) {
        let mut state = self.lock();
        if let Some(turn) = turn {
            let waits =
                |state: &mut State<K>| state.turns != turn && !stopped.load(Ordering::SeqCst);
            let turned = self.turned.wait_while(state, waits);
            state = turned.unwrap_or_else(PoisonError::into_inner);
        }
        let State { turns, sum } = &mut *state;
        if *turns == 0 {
            k.clear(sum.get_mut(), inputs * self.outputs.len());
        }
        *turns += 1;
        k.linear_weight_grad(sum.get_mut(), x, dy, rows, [inputs, outputs], self.outputs.clone());
        drop(state);
        self.turned.notify_all();
    }
}
