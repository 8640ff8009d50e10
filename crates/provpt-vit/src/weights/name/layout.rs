//! How other libraries lay out what PyTorch stores as `[outputs, inputs]`.

use crate::weights::Tensor;

/// The way from a stored layout to timm's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// timm's already.
    Same,
    /// A bias `[heads, head width]`, to be flattened.
    Flat,
    /// A kernel whose first `n` axes are inputs and whose others are outputs.
    Kernel(usize),
    /// A patch kernel `[p, p, 3, d]`.
    Patch,
}

impl Layout {
    /// A tensor of an unfit rank stays as it is; the merge will list it.
    pub(super) fn apply(self, tensor: Tensor) -> Tensor {
        match (self, tensor.shape.as_slice()) {
            (Self::Flat, shape) => Tensor { shape: vec![shape.iter().product()], ..tensor },
            (Self::Kernel(n), shape) if n < shape.len() => {
                let (inputs, outputs) = shape.split_at(n);
                transpose(&tensor.data, inputs.iter().product(), outputs.iter().product())
            }
            (Self::Patch, &[p, q, channels, d]) => {
                let rows = transpose(&tensor.data, p * q * channels, d);
                let row = p * q * channels;
                let data = rows.data.chunks_exact(row.max(1));
                let data = data.flat_map(|row| transpose(row, p * q, channels).data).collect();
                Tensor { shape: vec![d, channels, p, q], data }
            }
            _ => tensor,
        }
    }
}

/// `[rows, columns]` to `[columns, rows]`.
fn transpose(values: &[f32], rows: usize, columns: usize) -> Tensor {
    let mut data = Vec::with_capacity(values.len());
    for column in 0..columns {
        data.extend((0..rows).map(|row| values[row * columns + column]));
    }
    Tensor { shape: vec![columns, rows], data }
}

/// `[a, b, .., z]` to `[z, .., b, a]`: from Fortran's order to C's.
pub(in crate::weights) fn reverse_axes(tensor: &Tensor) -> Tensor {
    let shape: Vec<usize> = tensor.shape.iter().rev().copied().collect();
    // Stride, in the source, of each axis of the result: its axes run the other way round.
    let strides: Vec<usize> = tensor
        .shape
        .iter()
        .scan(tensor.data.len(), |rest, extent| {
            *rest /= (*extent).max(1);
            Some(*rest)
        })
        .collect();
    let strides: Vec<usize> = strides.into_iter().rev().collect();
    let place = |mut index: usize| {
        let mut source = 0;
        for (extent, stride) in shape.iter().zip(&strides).rev() {
            source += index % extent * stride;
            index /= extent;
        }
        source
    };
    let data = (0..tensor.data.len()).map(|index| tensor.data[place(index)]).collect();
    Tensor { shape, data }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(shape: &[usize]) -> Tensor {
        let len: usize = shape.iter().product();
        Tensor { shape: shape.to_vec(), data: (0..len).map(|i| i as f32).collect() }
    }

    #[test]
    fn kernels_are_transposed() {
        let t = Layout::Kernel(1).apply(counted(&[2, 3, 1]));
        assert_eq!((t.shape, t.data), (vec![3, 2], vec![0.0, 3.0, 1.0, 4.0, 2.0, 5.0]));
        let t = Layout::Kernel(2).apply(counted(&[3, 1, 2]));
        assert_eq!((t.shape, t.data), (vec![2, 3], vec![0.0, 2.0, 4.0, 1.0, 3.0, 5.0]));
        assert_eq!(Layout::Kernel(2).apply(counted(&[3])), counted(&[3]));
    }

    #[test]
    fn patch_kernels_are_channels_first() {
        let t = Layout::Patch.apply(counted(&[2, 2, 3, 5]));
        assert_eq!(t.shape, [5, 3, 2, 2]);
        for (i, value) in t.data.iter().enumerate() {
            let (d, c, y, x) = (i / 12, i / 4 % 3, i / 2 % 2, i % 2);
            assert_eq!(*value, (((y * 2 + x) * 3 + c) * 5 + d) as f32);
        }
    }

    #[test]
    fn axes_are_reversed() {
        let t = reverse_axes(&counted(&[2, 3, 4]));
        assert_eq!(t.shape, [4, 3, 2]);
        for (i, value) in t.data.iter().enumerate() {
            let (z, y, x) = (i / 6, i / 2 % 3, i % 2);
            assert_eq!(*value, ((x * 3 + y) * 4 + z) as f32);
        }
    }
}
