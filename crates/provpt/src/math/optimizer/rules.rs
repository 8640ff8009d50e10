//! The update rules: one step of an array, or of some rows of it.

use crate::learn::row_form::to_sphere;

/// Of Adam and its kin.
pub(in crate::math) const BETAS: (f64, f64) = (0.9, 0.999);
/// Of PyTorch's Adam and AdamW.
pub(in crate::math) const EPS: f64 = 1e-8;
/// Of the AdamW published with VPT.
const VPT_EPS: f64 = 1e-6;

/// `buf = momentum buf + (g + weight_decay w); w -= lr buf`.
pub(super) fn sgd(
    w: &mut [f32],
    g: &[f32],
    buf: &mut [f32],
    [lr, momentum, weight_decay]: [f32; 3],
) {
    for ((w, g), buf) in w.iter_mut().zip(g).zip(buf) {
        *buf = momentum * *buf + (g + weight_decay * *w);
        *w -= lr * *buf;
    }
}

/// What Adam and its kin remember of some parameters: running means of gradients and of their
/// squares, and the steps that they have made, the one at hand included.
pub(super) struct Moments<'a> {
    pub(super) first: &'a mut [f32],
    pub(super) second: &'a mut [f32],
    pub(super) steps: u64,
}

impl Moments<'_> {
    /// Adam with the penalty `weight_decay / 2 |w|^2` in its gradient.
    pub(super) fn adam(self, w: &mut [f32], g: &[f32], [lr, weight_decay]: [f64; 2]) {
        let l2 = weight_decay as f32;
        self.plain(w, g, lr, |g, w| g + l2 * w);
    }

    /// AdamW: decays, then steps.
    pub(super) fn adamw(self, w: &mut [f32], g: &[f32], [lr, weight_decay]: [f64; 2]) {
        let keep = (1.0 - lr * weight_decay) as f32;
        w.iter_mut().for_each(|w| *w *= keep);
        self.plain(w, g, lr, computed);
    }

    /// VPT's AdamW: steps, then decays what it has moved. Its eps stands beside a root that is not
    /// yet corrected for bias, so it weighs more at first.
    pub(super) fn vpt_adamw(self, w: &mut [f32], g: &[f32], [lr, weight_decay]: [f64; 2]) {
        let steps = self.steps;
        let size = (lr * correction(BETAS.1, steps).sqrt() / correction(BETAS.0, steps)) as f32;
        let (eps, lose) = (VPT_EPS as f32, (lr * weight_decay) as f32);
        self.each(w, g, computed, |w, m, v| {
            *w -= size * m / (v.sqrt() + eps);
            *w -= lose * *w;
        });
    }

    /// A step on the sphere of rows of mean 0 and length `sqrt(d)`. It is Adam on the part of the
    /// gradient that turns the row, with one second moment for all of it, which `second` has in every
    /// place; where gradients agree, the row turns by `lr` radians.
    pub(super) fn turn(self, w: &mut [f32], g: &[f32], lr: f64) {
        let d = w.len() as f64;
        let sum = |values: &mut dyn Iterator<Item = f64>| values.sum::<f64>() / d;
        let mean = sum(&mut g.iter().map(|&g| f64::from(g)));
        let along = sum(&mut g.iter().zip(&*w).map(|(&g, &w)| f64::from(g) * f64::from(w)));
        let turning = |(&g, &w): (&f32, &f32)| f64::from(g) - mean - along * f64::from(w);
        let square = sum(&mut g.iter().zip(&*w).map(turning).map(|t| t * t));
        for (m, pair) in self.first.iter_mut().zip(g.iter().zip(&*w)) {
            *m += ((1.0 - BETAS.0) * (turning(pair) - f64::from(*m))) as f32;
        }
        let old = self.second.first().map_or(0.0, |&v| f64::from(v));
        let v = BETAS.1 * old + (1.0 - BETAS.1) * square;
        self.second.fill(v as f32);
        // What was tangent where the row stood before is not quite so here.
        let along =
            sum(&mut self.first.iter().zip(&*w).map(|(&m, &w)| f64::from(m) * f64::from(w)));
        let way: Vec<f64> = self
            .first
            .iter()
            .zip(&*w)
            .map(|(&m, &w)| f64::from(m) - along * f64::from(w))
            .collect();
        let size = sum(&mut way.iter().map(|x| x * x)).sqrt();
        if size == 0.0 {
            return;
        }
        let [first, second] = [BETAS.0, BETAS.1].map(|beta| correction(beta, self.steps));
        let angle = lr * size / first / ((v / second).sqrt() + EPS);
        let (sin, cos) = angle.sin_cos();
        for (w, way) in w.iter_mut().zip(&way) {
            *w = (cos * f64::from(*w) - sin * way / size) as f32;
        }
        to_sphere(w);
    }

    /// Kingma and Ba, ICLR 2015, with bias correction.
    fn plain(self, w: &mut [f32], g: &[f32], lr: f64, gradient: impl Fn(f32, f32) -> f32) {
        let size = (lr / correction(BETAS.0, self.steps)) as f32;
        let root = correction(BETAS.1, self.steps).sqrt() as f32;
        self.each(w, g, gradient, |w, m, v| *w -= size * m / (v.sqrt() / root + EPS as f32));
    }

    /// Updates the running means by `gradient`, which is made of what was computed and of the
    /// parameter; then moves each parameter by its own means.
    fn each(
        self,
        w: &mut [f32],
        g: &[f32],
        gradient: impl Fn(f32, f32) -> f32,
        step: impl Fn(&mut f32, f32, f32),
    ) {
        let (rate1, beta2) = ((1.0 - BETAS.0) as f32, BETAS.1 as f32);
        let rate2 = (1.0 - BETAS.1) as f32;
        let moments = self.first.iter_mut().zip(self.second);
        for ((w, &g), (m, v)) in w.iter_mut().zip(g).zip(moments) {
            let g = gradient(g, *w);
            *m += rate1 * (g - *m);
            *v = beta2 * *v + rate2 * g * g;
            step(w, *m, *v);
        }
    }
}

/// The gradient as it was computed.
fn computed(g: f32, _: f32) -> f32 {
    g
}

/// What a running mean that started at 0 lacks of a mean after so many steps.
pub(in crate::math) fn correction(beta: f64, steps: u64) -> f64 {
    1.0 - beta.powf(steps as f64)
}
