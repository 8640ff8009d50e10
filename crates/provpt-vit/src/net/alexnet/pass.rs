//! Forward and backward over a chunk of images.

use super::plan::POOL;
use super::{Filled, Plan, Sums};
use crate::alexnet::CELLS;
use crate::error::Error;
use crate::kernels::{Kernels, MapShape, Maps, PatchShape};
use crate::net::growing::GrowingBuffer;

/// Memory for a chunk, used again and again.
pub(crate) struct Workspace<K: Kernels> {
    /// `[images, 3, side, side]`, and as a map.
    pixels: GrowingBuffer<K>,
    image: GrowingBuffer<K>,
    /// What each convolution puts out behind ReLU, and what pooling makes of it.
    maps: [GrowingBuffer<K>; 5],
    pooled: [GrowingBuffer<K>; 5],
    /// Unfolded rows of one of the convolutions, and their gradient.
    rows: GrowingBuffer<K>,
    /// Gradients of maps.
    d_map: [GrowingBuffer<K>; 2],
    /// `[images, features]`, and their gradient.
    flat: GrowingBuffer<K>,
    /// `[images, width]`, and its gradient.
    projected: GrowingBuffer<K>,
}

impl<K: Kernels> Workspace<K> {
    /// # Errors
    /// There is no room for it.
    pub(crate) fn empty(k: &K) -> Result<Self, Error> {
        let one = || GrowingBuffer::empty(k);
        let five = || -> Result<_, Error> { Ok([one()?, one()?, one()?, one()?, one()?]) };
        Ok(Self {
            pixels: one()?,
            image: one()?,
            maps: five()?,
            pooled: five()?,
            rows: one()?,
            d_map: [one()?, one()?],
            flat: one()?,
            projected: one()?,
        })
    }

    /// Makes room for so many images.
    fn fit(&mut self, k: &K, plan: &Plan, width: usize, images: usize) -> Result<(), Error> {
        let of = |shape: MapShape| MapShape { images, ..shape }.len();
        let steps = &plan.steps;
        self.pixels.fit(k, of(steps[0].before))?;
        self.image.fit(k, of(steps[0].before))?;
        for (index, step) in steps.iter().enumerate() {
            self.maps[index].fit(k, of(step.after))?;
            self.pooled[index].fit(k, step.pooled.map_or(0, of))?;
            self.rows.fit(k, images * step.after.places() * step.width())?;
            self.d_map[0].fit(k, of(step.after))?;
            self.d_map[1].fit(k, of(step.after))?;
        }
        self.flat.fit(k, images * plan.features)?;
        self.projected.fit(k, images * width)
    }
}

/// A chunk of images on its way through the network.
pub(crate) struct Pass<'a, K: Kernels> {
    pub(crate) kernels: &'a K,
    pub(crate) plan: &'a Plan,
    pub(crate) arrays: &'a Filled<K>,
    pub(crate) workspace: &'a mut Workspace<K>,
    pub(crate) images: usize,
}

