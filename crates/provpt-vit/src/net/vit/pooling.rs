//! From the last block's output to features, and back.
//!
//! Features are CLS behind the final norm; or a mean of tokens, which is taken in front of the norm
//! where the backbone reads a mean, and behind it where the backbone reads CLS.

use super::{Pass, Sums};
use crate::kernels::Kernels;
use crate::learn::{Array, Site};
use crate::{Architecture, Pooling};

/// Whether all tokens go through the final norm, and not only what features are.
pub(super) fn norms_tokens(a: &Architecture) -> bool {
    a.pooling == Pooling::Cls && a.reads_mean()
}

impl<K: Kernels> Pass<'_, K> {
    /// The final norm and pooling: leaves features `[images, d]` in a buffer of the workspace,
    /// counted from 0.
    pub(crate) fn features(&mut self, index: usize) {
        let (vit, ws) = (self.vit, &mut *self.ws);
        let (k, a) = (&vit.kernels, &vit.architecture);
        let (shape, rows) = self.prompts.pooled(a, self.images);
        let features = &mut ws.features[index];
        if norms_tokens(a) {
            let all = self.images * shape.tokens;
            k.norm(&mut ws.spare, &mut ws.top_stats, &ws.top, &vit.norm, all);
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
        k.norm(features, &mut ws.top_stats, pooled, &vit.norm, self.images);
    }

    /// Leaves the gradient of the last block's output in `top`.
    pub(super) fn pool_backward(&mut self, d_features: &[f32], sums: &mut Sums<K>) {
        let (vit, images, ws) = (self.vit, self.images, &mut *self.ws);
        let (k, a) = (&vit.kernels, &vit.architecture);
        let (shape, rows) = self.prompts.pooled(a, images);
        k.write(&mut ws.d_features, d_features);
        let mean_behind = norms_tokens(a);
        if mean_behind {
            k.mean_rows_grad(&mut ws.scratch.b, &ws.d_features, shape, rows.clone());
        }
        // What the norm took in, and the gradient of what it put out.
        let mean_in_front = a.pooling == Pooling::Mean;
        let x = if mean_in_front { &ws.spare } else { &ws.top };
        let dy = if mean_behind { &ws.scratch.b } else { &ws.d_features };
        let normed = if mean_behind { images * shape.tokens } else { images };
        if let Some(sum) = sums.weights.of(Site::Norm(Array::Bias)) {
            k.column_sums(sum, dy, normed, a.width);
        }
        if let Some(sum) = sums.weights.of(Site::Norm(Array::Weight)) {
            k.norm_weight_grad(sum, dy, x, &ws.top_stats, normed, a.width);
        }
        k.clear(&mut ws.scratch.a, normed * a.width);
        k.norm_grad(&mut ws.scratch.a, dy, x, &ws.top_stats, &vit.norm, normed);
        if mean_in_front {
            k.mean_rows_grad(&mut ws.top, &ws.scratch.a, shape, rows);
        } else {
            k.copy(&mut ws.top, &ws.scratch.a, normed * a.width);
        }
    }
}
