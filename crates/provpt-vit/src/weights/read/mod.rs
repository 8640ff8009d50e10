//! Files to named f32 tensors, as they stand there ([`StateDict`]).

mod archive;
mod decode;
mod fault;
pub(in crate::weights) mod file;
#[cfg(test)]
mod foreign;
mod format;
mod npz;
mod pickle;
mod pytorch;
mod safetensors;
pub(in crate::weights) mod shards;
mod state;
mod storages;

pub use format::Format;
pub(crate) use state::StateDict;
