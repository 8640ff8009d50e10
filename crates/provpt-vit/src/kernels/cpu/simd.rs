//! Which instruction set the vectorized loops run on.

use std::ffi::{OsStr, OsString};
use std::sync::OnceLock;

use crate::error::Error;

/// The environment variable that chooses; the crate's documentation says how.
const VARIABLE: &str = "PROVPT_SIMD";

/// What was asked for, found once; or the value that is no answer.
fn chosen() -> &'static Result<pulp::Arch, String> {
    static CHOSEN: OnceLock<Result<pulp::Arch, String>> = OnceLock::new();
    CHOSEN.get_or_init(|| choose(std::env::var_os(VARIABLE)))
}

fn choose(value: Option<OsString>) -> Result<pulp::Arch, String> {
    match value.as_deref().map(OsStr::to_str) {
        None | Some(Some("" | "native")) => Ok(pulp::Arch::new()),
        Some(Some("portable")) => Ok(pulp::Arch::Scalar),
        Some(_) => Err(value.unwrap_or_default().to_string_lossy().into_owned()),
    }
}

/// The instruction set of the loops.
pub(super) fn arch() -> pulp::Arch {
    chosen().as_ref().copied().unwrap_or_default()
}

/// What the loops run on, in words.
///
/// # Errors
/// The environment asks for an instruction set that there is not.
pub fn instruction_set() -> Result<String, Error> {
    check()?;
    let words = match arch() {
        #[cfg(target_arch = "x86_64")]
        pulp::Arch::V3(_) => "AVX2 and FMA",
        #[cfg(target_arch = "x86_64")]
        pulp::Arch::V4(_) => "AVX-512",
        #[cfg(target_arch = "aarch64")]
        pulp::Arch::Neon(_) => "NEON",
        _ => "portable",
    };
    Ok(words.to_owned())
}

/// Whether the environment asks for an instruction set that there is.
pub(crate) fn check() -> Result<(), Error> {
    match chosen() {
        Ok(_) => Ok(()),
        Err(got) => Err(Error::Simd { got: got.clone() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_values_are_taken() {
        for value in [None, Some(""), Some("native"), Some("portable")] {
            let is_portable =
                matches!(choose(value.map(OsString::from)).unwrap(), pulp::Arch::Scalar);
            let is_baseline = matches!(pulp::Arch::new(), pulp::Arch::Scalar);
            assert_eq!(is_portable, is_baseline || value == Some("portable"), "{value:?}");
        }
        for value in ["Portable", "avx2", "0", "portable "] {
            assert_eq!(choose(Some(value.into())).unwrap_err(), value);
        }
    }
}
