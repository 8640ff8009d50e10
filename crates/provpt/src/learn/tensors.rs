//! Named arrays in a safetensors file: written in one go, read with clear errors.

use std::path::Path;

use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

use crate::error::Error;
use crate::learn::parameters::Parameters;
use crate::learn::set::Param;

/// The name of the prompts' blocks, `[K]`.
pub(crate) const BLOCK_OF: &str = "block_of";

/// Arrays to write.
#[derive(Default)]
pub(crate) struct TensorWriter {
    entries: Vec<(String, Dtype, Vec<usize>, Vec<u8>)>,
}

impl TensorWriter {
    /// All that is learned, each array under its own name, and the blocks of the prompts.
    pub(crate) fn parameters(self, parameters: &Parameters) -> Self {
        let add =
            |writer: Self, param: &Param| writer.f32(&param.name, &param.shape, &param.values);
        let writer = parameters.set.iter().fold(self, add);
        match &parameters.bank {
            Some(bank) => writer.i64(BLOCK_OF, bank.block_of().iter().map(|&b| b as i64)),
            None => writer,
        }
    }

    pub(crate) fn f32(mut self, name: &str, shape: &[usize], values: &[f32]) -> Self {
        let bytes = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        self.entries.push((name.to_owned(), Dtype::F32, shape.to_vec(), bytes));
        self
    }

    pub(crate) fn i64(mut self, name: &str, values: impl Iterator<Item = i64>) -> Self {
        let bytes: Vec<u8> = values.flat_map(i64::to_le_bytes).collect();
        self.entries.push((name.to_owned(), Dtype::I64, vec![bytes.len() / 8], bytes));
        self
    }

    pub(crate) fn u8(mut self, name: &str, values: &[u8]) -> Self {
        self.entries.push((name.to_owned(), Dtype::U8, vec![values.len()], values.to_vec()));
        self
    }

    pub(crate) fn bytes(self) -> Result<Vec<u8>, Error> {
        let fault =
            |error: safetensors::SafeTensorError| Error::Serialize { cause: error.to_string() };
        let views = self.entries.iter().map(|(name, dtype, shape, bytes)| {
            Ok((name.as_str(), TensorView::new(*dtype, shape.clone(), bytes)?))
        });
        let views: Vec<_> = views.collect::<Result<_, _>>().map_err(fault)?;
        // No metadata: it would be written in random order, and equal runs must give equal bytes.
        safetensors::serialize(views, None).map_err(fault)
    }
}

/// A file's arrays.
pub(crate) struct TensorReader<'a> {
    path: &'a Path,
    tensors: SafeTensors<'a>,
}

impl<'a> TensorReader<'a> {
    pub(crate) fn new(path: &'a Path, bytes: &'a [u8]) -> Result<Self, Error> {
        let tensors = SafeTensors::deserialize(bytes)
            .map_err(|error| Error::damaged(path, error.to_string()))?;
        Ok(Self { path, tensors })
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.tensors.tensor(name).is_ok()
    }

    pub(crate) fn shape(&self, name: &str) -> Result<Vec<usize>, Error> {
        Ok(self.tensor(name)?.shape().to_vec())
    }

    /// What is wrong with the file.
    pub(crate) fn fault(&self, what: &str) -> Error {
        Error::damaged(self.path, what.to_owned())
    }

    pub(crate) fn f32(&self, name: &str) -> Result<Vec<f32>, Error> {
        let bytes = self.raw(name, Dtype::F32)?;
        let values: Vec<f32> = bytes.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)).collect();
        match values.iter().find(|value| !value.is_finite()) {
            None => Ok(values),
            Some(got) => {
                let what = format!("{name}: expected finite numbers, got {got}");
                Err(Error::damaged(self.path, what))
            }
        }
    }

    pub(crate) fn u8(&self, name: &str) -> Result<Vec<u8>, Error> {
        Ok(self.raw(name, Dtype::U8)?.to_vec())
    }

    pub(crate) fn usize(&self, name: &str) -> Result<Vec<usize>, Error> {
        let bytes = self.raw(name, Dtype::I64)?;
        let read = |b: &[u8; 8]| {
            usize::try_from(i64::from_le_bytes(*b))
                .map_err(|_| Error::damaged(self.path, format!("{name}: negative number")))
        };
        bytes.as_chunks().0.iter().map(read).collect()
    }

    fn tensor(&self, name: &str) -> Result<TensorView<'_>, Error> {
        let missing = |_| Error::damaged(self.path, format!("missing tensor {name}"));
        self.tensors.tensor(name).map_err(missing)
    }

    fn raw(&self, name: &str, dtype: Dtype) -> Result<&[u8], Error> {
        let tensor = self.tensor(name)?;
        if tensor.dtype() == dtype {
            return Ok(tensor.data());
        }
        let what = format!("{name}: expected {dtype:?}, got {:?}", tensor.dtype());
        Err(Error::damaged(self.path, what))
    }
}
