//! Where values pass through on their way to the host.

use crate::error::Error;

/// A buffer that the host can read, used again as long as it is large enough.
#[derive(Debug, Default)]
pub(super) struct Staging(Option<wgpu::Buffer>);

/// Sizes of the buffer are multiples of this.
const STEP: u64 = 1 << 20;

impl Staging {
    /// The buffer, with room for so many bytes.
    pub(super) fn take_for(&mut self, device: &wgpu::Device, bytes: u64) -> wgpu::Buffer {
        let old = self.0.take().filter(|buffer| buffer.size() >= bytes);
        old.unwrap_or_else(|| {
            device.create_buffer(&wgpu::BufferDescriptor {
                label: Some("staging"),
                size: bytes.max(1).next_multiple_of(STEP),
                usage: wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
                mapped_at_creation: false,
            })
        })
    }

    /// Waits for the device, and shows the first bytes of the buffer, which is kept for the next time.
    ///
    /// # Errors
    /// The device does not answer.
    pub(super) fn read_back(
        &mut self,
        device: &wgpu::Device,
        buffer: wgpu::Buffer,
        bytes: u64,
        read: impl FnOnce(&[u8]),
    ) -> Result<(), Error> {
        let failed = |cause: String| Error::DeviceFailed { cause };
        if bytes > 0 {
            buffer.map_async(wgpu::MapMode::Read, ..bytes, |_| ());
        }
        let waited = device.poll(wgpu::PollType::wait_indefinitely());
        waited.map_err(|error| failed(error.to_string()))?;
        if bytes > 0 {
            let range = buffer.get_mapped_range(..bytes);
            read(&range.map_err(|error| failed(error.to_string()))?);
            buffer.unmap();
        }
        self.0 = Some(buffer);
        Ok(())
    }
}
