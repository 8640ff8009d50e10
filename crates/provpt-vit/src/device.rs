//! Where an engine computes.

use std::fmt;
use std::str::FromStr;

#[cfg(feature = "gpu")]
use crate::Precision;
use crate::error::Error;

/// Where an engine computes. Written `cpu`, `gpu`, `gpu:N` and `auto`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Device {
    /// The processor's cores.
    #[default]
    Cpu,
    /// The first of [`devices`] that is a graphics card.
    Gpu,
    /// This one of [`devices`], counted from 0, whatever it is.
    Numbered(usize),
    /// A graphics card if there is one that can do what is asked for, else the processor.
    Auto,
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cpu => f.write_str("cpu"),
            Self::Gpu => f.write_str("gpu"),
            Self::Numbered(number) => write!(f, "gpu:{number}"),
            Self::Auto => f.write_str("auto"),
        }
    }
}

/// No device is called so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoDevice;

impl FromStr for Device {
    type Err = NoDevice;

    fn from_str(text: &str) -> Result<Self, NoDevice> {
        match text {
            "cpu" => Ok(Self::Cpu),
            "gpu" => Ok(Self::Gpu),
            "auto" => Ok(Self::Auto),
            _ => {
                let number = text.strip_prefix("gpu:").ok_or(NoDevice)?;
                // `+1` is a number for Rust.
                let digits = number.bytes().all(|byte| byte.is_ascii_digit());
                number.parse().ok().filter(|_| digits).map(Self::Numbered).ok_or(NoDevice)
            }
        }
    }
}

/// A device that drivers offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceInfo {
    /// As its driver calls it.
    pub name: String,
    /// The driver, and by which interface it is spoken to.
    pub driver: String,
    /// Whether it is only a program that computes on the processor.
    pub is_software: bool,
}

impl fmt::Display for DeviceInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.is_software { ", on the processor" } else { "" };
        write!(f, "{} ({}{kind})", self.name, self.driver)
    }
}

/// Whether this build can compute on graphics cards.
pub const HAS_GPU: bool = cfg!(feature = "gpu");

/// The graphics cards that there are, and what else can do their work, the fastest kinds first. Empty
/// in builds without the feature `gpu`.
pub fn devices() -> Vec<DeviceInfo> {
    #[cfg(feature = "gpu")]
    return crate::kernels::gpu::found().iter().map(crate::kernels::gpu::Found::info).collect();
    #[cfg(not(feature = "gpu"))]
    Vec::new()
}

/// A graphics card, or none where the processor is to do the work.
#[cfg(feature = "gpu")]
pub(crate) fn open(
    device: Device,
    precision: Precision,
) -> Result<Option<crate::kernels::gpu::Gpu>, Error> {
    use crate::kernels::gpu::{Gpu, found};

    if device == Device::Cpu || (device == Device::Auto && precision == Precision::Bf16) {
        return Ok(None);
    }
    if precision == Precision::Bf16 {
        return Err(Error::DevicePrecision { precision: "bf16", device: "gpu" });
    }
    let mut all = found();
    let chosen = match device {
        Device::Numbered(number) => Some(number).filter(|number| *number < all.len()),
        _ => all.iter().position(|found| !found.is_software),
    };
    match chosen {
        Some(number) => {
            let card = all.swap_remove(number);
            Ok(Some(Gpu::open(&card, number, precision)?))
        }
        None if device == Device::Auto => Ok(None),
        None => Err(Error::NoSuchDevice { device, found: all.len() }),
    }
}

/// Nothing but the processor.
///
/// # Errors
/// Something else is asked for.
#[cfg(not(feature = "gpu"))]
pub(crate) fn check(device: Device) -> Result<(), Error> {
    match device {
        Device::Cpu | Device::Auto => Ok(()),
        Device::Gpu | Device::Numbered(_) => Err(Error::NoGpuBuild { device }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        for name in ["cpu", "gpu", "auto", "gpu:0", "gpu:12"] {
            assert_eq!(name.parse::<Device>().unwrap().to_string(), name);
        }
        for name in ["", "CPU", "gpu:", "gpu:-1", "gpu:+1", "gpu: 1", "gpu:1x", "cuda"] {
            assert_eq!(name.parse::<Device>(), Err(NoDevice), "{name}");
        }
    }
}
