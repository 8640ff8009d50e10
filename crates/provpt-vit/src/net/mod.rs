//! Networks, each written once over [`crate::kernels::Kernels`].

mod growing;
pub(crate) mod vit;
