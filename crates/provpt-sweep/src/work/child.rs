//! A trial's process.

use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::Error;

/// For how long a trial may take to end when it is asked to.
const GRACE: Duration = Duration::from_secs(10);

/// A process that ends when this worker does: we hold the other end of its standard input.
pub(super) struct Child {
    process: std::process::Child,
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exit {
    Success,
    Code(i32),
    Signal(i32),
}

impl Child {
    /// Starts it; what it says to stderr goes to a file.
    pub(super) fn start(mut command: Command, said: &Path) -> Result<Self, Error> {
        let stderr = fs_err::File::create(said)?.into_parts().0;
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(stderr);
        apart(&mut command);
        let process = command.spawn().map_err(|error| {
            let program = command.get_program().display();
            std::io::Error::new(error.kind(), format!("{program}: cannot start: {error}"))
        })?;
        Ok(Self { process })
    }

    /// Its number.
    pub(super) fn id(&self) -> u32 {
        self.process.id()
    }

    /// How it ended, if it did.
    pub(super) fn poll(&mut self) -> Result<Option<Exit>, Error> {
        Ok(self.process.try_wait()?.map(exit))
    }

    /// Asks it to end, and makes it if it does not.
    pub(super) fn end(&mut self) -> Exit {
        drop(self.process.stdin.take());
        let asked = Instant::now();
        while asked.elapsed() < GRACE {
            if let Ok(Some(status)) = self.process.try_wait() {
                return exit(status);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        self.kill()
    }

    /// Ends it at once.
    pub(super) fn kill(&mut self) -> Exit {
        // An error means that it has ended.
        let _ = self.process.kill();
        self.process.wait().map_or(Exit::Signal(9), exit)
    }
}

impl Drop for Child {
    /// Whatever happens here, no process is left behind.
    fn drop(&mut self) {
        if !matches!(self.process.try_wait(), Ok(Some(_))) {
            self.kill();
        }
    }
}

/// In a group of its own: an interrupt typed at a terminal is for the worker, which passes it on.
#[cfg(unix)]
fn apart(command: &mut Command) {
    use std::os::unix::process::CommandExt;
    command.process_group(0);
}

#[cfg(not(unix))]
fn apart(_: &mut Command) {}

fn exit(status: ExitStatus) -> Exit {
    match status.code() {
        Some(0) => Exit::Success,
        Some(code) => Exit::Code(code),
        None => Exit::Signal(signal(status)),
    }
}

#[cfg(unix)]
fn signal(status: ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt;
    status.signal().unwrap_or_default()
}

#[cfg(not(unix))]
fn signal(_: ExitStatus) -> i32 {
    0
}
