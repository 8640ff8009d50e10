//! Which type of numbers frozen matrices are multiplied in.

use crate::kernels::cpu::Path;

/// The type of numbers of frozen matrices and of what is multiplied with them. Sums, and everything
/// that is not such a product, are f32 either way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Precision {
    /// 24 bits of a number.
    #[default]
    F32,
    /// 8 bits of a number: features differ by less than 1 %, gradients of prompts by less than 2 %
    /// from those in f32. Attention within windows stays in f32.
    Bf16,
    /// 11 bits of a number, for frozen matrices alone, on graphics cards alone: exact for checkpoints
    /// that are in f16. A matrix with values beyond the range of f16 stays in f32, and so does one
    /// that learns.
    F16,
}

impl Precision {
    /// bf16 where the processor has units for it that are several times faster (Intel's AMX), else
    /// f32.
    pub fn best() -> Self {
        if Path::best() == Path::Amx { Self::Bf16 } else { Self::F32 }
    }

    /// The precision, and in bf16 what multiplies on this machine, in words.
    pub fn describe(self) -> String {
        match self {
            Self::F32 => "f32".to_owned(),
            Self::Bf16 => format!("bf16 ({})", Path::best().name()),
            Self::F16 => "f16 (frozen matrices)".to_owned(),
        }
    }
}
