//! A device that counts how often its memory is used, and fails when it is told to.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use crate::Architecture;
use crate::error::Error;
use crate::kernels::{
    AttentionGrad, AttentionInput, AttentionShape, Download, FrozenMatrix, InsertShape, Kernels,
    Layers, LinearOn, Memory, MergeShape, NormOn, PatchShape, Role, Rows, Schedule, TokenShape,
    WindowGrad, WindowInput,
};

/// Uses of memory, and how many more of them are to succeed.
#[derive(Debug)]
struct Counter {
    used: AtomicUsize,
    left: AtomicUsize,
}

impl Counter {
    fn count(&self) -> Result<(), Error> {
        self.used.fetch_add(1, Relaxed);
        let left = self.left.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1));
        left.map(|_| ()).map_err(|_| Error::Memory { bytes: 0 })
    }
}

impl Default for Counter {
    fn default() -> Self {
        Self { used: AtomicUsize::new(0), left: AtomicUsize::new(usize::MAX) }
    }
}

/// What a device counts; the values of all its buffers; and the most that one of them may have, 0 = no
/// limit.
#[derive(Clone, Debug, Default)]
pub(super) struct Counts(Arc<[Counter; 3]>, Arc<AtomicUsize>, Arc<AtomicUsize>);

const ALLOCATIONS: usize = 0;
const WRITES: usize = 1;
const DOWNLOADS: usize = 2;

impl Counts {
    /// Allocations (uploads among them), writes and downloads since the last call.
    pub(super) fn take(&self) -> [usize; 3] {
        [ALLOCATIONS, WRITES, DOWNLOADS].map(|which| self.0[which].used.swap(0, Relaxed))
    }

    /// Values of all buffers that there ever were.
    pub(super) fn values(&self) -> usize {
        self.1.load(Relaxed)
    }

    /// Lets only so many more allocations succeed.
    pub(super) fn allow_allocations(&self, left: usize) {
        self.0[ALLOCATIONS].left.store(left, Relaxed);
    }

    /// Lets no buffer have more values than these; fewer images at a time may do then.
    pub(super) fn allow_values(&self, most: usize) {
        self.2.store(most, Relaxed);
    }

    /// Lets only so many more downloads succeed.
    pub(super) fn allow_downloads(&self, left: usize) {
        self.0[DOWNLOADS].left.store(left, Relaxed);
    }
}

/// Another device that is watched.
#[derive(Clone)]
pub(super) struct Counted<K> {
    device: K,
    counts: Counts,
}

impl<K> Counted<K> {
    pub(super) fn new(device: K, counts: Counts) -> Self {
        Self { device, counts }
    }
}

impl<K: Kernels> Kernels for Counted<K> {
    fn schedule(&self, architecture: &Architecture) -> Schedule {
        self.device.schedule(architecture)
    }

    fn try_less(&self) -> bool {
        self.counts.2.load(Relaxed) > 0
    }
}

impl<K: Kernels> Memory for Counted<K> {
    type Buffer = K::Buffer;

    fn zeros(&self, len: usize) -> Result<K::Buffer, Error> {
        self.counts.0[ALLOCATIONS].count()?;
        let most = self.counts.2.load(Relaxed);
        if most > 0 && len > most {
            return Err(Error::Memory { bytes: len * size_of::<f32>() });
        }
        self.counts.1.fetch_add(len, Relaxed);
        self.device.zeros(len)
    }

    fn upload(&self, values: Vec<f32>) -> Result<K::Buffer, Error> {
        self.counts.0[ALLOCATIONS].count()?;
        self.device.upload(values)
    }

    fn write(&self, to: &mut K::Buffer, values: &[f32]) {
        self.counts.0[WRITES].used.fetch_add(1, Relaxed);
        self.device.write(to, values);
    }

    fn copy(&self, to: &mut K::Buffer, from: &K::Buffer, len: usize) {
        self.device.copy(to, from, len);
    }

    fn clear(&self, buffer: &mut K::Buffer, len: usize) {
        self.device.clear(buffer, len);
    }

    fn download(&self, parts: &mut [Download<'_, K::Buffer>]) -> Result<(), Error> {
        self.counts.0[DOWNLOADS].count()?;
        self.device.download(parts)
    }
}

/// Operations that are handed on as they are.
macro_rules! handed_on {
    ($(fn $name:ident(&self, $($arg:ident: $ty:ty),* $(,)?);)*) => {
        $(fn $name(&self, $($arg: $ty),*) {
            self.device.$name($($arg),*);
        })*
    };
}

impl<K: Kernels> Layers for Counted<K> {
    type Weight = K::Weight;

    fn pack(&self, matrix: FrozenMatrix, role: Role) -> Result<K::Weight, Error> {
        self.counts.0[ALLOCATIONS].count()?;
        self.device.pack(matrix, role)
    }

