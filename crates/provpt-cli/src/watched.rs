//! Training while people look on: with progress on the terminal, and with files to look at.

use std::path::Path;

use provpt::{Event, Observer};

use crate::app::App;
use crate::failure::Failure;
use crate::pages::Pages;
use crate::progress::Progress;

/// Trains the run in `folder` by `train`, which is handed who watches.
pub(crate) fn watched<T>(
    app: &App,
    folder: &Path,
    train: impl FnOnce(&mut dyn Observer) -> Result<T, provpt::Error>,
) -> Result<T, Failure> {
    let progress = Progress::new(app, folder);
    let mut both = Both { progress, pages: Pages::new(app, folder) };
    let ended = train(&mut both);
    both.pages.end(ended)
}

struct Both<'a> {
    progress: Progress<'a>,
    pages: Pages<'a>,
}

impl Observer for Both<'_> {
    fn event(&mut self, event: &Event<'_>) {
        self.progress.event(event);
        self.pages.event(event);
    }
}
