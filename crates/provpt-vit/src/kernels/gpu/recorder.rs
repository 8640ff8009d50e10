//! What is recorded, and when it is handed over.

use super::Gpu;
use super::memory::Buffer;
use super::shader::{Call, LANES, Shader};
use super::staging::Staging;
use crate::error::Error;
use crate::kernels::Download;

/// Commands after which those recorded are handed over, so that the device begins before all of a
/// step is recorded.
const BATCH: usize = 100;

/// Bytes on their way to the device after which they are handed over: the host holds them until then.
const UPLOAD: usize = 64 << 20;

/// Groups of a dispatch along its first dimension, at most: any device takes as many.
const GROUPS: usize = 32_768;

/// Commands that the device does not have yet.
#[derive(Debug)]
pub(super) struct Recorder {
    device: wgpu::Device,
    queue: wgpu::Queue,
    encoder: Option<wgpu::CommandEncoder>,
    /// Commands in it.
    recorded: usize,
    /// Bytes that were written since the last time that something was handed over.
    written: usize,
    /// Where downloads pass through.
    staging: Staging,
}

impl Recorder {
    pub(super) fn new(device: wgpu::Device, queue: wgpu::Queue) -> Self {
        Self { device, queue, encoder: None, recorded: 0, written: 0, staging: Staging::default() }
    }

    /// The encoder, for one more command.
    fn encoder(&mut self) -> &mut wgpu::CommandEncoder {
        if self.recorded >= BATCH {
            self.submit();
        }
        self.recorded += 1;
        let new = || self.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        self.encoder.get_or_insert_with(new)
    }

    fn submit(&mut self) {
        self.recorded = 0;
        self.written = 0;
        self.queue.submit(self.encoder.take().map(wgpu::CommandEncoder::finish));
    }

    pub(super) fn write(&mut self, to: &wgpu::Buffer, bytes: &[u8]) {
        // What is written goes in front of what is recorded.
        if self.recorded > 0 || self.written > UPLOAD {
            self.submit();
        }
        self.queue.write_buffer(to, 0, bytes);
        self.written += bytes.len();
    }

    pub(super) fn copy(&mut self, to: &wgpu::Buffer, from: &wgpu::Buffer, bytes: u64) {
        self.encoder().copy_buffer_to_buffer(from, 0, to, 0, bytes);
    }

    pub(super) fn clear(&mut self, buffer: &wgpu::Buffer, bytes: u64) {
        self.encoder().clear_buffer(buffer, 0, Some(bytes));
    }

    fn dispatch(
        &mut self,
        pipeline: &wgpu::ComputePipeline,
        bindings: &wgpu::BindGroup,
        call: &Call<'_>,
    ) {
        let mut pass = self.encoder().begin_compute_pass(&wgpu::ComputePassDescriptor::default());
        pass.set_pipeline(pipeline);
        pass.set_bind_group(0, bindings, &[]);
        pass.set_immediates(0, bytemuck::cast_slice(call.params));
        let along = call.groups.min(GROUPS);
        pass.dispatch_workgroups(along as u32, call.groups.div_ceil(along) as u32, 1);
    }

    /// Copies the first values of each buffer out, behind all that is recorded.
    ///
    /// # Errors
    /// The device does not answer.
    pub(super) fn download(&mut self, parts: &mut [Download<'_, Buffer>]) -> Result<(), Error> {
        let bytes: usize = parts.iter().map(bytes_of).sum();
        let staging = self.staging.take_for(&self.device, bytes as u64);
        let mut at = 0;
        for part in &*parts {
            if let (Some(buffer), bytes @ 1..) = (&part.0.0, bytes_of(part) as u64) {
                self.encoder().copy_buffer_to_buffer(buffer, 0, &staging, at, bytes);
                at += bytes;
            }
        }
        self.submit();
        let read = |bytes: &[u8]| {
            let mut at = 0;
            for part in &mut *parts {
                let end = at + bytes_of(part);
                bytemuck::cast_slice_mut(part.1).copy_from_slice(&bytes[at..end]);
                at = end;
            }
        };
        self.staging.read_back(&self.device, staging, at, read)
    }
}

/// Bytes that come out of a buffer; none if it has no values, as where there was no room for it.
fn bytes_of((buffer, to): &Download<'_, Buffer>) -> usize {
    if buffer.0.is_some() { size_of_val(&**to) } else { 0 }
}

impl Gpu {
    /// Records a call of a shader.
    pub(super) fn call<'a>(&'a self, call: &Call<'a>) {
        if call.groups == 0 {
            return;
        }
        let pipeline = self.0.pipelines.of(call);
        let entry = |binding: usize, buffer: &'a Buffer| wgpu::BindGroupEntry {
            binding: binding as u32,
            resource: buffer.0.as_ref().unwrap_or(&self.0.nothing[binding]).as_entire_binding(),
        };
        let written = call.written.iter().enumerate().map(|(i, buffer)| entry(i, buffer));
        let first = Call::FIRST_READ;
        let read = call.read.iter().enumerate().map(|(i, buffer)| entry(first + i, buffer));
        let entries: Vec<_> = written.chain(read).collect();
        let bindings = self.0.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some(call.shader.entry),
            layout: &pipeline.bindings,
            entries: &entries,
        });
        self.recorder().dispatch(&pipeline.compute, &bindings, call);
    }

    /// Records a call of a shader that has an invocation for each of `len` values of `y`.
    pub(super) fn call_on_each(
        &self,
        shader: Shader,
        y: &Buffer,
        read: &[&Buffer],
        params: &[u32],
        len: usize,
    ) {
        let (constants, groups) = (&[], len.div_ceil(LANES));
        self.call(&Call { shader, constants, written: &[y], read, params, groups });
    }
}
