//! A run that goes on is held to what it began with: backbone, pixels, classes and images.

use std::path::Path;

use provpt_data::{Reunited, Task, TaskRecord};
use provpt_vit::Backbone;

use crate::error::Error;
use crate::learn::adapter::AdapterConfig;
use crate::learn::preprocessing::PreprocessRecord;
use crate::setup::classes::with_classes;

/// What a run that goes on is held to.
#[derive(Clone, Copy)]
pub(crate) struct Begun<'a> {
    /// What it goes on from, for messages.
    pub(crate) path: &'a Path,
    /// What its adapter says of itself. None: it was killed before there was one.
    pub(crate) adapter: Option<&'a AdapterConfig>,
    /// Which images it began with. None: an earlier version did not write it down.
    pub(crate) data: Option<&'a TaskRecord>,
    /// Whether it may go on with other images.
    pub(crate) other_images: bool,
}

impl<'a> Begun<'a> {
    /// How it prepares images, on the backbone that it began with.
    pub(super) fn preprocessing(
        &self,
        backbone: &Backbone,
    ) -> Result<Option<&'a PreprocessRecord>, Error> {
        let Some(adapter) = self.adapter else { return Ok(None) };
        adapter.belongs_to(self.path, &backbone.architecture, &backbone.sha256)?;
        Ok(Some(&adapter.preprocessing))
    }

    /// The task as it was when the run began, and whether its images are others.
    pub(super) fn task(&self, task: Task) -> Result<(Task, bool), Error> {
        let (task, others) = match self.data {
            Some(data) => self.own_images(data, &task)?,
            None => (task, false),
        };
        let Some(adapter) = self.adapter else { return Ok((task, others)) };
        // Without a name of its own, a task is named after its folder, which may have moved.
        let task = Task { name: adapter.task.clone(), ..task };
        Ok((with_classes(&adapter.classes, task)?, others))
    }

    fn own_images(&self, data: &TaskRecord, task: &Task) -> Result<(Task, bool), Error> {
        let Reunited { mut task, differences } = data.reunite(task)?;
        let changes = differences.lines();
        if !changes.is_empty() && !self.other_images {
            return Err(Error::OtherImages { task: task.name, changes });
        }
        let others = !changes.is_empty();
        task.remarks.extend(changes);
        Ok((task, others))
    }
}
