//! Prompts that start at states of the CLS token (Jia et al., VPT, ECCV 2022), from a file.

use std::path::Path;

use provpt_vit::Architecture;
use provpt_vit::weights::Tensor;

use crate::config::{Config, PromptInit};
use crate::error::Error;
use crate::learn::form::PromptForm;

/// The prompts' values before the first step, unless they are drawn. The file has `[n, L + 1, d]`:
/// for each of n prompts the input of the first block, and what each of L blocks makes of it.
///
/// # Errors
/// The file cannot be read, or is of another shape.
pub(crate) fn start(
    config: &Config,
    a: &Architecture,
    form: &PromptForm,
) -> Result<Option<Vec<f32>>, Error> {
    let init = config.model.prompt.init;
    let Some(path) = config.prompt_init_file().filter(|_| init.is_of_file()) else {
        return Ok(None);
    };
    let columns = a.depth + 1;
    let (count, states) = read(&path, columns, a.width)?;
    let expected = config.model.prompt.num_tokens;
    if count != expected {
        let what = format!("{expected} prompts, as model.prompt.num_tokens says");
        return Err(fault(&path, &what, &count.to_string()));
    }
    let column = |block: usize| match init {
        PromptInit::ClsNoLast => block,
        PromptInit::ClsNoFirst => block + 1,
        _ => a.depth,
    };
    let rows = form.addresses(config, a).into_iter().enumerate();
    let row = |(index, block): (usize, usize)| {
        let start = (index % count * columns + column(block)) * a.width;
        states[start..start + a.width].iter().copied()
    };
    Ok(Some(rows.flat_map(row).collect()))
}

/// How many prompts a file has states for, and these.
fn read(path: &Path, columns: usize, width: usize) -> Result<(usize, Vec<f32>), Error> {
    let bytes = fs_err::read(path)?;
    let array = format!("an array [n, {columns}, {width}] of floats");
    let tensor = Tensor::from_npy(&bytes).map_err(|cause| fault(path, &array, &cause))?;
    match tensor.shape[..] {
        [count, c, w] if (c, w) == (columns, width) => {
            match tensor.data.iter().find(|value| !value.is_finite()) {
                Some(value) => Err(fault(path, "finite numbers", &value.to_string())),
                None => Ok((count, tensor.data)),
            }
        }
        _ => Err(fault(path, &array, &format!("{:?}", tensor.shape))),
    }
}

fn fault(path: &Path, expected: &str, got: &str) -> Error {
    Error::InitFile { path: path.to_owned(), expected: expected.to_owned(), got: got.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file of version 1.0, with these values.
    fn npy(shape: &str, values: &[f32]) -> Vec<u8> {
        let header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}\n");
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((header.len() as u16).to_le_bytes());
        bytes.extend(header.as_bytes());
        bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
        bytes
    }

    /// Two prompts on two blocks of width 2: state `s` of prompt `n` is `10 n + s` and its negative.
    fn states() -> Vec<f32> {
        let state = |n: usize, s: usize| [(10 * n + s) as f32, -((10 * n + s) as f32)];
        (0..2).flat_map(|n| (0..3).flat_map(move |s| state(n, s))).collect()
    }

    fn starts(bytes: &[u8], settings: &[&str]) -> Result<Vec<f32>, String> {
        let folder = tempfile::tempdir().unwrap();
        fs_err::write(folder.path().join("CUB.npy"), bytes).unwrap();
        let folder = format!("model.prompt.init_folder={}", folder.path().display());
        let words = ["model.prompt.num_tokens=2", "data.name=CUB", &folder];
        let words = words.iter().chain(settings).map(|word| (*word).to_owned());
        let config = Config::from_args(None, &words.collect::<Vec<_>>()).unwrap().config;
        let a = Architecture { mlp_width: 8, ..Architecture::plain(8, 4, 2, 2, 1) };
        let form = PromptForm::of(&config, &a).unwrap();
        let values = start(&config, &a, &form).map_err(|error| error.to_string())?;
        Ok(values.unwrap().into_iter().step_by(2).collect())
    }

    #[test]
    fn each_block_starts_at_its_own_state_or_all_at_the_last() {
        let bytes = npy("(2, 3, 2)", &states());
        let of = |words: &[&str]| starts(&bytes, words).unwrap();
        assert_eq!(of(&["model.prompt.init=final-cls"]), [2.0, 12.0, 2.0, 12.0]);
        assert_eq!(of(&["model.prompt.init=cls-nolastl"]), [0.0, 10.0, 1.0, 11.0]);
        assert_eq!(of(&["MODEL.PROMPT.INITIATION=cls-nofirstl"]), [1.0, 11.0, 2.0, 12.0]);
        let shallow = ["model.prompt.init=cls-nofirstl", "model.prompt.deep=false"];
        assert_eq!(of(&shallow), [1.0, 11.0]);
    }

    #[test]
    fn files_that_do_not_fit_are_refused() {
        let of = |bytes: &[u8]| starts(bytes, &["model.prompt.init=final-cls"]).unwrap_err();
        let message = of(&npy("(2, 3, 2)", &states()[1..]));
        assert!(message.contains("CUB.npy, got "), "{message}");
        let message = of(&npy("(3, 2, 2)", &states()));
        assert!(message.contains("an array [n, 3, 2] of floats in "), "{message}");
        assert!(message.ends_with("CUB.npy, got [3, 2, 2]"), "{message}");
        let message = of(&npy("(1, 3, 2)", &states()[..6]));
        assert!(message.contains("2 prompts, as model.prompt.num_tokens says"), "{message}");
        let mut spoiled = states();
        spoiled[3] = f32::NAN;
        assert!(of(&npy("(2, 3, 2)", &spoiled)).ends_with("got NaN"));
        assert!(of(b"no array").starts_with("model.prompt.init: expected an array [n, 3, 2]"));
    }
}
