//! Losses, accuracies, learning rate and gradient norm over epochs.

use maud::{Markup, html};
use provpt_runs::{EpochRecord, Metrics};

use super::{
    chart::{LineChart, Series},
    format,
};

/// The four charts of a training.
pub(crate) fn section(metrics: &Metrics) -> Markup {
    if metrics.is_empty() {
        return html! {};
    }
    let epochs: Vec<usize> = metrics.iter().map(|record| record.epoch + 1).collect();
    let chart = |title, label, series| LineChart { title, epochs: &epochs, series, label }.render();
    let curve = |name, hue, value: fn(&EpochRecord) -> Option<f64>| Series {
        name,
        hue,
        values: metrics.iter().map(value).collect(),
    };
    let losses = vec![
        curve("train", 1, |e| Some(e.train_loss)),
        curve("scoring", 4, |e| e.score_loss),
        curve("val", 2, |e| e.val.map(|v| v.loss)),
    ];
    let accuracies = vec![
        curve("train", 1, |e| Some(100.0 * e.train_top1)),
        curve("val", 2, |e| Some(100.0 * e.val?.accuracy()?)),
    ];
    html! {
        section {
            h2 { "Training" }
            p.hint { "Over epochs; the number beside a name is its last value." }
            div.grid {
                (chart("Loss", format::number, losses))
                (chart("Top-1 accuracy, %", one_decimal, accuracies))
                (chart("Learning rate", format::number, vec![curve("", 1, |e| Some(e.lr))]))
                (chart("Gradient norm before clipping", format::number,
                    vec![curve("", 1, |e| Some(e.grad_norm))]))
            }
        }
    }
}

fn one_decimal(value: Option<f64>) -> String {
    value.map_or(format::MISSING.to_owned(), |v| format!("{v:.1}"))
}
