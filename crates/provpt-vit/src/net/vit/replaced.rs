//! A network with other arrays in the place of some of its own.

use std::sync::Arc;

use super::block::{Adapter, Block};
use super::hierarchy::{Hierarchy, Merge};
use super::scale_shift::ScaleShift;
use super::{Vit, with_cls};
use crate::error::Error;
use crate::kernels::{FrozenMatrix, Kernels, LinearOn, NormOn, Role};
use crate::learn::{Array, MergePart, Part, Pieces, Site};

/// A network that has all but some arrays in common with another one. Its memory is used again and
/// again.
pub(crate) struct Replaced<K: Kernels> {
    /// Where it has its own arrays.
    sites: Vec<Site>,
    vit: Vit<K>,
}

impl<K: Kernels> Replaced<K> {
    /// `vit` with these arrays in their places.
    ///
    /// # Errors
    /// There is no room for them.
    pub(crate) fn fill<'a>(
        memory: &'a mut Option<Self>,
        vit: &'a Vit<K>,
        pieces: &Pieces<'_>,
    ) -> Result<&'a Vit<K>, Error> {
        let sites: Vec<Site> = pieces.iter().map(|(site, _)| site).collect();
        if sites.is_empty() {
            return Ok(vit);
        }
        // What stands in other places than these belongs to another call.
        let same = memory.take().filter(|own| own.sites == sites);
        let own = memory.insert(same.unwrap_or_else(|| Self { sites, vit: vit.share() }));
        for (site, values) in pieces.iter() {
            own.vit.put(site, values, pieces.low_scale())?;
        }
        Ok(&own.vit)
    }
}

impl<K: Kernels> Vit<K> {
    fn share(&self) -> Self {
        Self {
            kernels: self.kernels.clone(),
            architecture: self.architecture.clone(),
            patch_embed: self.patch_embed.clone(),
            patch_shift: self.patch_shift.clone(),
            added: self.added.clone(),
            pos_embed: Arc::clone(&self.pos_embed),
            blocks: self.blocks.clone(),
            hierarchy: self.hierarchy.clone(),
            norm: self.norm.clone(),
            norm_shift: self.norm_shift.clone(),
        }
    }

    fn put(&mut self, site: Site, values: &[f32], low_scale: f32) -> Result<(), Error> {
        let k = &self.kernels;
        match site {
            Site::Patch(array @ (Array::Scale | Array::Shift))
            | Site::Stem(array @ (Array::Scale | Array::Shift)) => {
                put_shift(k, &mut self.patch_shift, values.len(), array, values)
            }
            Site::Patch(array) | Site::Stem(array) => {
                put_linear(k, &mut self.patch_embed, array, values, Role::Forward)
            }
            Site::Norm(array) => {
                put_shifted_norm(k, (&mut self.norm, &mut self.norm_shift), array, values)
            }
            Site::Block(index, part, Array::LowA(low)) => {
                let sizes = part.sizes(&self.architecture, index);
                let factor = self.blocks[index].low_factor(k, part, low, sizes, true)?;
                put_linear(k, factor, Array::Weight, values, Role::ForwardAndBackward)
            }
            Site::Block(index, part, Array::LowB(low)) => {
                let sizes = part.sizes(&self.architecture, index);
                let values = low.turned(values, low_scale, sizes[1]);
                let factor = self.blocks[index].low_factor(k, part, low, sizes, false)?;
                put_linear(k, factor, Array::Weight, &values, Role::ForwardAndBackward)
            }
            Site::LowScale => Ok(()),
            Site::Block(index, part, array) => self.blocks[index].put(k, part, array, values),
            Site::StemNorm(array) => match &mut self.hierarchy {
                Some(Hierarchy { stem_norm, stem_shift, .. }) => {
                    put_shifted_norm(k, (stem_norm, stem_shift), array, values)
                }
                None => Ok(()),
            },
            Site::Merge(block, part) => {
                let Some((index, _)) = self.merge_before(block + 1) else { return Ok(()) };
                let Some(hierarchy) = &mut self.hierarchy else { return Ok(()) };
                hierarchy.merges[index].put(&self.kernels, part, values)
            }
            Site::Position | Site::Cls => {
                let (position, cls) = &mut self.added;
                let target = if site == Site::Cls { cls } else { position };
                target.copy_from_slice(values);
                put_buffer(k, &mut self.pos_embed, &with_cls(&self.added))
            }
        }
    }
}

