//! The update rules: one step of an array, or of some rows of it.

const BETAS: (f64, f64) = (0.9, 0.999);
/// Of PyTorch's Adam and AdamW.
const EPS: f64 = 1e-8;
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
fn correction(beta: f64, steps: u64) -> f64 {
    1.0 - beta.powf(steps as f64)
}
