//! A pass through what a network in stages has besides its blocks, and the way back.

use super::hierarchy::Hierarchy;
use super::workspace::Slot;
use super::{Pass, Sums};
use crate::kernels::Kernels;
use crate::learn::{Array, MergePart, Site};

impl<K: Kernels> Pass<'_, K> {
    /// From embedded patches, in `scratch.b`, to the input of the first block.
    pub(super) fn norm_patches(&mut self, hierarchy: &Hierarchy<K>) {
        let (vit, images, slot) = (self.vit, self.images, self.slot(0));
        let (inserts, ws) = (self.prompts.changes_at(0), &mut *self.ws);
        let Slot { x, stats1, .. } = &mut ws.slots[slot];
        let x = if inserts { &mut ws.spare } else { x };
        let rows = images * vit.architecture.patches();
        vit.kernels.norm(x, stats1, &ws.scratch.b, &hierarchy.stem_norm, rows);
        if let Some(shift) = &hierarchy.stem_shift {
            shift.apply(&vit.kernels, x, rows);
        }
    }

    /// From the gradient of the first block's input, in `top`, to the gradients of what its tokens
    /// are made of.
    pub(super) fn norm_patches_backward(&mut self, hierarchy: &Hierarchy<K>, sums: &mut Sums<K>) {
        let (vit, images, slot) = (self.vit, self.images, self.slot(0));
        let (k, a, ws) = (&vit.kernels, &vit.architecture, &mut *self.ws);
        let (rows, width, norm) = (images * a.patches(), a.block_width(0), &hierarchy.stem_norm);
        // What the norm had before it is not kept.
        let (s, stats) = (&mut ws.scratch, &mut ws.slots[slot].stats1);
        k.linear(&mut s.b, &ws.patch_rows, &vit.patch_embed, rows);
        if let Some(shift) = &vit.patch_shift {
            shift.apply(k, &mut s.b, rows);
        }
        k.norm(&mut s.normed, stats, &s.b, norm, rows);
        if let Some(shift) = &hierarchy.stem_shift {
            let sums = &mut sums.weights;
            shift.backward(k, &mut ws.top, &s.normed, sums, Site::StemNorm, rows);
        }
        if let Some(sum) = sums.weights.of(Site::StemNorm(Array::Bias)) {
            k.column_sums(sum, &ws.top, rows, width);
        }
        if let Some(sum) = sums.weights.of(Site::StemNorm(Array::Weight)) {
            k.norm_weight_grad(sum, &ws.top, &s.b, stats, rows, width);
        }
        k.clear(&mut s.a, rows * width);
        k.norm_grad(&mut s.a, &ws.top, &s.b, stats, norm, rows);
        if let Some(shift) = &vit.patch_shift {
            // What it took in has been overwritten.
            k.linear(&mut s.b, &ws.patch_rows, &vit.patch_embed, rows);
            shift.backward(k, &mut s.a, &s.b, &mut sums.weights, Site::Stem, rows);
        }
        if let Some(sum) = sums.weights.of(Site::Stem(Array::Bias)) {
            k.column_sums(sum, &s.a, rows, width);
        }
        let (weight, sizes) = (Site::Stem(Array::Weight), [a.patch_values(), width]);
        sums.weights.matrix(k, weight, sizes, (&ws.patch_rows, &s.a), rows);
    }

    /// From the output of a stage's last block, in `top`, to the input of `block`, the first of the
    /// next stage. Does nothing in front of other blocks.
    pub(super) fn merge(&mut self, block: usize) {
        let (vit, prompts, slot) = (self.vit, self.prompts, self.slot(block));
        let (k, a, ws) = (&vit.kernels, &vit.architecture, &mut *self.ws);
        let Some((index, merge)) = vit.merge_before(block) else { return };
        let (room, shape) = (&mut ws.merges[index], prompts.merge_shape(a, self.images, block));
        let rows = self.images * shape.after();
        k.merge(&mut room.x, &ws.top, shape);
        k.norm(&mut ws.scratch.normed, &mut room.stats, &room.x, &merge.norm, rows);
        if let Some(shift) = &merge.shift {
            shift.apply(k, &mut ws.scratch.normed, rows);
        }
        let inserts = prompts.changes_at(block);
        let to = if inserts { &mut ws.spare } else { &mut ws.slots[slot].x };
        k.linear(to, &ws.scratch.normed, &merge.reduction, rows);
    }

    /// The way back of [`Self::merge`], from gradient to gradient in `top`.
    pub(super) fn merge_backward(&mut self, block: usize, sums: &mut Sums<K>) {
        let (vit, prompts) = (self.vit, self.prompts);
        let (k, a, ws) = (&vit.kernels, &vit.architecture, &mut *self.ws);
        let Some((index, merge)) = vit.merge_before(block) else { return };
        let (room, shape) = (&mut ws.merges[index], prompts.merge_shape(a, self.images, block));
        let (rows, width, s) = (self.images * shape.after(), merge.norm.width, &mut ws.scratch);
        let reduction = Site::Merge(block - 1, MergePart::Reduction);
        if sums.weights.asks(reduction) {
            k.norm(&mut s.normed, &mut room.stats, &room.x, &merge.norm, rows);
            if let Some(shift) = &merge.shift {
                shift.apply(k, &mut s.normed, rows);
            }
            let sizes = [width, merge.reduction.outputs];
            sums.weights.matrix(k, reduction, sizes, (&s.normed, &ws.top), rows);
        }
        k.linear_grad(&mut s.b, &ws.top, &merge.reduction, rows, false);
        if let Some(shift) = &merge.shift {
            k.norm(&mut s.normed, &mut room.stats, &room.x, &merge.norm, rows);
            let site = |array| Site::Merge(block - 1, MergePart::Norm(array));
            shift.backward(k, &mut s.b, &s.normed, &mut sums.weights, site, rows);
        }
        if let Some(sum) = sums.weights.of(Site::Merge(block - 1, MergePart::Norm(Array::Bias))) {
            k.column_sums(sum, &s.b, rows, width);
        }
        if let Some(sum) = sums.weights.of(Site::Merge(block - 1, MergePart::Norm(Array::Weight))) {
            k.norm_weight_grad(sum, &s.b, &room.x, &room.stats, rows, width);
        }
        k.clear(&mut s.a, rows * width);
        k.norm_grad(&mut s.a, &s.b, &room.x, &room.stats, &merge.norm, rows);
        k.merge_grad(&mut ws.top, &s.a, shape);
    }
}
