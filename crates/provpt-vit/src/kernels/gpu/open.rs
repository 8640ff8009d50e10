//! A device, opened.

use std::sync::{Arc, Mutex};

use super::Gpu;
use super::adapters::Found;
use super::faults::Faults;
use super::memory::Scratch;
use super::pipelines::Pipelines;
use super::recorder::Recorder;
use crate::Precision;
use crate::error::Error;

/// Everything that clones of a [`Gpu`] share.
#[derive(Debug)]
pub(super) struct Card {
    pub(super) device: wgpu::Device,
    pub(super) faults: Arc<Faults>,
    pub(super) pipelines: Pipelines,
    pub(super) recorder: Mutex<Recorder>,
    pub(super) scratch: Mutex<Scratch>,
    /// What is bound in place of a buffer without values, one for each binding.
    pub(super) nothing: Vec<wgpu::Buffer>,
    /// Bytes of a buffer, at most.
    pub(super) most_bytes: usize,
    /// Whether frozen matrices are held in f16.
    pub(super) is_half: bool,
    /// What it is, in words.
    name: String,
}

impl Gpu {
    /// Opens a device, which has this number among those found.
    ///
    /// # Errors
    /// The driver does not give it.
    pub(crate) fn open(found: &Found, number: usize, precision: Precision) -> Result<Self, Error> {
        let subgroups = found.adapter.features() & wgpu::Features::SUBGROUP;
        Self::with(found, number, precision, subgroups)
    }

    /// The same as a device without subgroups would be.
    #[cfg(test)]
    pub(crate) fn without_subgroups(found: &Found) -> Result<Self, Error> {
        Self::with(found, 0, Precision::F32, wgpu::Features::empty())
    }

    fn with(
        found: &Found,
        number: usize,
        precision: Precision,
        more: wgpu::Features,
    ) -> Result<Self, Error> {
        let limits = found.adapter.limits();
        let most = limits.max_storage_buffer_binding_size.min(limits.max_buffer_size);
        let asked = wgpu::DeviceDescriptor {
            required_features: wgpu::Features::IMMEDIATES | more,
            required_limits: limits,
            ..wgpu::DeviceDescriptor::default()
        };
        let (device, queue) = pollster::block_on(found.adapter.request_device(&asked))
            .map_err(|error| Error::DeviceFailed { cause: format!("{}: {error}", found.info()) })?;
        let faults = Arc::new(Faults::default());
        let (others, lost) = (Arc::clone(&faults), Arc::clone(&faults));
        device.on_uncaptured_error(Arc::new(move |error| others.put(&error)));
        device.set_device_lost_callback(move |_, cause| lost.lose(&cause));
        Ok(Self(Arc::new(Card {
            pipelines: Pipelines::new(device.clone()),
            recorder: Mutex::new(Recorder::new(device.clone(), queue)),
            scratch: Mutex::new(Scratch::default()),
            nothing: (0..BINDINGS).map(|_| nothing(&device)).collect(),
            most_bytes: usize::try_from(most).unwrap_or(usize::MAX),
            device,
            faults,
            is_half: precision == Precision::F16,
            name: format!("gpu:{number}, {}", found.info()),
        })))
    }

    /// Loses the device, as a driver may at any time.
    #[cfg(test)]
    pub(crate) fn destroy(&self) {
        self.0.device.destroy();
    }

    /// Whether its shaders may add up within subgroups.
    pub(super) fn has_subgroups(&self) -> bool {
        self.0.device.features().contains(wgpu::Features::SUBGROUP)
    }

    /// What it is, in words.
    pub(crate) fn name(&self) -> &str {
        &self.0.name
    }
}

/// Bindings that a shader has, at most.
const BINDINGS: usize = 16;

fn nothing(device: &wgpu::Device) -> wgpu::Buffer {
    device.create_buffer(&wgpu::BufferDescriptor {
        label: Some("nothing"),
        size: 16,
        usage: wgpu::BufferUsages::STORAGE,
        mapped_at_creation: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::gpu::found;

    #[test]
    fn subgroups_are_asked_for_where_there_are_any() {
        let Some(found) = found().into_iter().next() else { return };
        let there = found.adapter.features().contains(wgpu::Features::SUBGROUP);
        let gpu = Gpu::open(&found, 0, Precision::F32).unwrap();
        assert_eq!(gpu.has_subgroups(), there, "{}", gpu.name());
        assert!(!Gpu::without_subgroups(&found).unwrap().has_subgroups());
    }
}
