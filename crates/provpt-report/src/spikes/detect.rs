use provpt_runs::StepRecord;

use super::{THRESHOLD, WINDOW, window::Usual};

/// Flagged steps with at most one quiet step between them are one spike.
const APART: usize = 2;

/// One spike: some steps next to each other. Indices are those of the list of steps.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Spike {
    /// Its first step.
    pub(crate) start: usize,
    /// Its last step.
    pub(crate) end: usize,
    /// The step with the largest z-score.
    pub(crate) peak: usize,
    /// The largest z-score of the loss.
    pub(crate) loss_z: f64,
    /// The largest z-score of the gradient norm's logarithm.
    pub(crate) grad_z: f64,
    /// Steps from the first until the loss is at most the median + 3 widths of the steps before
    /// the spike; none if it never was again, 0 if it never left.
    pub(crate) recovery: Option<usize>,
}

impl Spike {
    /// The larger of both.
    pub(crate) fn z(&self) -> f64 {
        self.loss_z.max(self.grad_z)
    }
}

/// How far each signal of a step lies above what was usual before it; -inf where that is unknown.
struct Heights {
    loss: f64,
    grad: f64,
}

impl Heights {
    fn largest(&self) -> f64 {
        self.loss.max(self.grad)
    }
}

/// The spikes of a run, in order.
pub(crate) fn find(steps: &[StepRecord]) -> Vec<Spike> {
    let heights: Vec<Heights> = (0..steps.len()).map(|at| heights(steps, at)).collect();
    let flagged: Vec<usize> =
        (0..steps.len()).filter(|&at| heights[at].largest() >= THRESHOLD).collect();
    flagged
        .chunk_by(|before, after| after - before <= APART)
        .map(|event| spike(steps, &heights, event))
        .collect()
}

fn spike(steps: &[StepRecord], heights: &[Heights], event: &[usize]) -> Spike {
    let (start, end) = (event[0], event[event.len() - 1]);
    let over = |signal: fn(&Heights) -> f64| {
        event.iter().map(|&at| signal(&heights[at])).fold(f64::NEG_INFINITY, f64::max)
    };
    let first_highest =
        event.iter().rev().max_by(|&&a, &&b| heights[a].largest().total_cmp(&heights[b].largest()));
    Spike {
        start,
        end,
        peak: first_highest.copied().unwrap_or(start),
        loss_z: over(|h| h.loss),
        grad_z: over(|h| h.grad),
        recovery: recovery(steps, start),
    }
}

fn heights(steps: &[StepRecord], at: usize) -> Heights {
    let z = |usual: Option<Usual>, value: f64| match usual {
        Some(usual) if value.is_finite() => usual.z(value),
        _ => f64::NEG_INFINITY,
    };
    let step = &steps[at];
    Heights { loss: z(usual_loss(steps, at), step.loss), grad: z(usual_grad(steps, at), log(step)) }
}

fn before(steps: &[StepRecord], at: usize) -> &[StepRecord] {
    &steps[at.saturating_sub(WINDOW)..at]
}

/// A batch loss is never known better than to 2 % or a thousandth.
fn usual_loss(steps: &[StepRecord], at: usize) -> Option<Usual> {
    let floor = |median: f64| (0.02 * median.abs()).max(1e-3);
    Usual::of(before(steps, at).iter().map(|step| step.loss), floor)
}

/// Nor a gradient norm than to 5 %.
fn usual_grad(steps: &[StepRecord], at: usize) -> Option<Usual> {
    Usual::of(before(steps, at).iter().map(log), |_| 0.05)
}

fn log(step: &StepRecord) -> f64 {
    step.grad_norm.ln()
}

fn recovery(steps: &[StepRecord], start: usize) -> Option<usize> {
    let limit = usual_loss(steps, start)?.upper();
    let left = steps[start..].iter().position(|step| step.loss > limit || step.loss.is_nan());
    match left {
        None => Some(0),
        Some(left) => {
            let back = steps[start + left..].iter().position(|step| step.loss <= limit)?;
            Some(left + back)
        }
    }
}

#[cfg(test)]
#[path = "detect_tests.rs"]
mod tests;
