use std::path::Path;

use provpt_runs::{Score, Seconds};
use serde::Deserialize;

/// What is shown of an epoch.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Point {
    /// Counted from 0.
    pub epoch: usize,
    /// Mean cross-entropy over the epoch's training steps, nats.
    pub train_loss: f64,
    /// Fraction of training samples classified right while tuning.
    pub train_top1: f64,
    /// On the validation images, if there are any.
    pub val: Option<Score>,
    /// Wall-clock seconds.
    pub seconds: f64,
}

/// A run's epochs so far, without what is too much to look at.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Curve {
    /// In order.
    pub points: Vec<Point>,
    /// `[L]` prompts in each block after the last epoch. Empty for a method without prompts.
    pub distribution: Vec<usize>,
}

/// A line of `metrics.jsonl`, without the long lists in it. A number that is not finite is `null`.
#[derive(Deserialize)]
struct Line {
    epoch: usize,
    train_loss: Option<f64>,
    train_top1: Option<f64>,
    val: Option<Score>,
    #[serde(default)]
    distribution: Vec<usize>,
    #[serde(default)]
    seconds: Seconds,
}

impl Curve {
    /// Reads `metrics.jsonl` as far as it can be read; nothing if there is none.
    pub fn load(path: &Path) -> Self {
        let bytes = std::fs::read(path).unwrap_or_default();
        let mut curve = Self::default();
        for line in bytes.split(|&byte| byte == b'\n') {
            let Ok(line) = serde_json::from_slice::<Line>(line) else { continue };
            curve.distribution = line.distribution;
            curve.points.push(Point {
                epoch: line.epoch,
                train_loss: line.train_loss.unwrap_or(f64::NAN),
                train_top1: line.train_top1.unwrap_or(f64::NAN),
                val: line.val,
                seconds: line.seconds.total(),
            });
        }
        curve
    }
}
