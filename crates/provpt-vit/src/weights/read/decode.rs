use half::slice::HalfFloatSliceExt;
use half::{bf16, f16};

/// Element types that weights come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Dtype {
    F16,
    Bf16,
    F32,
    F64,
}

impl Dtype {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::F16 => "f16",
            Self::Bf16 => "bf16",
            Self::F32 => "f32",
            Self::F64 => "f64",
        }
    }

    pub(super) fn size(self) -> usize {
        match self {
            Self::F16 | Self::Bf16 => 2,
            Self::F32 => 4,
            Self::F64 => 8,
        }
    }

    /// Little-endian bytes to f32; bytes beyond the last whole element are left.
    pub(super) fn decode(self, bytes: &[u8]) -> Vec<f32> {
        match self {
            Self::F16 => elements(bytes, f16::from_le_bytes).to_f32_vec(),
            Self::Bf16 => elements(bytes, bf16::from_le_bytes).to_f32_vec(),
            Self::F32 => elements(bytes, f32::from_le_bytes),
            Self::F64 => elements(bytes, |b| f64::from_le_bytes(b) as f32),
        }
    }
}

fn elements<T, const N: usize>(bytes: &[u8], from: impl Fn([u8; N]) -> T) -> Vec<T> {
    bytes.as_chunks::<N>().0.iter().map(|chunk| from(*chunk)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_float_becomes_f32() {
        let bytes = |words: [u16; 2]| words.map(u16::to_le_bytes).concat();
        assert_eq!(Dtype::F16.decode(&bytes([0x3e00, 0xc000])), [1.5, -2.0]);
        assert_eq!(Dtype::Bf16.decode(&bytes([0x3fc0, 0xc000])), [1.5, -2.0]);
        assert_eq!(Dtype::F32.decode(&1.5_f32.to_le_bytes()), [1.5]);
        assert_eq!(Dtype::F64.decode(&(-2.0_f64).to_le_bytes()), [-2.0]);
    }
}
