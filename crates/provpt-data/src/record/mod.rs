//! What a task consisted of when a run began: which images, in which split, of which class. Files
//! change while runs last; by the record a run finds its own images again.

mod differences;
mod digest;
mod reunite;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use differences::Differences;
pub use digest::Digest;
pub use reunite::Reunited;

use crate::{Error, Split, Task};

/// The images of a task's splits, told by their content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskRecord {
    classes: Vec<String>,
    train: Vec<ImageRecord>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    val: Option<Vec<ImageRecord>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    test: Option<Vec<ImageRecord>>,
}

/// Name, label and content of an image: `["cats/1.jpg", 0, "96f0b1c2d3e4f506"]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct ImageRecord(String, usize, Digest);

impl TaskRecord {
    /// Reads every image's bytes.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn of(task: &Task) -> Result<Self, Error> {
        let option = |split: &Option<Split>| split.as_ref().map(images).transpose();
        Ok(Self {
            classes: task.classes.clone(),
            train: images(&task.train)?,
            val: option(&task.val)?,
            test: option(&task.test)?,
        })
    }

    /// The same without its test split.
    #[must_use]
    pub fn without_test(self) -> Self {
        Self { test: None, ..self }
    }

    /// The three splits by name; none where the task had no such split.
    fn parts(&self) -> [(&'static str, Option<&[ImageRecord]>); 3] {
        [
            ("train", Some(&self.train[..])),
            ("val", self.val.as_deref()),
            ("test", self.test.as_deref()),
        ]
    }
}

fn images(split: &Split) -> Result<Vec<ImageRecord>, Error> {
    let digests = split.digests()?;
    let images = split.names().iter().zip(split.labels()).zip(digests);
    Ok(images.map(|((name, &label), digest)| ImageRecord(name.clone(), label, digest)).collect())
}
