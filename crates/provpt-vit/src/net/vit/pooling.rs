//! From the last block's output to features, and back.
//!
//! Features are CLS behind the final norm; or a mean of tokens, which is taken in front of the norm
//! where a plain backbone reads a mean, and behind it where it reads CLS, and in stages.

use super::{Pass, Sums};
use crate::kernels::Kernels;
use crate::learn::{Array, Site};
use crate::{Architecture, Pooling};

/// Whether all tokens go through the final norm, and not only what features are.
pub(super) fn norms_tokens(a: &Architecture) -> bool {
    a.stages.is_some() || a.pooling == Pooling::Cls && a.reads_mean()
}

impl<K: Kernels> Pass<'_, K> {
    /// The final norm and pooling: leaves features `[images, d]` in a buffer of the workspace,
    /// counted from 0.
    pub(crate) fn features(&mut self, index: usize) {
        let (vit, images, ws) = (self.vit, self.images, &mut *self.ws);
        let (k, a) = (&vit.kernels, &vit.architecture);
        let (shape, rows) = self.prompts.pooled(a, images);
        let features = &mut ws.features[index];
        if norms_tokens(a) {
            let all = images * shape.tokens;
            k.norm(&mut ws.spare, &mut ws.top_stats, &ws.top, &vit.norm, all);
            if let Some(shift) = &vit.norm_shift {
                shift.apply(k, &mut ws.spare, all);
            }
            k.mean_rows(features, &ws.spare, shape, rows);
            return;
        }
        let pooled = match a.pooling {
            Pooling::Cls => &ws.top,
            Pooling::Mean => {
                k.mean_rows(&mut ws.spare, &ws.top, shape, rows);
                &ws.spare
            }
        };
        k.norm(features, &mut ws.top_stats, pooled, &vit.norm, images);
        if let Some(shift) = &vit.norm_shift {
            shift.apply(k, features, images);
        }
    }

    /// Leaves the gradient of the last block's output in `top`.
    pub(super) fn pool_backward(&mut self, d_features: &[f32], sums: &mut Sums<K>) {
        let (vit, images, ws) = (self.vit, self.images, &mut *self.ws);
        let (k, a, s) = (&vit.kernels, &vit.architecture, &mut ws.scratch);
        let (shape, rows) = self.prompts.pooled(a, images);
        k.write(&mut ws.d_features, d_features);
        let mean_behind = norms_tokens(a);
        if mean_behind {
            k.mean_rows_grad(&mut s.b, &ws.d_features, shape, rows.clone());
        }
        // What the norm took in, and the gradient of what it put out.
        let mean_in_front = !mean_behind && a.pooling == Pooling::Mean;
        let x = if mean_in_front { &ws.spare } else { &ws.top };
        let dy = if mean_behind { &mut s.b } else { &mut ws.d_features };
        let normed = if mean_behind { images * shape.tokens } else { images };
        if let Some(shift) = &vit.norm_shift {
            k.norm(&mut s.normed, &mut ws.top_stats, x, &vit.norm, normed);
            shift.backward(k, dy, &s.normed, &mut sums.weights, Site::Norm, normed);
        }
        if let Some(sum) = sums.weights.of(Site::Norm(Array::Bias)) {
            k.column_sums(sum, dy, normed, a.width);
        }
        if let Some(sum) = sums.weights.of(Site::Norm(Array::Weight)) {
            k.norm_weight_grad(sum, dy, x, &ws.top_stats, normed, a.width);
        }
        k.clear(&mut s.a, normed * a.width);
        k.norm_grad(&mut s.a, dy, x, &ws.top_stats, &vit.norm, normed);
        if mean_in_front {
            k.mean_rows_grad(&mut ws.top, &s.a, shape, rows);
        } else {
            k.copy(&mut ws.top, &s.a, normed * a.width);
        }
    }
}
