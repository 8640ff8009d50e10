//! One page that shows a whole run: a single HTML file with its styles and pictures inside. It
//! needs no network and no script, follows the reader's light or dark scheme, and prints.

mod axis;
pub(crate) mod cells;
mod chart;
mod classes;
mod curves;
pub(crate) mod format;
mod headline;
pub(crate) mod heatmap;
mod live;
mod moves;
pub(crate) mod prompts;
mod scatter;
mod spikes;
pub(crate) mod table;
mod truth;

pub use live::LiveReport;

use maud::{DOCTYPE, Markup, PreEscaped, html};
use provpt_runs::{
    Error, IdlenessStudy, Metrics, RunFailure, RunFolder, RunResult, Steps, atomic, if_there,
};

const STYLE: &str = include_str!("style.css");

/// What a page is made of. What is missing is left out of it.
#[derive(Debug, Clone, Copy)]
pub struct ReportInput<'a> {
    /// The page's title.
    pub title: &'a str,
    /// The text of `config.toml`.
    pub config_toml: &'a str,
    /// The epochs so far.
    pub metrics: &'a Metrics,
    /// The training steps, if they were recorded.
    pub steps: Option<&'a Steps>,
    /// The result, once the run is finished.
    pub result: Option<&'a RunResult>,
    /// The idleness study, if one was made.
    pub study: Option<&'a IdlenessStudy>,
    /// The error that ended the run, if one did.
    pub failure: Option<&'a str>,
}

/// The page as HTML. Everything that comes from outside (names, configuration) is escaped.
pub fn render(input: &ReportInput<'_>) -> String {
    page(input.title, &body(input))
}

/// A page around `body`, with everything it needs inside.
pub(crate) fn page(title: &str, body: &Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body { main { (body) } }
        }
    };
    page.into_string()
}

fn body(input: &ReportInput<'_>) -> Markup {
    html! {
        (headline::section(input))
        (curves::section(input.metrics))
        (prompts::distribution(input.metrics))
        (prompts::idleness(input.metrics))
        (moves::section(input.metrics))
        @if let Some(steps) = input.steps { (spikes::section(steps, input.metrics)) }
        @if let Some(result) = input.result { (classes::section(result)) }
        @if let Some(study) = input.study { (truth::section(study)) }
        section {
            h2 { "Configuration" }
            details {
                summary { "config.toml" }
                pre { code { (input.config_toml) } }
            }
        }
        @if let Some(result) = input.result { footer { "provpt " (result.version) } }
    }
}

/// Reads what the run has left so far and replaces its `report.html` atomically.
///
/// # Errors
/// Those of reading the configuration, or of reading any other file that is there; or
/// [`Error::Write`].
pub fn write(run: &RunFolder) -> Result<(), Error> {
    let config = config_text(run)?;
    let metrics = if_there(&run.metrics(), Metrics::load)?.unwrap_or_default();
    let steps = if_there(&run.steps(), Steps::load)?;
    let result = if_there(&run.result(), RunResult::load)?;
    let study = if_there(&run.study(), IdlenessStudy::load)?;
    let failure = if_there(&run.failure(), RunFailure::load)?.map(|failure| failure.reason);
    let page = render(&ReportInput {
        title: &title(run, result.as_ref()),
        config_toml: &config,
        metrics: &metrics,
        steps: steps.as_ref(),
        result: result.as_ref(),
        study: study.as_ref(),
        failure: failure.as_deref(),
    });
    atomic::write(&run.report(), page.as_bytes())
}

fn config_text(run: &RunFolder) -> Result<String, Error> {
    let path = run.config();
    std::fs::read_to_string(&path).map_err(|cause| Error::Read { path, cause })
}

fn title(run: &RunFolder, result: Option<&RunResult>) -> String {
    match result {
        Some(result) => format!("{} on {}", result.method, result.task),
        None => run.name(),
    }
}

/// One tag per line, for tests that show pieces of a page.
#[cfg(test)]
fn lines(html: &str) -> String {
    html.replace("><", ">\n<")
}
