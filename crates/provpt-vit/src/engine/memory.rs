//! Memory of calls, used again by later ones.

use std::sync::{Arc, Mutex, PoisonError};

use crate::error::Error;
use crate::kernels::Kernels;
use crate::net::vit::{MatrixSums, Prepared, Replaced, Sums, Variant, Vit, Workspace};

/// Everything that one call works in.
pub(super) struct CallMemory<K: Kernels> {
    /// The network with what is in the place of the backbone's own arrays, if ever there was.
    pub(super) replaced: Option<Replaced<K>>,
    /// Prompts that all images see.
    pub(super) prompts: Prepared<K>,
    /// Prompts left out, one at a time.
    pub(super) variants: Vec<Variant<K>>,
    pub(super) shards: Vec<ShardMemory<K>>,
    /// Gradients of whole matrices, to which all shards add.
    pub(super) matrices: Arc<MatrixSums<K>>,
}

/// What one shard of a batch works in.
pub(super) struct ShardMemory<K: Kernels> {
    pub(super) workspace: Workspace<K>,
    pub(super) sums: Sums<K>,
    /// Prompts that only the images of a chunk see (prompt dropout).
    pub(super) prompts: Prepared<K>,
}

impl<K: Kernels> CallMemory<K> {
    pub(super) fn new(vit: &Vit<K>, shards: usize) -> Result<Self, Error> {
        let shard = |_| {
            Ok(ShardMemory {
                workspace: Workspace::empty(vit)?,
                sums: Sums::empty(vit)?,
                prompts: Prepared::empty(vit)?,
            })
        };
        let shards = (0..shards).map(shard).collect::<Result<_, Error>>()?;
        let prompts = Prepared::empty(vit)?;
        let matrices = Arc::new(MatrixSums::empty());
        Ok(Self { replaced: None, prompts, variants: Vec::new(), shards, matrices })
    }
}

/// Memory that no call works in at the moment: as many pieces as there ever were calls at a time.
pub(super) struct IdleMemory<M>(Mutex<Vec<M>>);

impl<M> IdleMemory<M> {
    pub(super) fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    /// Gives all of it back.
    pub(super) fn forget(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Lends memory to `work`; where there is none left, it is made.
    pub(super) fn lend<T>(
        &self,
        make: impl FnOnce() -> Result<M, Error>,
        work: impl FnOnce(&mut M) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let idle = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Nothing is locked while `work` runs: it may wait for other calls.
        let old = idle().pop();
        let mut memory = old.map_or_else(make, Ok)?;
        let result = work(&mut memory);
        idle().push(memory);
        result
    }
}
