//! Networks, each written once over [`crate::kernels::Kernels`].

pub(crate) mod vit;
