//! A run while it happens: a bar where stderr can show one, else a line per epoch.

use std::path::{Path, PathBuf};
use std::time::Instant;

use indicatif::ProgressBar;
use provpt::{Event, Observer, Phase};
use provpt_runs::{EpochRecord, RunFolder};

use crate::app::App;
use crate::logging::STORY;
use crate::text;

/// Shows a run to people, and writes its story into its log.
pub(crate) struct Progress<'a> {
    app: &'a App,
    run: PathBuf,
    bar: Option<ProgressBar>,
    preparing: Option<Preparing>,
    started: Instant,
    began: bool,
    epochs: usize,
    first: usize,
    last_epoch: String,
    last_move: String,
}

/// A split whose images are being prepared.
struct Preparing {
    split: &'static str,
    started: Instant,
    bar: Option<ProgressBar>,
}

impl<'a> Progress<'a> {
    pub(crate) fn new(app: &'a App, run: &Path) -> Self {
        Self {
            app,
            run: run.to_owned(),
            bar: None,
            preparing: None,
            started: Instant::now(),
            began: false,
            epochs: 0,
            first: 0,
            last_epoch: String::new(),
            last_move: String::new(),
        }
    }

    fn start(&mut self, facts: &[String], epochs: usize, first: usize) {
        // A run is worth more than its log.
        if let Err(failure) = self.app.log.open(
            &RunFolder::open(&self.run)
                .map_or_else(|_| self.run.join("log.txt"), |folder| folder.log()),
        ) {
            self.app.terminal.note(&format!("warning: no log: {failure}"));
        }
        for fact in facts {
            self.say(fact);
        }
        if first > 0 {
            self.say(&format!("resumed   after epoch {first} of {epochs}"));
        }
        (self.epochs, self.first) = (epochs, first);
    }

    /// Images are prepared: what takes more than a second is shown.
    fn prepare(&mut self, split: &'static str, done: usize, total: usize) {
        let started = Instant::now();
        let fresh = Preparing { split, started, bar: None };
        let mut now = self.preparing.take().filter(|p| p.split == split).unwrap_or(fresh);
        let seconds = now.started.elapsed().as_secs_f64();
        if done < total {
            if seconds > 1.0 {
                let bar = || self.app.terminal.bar(total, "image");
                let bar = now.bar.get_or_insert_with(bar);
                bar.set_message(format!("preparing {split}"));
                bar.set_position(done as u64);
            }
            self.preparing = Some(now);
            return;
        }
        if let Some(bar) = now.bar {
            bar.finish_and_clear();
        }
        if seconds > 1.0 {
            let took = text::duration(seconds);
            self.say(&format!("prepared  {total} {split} images in {took}"));
        }
    }

    /// The first epoch begins.
    fn begin(&mut self) {
        if self.began {
            return;
        }
        (self.began, self.started) = (true, Instant::now());
        if self.app.terminal.live() {
            let bar = self.app.terminal.bar(self.epochs, "epoch");
            bar.set_position(self.first as u64);
            self.bar = Some(bar);
        }
    }

    fn say(&self, line: &str) {
        tracing::info!(target: STORY, "{line}");
        self.app.terminal.note(line);
    }

    fn batch(&self, phase: Phase, done: usize, total: usize, loss: Option<f64>) {
        let Some(bar) = &self.bar else { return };
        let loss = loss.map(|loss| format!(" loss {loss:.3}")).unwrap_or_default();
        let phase = verb(phase);
        bar.set_message(format!(
            "{phase} {done}/{total}{loss}  {}{}",
            self.last_epoch, self.last_move
        ));
    }

    fn epoch(&mut self, record: &EpochRecord) {
        let done = record.epoch + 1;
        if let Some(moved) = text::relocations(record) {
            self.last_move = format!("  {moved}");
        }
        let left = self.left(done);
        let line = format!("epoch {done}/{}  {}", self.epochs, story(record));
        tracing::info!(target: STORY, "{line}");
        match &self.bar {
            Some(bar) => {
                self.last_epoch = format!("{}  left {left}", numbers(record));
                bar.set_position(done as u64);
                bar.set_message(format!("{}{}", self.last_epoch, self.last_move));
            }
            None => self.app.terminal.note(&format!("{line}  left {left}")),
        }
    }

    /// Time left, as epochs took so far.
    fn left(&self, done: usize) -> String {
        let each = self.started.elapsed().as_secs_f64() / done.saturating_sub(self.first) as f64;
        text::duration(each * self.epochs.saturating_sub(done) as f64)
    }
}

impl Observer for Progress<'_> {
    fn event(&mut self, event: &Event<'_>) {
        match *event {
            Event::Started { facts, epochs, first, .. } => self.start(facts, epochs, first),
            Event::Preparing { split, done, total } => self.prepare(split, done, total),
            Event::Warning(warning) => self.say(&format!("warning: {warning}")),
            Event::Rate(rate) => self.say(&format!("found the learning rate {rate:.3e}")),
            Event::Batch { phase, done, total, loss, .. } => {
                self.begin();
                self.batch(phase, done, total, loss);
            }
            Event::Epoch(record) => {
                self.begin();
                self.epoch(record);
            }
            Event::Step(_) | Event::Finished(_) => {}
        }
    }
}

impl Drop for Progress<'_> {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        self.app.log.close();
    }
}

fn verb(phase: Phase) -> &'static str {
    match phase {
        Phase::FindRate => "find rate",
        Phase::Score => "score",
        Phase::Verify => "verify",
        Phase::Tune => "tune",
        Phase::Evaluate => "evaluate",
    }
}

fn numbers(record: &EpochRecord) -> String {
    let val = record.val.map(|val| format!("  val {}", text::accuracy(&val)));
    format!(
        "loss {:.4}  train {}{}",
        record.train_loss,
        text::percent(record.train_top1),
        val.unwrap_or_default()
    )
}

/// The line of an epoch.
fn story(record: &EpochRecord) -> String {
    let moved = match (text::relocations(record), &record.not_moved) {
        (Some(moved), _) => format!("  {moved}"),
        (None, Some(why)) => format!("  no move: {why}"),
        (None, None) => String::new(),
    };
    format!("{}{moved}  {}", numbers(record), text::duration(record.seconds.total()))
}

#[cfg(test)]
mod tests {
    use provpt_runs::{Move, Score, Seconds};

    use super::*;

    #[test]
    fn an_epoch_is_a_line() {
        let record = EpochRecord {
            train_loss: 1.25,
            train_top1: 0.5,
            val: Some(Score { loss: 1.0, top1: 0.456 }),
            relocation: Some(Move { prompt: 36, from: 2, to: 8, ..Move::default() }),
            seconds: Seconds { tune: 3.25, ..Seconds::default() },
            ..EpochRecord::default()
        };
        let expected = "loss 1.2500  train 50.0%  val 45.6%  prompt 37: block 3 -> 9  3.2s";
        assert_eq!(story(&record), expected);
        let record = EpochRecord { not_moved: Some("warm-up".to_owned()), ..Default::default() };
        assert_eq!(story(&record), "loss 0.0000  train 0.0%  no move: warm-up  0.0s");
    }
}
