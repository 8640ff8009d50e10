use std::{ops::Deref, path::Path};

use serde::{Deserialize, Serialize};

use super::lines;
use crate::{
    Error,
    number::{list_or_nan, or_nan},
};

/// What one training step brought: a line of `steps.jsonl`. A number that is not finite is `null`
/// in the file and NaN when read back.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct StepRecord {
    /// Counted from 0.
    pub epoch: usize,
    /// Counted from 0 within the epoch.
    pub step: usize,
    /// Images of the batch; 0 in records of earlier versions.
    #[serde(default)]
    pub images: usize,
    /// Mean cross-entropy of the batch, nats.
    #[serde(deserialize_with = "or_nan")]
    pub loss: f64,
    /// Mean loss of the same images in the steps that saw them last, an epoch before. None where one
    /// was not seen yet, and in records of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loss_before: Option<f64>,
    /// Global gradient norm before clipping, over all that is trained.
    #[serde(deserialize_with = "or_nan")]
    pub grad_norm: f64,
    /// Norm of the head's gradient before clipping.
    #[serde(deserialize_with = "or_nan")]
    pub head_grad_norm: f64,
    /// `[L]` norm of the gradient of each block's prompts before clipping. Empty for a method
    /// without prompts in blocks.
    #[serde(default, deserialize_with = "list_or_nan")]
    pub block_grad_norm: Vec<f64>,
    /// `[L]` norm of each block's prompts, all together, before the step. Empty likewise.
    #[serde(default, deserialize_with = "list_or_nan")]
    pub prompt_norm: Vec<f64>,
    /// The learning rate of the step.
    #[serde(deserialize_with = "or_nan")]
    pub lr: f64,
    /// `[L]` largest angle by which the step turned one of each block's prompts, less its mean,
    /// radians. Empty likewise, and in records of earlier versions.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "list_or_nan")]
    pub block_turn: Vec<f64>,
}

/// A run's training steps in order: `steps.jsonl`, one JSON object per line.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Steps(Vec<StepRecord>);

impl Steps {
    /// Reads the file. An unfinished last line, as a kill may leave one, is ignored.
    ///
    /// # Errors
    /// [`Error::Read`], or [`Error::MalformedLine`] for any other line that is not a record.
    pub fn load(path: &Path) -> Result<Self, Error> {
        lines::load(path, "the record of a training step").map(Self)
    }

    /// Reads the steps in front of `epoch` (counted from 0). What comes behind them, the steps of a
    /// run that was killed, may be damaged.
    ///
    /// # Errors
    /// [`Error::Read`].
    pub fn load_before(path: &Path, epoch: usize) -> Result<Self, Error> {
        let bytes =
            std::fs::read(path).map_err(|cause| Error::Read { path: path.to_owned(), cause })?;
        let whole = bytes.split_inclusive(|&byte| byte == b'\n').filter(|l| l.ends_with(b"\n"));
        let steps = whole.map_while(|line| serde_json::from_slice(line).ok());
        Ok(Self(steps.take_while(|step: &StepRecord| step.epoch < epoch).collect()))
    }

    /// Adds the record of the next step.
    pub fn push(&mut self, record: StepRecord) {
        self.0.push(record);
    }

    /// Replaces the whole file atomically.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub fn store(&self, path: &Path) -> Result<(), Error> {
        lines::store(path, &self.0)
    }
}

impl Deref for Steps {
    type Target = [StepRecord];

    fn deref(&self) -> &[StepRecord] {
        &self.0
    }
}

impl From<Vec<StepRecord>> for Steps {
    fn from(records: Vec<StepRecord>) -> Self {
        Self(records)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn steps() -> Steps {
        let step = |index: usize| StepRecord {
            epoch: index / 2,
            step: index % 2,
            loss: 1.25,
            grad_norm: f64::NAN,
            block_grad_norm: vec![0.5, f64::INFINITY],
            prompt_norm: vec![2.0, 3.0],
            ..StepRecord::default()
        };
        Steps::from((0..5).map(step).collect::<Vec<_>>())
    }

    #[test]
    fn steps_come_back_and_what_is_not_finite_is_nan() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("steps.jsonl");
        steps().store(&path).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert!(
            text.starts_with(r#"{"epoch":0,"step":0,"images":0,"loss":1.25,"grad_norm":null,"#),
            "{text}"
        );
        let loaded = Steps::load(&path).unwrap();
        assert_eq!((loaded.len(), loaded[4].epoch, loaded[3].step), (5, 2, 1));
        assert!(loaded[0].grad_norm.is_nan() && loaded[0].block_grad_norm[1].is_nan());
        assert_eq!(loaded[0].prompt_norm, [2.0, 3.0]);
    }

    #[test]
    fn steps_in_front_of_an_epoch_are_read_whatever_comes_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("steps.jsonl");
        steps().store(&path).unwrap();
        assert_eq!(Steps::load_before(&path, 1).unwrap().len(), 2);
        assert_eq!(Steps::load_before(&path, 9).unwrap().len(), 5);
        let mut bytes = fs::read(&path).unwrap();
        bytes.extend(b"\xff not a record\n{\"epoch\":2");
        fs::write(&path, bytes).unwrap();
        assert_eq!(Steps::load_before(&path, 9).unwrap().len(), 5);
    }

    #[test]
    fn an_unfinished_last_line_is_ignored_and_another_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("steps.jsonl");
        steps().store(&path).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, &text[..text.len() - 9]).unwrap();
        assert_eq!(Steps::load(&path).unwrap().len(), 4);
        fs::write(&path, text.replacen("\"epoch\":1", "\"epoch\":-1", 1)).unwrap();
        let message = Steps::load(&path).unwrap_err().to_string();
        let expected = "steps.jsonl:3: malformed line: expected the record of a training step, got";
        assert!(message.contains(expected), "{message}");
    }
}
