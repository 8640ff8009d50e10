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
    /// Whether the loss spiked, not the gradient norm alone.
    pub(crate) fn of_loss(&self) -> bool {
        self.loss_z >= THRESHOLD
    }

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
    let (step, narrower) = (&steps[at], narrower(steps, at));
    // A gradient norm is never known better than to 5 %.
    let grad = z(usual(steps, at, log, |_| 0.05), log(step) + narrower.ln());
    Heights { loss: narrower * loss_height(steps, at), grad }
}

/// How far the loss of a step lies above what is usual.
fn loss_height(steps: &[StepRecord], at: usize) -> f64 {
    let (step, rise_of_step) = (&steps[at], rise(&steps[at]));
    let Some(loss) = usual_loss(steps, at) else { return f64::NEG_INFINITY };
    match usual(steps, at, rise, |_| floor(loss.median())) {
        _ if !step.loss.is_finite() => f64::NEG_INFINITY,
        Some(usual) if rise_of_step.is_finite() => usual.z(rise_of_step),
        // While few images were seen before: whatever a batch lost that it lost before, too, is usual.
        _ => loss.z(step.loss).min(loss.z(loss.median() + rise_of_step)),
    }
}

/// A batch of fewer images than those before it, the last of an epoch, has a wider spread: by as much
/// what it has counts less, and its gradient norm is larger.
fn narrower(steps: &[StepRecord], at: usize) -> f64 {
    let most = before(steps, at).iter().map(|step| step.images).max().unwrap_or_default();
    let images = steps[at].images;
    if images < most { (images as f64 / most as f64).sqrt() } else { 1.0 }
}

/// How much more a batch lost than the same images did an epoch before; NaN where that is unknown.
fn rise(step: &StepRecord) -> f64 {
    step.loss_before.map_or(f64::NAN, |before| step.loss - before)
}

fn log(step: &StepRecord) -> f64 {
    step.grad_norm.ln()
}

fn before(steps: &[StepRecord], at: usize) -> &[StepRecord] {
    &steps[at.saturating_sub(WINDOW)..at]
}

/// What is usual of a number of steps.
fn usual(
    steps: &[StepRecord],
    at: usize,
    of: impl Fn(&StepRecord) -> f64,
    floor: impl Fn(f64) -> f64,
) -> Option<Usual> {
    Usual::of(before(steps, at).iter().map(of), floor)
}

fn usual_loss(steps: &[StepRecord], at: usize) -> Option<Usual> {
    usual(steps, at, |step| step.loss, floor)
}

/// A batch loss is never known better than to 2 % or a thousandth.
fn floor(loss: f64) -> f64 {
    (0.02 * loss.abs()).max(1e-3)
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
