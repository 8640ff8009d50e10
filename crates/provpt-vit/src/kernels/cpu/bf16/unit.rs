//! Which part of the processor multiplies.

use super::packed::Line;
use super::plain;
use super::product::Block;

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
use super::amx::{self, Tiles};
#[cfg(target_arch = "x86_64")]
use super::avx512::Pairs;

/// What multiplies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Path {
    /// Intel's AMX.
    Amx,
    /// AVX512-BF16.
    Pairs,
    /// Loops in f32 over rounded operands.
    Plain,
}

impl Path {
    /// What multiplies fastest on this machine.
    pub(crate) fn best() -> Self {
        if matches!(super::arch(), pulp::Arch::Scalar) {
            return Self::Plain;
        }
        #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
        if amx::is_available() {
            return Self::Amx;
        }
        #[cfg(target_arch = "x86_64")]
        if Pairs::is_quick() && Pairs::new().is_some() {
            return Self::Pairs;
        }
        Self::Plain
    }

    /// In words.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Amx => "AMX",
            Self::Pairs => "AVX512-BF16",
            Self::Plain => "plain loops, slower than f32",
        }
    }
}

/// A part of the processor, ready for this thread.
pub(super) enum Unit {
    #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
    Amx(Tiles),
    #[cfg(target_arch = "x86_64")]
    Pairs(Pairs),
    Plain,
}

impl Unit {
    /// What is asked for, if the machine has it, else plain loops.
    pub(super) fn new(path: Path) -> Self {
        let unit = match path {
            #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
            Path::Amx => Tiles::new().map(Self::Amx),
            #[cfg(target_arch = "x86_64")]
            Path::Pairs => Pairs::new().map(Self::Pairs),
            _ => None,
        };
        unit.unwrap_or(Self::Plain)
    }

    /// `sums = a b`: 32 rows in two tiles for each step along the inner dimension, times a panel.
    /// Meanwhile `ahead` may come nearer to the core.
    pub(super) fn multiply(
        &mut self,
        sums: &mut Block,
        tiles: [&[Line]; 2],
        panel: &[Line],
        ahead: &[Line],
    ) {
        match self {
            #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
            Self::Amx(unit) => unit.multiply(sums, tiles, panel, ahead),
            #[cfg(target_arch = "x86_64")]
            Self::Pairs(unit) => unit.multiply(sums, tiles, panel),
            Self::Plain => plain::multiply(sums, tiles, panel),
        }
        let _ = ahead;
    }
}
