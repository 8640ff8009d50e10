//! Matrices as products read them.

use super::bf16::{Bf16Matrix, Path};
use super::memory::zeros;
use super::transpose::Turn;
use crate::error::Error;
use crate::kernels::{FrozenMatrix, Role};

/// How products are computed.
#[derive(Clone, Copy, Debug)]
pub(super) enum Products {
    F32,
    Bf16(Path),
}

/// A frozen matrix in one of the types of numbers.
#[derive(Debug)]
pub(crate) enum PackedMatrix {
    F32(F32Matrix),
    Bf16(Bf16Matrix),
}

impl PackedMatrix {
    pub(super) fn new(matrix: &FrozenMatrix, role: Role, kind: Products) -> Result<Self, Error> {
        Ok(match kind {
            Products::F32 => Self::F32(F32Matrix::new(matrix)?),
            Products::Bf16(path) => Self::Bf16(Bf16Matrix::new(matrix, role, path)?),
        })
    }

    /// Takes other values `[outputs, inputs]`.
    pub(super) fn refill(&mut self, values: &[f32], inputs: usize, outputs: usize) {
        match self {
            Self::F32(matrix) => matrix.refill(values, inputs, outputs),
            Self::Bf16(matrix) => matrix.refill(values, inputs, outputs),
        }
    }
}

/// A matrix `[inputs, outputs]`: the forward product reads it along rows, as it stands.
#[derive(Debug)]
pub(crate) struct F32Matrix(Vec<f32>);

impl F32Matrix {
    fn new(matrix: &FrozenMatrix) -> Result<Self, Error> {
        let FrozenMatrix { ref values, inputs, outputs } = *matrix;
        let turned = zeros(values.len())?;
        let mut packed = Self(turned);
        packed.refill(values, inputs, outputs);
        Ok(packed)
    }

    /// Takes other values `[outputs, inputs]`.
    pub(super) fn refill(&mut self, values: &[f32], inputs: usize, outputs: usize) {
        Turn::new((&mut self.0, outputs), (values, inputs), (outputs, inputs)).run();
    }

    /// The values of some inputs on: `[inputs - start, outputs]`.
    pub(super) fn inputs_from(&self, start: usize, outputs: usize) -> &[f32] {
        &self.0[start * outputs..]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_become_rows() {
        let values = vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        let packed = F32Matrix::new(&FrozenMatrix { values, inputs: 3, outputs: 2 }).unwrap();
        assert_eq!(packed.inputs_from(0, 2), [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
        assert_eq!(packed.inputs_from(2, 2), [3.0, 6.0]);
        let mut packed = packed;
        packed.refill(&[6.0, 5.0, 4.0, 3.0, 2.0, 1.0], 3, 2);
        assert_eq!(packed.inputs_from(0, 2), [6.0, 3.0, 5.0, 2.0, 4.0, 1.0]);
    }
}
