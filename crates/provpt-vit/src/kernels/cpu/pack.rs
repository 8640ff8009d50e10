//! Frozen matrices as products read them.

use super::memory::zeros;
use super::transpose::Turn;
use crate::error::Error;
use crate::kernels::FrozenMatrix;

/// A frozen matrix `[inputs, outputs]`: the forward product reads it along rows, as it stands.
#[derive(Debug)]
pub(crate) struct PackedMatrix(Vec<f32>);

impl PackedMatrix {
    pub(super) fn new(matrix: &FrozenMatrix) -> Result<Self, Error> {
        let FrozenMatrix { ref values, inputs, outputs } = *matrix;
        let mut turned = zeros(values.len())?;
        Turn::new((&mut turned, outputs), (values, inputs), (outputs, inputs)).run();
        Ok(Self(turned))
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
        let packed = PackedMatrix::new(&FrozenMatrix { values, inputs: 3, outputs: 2 }).unwrap();
        assert_eq!(packed.inputs_from(0, 2), [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
        assert_eq!(packed.inputs_from(2, 2), [3.0, 6.0]);
    }
}
