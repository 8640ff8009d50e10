//! What an epoch and its steps come to as events.

use provpt_runs::{EpochRecord, StepRecord};

use super::event::{Event, Histogram, Summary, Value};

/// Where a run is: seconds since 1970, less the time it lay idle, and training steps.
#[derive(Debug)]
pub(super) struct Clock {
    seconds: f64,
    steps: i64,
}

impl Clock {
    pub(super) fn starting_at(seconds: f64) -> Self {
        Self { seconds, steps: 0 }
    }

    /// The event that a file begins with.
    pub(super) fn version(&self) -> Event {
        let file_version = Some("brain.Event:2".to_owned());
        Event { wall_time: self.seconds, file_version, ..Event::default() }
    }

    /// An epoch's events, those of its steps first. Epochs count from 1, as everywhere that people
    /// read; steps through the whole run.
    pub(super) fn events<'a>(
        &mut self,
        epoch: &EpochRecord,
        steps: impl Iterator<Item = &'a StepRecord> + Clone,
    ) -> Vec<Event> {
        let took = epoch.seconds.total();
        let took = if took.is_finite() { took } else { 0.0 };
        let each = took / steps.clone().count().max(1) as f64;
        let mut events: Vec<Event> = (1i32..)
            .zip(steps)
            .map(|(done, step)| {
                self.steps += 1;
                let values =
                    vec![scalar("step/loss", step.loss), scalar("step/grad_norm", step.grad_norm)];
                event(self.seconds + each * f64::from(done), self.steps, values)
            })
            .collect();
        self.seconds += took;
        events.push(event(self.seconds, epoch.epoch as i64 + 1, values(epoch)));
        events
    }
}

fn event(wall_time: f64, step: i64, value: Vec<Value>) -> Event {
    Event { wall_time, step, summary: Some(Summary { value }), file_version: None }
}

fn values(epoch: &EpochRecord) -> Vec<Value> {
    let mut values = vec![
        scalar("train/loss", epoch.train_loss),
        scalar("train/top1", epoch.train_top1),
        scalar("train/lr", epoch.lr),
        scalar("train/grad_norm", epoch.grad_norm),
        scalar("time/seconds", epoch.seconds.total()),
    ];
    if let Some(val) = epoch.val {
        values.extend([scalar("val/loss", val.loss), scalar("val/top1", val.top1)]);
    }
    values.extend(epoch.idleness.as_ref().map(|idleness| scalar("idleness/max", idleness.max)));
    values.extend(epoch.reward.map(|reward| scalar("relocation/reward", reward)));
    values.extend(blocks(&epoch.distribution));
    values
}

fn scalar(tag: &str, value: f64) -> Value {
    Value { tag: tag.to_owned(), simple_value: Some(value as f32), histo: None }
}

/// Where the prompts are: a bucket per block, counted from 1. None without prompts.
fn blocks(distribution: &[usize]) -> Option<Value> {
    let bucket: Vec<f64> = distribution.iter().map(|&count| count as f64).collect();
    let num: f64 = bucket.iter().sum();
    let at = |power| (1i32..).zip(&bucket).map(|(b, n)| f64::from(b).powi(power) * n).sum();
    let (sum, sum_squares) = (at(1), at(2));
    let bucket_limit: Vec<f64> = (0..bucket.len()).map(|block| block as f64 + 1.5).collect();
    let max = bucket_limit.last().copied()?;
    let histo = Histogram { min: 0.5, max, num, sum, sum_squares, bucket_limit, bucket };
    (num > 0.0).then(|| Value {
        tag: "prompts/block".to_owned(),
        simple_value: None,
        histo: Some(histo),
    })
}
