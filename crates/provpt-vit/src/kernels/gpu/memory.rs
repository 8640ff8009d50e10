//! Buffers on the device, and the ways in and out of them.

use std::sync::{MutexGuard, PoisonError};

use super::Gpu;
use super::recorder::Recorder;
use crate::error::Error;
use crate::kernels::{Download, Memory};

/// Values on the device; none for no values.
#[derive(Clone, Debug)]
pub(crate) struct Buffer(pub(super) Option<wgpu::Buffer>);

/// Memory that operations work in, besides their buffers. It grows as it is asked for.
#[derive(Debug, Default)]
pub(super) struct Scratch([Option<Buffer>; ROOMS]);

/// How many parts there are in [`Scratch`].
const ROOMS: usize = 8;

/// The parts of [`Scratch`]: an operation may use several.
#[derive(Clone, Copy, Debug)]
pub(super) enum Room {
    /// Of each query, the mean gradient of its probabilities.
    Delta,
    /// Gradients of prompts, of each image.
    Prompts,
    /// Gradients of logits, of each image and head.
    Logits,
    /// Tokens in the order of their windows: queries, keys and values, what is mixed, and gradients.
    Query,
    KeyValue,
    Mixed,
    DQuery,
    DKeyValue,
}

const BYTES: usize = size_of::<f32>();

impl Gpu {
    pub(super) fn recorder(&self) -> MutexGuard<'_, Recorder> {
        self.0.recorder.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new buffer of `words` zeros.
    pub(super) fn buffer(&self, words: usize) -> Result<Buffer, Error> {
        if words == 0 {
            return Ok(Buffer(None));
        }
        let bytes = words.saturating_mul(BYTES);
        if bytes > self.0.most_bytes {
            return Err(Error::Memory { bytes });
        }
        self.allocate(bytes).or_else(|_| {
            // What was given back is free when the device is done with it.
            let _ = self.recorder().download(&mut []);
            self.allocate(bytes)
        })
    }

    fn allocate(&self, bytes: usize) -> Result<Buffer, Error> {
        let scope = self.0.device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
        let buffer = self.0.device.create_buffer(&wgpu::BufferDescriptor {
            label: None,
            size: bytes as u64,
            usage: wgpu::BufferUsages::STORAGE
                | wgpu::BufferUsages::COPY_SRC
                | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        match pollster::block_on(scope.pop()) {
            None => Ok(Buffer(Some(buffer))),
            Some(_) => Err(Error::Memory { bytes }),
        }
    }

    pub(super) fn write_bytes(&self, to: &Buffer, bytes: &[u8]) {
        if let (Some(to), false) = (&to.0, bytes.is_empty()) {
            self.recorder().write(to, bytes);
        }
    }

    pub(super) fn drop_scratch(&self) {
        *self.scratch().parts = Scratch::default();
    }

    /// The scratch memory, for one operation: whoever else needs it waits until that is recorded.
    pub(super) fn scratch(&self) -> Borrowed<'_> {
        let parts = self.0.scratch.lock().unwrap_or_else(PoisonError::into_inner);
        Borrowed { gpu: self, parts }
    }

    /// A new buffer where nothing can be said of a lack of room before the next download.
    pub(super) fn buffer_or_fault(&self, len: usize) -> Buffer {
        self.buffer(len).unwrap_or_else(|_| {
            self.0.faults.run_out(len.saturating_mul(BYTES));
            Buffer(None)
        })
    }
}

/// Scratch memory that an operation has for itself.
pub(super) struct Borrowed<'a> {
    gpu: &'a Gpu,
    parts: MutexGuard<'a, Scratch>,
}

impl Borrowed<'_> {
    /// A part with room for so many values, whatever is in it. Where there is no room, the next
    /// download says so.
    pub(super) fn part(&mut self, room: Room, len: usize) -> Buffer {
        let part = &mut self.parts.0[room as usize];
        let fits = |part: &&Buffer| part.len() >= len;
        if let Some(part) = part.as_ref().filter(fits) {
            return part.clone();
        }
        *part = None;
        part.insert(self.gpu.buffer_or_fault(len)).clone()
    }
}

impl Buffer {
    fn len(&self) -> usize {
        self.0.as_ref().map_or(0, |buffer| buffer.size() as usize / BYTES)
    }
}

impl Memory for Gpu {
    type Buffer = Buffer;

    fn zeros(&self, len: usize) -> Result<Buffer, Error> {
        self.buffer(len)
    }

    fn upload(&self, values: Vec<f32>) -> Result<Buffer, Error> {
        let mut buffer = self.buffer(values.len())?;
        self.write(&mut buffer, &values);
        Ok(buffer)
    }

    fn write(&self, to: &mut Buffer, values: &[f32]) {
        self.write_bytes(to, bytemuck::cast_slice(values));
    }

    fn copy(&self, to: &mut Buffer, from: &Buffer, len: usize) {
        if let (Some(to), Some(from), 1..) = (&to.0, &from.0, len) {
            self.recorder().copy(to, from, (len * BYTES) as u64);
        }
    }

    fn clear(&self, buffer: &mut Buffer, len: usize) {
        if let (Some(buffer), 1..) = (&buffer.0, len) {
            self.recorder().clear(buffer, (len * BYTES) as u64);
        }
    }

    fn download(&self, parts: &mut [Download<'_, Buffer>]) -> Result<(), Error> {
        let downloaded = self.recorder().download(parts);
        self.0.faults.take()?;
        downloaded
    }
}