    handed_on! {
        fn repack(&self, weight: &mut K::Weight, values: &[f32], inputs: usize, outputs: usize);
        fn linear_weight_grad(
            &self,
            dw: &mut K::Buffer,
            x: &K::Buffer,
            dy: &K::Buffer,
            rows: usize,
            sizes: [usize; 2],
            of: Range<usize>,
        );
        fn norm_weight_grad(
            &self,
            dw: &mut K::Buffer,
            dy: &K::Buffer,
            x: &K::Buffer,
            stats: &K::Buffer,
            rows: usize,
            width: usize,
        );
        fn column_sums(&self, sum: &mut K::Buffer, x: &K::Buffer, rows: usize, width: usize);
        fn product_sums(
            &self,
            sum: &mut K::Buffer,
            x: &K::Buffer,
            y: &K::Buffer,
            rows: usize,
            width: usize,
        );
        fn linear(&self, y: &mut K::Buffer, x: &K::Buffer, w: &LinearOn<K>, rows: usize);
        fn linear_grad(
            &self,
            dx: &mut K::Buffer,
            dy: &K::Buffer,
            w: &LinearOn<K>,
            rows: usize,
            accumulate: bool,
        );
        fn norm(
            &self,
            y: &mut K::Buffer,
            stats: &mut K::Buffer,
            x: &K::Buffer,
            w: &NormOn<K>,
            rows: usize,
        );
        fn norm_grad(
            &self,
            dx: &mut K::Buffer,
            dy: &K::Buffer,
            x: &K::Buffer,
            stats: &K::Buffer,
            w: &NormOn<K>,
            rows: usize,
        );
        fn gelu(&self, y: &mut K::Buffer, x: &K::Buffer, len: usize);
        fn gelu_grad(&self, d: &mut K::Buffer, x: &K::Buffer, len: usize);
        fn residual(
            &self,
            y: &mut K::Buffer,
            x: &K::Buffer,
            branch: &K::Buffer,
            scale: Option<&K::Buffer>,
            rows: usize,
            width: usize,
        );
        fn residual_grad(
            &self,
            d_branch: &mut K::Buffer,
            dy: &K::Buffer,
            scale: Option<&K::Buffer>,
            rows: usize,
            width: usize,
        );
        fn scale_shift(
            &self,
            y: &mut K::Buffer,
            scale: &K::Buffer,
            shift: Option<&K::Buffer>,
            rows: usize,
            width: usize,
        );
        fn add(&self, sum: &mut K::Buffer, part: &K::Buffer, len: usize);
        fn attention(
            &self,
            out: &mut K::Buffer,
            log_sum: &mut K::Buffer,
            input: AttentionInput<'_, K::Buffer>,
            shape: AttentionShape,
        );
        fn attention_grad(
            &self,
            grad: AttentionGrad<'_, K::Buffer>,
            d_out: &K::Buffer,
            input: AttentionInput<'_, K::Buffer>,
            log_sum: &K::Buffer,
            shape: AttentionShape,
        );
        fn window_attention(
            &self,
            out: &mut K::Buffer,
            log_sum: &mut K::Buffer,
            input: WindowInput<'_, K::Buffer>,
            shape: AttentionShape,
        );
        fn window_attention_grad(
            &self,
            grad: WindowGrad<'_, K::Buffer>,
            d_out: &K::Buffer,
            input: WindowInput<'_, K::Buffer>,
            log_sum: &K::Buffer,
            shape: AttentionShape,
        );
    }
}

impl<K: Kernels> Rows for Counted<K> {
    handed_on! {
        fn patches(&self, rows: &mut K::Buffer, pixels: &K::Buffer, shape: PatchShape);
        fn assemble(
            &self,
            x: &mut K::Buffer,
            patches: &K::Buffer,
            position: &K::Buffer,
            shape: TokenShape,
        );
        fn assemble_grad(&self, d_patches: &mut K::Buffer, dx: &K::Buffer, shape: TokenShape);
        fn insert_rows(
            &self,
            y: &mut K::Buffer,
            x: &K::Buffer,
            rows: &K::Buffer,
            shape: InsertShape,
        );
        fn insert_rows_grad(
            &self,
            dx: &mut K::Buffer,
            d_rows: &mut K::Buffer,
            dy: &K::Buffer,
            shape: InsertShape,
        );
        fn first_rows(&self, y: &mut K::Buffer, x: &K::Buffer, shape: TokenShape);
        fn first_rows_grad(&self, dx: &mut K::Buffer, dy: &K::Buffer, shape: TokenShape);
        fn add_rows(&self, x: &mut K::Buffer, rows: &K::Buffer, shape: InsertShape);
        fn add_rows_grad(&self, d_rows: &mut K::Buffer, dx: &K::Buffer, shape: InsertShape);
        fn mean_rows(
            &self,
            y: &mut K::Buffer,
            x: &K::Buffer,
            shape: TokenShape,
            rows: Range<usize>,
        );
        fn mean_rows_grad(
            &self,
            dx: &mut K::Buffer,
            dy: &K::Buffer,
            shape: TokenShape,
            rows: Range<usize>,
        );
        fn merge(&self, y: &mut K::Buffer, x: &K::Buffer, shape: MergeShape);
        fn merge_grad(&self, dx: &mut K::Buffer, dy: &K::Buffer, shape: MergeShape);
    }
}
