//! `provpt doctor`: what a bug report needs, on one page.

mod checks;
mod machine;

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use crate::app::App;
use crate::failure::Failure;

use checks::Check;
use machine::Fact;

/// Tell about this machine and this program, and test both for some seconds: for bug reports
#[derive(Debug, Args)]
#[command(after_help = "Example:
  provpt doctor --json > report.json

The exit code is 1 if a test fails.")]
pub(crate) struct Doctor {
    /// Where runs are to be written: writing and renaming is tested there
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    output: PathBuf,
    /// Print one line of JSON
    #[arg(long)]
    json: bool,
}

/// All that is told.
#[derive(Serialize)]
struct Findings {
    facts: Vec<Fact>,
    checks: Vec<Check>,
}

impl Doctor {
    pub(crate) fn run(&self, app: &App) -> Result<(), Failure> {
        app.limit_threads()?;
        let facts = machine::facts(app.threads());
        let checks = checks::all(&self.output, app.threads());
        let failed: Vec<&str> =
            checks.iter().filter(|check| !check.passed).map(|check| check.name).collect();
        let failed = failed.join(", ");
        let findings = Findings { facts, checks };
        let told = match self.json {
            true => app.terminal.json(&findings),
            false => app.terminal.result(&findings.text()),
        };
        if failed.is_empty() { told } else { Err(Failure::Unwell { failed }) }
    }
}

impl Findings {
    fn text(&self) -> String {
        let facts = self.facts.iter().map(|Fact { name, value }| format!("{name:<11}{value}"));
        let checks = self.checks.iter().map(|Check { name, passed, seconds, told }| {
            let word = if *passed { "ok" } else { "FAILED" };
            format!("{name:<11}{word:<8}{seconds:5.2} s  {told}")
        });
        facts.chain([String::new()]).chain(checks).collect::<Vec<_>>().join("\n")
    }
}
