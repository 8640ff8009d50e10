use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Write};

use ::safetensors::Dtype;
use ::safetensors::tensor::TensorInfo;
use half::{bf16, f16};
use serde::Serialize;

use super::describe::own::{KEY, Own};
use super::{Backbone, Tensor};

/// Element type of what is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Precision {
    /// 32 bits.
    #[default]
    F32,
    /// IEEE half precision: 11 bits of precision, up to 65504.
    F16,
    /// The upper half of an f32: 8 bits of precision, its range.
    Bf16,
}

impl Precision {
    /// The name that options use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::F16 => "f16",
            Self::Bf16 => "bf16",
        }
    }

    fn stored(self) -> Dtype {
        match self {
            Self::F32 => Dtype::F32,
            Self::F16 => Dtype::F16,
            Self::Bf16 => Dtype::BF16,
        }
    }

    fn size(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::F16 | Self::Bf16 => 2,
        }
    }

    /// Nearest values, little-endian.
    fn encode(self, values: &[f32]) -> Vec<u8> {
        match self {
            Self::F32 => values.iter().flat_map(|v| v.to_le_bytes()).collect(),
            Self::F16 => values.iter().flat_map(|v| f16::from_f32(*v).to_le_bytes()).collect(),
            Self::Bf16 => values.iter().flat_map(|v| bf16::from_f32(*v).to_le_bytes()).collect(),
        }
    }

    /// Whether a value becomes infinite.
    fn overflows(self, value: f32) -> bool {
        let stored = match self {
            Self::F32 => value,
            Self::F16 => f16::from_f32(value).to_f32(),
            Self::Bf16 => bf16::from_f32(value).to_f32(),
        };
        value.is_finite() && !stored.is_finite()
    }
}

impl fmt::Display for Precision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Everything in front of the values.
#[derive(Serialize)]
struct Header {
    __metadata__: BTreeMap<&'static str, String>,
    #[serde(flatten)]
    tensors: BTreeMap<String, TensorInfo>,
}

impl Backbone {
    /// Writes a safetensors file under canonical (timm's) names, with a record of where it came
    /// from (`source`) and of everything that its tensors do not show, in the metadata. What reads
    /// it back is this backbone; in f32, bit for bit. The same backbone gives the same bytes.
    ///
    /// # Errors
    /// A weight is too large for `precision` (nothing is written then); writing fails.
    pub fn write_to(
        &self,
        out: &mut impl Write,
        source: &str,
        precision: Precision,
    ) -> io::Result<()> {
        for (name, tensor) in &self.tensors {
            if let Some(value) = tensor.data.iter().find(|v| precision.overflows(**v)) {
                let cause = format!("{name}: expected values within {precision}, got {value:e}");
                return Err(io::Error::new(io::ErrorKind::InvalidData, cause));
            }
        }
        let mut header = serde_json::to_vec(&self.header(source, precision)?)?;
        header.resize(header.len().next_multiple_of(8), b' ');
        out.write_all(&(header.len() as u64).to_le_bytes())?;
        out.write_all(&header)?;
        for tensor in self.tensors.values() {
            out.write_all(&precision.encode(&tensor.data))?;
        }
        out.flush()
    }

    fn header(&self, source: &str, precision: Precision) -> io::Result<Header> {
        let own = serde_json::to_string(&Own::of(self, source))?;
        let mut start = 0;
        let mut info = |tensor: &Tensor| {
            let (dtype, shape) = (precision.stored(), tensor.shape.clone());
            let end = start + tensor.data.len() * precision.size();
            let data_offsets = (start, end);
            start = end;
            TensorInfo { dtype, shape, data_offsets }
        };
        Ok(Header {
            // Other readers ask for the format.
            __metadata__: [("format", "pt".to_owned()), (KEY, own)].into(),
            tensors: self.tensors.iter().map(|(n, tensor)| (n.clone(), info(tensor))).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_rounded_to_the_nearest_and_never_to_infinity() {
        assert_eq!(Precision::Bf16.encode(&[1.0, -2.0]), [0x80, 0x3f, 0x00, 0xc0]);
        assert_eq!(Precision::F16.encode(&[1.5]), [0x00, 0x3e]);
        assert!(Precision::F16.overflows(-7e4) && !Precision::F16.overflows(65504.0));
        assert!(Precision::Bf16.overflows(3.4e38) && !Precision::Bf16.overflows(7e4));
        assert!(!Precision::F16.overflows(f32::INFINITY));
    }
}
