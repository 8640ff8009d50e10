//! The commands, a file each.

mod completions;
mod config;
mod data;
mod demo;
mod devices;
mod doctor;
mod eval;
mod features;
mod predict;
mod report;
mod study;
mod sweep;
mod train;
#[cfg(feature = "watch")]
mod watch;
mod weights;

use clap::Subcommand;

use crate::app::App;
use crate::failure::Failure;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Train(train::Train),
    Eval(eval::Eval),
    Predict(predict::Predict),
    Features(features::Features),
    #[command(subcommand)]
    Data(data::DataCommand),
    #[command(subcommand)]
    Config(config::ConfigCommand),
    #[command(subcommand)]
    Weights(weights::WeightsCommand),
    #[command(subcommand)]
    Study(study::StudyCommand),
    #[command(subcommand)]
    Sweep(sweep::SweepCommand),
    Report(report::Report),
    #[cfg(feature = "watch")]
    Watch(watch::Watch),
    Demo(demo::Demo),
    Devices(devices::Devices),
    Doctor(doctor::Doctor),
    Completions(completions::Completions),
}

pub(crate) fn run(command: &Command, app: &App) -> Result<(), Failure> {
    match command {
        Command::Train(train) => train.run(app),
        Command::Eval(eval) => eval.run(app),
        Command::Predict(predict) => predict.run(app),
        Command::Features(features) => features.run(app),
        Command::Data(data) => data.run(app),
        Command::Config(config) => config.run(app),
        Command::Weights(weights) => weights.run(app),
        Command::Study(study) => study.run(app),
        Command::Sweep(sweep) => sweep.run(app),
        Command::Report(report) => report.run(app),
        #[cfg(feature = "watch")]
        Command::Watch(watch) => watch.run(app),
        Command::Demo(demo) => demo.run(app),
        Command::Devices(devices) => devices.run(app),
        Command::Doctor(doctor) => doctor.run(app),
        Command::Completions(completions) => completions.run(app),
    }
}
