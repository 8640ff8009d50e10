//! The files that show a run while it goes on: `report.html`, and TensorBoard's events.

use std::path::{Path, PathBuf};

use provpt::config::Config;
use provpt::{Event, Observer};
use provpt_report::report::LiveReport;
use provpt_runs::{EpochRecord, Error, RunFailure, RunFolder};

use crate::app::App;
use crate::events::EventFile;
use crate::failure::Failure;
use crate::logging::STORY;

/// Draws a run. What cannot be written does not stop the run; it is told at once, and is a failure
/// once the run has ended.
pub(crate) struct Pages<'a> {
    app: &'a App,
    folder: PathBuf,
    drawing: Option<Drawing>,
    warned: bool,
    /// Why the events are not written to their end.
    failure: Option<Error>,
}

/// What is drawn of a run that has begun.
struct Drawing {
    folder: RunFolder,
    report: LiveReport,
    events: Option<EventFile>,
}

impl<'a> Pages<'a> {
    pub(crate) fn new(app: &'a App, folder: &Path) -> Self {
        Self { app, folder: folder.to_owned(), drawing: None, warned: false, failure: None }
    }

    /// Takes in how training ended, and draws what has not been drawn.
    pub(crate) fn end<T>(mut self, ended: Result<T, provpt::Error>) -> Result<T, Failure> {
        if let Some(mut drawing) = self.drawing.take() {
            match &ended {
                Ok(_) => drawing.report.catch_up()?,
                Err(error) => drawing.fail(&error.to_string()),
            }
        }
        let ended = ended?;
        self.failure.map_or(Ok(ended), |failure| Err(failure.into()))
    }

    /// Once: what cannot be written now cannot be written after the next epoch either.
    fn warn(&mut self, error: &Error) {
        if !std::mem::replace(&mut self.warned, true) {
            tracing::warn!(target: STORY, "{error}");
            self.app.terminal.note(&format!("warning: {error}"));
        }
    }

    fn open(&mut self, config: &Config, earlier: &[EpochRecord]) {
        let drawing = Drawing::open(&self.folder, config, earlier);
        let opened = drawing.and_then(|drawing| {
            let drawing = self.drawing.insert(drawing);
            if config.log.tensorboard { drawing.open_events() } else { Ok(()) }
        });
        if let Err(error) = opened {
            self.warn(&error);
            self.failure = Some(error);
        }
    }
}

impl Drawing {
    fn open(folder: &Path, config: &Config, earlier: &[EpochRecord]) -> Result<Self, Error> {
        let folder = RunFolder::open(folder)?;
        // What ended the run before is over. Mostly there is no such file.
        let _ = fs_err::remove_file(folder.failure());
        let report = LiveReport::open(&folder, earlier, config.log.steps)?;
        Ok(Self { folder, report, events: None })
    }

    fn open_events(&mut self) -> Result<(), Error> {
        let (path, report) = (self.folder.tensorboard(), &self.report);
        self.events = Some(EventFile::open(&path, report.metrics(), report.steps())?);
        Ok(())
    }

    /// Adds an epoch to the event file. One that could not be written is given up.
    fn push(&mut self, record: &EpochRecord) -> Result<(), Error> {
        let Some(mut events) = self.events.take() else { return Ok(()) };
        events.push(record, self.report.steps_of(record.epoch))?;
        self.events = Some(events);
        Ok(())
    }

    /// The error that ended the run is the one to tell: what goes wrong here is not.
    fn fail(&mut self, reason: &str) {
        let epochs = self.report.metrics().len();
        let failure = RunFailure { reason: reason.to_owned(), epochs };
        let _ = failure.store(&self.folder.failure());
        let _ = self.report.fail(reason);
    }
}

impl Observer for Pages<'_> {
    fn event(&mut self, event: &Event<'_>) {
        if let Event::Started { config, earlier, .. } = event {
            self.open(config, earlier);
        }
        let Some(drawing) = &mut self.drawing else { return };
        let drawn = match event {
            Event::Step(record) => {
                drawing.report.step(record);
                Ok(())
            }
            Event::Epoch(record) => drawing.report.epoch(record),
            Event::Finished(result) => drawing.report.finish(result),
            _ => Ok(()),
        };
        let written = match event {
            Event::Epoch(record) => drawing.push(record),
            _ => Ok(()),
        };
        if let Err(error) = drawn {
            self.warn(&error);
        }
        if let Err(error) = written {
            self.warn(&error);
            self.failure = Some(error);
        }
    }
}
