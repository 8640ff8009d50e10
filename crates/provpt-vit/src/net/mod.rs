//! Networks, each written once over [`crate::kernels::Kernels`].

pub(crate) mod alexnet;
mod growing;
pub(crate) mod vit;
