//! Shaders as the driver has compiled them, each when it is first called.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::shader::{Call, Shader};
use super::unroll::unrolled;

/// What every shader may use.
const COMMON: &str = include_str!("common.wgsl");

/// A compiled shader.
#[derive(Clone, Debug)]
pub(super) struct Pipeline {
    pub(super) compute: wgpu::ComputePipeline,
    pub(super) bindings: wgpu::BindGroupLayout,
}

/// What one pipeline is for: a shader, and the values of what its source leaves open.
type Key = (&'static str, Vec<usize>);

/// All that were called so far.
#[derive(Debug)]
pub(super) struct Pipelines {
    device: wgpu::Device,
    made: Mutex<HashMap<Key, Pipeline>>,
}

impl Pipelines {
    pub(super) fn new(device: wgpu::Device) -> Self {
        Self { device, made: Mutex::new(HashMap::new()) }
    }

    /// The pipeline of a call.
    pub(super) fn of(&self, call: &Call<'_>) -> Pipeline {
        let constants = call.constants.iter().map(|(_, value)| *value).collect();
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        made.entry((call.shader.entry, constants)).or_insert_with(|| self.compile(call)).clone()
    }

    fn compile(&self, call: &Call<'_>) -> Pipeline {
        let Shader { entry, source } = call.shader;
        let open =
            call.constants.iter().map(|(name, value)| format!("const {name}: u32 = {value}u;\n"));
        let source = open.collect::<String>() + COMMON + &unrolled(source, call.constants);
        let module = self.device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label: Some(entry),
            source: wgpu::ShaderSource::Wgsl(source.into()),
        });
        let bindings = self.device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
            label: Some(entry),
            entries: &bindings(call.written.len(), call.read.len()),
        });
        let layout = self.device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some(entry),
            bind_group_layouts: &[Some(&bindings)],
            immediate_size: size_of_val(call.params) as u32,
        });
        let compute = self.device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: Some(entry),
            layout: Some(&layout),
            module: &module,
            entry_point: Some(entry),
            compilation_options: wgpu::PipelineCompilationOptions::default(),
            cache: None,
        });
        Pipeline { compute, bindings }
    }
}

/// Buffers that are written, then those that are read.
fn bindings(written: usize, read: usize) -> Vec<wgpu::BindGroupLayoutEntry> {
    let entry = |binding: usize, read_only| wgpu::BindGroupLayoutEntry {
        binding: binding as u32,
        visibility: wgpu::ShaderStages::COMPUTE,
        ty: wgpu::BindingType::Buffer {
            ty: wgpu::BufferBindingType::Storage { read_only },
            has_dynamic_offset: false,
            min_binding_size: None,
        },
        count: None,
    };
    let written = (0..written).map(|binding| entry(binding, false));
    let read = (0..read).map(|binding| entry(Call::FIRST_READ + binding, true));
    written.chain(read).collect()
}
