//! A graphics card to test on, or a driver that does its work on the CPU.

use std::sync::OnceLock;

use crate::Precision;
use crate::kernels::gpu::{Gpu, found};

/// The first device that there is; without one, tests go without it, and say so.
pub(crate) fn any() -> Option<&'static Gpu> {
    static DEVICE: OnceLock<Option<Gpu>> = OnceLock::new();
    let open = || match found().first() {
        Some(found) => {
            let gpu = Gpu::open(found, 0, Precision::F32).unwrap();
            println!("{}", gpu.name());
            Some(gpu)
        }
        None => {
            println!("gpu: skipped, there is none here; see scripts/install-lavapipe");
            None
        }
    };
    DEVICE.get_or_init(open).as_ref()
}
