//! Gradients of all arrays, added up over images.

use super::Plan;
use super::filled::turned_back;
use crate::error::Error;
use crate::kernels::Kernels;

/// On the device, in the order of unfolded rows.
pub(crate) struct Sums<K: Kernels> {
    /// Of each convolution: weights and biases.
    pub(super) layers: [[K::Buffer; 2]; 5],
    /// `[width, features]`.
    pub(super) projection: K::Buffer,
}

/// On the host, in the order of checkpoints.
pub(crate) struct SideGradients {
    /// Of each convolution: weights and biases.
    pub(crate) layers: [[Vec<f32>; 2]; 5],
    pub(crate) projection: Vec<f32>,
}

/// How many values the arrays of each convolution have.
fn lens(plan: &Plan) -> [[usize; 2]; 5] {
    plan.steps.map(|step| [step.width() * step.after.channels, step.after.channels])
}

impl<K: Kernels> Sums<K> {
    /// # Errors
    /// There is no room for them.
    pub(crate) fn zeros(k: &K, plan: &Plan, width: usize) -> Result<Self, Error> {
        let pair = |[a, b]: [usize; 2]| -> Result<_, Error> { Ok([k.zeros(a)?, k.zeros(b)?]) };
        let [a, b, c, d, e] = lens(plan).map(pair);
        Ok(Self { layers: [a?, b?, c?, d?, e?], projection: k.zeros(width * plan.features)? })
    }

    /// Forgets what has been added.
    pub(crate) fn clear(&mut self, k: &K, plan: &Plan, width: usize) {
        for (buffers, lens) in self.layers.iter_mut().zip(lens(plan)) {
            buffers.iter_mut().zip(lens).for_each(|(buffer, len)| k.clear(buffer, len));
        }
        k.clear(&mut self.projection, width * plan.features);
    }

    /// Adds those of other images.
    pub(crate) fn add(&mut self, k: &K, plan: &Plan, width: usize, other: &Self) {
        let pairs = self.layers.iter_mut().zip(&other.layers).zip(lens(plan));
        for ((own, other), lens) in pairs {
            for ((own, other), len) in own.iter_mut().zip(other).zip(lens) {
                k.add(own, other, len);
            }
        }
        k.add(&mut self.projection, &other.projection, width * plan.features);
    }

    /// Waits for the device and fetches them.
    ///
    /// # Errors
    /// The device failed on the way.
    pub(crate) fn download(
        &self,
        k: &K,
        plan: &Plan,
        width: usize,
    ) -> Result<SideGradients, Error> {
        let mut layers = lens(plan).map(|lens| lens.map(|len| vec![0.0; len]));
        let mut projection = vec![0.0; width * plan.features];
        let buffers = self.layers.iter().flatten().zip(layers.iter_mut().flatten());
        let mut parts: Vec<_> = buffers.map(|(from, to)| (from, &mut to[..])).collect();
        parts.push((&self.projection, &mut projection));
        k.download(&mut parts)?;
        for ([weight, _], step) in layers.iter_mut().zip(&plan.steps) {
            *weight = turned_back(weight, step);
        }
        Ok(SideGradients { layers, projection })
    }
}
