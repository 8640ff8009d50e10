//! The parts of a report.

mod halving;
mod pairs;
mod placement;
mod results;
mod sensitivity;
mod spikes;
mod trials;
mod values;

use provpt_runs::Error;
use serde_json::Value;

use super::document::Section;
use super::view::View;
use crate::report::format;
use crate::stats::Estimate;

pub(super) use results::section as results;

/// All of them, in order. Empty ones show nothing.
pub(super) fn all(view: &View<'_>) -> Result<Vec<Section>, Error> {
    Ok(vec![
        results::section(view),
        values::section(view),
        pairs::section(view),
        sensitivity::section(view),
        placement::section(view)?,
        halving::section(view),
        spikes::section(view)?,
        trials::section(view),
    ])
}

/// A fraction in points: `85.3`.
fn points(fraction: f64) -> String {
    format!("{:.1}", 100.0 * fraction)
}

/// `85.3 ± 0.4`.
fn spread(mean: f64, std: Option<f64>) -> String {
    match std {
        Some(std) => format!("{} ± {}", points(mean), points(std)),
        None => points(mean),
    }
}

fn estimate(estimate: Option<Estimate>) -> String {
    estimate.map_or(format::MISSING.to_owned(), |e| spread(e.mean, e.std))
}

/// A value of a configuration.
fn value(value: &Value) -> String {
    match value {
        Value::Number(number) => number.as_f64().map_or(number.to_string(), |f| f.to_string()),
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// A dotted key's last word.
fn short(key: &str) -> &str {
    key.rsplit('.').next().unwrap_or(key)
}
