use std::io::{Read, Seek};

use super::decode::Dtype;
use super::fault::Fault;
use super::state::check_expansion;
use super::{StateDict, archive};
use crate::weights::Tensor;
use crate::weights::name::reverse_axes;
use npyz::npz::array_name_from_file_name;
use npyz::{DType, Endianness, NpyHeader, Order, TypeChar};

/// Reads a zip of NumPy arrays, `file_len` bytes long; the error says what is damaged.
pub(super) fn read(file: impl Read + Seek, file_len: u64) -> Result<StateDict, Fault> {
    let mut archive = archive::open(file)?;
    if archive.has_duplicate_names() {
        return Err("expected arrays of different names".into());
    }
    let mut state = StateDict::default();
    let mut content = 0_u64;
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).map_err(archive::fault)?;
        let path = entry.name().map_err(|error| error.to_string())?.into_owned();
        let Some(name) = array_name_from_file_name(&path) else { continue };
        let size = entry.size();
        content = content.saturating_add(size);
        check_expansion(content, file_len)?;
        let mut bytes = Vec::new();
        // One byte more, for an entry that holds more than it says.
        let mut limited = entry.by_ref().take(size + 1);
        limited.read_to_end(&mut bytes).map_err(|error| format!("{name}: {error}"))?;
        if bytes.len() as u64 != size {
            return Err(format!("{name}: expected {size} bytes, got {}", bytes.len()).into());
        }
        insert(&mut state, name, &bytes).map_err(|cause| format!("{name}: {cause}"))?;
    }
    Ok(state)
}

impl Tensor {
    /// One array of floats, as NumPy stores it.
    ///
    /// # Errors
    /// The bytes are something else; says what, in words.
    pub fn from_npy(bytes: &[u8]) -> Result<Self, String> {
        let mut state = StateDict::default();
        insert(&mut state, "array", bytes)?;
        state.tensors.remove("array").ok_or_else(|| "an array of no floats".to_owned())
    }
}

fn insert(state: &mut StateDict, name: &str, npy: &[u8]) -> Result<(), String> {
    check_header(npy)?;
    let mut rest = npy;
    let header = NpyHeader::from_reader(&mut rest).map_err(|error| error.to_string())?;
    let Some((dtype, endianness)) = float(&header.dtype()) else {
        return state.skip(name.to_owned());
    };
    let extents = header.shape().iter().map(|extent| usize::try_from(*extent));
    let mut shape: Vec<usize> = extents.collect::<Result<_, _>>().map_err(|e| e.to_string())?;
    if header.order() == Order::Fortran {
        shape.reverse();
    }
    match endianness {
        Endianness::Big => {
            let mut swapped = rest.to_vec();
            swapped.chunks_mut(dtype.size()).for_each(<[u8]>::reverse);
            state.insert(name, shape, dtype, &swapped)?;
        }
        Endianness::Little | Endianness::Irrelevant => state.insert(name, shape, dtype, rest)?,
    }
    if header.order() == Order::Fortran
        && let Some(tensor) = state.tensors.get_mut(name)
    {
        *tensor = reverse_axes(tensor);
    }
    Ok(())
}

/// Lets only headers of plain arrays pass to the parser, which takes sizes on trust and follows
/// any nesting.
fn check_header(npy: &[u8]) -> Result<(), String> {
    const MAX_HEADER: usize = 1024;
    let text = match *npy {
        [_, _, _, _, _, _, 1, _, a, b, ref rest @ ..] => {
            rest.get(..usize::from(u16::from_le_bytes([a, b])))
        }
        [_, _, _, _, _, _, _, _, a, b, 0, 0, ref rest @ ..] => {
            rest.get(..usize::from(u16::from_le_bytes([a, b])))
        }
        _ => None,
    };
    let text = text.filter(|text| text.len() <= MAX_HEADER).ok_or("expected an npy header")?;
    if text.iter().filter(|b| b"([{".contains(b)).count() > 2 {
        return Err("expected a plain array, got a structured one".to_owned());
    }
    let mut numbers = text.split(|b| !b.is_ascii_digit()).filter(|digits| !digits.is_empty());
    let product = numbers.try_fold(1_u64, |product, digits| {
        let number: u64 = str::from_utf8(digits).ok()?.parse().ok()?;
        product.checked_mul(number.max(1))
    });
    product.map(|_| ()).ok_or_else(|| "expected a smaller array".to_owned())
}

fn float(dtype: &DType) -> Option<(Dtype, Endianness)> {
    let DType::Plain(plain) = dtype else { return None };
    let float = match (plain.type_char(), plain.size_field()) {
        // NumPy knows no bfloat16: JAX stores it as two raw bytes.
        (TypeChar::RawData, 2) => Dtype::Bf16,
        (TypeChar::Float, 2) => Dtype::F16,
        (TypeChar::Float, 4) => Dtype::F32,
        (TypeChar::Float, 8) => Dtype::F64,
        _ => return None,
    };
    Some((float, plain.endianness()))
}
