use std::collections::BTreeMap;

use super::decode::Dtype;
use crate::weights::Tensor;

/// How many times larger than its file a checkpoint may become: far above what compression of
/// weights achieves, far below what a hostile file can claim.
const MAX_EXPANSION: u64 = 64;
/// The longest name of a tensor, in bytes.
const MAX_NAME: usize = 512;
/// The highest rank; the tensors of a backbone have four axes at most.
const MAX_RANK: usize = 16;

/// Named tensors as a file holds them.
#[derive(Clone, Debug, Default)]
pub(crate) struct StateDict {
    /// Under the file's own names.
    pub(crate) tensors: BTreeMap<String, Tensor>,
    /// Names that were passed over, such as integer buffers and optimizer state.
    pub(crate) skipped: Vec<String>,
    /// Tensors of each element type.
    pub(crate) dtypes: BTreeMap<&'static str, usize>,
    /// What a safetensors file says of itself.
    pub(crate) metadata: BTreeMap<String, String>,
}

impl StateDict {
    /// Values of all tensors.
    pub(in crate::weights) fn parameters(&self) -> usize {
        self.tensors.values().map(|tensor| tensor.data.len()).sum()
    }

    /// Adds a tensor from its little-endian bytes; the error says what does not fit.
    pub(super) fn insert(
        &mut self,
        name: &str,
        shape: Vec<usize>,
        dtype: Dtype,
        bytes: &[u8],
    ) -> Result<(), String> {
        check_name(name)?;
        if shape.len() > MAX_RANK {
            return Err(format!("{name}: expected up to {MAX_RANK} axes, got {}", shape.len()));
        }
        let expected = byte_len(&shape, dtype.size());
        if expected != Some(bytes.len()) {
            return Err(format!("{name}: expected shape {shape:?}, got {} bytes", bytes.len()));
        }
        *self.dtypes.entry(dtype.as_str()).or_default() += 1;
        let tensor = Tensor { shape, data: dtype.decode(bytes) };
        match self.tensors.insert(name.to_owned(), tensor) {
            Some(_) => Err(format!("{name} is there twice")),
            None => Ok(()),
        }
    }

    /// Notes a tensor that is passed over.
    pub(super) fn skip(&mut self, name: String) -> Result<(), String> {
        check_name(&name)?;
        self.skipped.push(name);
        Ok(())
    }
}

/// Lets only names pass that fit into a line of a report.
fn check_name(name: &str) -> Result<(), String> {
    if name.len() <= MAX_NAME && name.chars().all(is_printable) {
        return Ok(());
    }
    Err(format!(
        "expected names of up to {MAX_NAME} printable bytes, got `{}`",
        name.escape_debug()
    ))
}

/// Whether a character shows as itself: it neither controls a terminal nor turns the line around.
pub(super) fn is_printable(c: char) -> bool {
    matches!(c, '"' | '\'' | '\\') || c.escape_debug().len() == 1
}

pub(super) fn byte_len(shape: &[usize], element: usize) -> Option<usize> {
    shape.iter().try_fold(element, |product, extent| product.checked_mul(*extent))
}

/// The most bytes that a file of a given length may unfold to.
pub(super) fn max_content(file_len: u64) -> u64 {
    file_len.saturating_mul(MAX_EXPANSION)
}

/// Refuses content that would take far more memory than its file.
pub(super) fn check_expansion(content: u64, file_len: u64) -> Result<(), String> {
    let most = max_content(file_len);
    if content <= most {
        return Ok(());
    }
    Err(format!("expected at most {most} bytes of content, got more"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_show_as_they_are() {
        for name in ["blocks.0.attn.qkv.weight", "a/b:0", "it's \"x\" \\ ü 鳥"] {
            assert_eq!(check_name(name), Ok(()));
        }
        for name in ["a\nb", "a\u{1b}[2J", "a\u{202e}b", "a\u{200b}", "a\u{2028}"] {
            let message = check_name(name).unwrap_err();
            assert!(message.chars().all(is_printable), "{message}");
        }
        assert!(check_name(&"x".repeat(MAX_NAME + 1)).is_err());
    }
}
