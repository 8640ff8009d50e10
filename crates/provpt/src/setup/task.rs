//! From a configuration to the task that it names.

use std::path::Path;

use provpt_data::{Decoding, Task, TaskSpec};

use crate::config::Config;
use crate::error::Error;

/// Opens the task that a configuration names.
pub(crate) fn open(config: &Config) -> Result<Task, Error> {
    let data = &config.data;
    let spec = TaskSpec {
        path: data.datapath.clone(),
        number_classes: data.number_classes,
        train: data.train_split,
        val_fraction: data.val_fraction,
        test_fraction: data.test_fraction,
        percentage: data.percentage,
        check_sizes: data.check_sizes,
        seed: 0,
        name: data.name.clone(),
    };
    let mut task = provpt_data::open(&spec)?.decoded_with(Decoding { exif: data.exif_rotation });
    if !data.test {
        task.test = None;
    }
    Ok(match &data.datapath {
        Some(path) if data.name.is_empty() => named_after_folder(task, path),
        _ => task,
    })
}

/// A name for a task whose user gave none. Of no other meaning: a folder that happens to be called
/// like a published task is not taken for it.
fn named_after_folder(task: Task, path: &Path) -> Task {
    let path = std::path::absolute(path).unwrap_or_default();
    let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into());
    Task { name, ..task }
}
