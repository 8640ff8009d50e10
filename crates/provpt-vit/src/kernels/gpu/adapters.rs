//! The devices that there are.

use std::cmp::Reverse;

use crate::DeviceInfo;

/// A device that drivers offer.
#[derive(Debug)]
pub(crate) struct Found {
    name: String,
    /// Its driver and what that is spoken to by.
    driver: String,
    /// Whether it is only a program on the CPU.
    pub(crate) is_software: bool,
    pub(super) adapter: wgpu::Adapter,
}

/// All devices, the fastest kinds first; devices of one kind in the order in which drivers name them.
pub(crate) fn found() -> Vec<Found> {
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor {
        flags: wgpu::InstanceFlags::empty(),
        // Near its end a driver gives memory of the host, or takes it from the screen.
        memory_budget_thresholds: wgpu::MemoryBudgetThresholds {
            for_resource_creation: Some(95),
            for_device_loss: None,
        },
        ..wgpu::InstanceDescriptor::new_without_display_handle()
    });
    let all = pollster::block_on(instance.enumerate_adapters(wgpu::Backends::all()));
    let mut all: Vec<_> = all.into_iter().filter(can_compute).collect();
    all.sort_by_key(|adapter| Reverse(rank(adapter.get_info().device_type)));
    all.into_iter().map(Found::new).collect()
}

/// Whether an adapter can do what our shaders ask of it.
fn can_compute(adapter: &wgpu::Adapter) -> bool {
    let limits = adapter.limits();
    adapter.features().contains(wgpu::Features::IMMEDIATES)
        && limits.max_immediate_size >= 64
        && limits.max_compute_invocations_per_workgroup >= 256
        && limits.max_storage_buffers_per_shader_stage >= 11
        && limits.max_compute_workgroup_storage_size >= 17 << 10
}

fn rank(kind: wgpu::DeviceType) -> u8 {
    match kind {
        wgpu::DeviceType::DiscreteGpu => 4,
        wgpu::DeviceType::IntegratedGpu => 3,
        wgpu::DeviceType::VirtualGpu => 2,
        wgpu::DeviceType::Other => 1,
        wgpu::DeviceType::Cpu => 0,
    }
}

impl Found {
    fn new(adapter: wgpu::Adapter) -> Self {
        let info = adapter.get_info();
        let driver = [info.driver, info.driver_info, info.backend.to_string()];
        let driver = driver.into_iter().filter(|part| !part.is_empty());
        Self {
            name: info.name,
            driver: driver.collect::<Vec<_>>().join(", "),
            is_software: info.device_type == wgpu::DeviceType::Cpu,
            adapter,
        }
    }

    pub(crate) fn info(&self) -> DeviceInfo {
        let (name, driver) = (self.name.clone(), self.driver.clone());
        DeviceInfo { name, driver, is_software: self.is_software }
    }
}