impl<K: Kernels> Block<K> {
    fn put(&mut self, k: &K, part: Part, array: Array, values: &[f32]) -> Result<(), Error> {
        if let Array::Scale | Array::Shift = array {
            let known = self.shifts.iter().position(|(own, _)| *own == part);
            let mut shift = known.map(|at| self.shifts.swap_remove(at).1);
            put_shift(k, &mut shift, values.len(), array, values)?;
            self.shifts.extend(shift.map(|shift| (part, shift)));
            return Ok(());
        }
        let linear = match part {
            Part::Norm1 => {
                if array == Array::Weight {
                    self.norm1_weight.copy_from_slice(values);
                }
                return put_norm(k, &mut self.norm1, array, values);
            }
            Part::Norm2 => return put_norm(k, &mut self.norm2, array, values),
            Part::Scale1 => return put_scale(k, &mut self.ls1, values),
            Part::Scale2 => return put_scale(k, &mut self.ls2, values),
            Part::Positions => {
                let Some(windows) = &mut self.windows else { return Ok(()) };
                let biases = windows.biases(values);
                return put_buffer(k, &mut windows.bias, &biases);
            }
            Part::Query => &mut self.query,
            Part::KeyValue => &mut self.kv,
            Part::Proj => &mut self.proj,
            Part::Fc1 => &mut self.fc1,
            Part::Fc2 => &mut self.fc2,
            Part::Down(bottleneck) | Part::Up(bottleneck) => {
                let adapter = match self.adapter.take() {
                    Some(adapter) => adapter,
                    None => Adapter::identity(k, self.norm2.width, bottleneck)?,
                };
                let Adapter { down, up } = self.adapter.insert(adapter);
                if part == Part::Down(bottleneck) { down } else { up }
            }
        };
        put_linear(k, linear, array, values, Role::ForwardAndBackward)
    }
}

impl<K: Kernels> Merge<K> {
    fn put(&mut self, k: &K, part: MergePart, values: &[f32]) -> Result<(), Error> {
        let role = Role::ForwardAndBackward;
        match part {
            MergePart::Norm(array) => {
                put_shifted_norm(k, (&mut self.norm, &mut self.shift), array, values)
            }
            MergePart::Reduction => put_linear(k, &mut self.reduction, Array::Weight, values, role),
        }
    }
}

fn put_linear<K: Kernels>(
    k: &K,
    linear: &mut LinearOn<K>,
    array: Array,
    values: &[f32],
    role: Role,
) -> Result<(), Error> {
    let (inputs, outputs) = (linear.inputs, linear.outputs);
    match (array, Arc::get_mut(&mut linear.weight)) {
        (Array::Bias, _) => put_buffer(k, &mut linear.bias, values)?,
        (_, Some(own)) => k.repack(own, values, inputs, outputs),
        (_, None) => {
            let matrix = FrozenMatrix { values: values.to_vec(), inputs, outputs };
            linear.weight = Arc::new(k.pack(matrix, role)?);
        }
    }
    Ok(())
}

fn put_norm<K: Kernels>(
    k: &K,
    norm: &mut NormOn<K>,
    array: Array,
    values: &[f32],
) -> Result<(), Error> {
    let target = if array == Array::Weight { &mut norm.weight } else { &mut norm.bias };
    put_buffer(k, target, values)
}

/// Into a norm, or into what is behind it.
fn put_shifted_norm<K: Kernels>(
    k: &K,
    (norm, shift): (&mut NormOn<K>, &mut Option<ScaleShift<K>>),
    array: Array,
    values: &[f32],
) -> Result<(), Error> {
    match array {
        Array::Scale | Array::Shift => put_shift(k, shift, values.len(), array, values),
        _ => put_norm(k, norm, array, values),
    }
}

fn put_shift<K: Kernels>(
    k: &K,
    shift: &mut Option<ScaleShift<K>>,
    width: usize,
    array: Array,
    values: &[f32],
) -> Result<(), Error> {
    let known = match shift.take() {
        Some(known) => known,
        None => ScaleShift::identity(k, width)?,
    };
    shift.insert(known).put(k, array, values)
}

fn put_scale<K: Kernels>(
    k: &K,
    scale: &mut Option<Arc<K::Buffer>>,
    values: &[f32],
) -> Result<(), Error> {
    scale.as_mut().map_or(Ok(()), |scale| put_buffer(k, scale, values))
}

/// Writes into a buffer of one's own, or makes it one's own.
pub(super) fn put_buffer<K: Kernels>(
    k: &K,
    buffer: &mut Arc<K::Buffer>,
    values: &[f32],
) -> Result<(), Error> {
    match Arc::get_mut(buffer) {
        Some(own) => k.write(own, values),
        None => *buffer = Arc::new(k.upload(values.to_vec())?),
    }
    Ok(())
}
