//! Files of features: safetensors, NumPy, CSV.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

use npyz::WriterBuilder;
use provpt_runs::atomic;
use safetensors::tensor::{Dtype, TensorView};

use crate::failure::Failure;

/// How a matrix is stored; the file's extension decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MatrixFormat {
    /// Tensor `features` `[n, d]` f32; the paths as a JSON list under the metadata key `paths`.
    Safetensors,
    /// `[n, d]` f32; the paths in `NAME.paths.txt` beside it, one a line.
    Npy,
    /// `path,f0,f1,...`
    Csv,
}

/// Features of images.
pub(crate) struct Matrix<'a> {
    /// `[n]`
    pub(crate) paths: &'a [PathBuf],
    /// `[n, d]`
    pub(crate) values: &'a [f32],
    /// d
    pub(crate) width: usize,
}

impl MatrixFormat {
    /// The format of a file to be written.
    pub(crate) fn of(path: &Path) -> Result<Self, Failure> {
        let extension = path.extension().unwrap_or_default().to_ascii_lowercase();
        match extension.to_str() {
            Some("safetensors") => Ok(Self::Safetensors),
            Some("npy") => Ok(Self::Npy),
            Some("csv") => Ok(Self::Csv),
            _ => Err(Failure::usage(format!(
                "output: expected a file ending in .safetensors, .npy or .csv, got {}",
                path.display()
            ))),
        }
    }
}

impl Matrix<'_> {
    /// Replaces the file, whole or not at all, and makes its folder where there is none.
    pub(crate) fn write(&self, path: &Path) -> Result<(), Failure> {
        let encode = |cause: &dyn std::fmt::Display| Failure::encode(path, cause);
        let bytes = match MatrixFormat::of(path)? {
            MatrixFormat::Safetensors => self.safetensors().map_err(|e| encode(&e))?,
            MatrixFormat::Npy => self.npy().map_err(|e| encode(&e))?,
            MatrixFormat::Csv => self.csv().map_err(|e| encode(&e))?,
        };
        atomic::create_parent(path)?;
        if MatrixFormat::of(path)? == MatrixFormat::Npy {
            // A line each: line ends in names are escaped as in JSON.
            let line = |name: String| name.replace('\n', "\\n").replace('\r', "\\r") + "\n";
            let lines: String = self.names().map(line).collect();
            atomic::write(&path.with_extension("paths.txt"), lines.as_bytes())?;
        }
        Ok(atomic::write(path, &bytes)?)
    }

    fn names(&self) -> impl Iterator<Item = String> {
        self.paths.iter().map(|path| path.display().to_string())
    }

    fn shape(&self) -> [usize; 2] {
        [self.paths.len(), self.width]
    }

    fn safetensors(&self) -> Result<Vec<u8>, safetensors::SafeTensorError> {
        let bytes: Vec<u8> = self.values.iter().flat_map(|v| v.to_le_bytes()).collect();
        let view = TensorView::new(Dtype::F32, self.shape().to_vec(), &bytes)?;
        let names = serde_json::Value::from_iter(self.names());
        let metadata = HashMap::from([("paths".to_owned(), names.to_string())]);
        safetensors::serialize([("features", view)], Some(metadata))
    }

    fn npy(&self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let options = npyz::WriteOptions::new().default_dtype();
        let mut writer =
            options.shape(&self.shape().map(|n| n as u64)).writer(&mut bytes).begin_nd()?;
        writer.extend(self.values.iter().copied())?;
        writer.finish()?;
        Ok(bytes)
    }

    fn csv(&self) -> Result<Vec<u8>, csv::Error> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let columns = (0..self.width).map(|column| format!("f{column}"));
        writer.write_record(std::iter::once("path".to_owned()).chain(columns))?;
        for (name, row) in self.names().zip(self.values.chunks_exact(self.width)) {
            let values = row.iter().map(f32::to_string);
            writer.write_record(std::iter::once(name).chain(values))?;
        }
        writer.into_inner().map_err(|error| error.into_error().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_extensions_are_refused() {
        let message = MatrixFormat::of(Path::new("a/b.txt")).unwrap_err().to_string();
        let expected = "output: expected a file ending in .safetensors, .npy or .csv, got a/b.txt";
        assert_eq!(message, expected);
        assert_eq!(MatrixFormat::of(Path::new("x.NPY")).unwrap(), MatrixFormat::Npy);
    }

    #[test]
    fn csv_quotes_what_needs_it() {
        let paths = ["a,b.png".into(), "c.png".into()];
        let matrix = Matrix { paths: &paths, values: &[0.1, -2.0, 1e-9, 3.0], width: 2 };
        let text = String::from_utf8(matrix.csv().unwrap()).unwrap();
        assert_eq!(text, "path,f0,f1\n\"a,b.png\",0.1,-2\nc.png,0.000000001,3\n");
    }
}
