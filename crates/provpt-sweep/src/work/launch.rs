//! The command line of a trial.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use provpt_runs::RunFolder;

use crate::Place;

/// Seconds for which a trial waits for the process that had its folder before.
const LOCK_WAIT: &str = "60";

/// The program that runs a trial.
#[derive(Debug, Clone)]
pub struct Launcher {
    argv: Vec<OsString>,
}

/// How a trial is started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Start {
    /// By this configuration.
    Fresh(PathBuf),
    /// From its checkpoint.
    Resume,
}

impl Launcher {
    /// A program, with arguments, that takes those of `provpt train` behind them.
    ///
    /// It must end when its standard input does, which it is told by `PROVPT_LIFELINE=stdin`: so it
    /// does not outlive its worker. It writes `result.json` last, and can go on from a kill at any
    /// moment.
    pub fn new(argv: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        Self { argv: argv.into_iter().map(Into::into).collect() }
    }

    pub(super) fn command(
        &self,
        run: &RunFolder,
        start: &Start,
        until: Option<usize>,
        place: &Place,
    ) -> Command {
        let mut command =
            Command::new(self.argv.first().map_or("provpt".as_ref(), |p| p.as_os_str()));
        command.args(self.argv.iter().skip(1)).args(["train", "--quiet"]);
        if let Some(epochs) = until {
            command.arg("--stop-after").arg(epochs.to_string());
        }
        match start {
            Start::Resume => command.arg("--resume").arg(run.path()),
            Start::Fresh(config) => command.arg(config).arg(output(run.path())),
        };
        // What a trial is does not depend on it: one may go on elsewhere.
        command.args(place.device.iter().map(|device| format!("device={device}")));
        command.env("PROVPT_LIFELINE", "stdin").env("PROVPT_LOCK_WAIT", LOCK_WAIT);
        command
    }
}

fn output(path: &Path) -> OsString {
    let mut setting = OsString::from("output_dir=");
    setting.push(path);
    setting
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trial_is_an_argv() {
        let launcher = Launcher::new(["nice", "provpt"]);
        let run = RunFolder::at("s/trials/a");
        let line = |start: Start, until, device: Option<&str>| {
            let place = Place { device: device.map(str::to_owned) };
            let command = launcher.command(&run, &start, until, &place);
            let arguments = command.get_args().map(|a| a.to_string_lossy().into_owned());
            format!(
                "{} {}",
                command.get_program().display(),
                arguments.collect::<Vec<_>>().join(" ")
            )
        };
        let fresh = Start::Fresh("s/claims/a/config.toml".into());
        assert_eq!(
            line(fresh.clone(), None, None),
            "nice provpt train --quiet s/claims/a/config.toml output_dir=s/trials/a"
        );
        assert_eq!(
            line(Start::Resume, Some(3), None),
            "nice provpt train --quiet --stop-after 3 --resume s/trials/a"
        );
        assert_eq!(
            line(fresh, None, Some("gpu:1")),
            "nice provpt train --quiet s/claims/a/config.toml output_dir=s/trials/a device=gpu:1"
        );
        assert_eq!(
            line(Start::Resume, None, Some("cpu")),
            "nice provpt train --quiet --resume s/trials/a device=cpu"
        );
    }
}
