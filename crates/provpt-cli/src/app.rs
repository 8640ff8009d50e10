//! What every command is handed.

use provpt::config::Config;

use crate::args::Global;
use crate::failure::Failure;
use crate::logging::RunLog;
use crate::terminal::Terminal;

/// The program while it runs: where to speak, where to log, and the global options.
pub(crate) struct App {
    pub(crate) terminal: Terminal,
    pub(crate) log: RunLog,
    threads: Option<usize>,
}

impl App {
    pub(crate) fn new(global: &Global) -> Self {
        let terminal = Terminal::new(global.quiet);
        let log = crate::logging::start(global, &terminal);
        Self { terminal, log, threads: global.threads }
    }

    /// The overrides, and `--threads` as one more of them, which wins.
    pub(crate) fn overrides(&self, given: &[String]) -> Vec<String> {
        let threads = self.threads.map(|threads| format!("threads={threads}"));
        given.iter().cloned().chain(threads).collect()
    }

    /// Tells what is assumed, left out or remarkable.
    pub(crate) fn tell_assumptions(&self, assumptions: &[String]) {
        for line in assumptions {
            self.terminal.note(&format!("note: {line}"));
        }
    }

    /// Makes `--threads` hold for all that the libraries do in parallel.
    pub(crate) fn limit_threads(&self) -> Result<(), Failure> {
        let Some(threads) = self.threads else { return Ok(()) };
        let config = Config { threads, ..Config::default() };
        config.warnings().iter().for_each(|line| self.terminal.note(&format!("note: {line}")));
        let threads = config.thread_count();
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
        pool.map_err(|error| Failure::usage(format!("--threads: {error}")))
    }

    /// As `--threads` says; 0: one per core.
    pub(crate) fn threads(&self) -> usize {
        self.threads.unwrap_or(0)
    }

    /// For commands that go by a run's own number of threads.
    pub(crate) fn refuse_threads(&self, command: &str) -> Result<(), Failure> {
        match self.threads {
            None => Ok(()),
            Some(got) => Err(Failure::usage(format!(
                "--threads: expected nothing, as {command} goes by the run's own, got {got}"
            ))),
        }
    }
}
