use ::safetensors::{Dtype as Stored, SafeTensors};

use super::StateDict;
use super::decode::Dtype;

/// Reads a safetensors file; the error says what is damaged.
pub(super) fn read(bytes: &[u8]) -> Result<StateDict, String> {
    let file = SafeTensors::deserialize(bytes).map_err(|error| error.to_string())?;
    let mut state = StateDict::default();
    for (name, view) in file.iter() {
        let dtype = match view.dtype() {
            Stored::F16 => Dtype::F16,
            Stored::BF16 => Dtype::Bf16,
            Stored::F32 => Dtype::F32,
            Stored::F64 => Dtype::F64,
            _ => {
                state.skipped.push(name.to_owned());
                continue;
            }
        };
        state.insert(name, view.shape().to_vec(), dtype, view.data())?;
    }
    Ok(state)
}
