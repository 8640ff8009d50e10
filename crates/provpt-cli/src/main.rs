//! The provpt program: arguments, progress, printing. It composes the libraries and computes
//! nothing itself.

mod app;
mod args;
mod commands;
mod events;
mod explain;
mod explain_backbone;
mod explain_data;
mod failure;
mod images;
mod late_bar;
mod lifeline;
mod logging;
mod matrix;
mod methods;
mod outputs;
mod overrides;
mod pages;
mod progress;
mod setting;
mod terminal;
mod watched;

use std::process::ExitCode;

use clap::Parser;
use provpt_report::text;

use crate::app::App;
use crate::args::Cli;
use crate::setting::SettingStyle;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let app = App::new(&cli.global);
    match commands::run(&cli.command, &app) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever read our output has seen enough.
        Err(failure) if failure.is_broken_pipe() => ExitCode::SUCCESS,
        Err(failure) => {
            let advice = explain::explain(&failure, SettingStyle::of(&cli.command));
            app.terminal.error(&failure, advice.hint.as_deref());
            ExitCode::from(advice.exit_code)
        }
    }
}
