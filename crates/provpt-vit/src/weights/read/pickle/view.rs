use std::borrow::Cow;

use super::super::decode::Dtype;
use super::globals::Element;

/// The highest rank; PyTorch's own limit is 64, weights have four axes at most.
const MAX_RANK: usize = 16;

/// A tensor: a strided view of a storage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::weights::read) struct View {
    /// Place of its storage in the list.
    pub(in crate::weights::read) storage: usize,
    /// Extents, outermost first.
    pub(in crate::weights::read) shape: Vec<usize>,
    element: Element,
    /// First byte of the storage.
    start: usize,
    /// Steps along each axis, in elements.
    strides: Vec<usize>,
    /// Size once it is gathered, in bytes.
    len: usize,
}

impl View {
    /// Checks that the view lies within a storage of `available` bytes.
    pub(super) fn new(
        (storage, available): (usize, usize),
        element: Element,
        start: usize,
        (shape, strides): (Vec<usize>, Vec<usize>),
    ) -> Result<Self, String> {
        let told = format!("shape {shape:?}");
        if shape.len() != strides.len() || shape.len() > MAX_RANK {
            return Err(format!("expected up to {MAX_RANK} axes, each with a stride, got {told}"));
        }
        let product = |list: &[usize]| list.iter().try_fold(1, |p: usize, n| p.checked_mul(*n));
        let len = product(&shape).and_then(|count| count.checked_mul(element.size));
        let steps = shape.iter().zip(&strides);
        let last = steps.map(|(extent, stride)| extent.saturating_sub(1).checked_mul(*stride));
        let last = last.into_iter().try_fold(0_usize, |sum, step| sum.checked_add(step?));
        let end = last.and_then(|last| {
            let count = if len == Some(0) { 0 } else { last.checked_add(1)? };
            start.checked_add(count.checked_mul(element.size)?)
        });
        match (len, end) {
            (Some(len), Some(end)) if end <= available => {
                Ok(Self { storage, shape, element, start, strides, len })
            }
            _ => Err(format!("{told} reaches beyond its storage of {available} bytes")),
        }
    }

    /// Bytes of its elements, in C order.
    pub(in crate::weights::read) fn len(&self) -> usize {
        self.len
    }

    /// None if the elements are no floats.
    pub(in crate::weights::read) fn dtype(&self) -> Option<Dtype> {
        self.element.float
    }

    /// Its elements in C order, out of its storage's bytes.
    pub(in crate::weights::read) fn gather<'a>(&self, storage: &'a [u8]) -> Option<Cow<'a, [u8]>> {
        if self.len == 0 {
            return Some(Cow::Borrowed(&[]));
        }
        if self.is_contiguous() {
            let end = self.start.checked_add(self.len)?;
            return storage.get(self.start..end).map(Cow::Borrowed);
        }
        let size = self.element.size;
        let mut gathered = Vec::with_capacity(self.len);
        let mut index = vec![0; self.shape.len()];
        let mut at = self.start;
        for _ in 0..self.len / size {
            gathered.extend_from_slice(storage.get(at..at + size)?);
            self.advance(&mut index, &mut at);
        }
        Some(Cow::Owned(gathered))
    }

    /// To the next element: the last axis moves first.
    fn advance(&self, index: &mut [usize], at: &mut usize) {
        for axis in (0..index.len()).rev() {
            // An axis of one element is never stepped along, whatever its stride.
            let step = self.strides[axis].wrapping_mul(self.element.size);
            index[axis] += 1;
            if index[axis] < self.shape[axis] {
                *at += step;
                return;
            }
            *at -= step * (self.shape[axis] - 1);
            index[axis] = 0;
        }
    }

    fn is_contiguous(&self) -> bool {
        let mut expected = 1;
        self.shape.iter().zip(&self.strides).rev().all(|(extent, stride)| {
            let fits = *extent < 2 || *stride == expected;
            expected *= (*extent).max(1);
            fits
        })
    }
}
