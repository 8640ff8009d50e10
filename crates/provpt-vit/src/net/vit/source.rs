//! Named tensors on their way to the device.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::error::Error;
use crate::kernels::{FrozenMatrix, Kernels, Linear, LinearOn, Norm, NormOn, Role};
use crate::weights::Tensor;

/// Tensors that are taken out one by one, so that they are not held twice.
pub(super) struct Source<'a, K> {
    pub(super) kernels: &'a K,
    pub(super) tensors: BTreeMap<String, Tensor>,
    pub(super) eps: f32,
}

impl<K: Kernels> Source<'_, K> {
    pub(super) fn take(&mut self, name: &str, len: usize) -> Result<Vec<f32>, Error> {
        let tensor = self
            .tensors
            .remove(name)
            .ok_or_else(|| Error::MissingTensor { name: name.to_owned() })?;
        if tensor.data.len() == len {
            return Ok(tensor.data);
        }
        Err(Error::TensorLength { name: name.to_owned(), expected: len, got: tensor.data.len() })
    }

    pub(super) fn upload(&mut self, name: &str, len: usize) -> Result<Arc<K::Buffer>, Error> {
        let values = self.take(name, len)?;
        self.shared(values)
    }

    fn shared(&self, values: Vec<f32>) -> Result<Arc<K::Buffer>, Error> {
        Ok(Arc::new(self.kernels.upload(values)?))
    }

    pub(super) fn linear(
        &mut self,
        name: &str,
        role: Role,
        inputs: usize,
        outputs: usize,
    ) -> Result<LinearOn<K>, Error> {
        let weight = self.take(&format!("{name}.weight"), outputs * inputs)?;
        let bias = self.take(&format!("{name}.bias"), outputs)?;
        self.pack(weight, bias, role, inputs)
    }

    /// An affine map in two parts, such as queries, and keys with values, of `qkv`; `outputs` says
    /// how many each part has.
    pub(super) fn linear_parts(
        &mut self,
        name: &str,
        role: Role,
        inputs: usize,
        outputs: [usize; 2],
    ) -> Result<[LinearOn<K>; 2], Error> {
        let all = outputs[0] + outputs[1];
        let mut weight = self.take(&format!("{name}.weight"), all * inputs)?;
        let mut bias = self.take(&format!("{name}.bias"), all)?;
        let second = (weight.split_off(outputs[0] * inputs), bias.split_off(outputs[0]));
        let first = self.pack(weight, bias, role, inputs)?;
        Ok([first, self.pack(second.0, second.1, role, inputs)?])
    }

    fn pack(
        &self,
        values: Vec<f32>,
        bias: Vec<f32>,
        role: Role,
        inputs: usize,
    ) -> Result<LinearOn<K>, Error> {
        let outputs = bias.len();
        let weight = self.kernels.pack(FrozenMatrix { values, inputs, outputs }, role)?;
        Ok(Linear { weight: Arc::new(weight), bias: self.shared(bias)?, inputs, outputs })
    }

    pub(super) fn norm(&mut self, name: &str, width: usize) -> Result<NormOn<K>, Error> {
        let weight = self.take(&format!("{name}.weight"), width)?;
        self.norm_with(weight, name)
    }

    /// The norm of this name, whose weight is taken out already.
    pub(super) fn norm_with(&mut self, weight: Vec<f32>, name: &str) -> Result<NormOn<K>, Error> {
        let width = weight.len();
        let bias = self.upload(&format!("{name}.bias"), width)?;
        Ok(Norm { weight: self.shared(weight)?, bias, width, eps: self.eps })
    }

    pub(super) fn identity_norm(&self, width: usize) -> Result<NormOn<K>, Error> {
        let weight = self.shared(vec![1.0; width])?;
        Ok(Norm { weight, bias: Arc::new(self.kernels.zeros(width)?), width, eps: self.eps })
    }
}
