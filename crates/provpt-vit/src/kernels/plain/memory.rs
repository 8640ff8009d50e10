//! Memory in f64.

use std::ops::{Index, IndexMut};

use super::Plain;
use crate::error::Error;
use crate::kernels::{Download, Memory};

/// Values of a buffer, or of a frozen matrix `[outputs, inputs]`.
#[derive(Clone, Debug)]
pub(crate) struct Cells(Vec<f64>);

impl Cells {
    pub(crate) fn new(values: &[f32]) -> Self {
        Self(values.iter().copied().map(f64::from).collect())
    }
}

impl Index<usize> for Cells {
    type Output = f64;

    fn index(&self, index: usize) -> &f64 {
        &self.0[index]
    }
}

impl IndexMut<usize> for Cells {
    fn index_mut(&mut self, index: usize) -> &mut f64 {
        &mut self.0[index]
    }
}

impl Memory for Plain {
    type Buffer = Cells;

    fn zeros(&self, len: usize) -> Result<Cells, Error> {
        Ok(Cells(vec![0.0; len]))
    }

    fn upload(&self, values: Vec<f32>) -> Result<Cells, Error> {
        Ok(Cells::new(&values))
    }

    fn write(&self, to: &mut Cells, values: &[f32]) {
        for i in 0..values.len() {
            to[i] = f64::from(values[i]);
        }
    }

    fn copy(&self, to: &mut Cells, from: &Cells, len: usize) {
        for i in 0..len {
            to[i] = from[i];
        }
    }

    fn clear(&self, buffer: &mut Cells, len: usize) {
        for i in 0..len {
            buffer[i] = 0.0;
        }
    }

    fn download(&self, parts: &mut [Download<'_, Cells>]) -> Result<(), Error> {
        for (from, to) in parts {
            for i in 0..to.len() {
                to[i] = from[i] as f32;
            }
        }
        Ok(())
    }
}