impl<K: Kernels + Maps> Pass<'_, K> {
    /// Projected features `[images, width]` of pixels `[images, 3, side, side]`.
    ///
    /// # Errors
    /// There is no room for them, or the device failed on the way.
    pub(crate) fn forward(&mut self, pixels: &[f32]) -> Result<Vec<f32>, Error> {
        let (k, plan, images, ws) = (self.kernels, self.plan, self.images, &mut *self.workspace);
        let projection = &self.arrays.projection;
        ws.fit(k, plan, projection.outputs, images)?;
        k.write(ws.pixels.get_mut(), pixels);
        // A pixel is a patch whose values are its channels.
        let shape = PatchShape { images, side: plan.image_size, frame: 0, patch: 1 };
        k.patches(ws.image.get_mut(), ws.pixels.get(), shape);
        for layer in 0..5 {
            self.unfold(layer);
            self.convolve(layer);
        }
        let ws = &mut *self.workspace;
        let last = MapShape { images, ..plan.last() };
        k.mean_cells(ws.flat.get_mut(), ws.pooled[4].get(), last, CELLS);
        k.linear(ws.projected.get_mut(), ws.flat.get(), projection, images);
        let mut projected = vec![0.0; images * projection.outputs];
        k.download(&mut [(ws.projected.get(), &mut projected)])?;
        Ok(projected)
    }

    /// What a convolution takes in, as rows.
    fn unfold(&mut self, layer: usize) {
        let (step, ws) = (&self.plan.steps[layer], &mut *self.workspace);
        let input = match layer.checked_sub(1) {
            None => &ws.image,
            Some(before) if self.plan.steps[before].pooled.is_some() => &ws.pooled[before],
            Some(before) => &ws.maps[before],
        };
        let shape = MapShape { images: self.images, ..step.before };
        self.kernels.unfold(ws.rows.get_mut(), input.get(), shape, step.window);
    }

    /// Rows to the map that comes of them.
    fn convolve(&mut self, layer: usize) {
        let (k, step, ws) = (self.kernels, &self.plan.steps[layer], &mut *self.workspace);
        let (map, shape) = (&mut ws.maps[layer], MapShape { images: self.images, ..step.after });
        k.linear(map.get_mut(), ws.rows.get(), &self.arrays.layers[layer], shape.places());
        k.relu(map.get_mut(), shape.len());
        if step.pooled.is_some() {
            k.max_pool(ws.pooled[layer].get_mut(), map.get(), shape, POOL);
        }
    }

    /// Adds the gradients of all arrays, given that of the projected features.
    pub(crate) fn backward(&mut self, d_projected: &[f32], sums: &mut Sums<K>) {
        let (k, plan, images, ws) = (self.kernels, self.plan, self.images, &mut *self.workspace);
        let projection = &self.arrays.projection;
        k.write(ws.projected.get_mut(), d_projected);
        let (d, flat) = (ws.projected.get(), &mut ws.flat);
        let (inputs, outputs) = (projection.inputs, projection.outputs);
        k.linear_weight_grad(&mut sums.projection, flat.get(), d, images, inputs, outputs);
        k.linear_grad(flat.get_mut(), d, projection, images, false);
        let last = MapShape { images, ..plan.last() };
        k.mean_cells_grad(ws.d_map[0].get_mut(), ws.flat.get(), last, CELLS);
        for layer in (0..5).rev() {
            self.back(layer, &mut sums.layers[layer]);
        }
    }

    /// From the gradient of what a layer puts out to that of what it takes in; both stand in the
    /// first of the buffers.
    fn back(&mut self, layer: usize, [d_weight, d_bias]: &mut [K::Buffer; 2]) {
        let (k, step, images) = (self.kernels, self.plan.steps[layer], self.images);
        let shape = MapShape { images, ..step.after };
        let ws = &mut *self.workspace;
        let map = ws.maps[layer].get();
        if step.pooled.is_some() {
            let [d_pooled, d_map] = &mut ws.d_map;
            let values = [map, ws.pooled[layer].get()];
            k.max_pool_grad(d_map.get_mut(), d_pooled.get(), values, shape, POOL);
            ws.d_map.swap(0, 1);
        }
        k.relu_grad(ws.d_map[0].get_mut(), map, shape.len());
        let (rows, outputs) = (shape.places(), step.after.channels);
        k.column_sums(d_bias, ws.d_map[0].get(), rows, outputs);
        self.unfold(layer);
        let ws = &mut *self.workspace;
        let d_map = ws.d_map[0].get();
        k.linear_weight_grad(d_weight, ws.rows.get(), d_map, rows, step.width(), outputs);
        if layer > 0 {
            k.linear_grad(ws.rows.get_mut(), d_map, &self.arrays.layers[layer], rows, false);
            let before = MapShape { images, ..step.before };
            k.unfold_grad(ws.d_map[1].get_mut(), ws.rows.get(), before, step.window);
            ws.d_map.swap(0, 1);
        }
    }
}
