//! The model, written once over [`Kernels`] for a chunk of images.

mod backward;
mod block;
mod forward;
mod pass;
mod pass_back;
mod prepared;
mod workspace;

pub(crate) use pass::Pass;
pub(crate) use pass_back::{Accumulator, Sums};
pub(crate) use prepared::{Prepared, PromptGrads};
pub(crate) use workspace::Workspace;

use std::collections::BTreeMap;

use crate::error::Error;
use crate::kernels::{Kernels, Linear, Norm};
use crate::weights::Tensor;
use crate::{Architecture, Pooling};
use block::Block;

/// A frozen vision transformer. Field paths follow timm's checkpoint keys.
pub(crate) struct Vit<K: Kernels> {
    pub(crate) kernels: K,
    pub(crate) architecture: Architecture,
    patch_embed: Linear<K::Buffer>,
    /// `[N, d]`, with `cls_token` added to row 0.
    pos_embed: K::Buffer,
    blocks: Vec<Block<K>>,
    /// `norm` under CLS pooling, `fc_norm` under mean pooling.
    norm: Norm<K::Buffer>,
    /// Stands where a block has no prompts.
    nothing: K::Buffer,
}

impl<K: Kernels> Vit<K> {
    /// Takes the weights out of canonically (timm) named tensors, one by one, so that they are not
    /// held twice.
    ///
    /// # Errors
    /// A tensor is missing or has the wrong number of values.
    pub(crate) fn new(
        kernels: K,
        architecture: &Architecture,
        tensors: BTreeMap<String, Tensor>,
    ) -> Result<Self, Error> {
        let a = architecture;
        let mut source = Source { kernels: &kernels, tensors, eps: a.norm_eps };
        let patch_embed = source.linear("patch_embed.proj", a.patch_values(), a.width)?;
        let mut position = source.take("pos_embed", a.token_values())?;
        for (p, c) in position.iter_mut().zip(source.take("cls_token", a.width)?) {
            *p += c;
        }
        let blocks =
            (0..a.depth).map(|i| Block::new(&mut source, a, i)).collect::<Result<_, _>>()?;
        let norm = match a.pooling {
            Pooling::Cls => source.norm("norm", a.width)?,
            Pooling::Mean if source.tensors.contains_key("fc_norm.weight") => {
                source.norm("fc_norm", a.width)?
            }
            Pooling::Mean => source.identity_norm(a.width),
        };
        Ok(Self {
            pos_embed: kernels.upload(&position),
            nothing: kernels.zeros(0),
            architecture: a.clone(),
            patch_embed,
            blocks,
            norm,
            kernels,
        })
    }

    /// Keys and values of prompt rows in a block: `[rows, d]` to `[rows, 2d]`.
    fn prompt_kv(&self, block: usize, values: &[f32]) -> K::Buffer {
        let (k, b) = (&self.kernels, &self.blocks[block]);
        let rows = values.len() / self.architecture.width;
        let mut normed = k.zeros(values.len());
        let mut kv = k.zeros(2 * values.len());
        k.norm(&mut normed, &mut k.zeros(2 * rows), &k.upload(values), &b.norm1, rows);
        k.linear(&mut kv, &normed, &b.kv, rows);
        kv
    }

    /// The way back to the output of `norm1`: its weight `[d]`, and the gradient `[rows, d]`.
    fn prompt_kv_grad(&self, block: usize, d_kv: &[f32]) -> (Vec<f32>, Vec<f32>) {
        let (k, b, d) = (&self.kernels, &self.blocks[block], self.architecture.width);
        let mut d_normed = k.zeros(d_kv.len() / 2);
        k.linear_grad(&mut d_normed, &k.upload(d_kv), &b.kv, d_kv.len() / (2 * d), false);
        let (mut weight, mut host) = (vec![0.0; d], vec![0.0; d_kv.len() / 2]);
        k.download(&b.norm1.weight, &mut weight);
        k.download(&d_normed, &mut host);
        (weight, host)
    }
}

/// Named tensors on their way to the device.
struct Source<'a, K> {
    kernels: &'a K,
    tensors: BTreeMap<String, Tensor>,
    eps: f32,
}

impl<K: Kernels> Source<'_, K> {
    fn take(&mut self, name: &str, len: usize) -> Result<Vec<f32>, Error> {
        let tensor = self
            .tensors
            .remove(name)
            .ok_or_else(|| Error::MissingTensor { name: name.to_owned() })?;
        if tensor.data.len() == len {
            return Ok(tensor.data);
        }
        Err(Error::TensorLength { name: name.to_owned(), expected: len, got: tensor.data.len() })
    }

    fn upload(&mut self, name: &str, len: usize) -> Result<K::Buffer, Error> {
        Ok(self.kernels.upload(&self.take(name, len)?))
    }

    fn linear(
        &mut self,
        name: &str,
        inputs: usize,
        outputs: usize,
    ) -> Result<Linear<K::Buffer>, Error> {
        let [linear] = self.linear_parts(name, inputs, [outputs])?;
        Ok(linear)
    }

    /// One affine map in parts, such as queries, and keys with values, of `qkv`; `outputs` says how
    /// many each part has.
    fn linear_parts<const N: usize>(
        &mut self,
        name: &str,
        inputs: usize,
        outputs: [usize; N],
    ) -> Result<[Linear<K::Buffer>; N], Error> {
        let all: usize = outputs.iter().sum();
        let weight = self.take(&format!("{name}.weight"), all * inputs)?;
        let bias = self.take(&format!("{name}.bias"), all)?;
        let (mut weight, mut bias) = (&weight[..], &bias[..]);
        Ok(outputs.map(|outputs| {
            let (rows, more_rows) = weight.split_at(outputs * inputs);
            let (biases, more_biases) = bias.split_at(outputs);
            (weight, bias) = (more_rows, more_biases);
            let (weight, bias) = (transposed(rows, inputs), biases);
            let upload = |values| self.kernels.upload(values);
            Linear { weight: upload(&weight), bias: upload(bias), inputs, outputs }
        }))
    }

    fn norm(&mut self, name: &str, width: usize) -> Result<Norm<K::Buffer>, Error> {
        Ok(Norm {
            weight: self.upload(&format!("{name}.weight"), width)?,
            bias: self.upload(&format!("{name}.bias"), width)?,
            width,
            eps: self.eps,
        })
    }

    fn identity_norm(&self, width: usize) -> Norm<K::Buffer> {
        Norm {
            weight: self.kernels.upload(&vec![1.0; width]),
            bias: self.kernels.zeros(width),
            width,
            eps: self.eps,
        }
    }
}

/// A row-major matrix with rows and columns swapped.
fn transposed(rows: &[f32], width: usize) -> Vec<f32> {
    (0..width).flat_map(|column| rows.iter().skip(column).step_by(width).copied()).collect()
}
