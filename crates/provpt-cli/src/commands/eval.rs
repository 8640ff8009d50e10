use std::path::PathBuf;

use clap::{Args, ValueEnum};
use provpt::{Evaluation, FinishedRun, Part};
use provpt_report::{Align, Table};
use provpt_runs::ClassScore;
use serde::Serialize;

use crate::app::App;
use crate::failure::Failure;
use crate::text;

/// Evaluate a run on one part of its task
#[derive(Debug, Args)]
#[command(after_help = "Example:
  provpt eval runs/flowers --split val")]
pub(crate) struct Eval {
    /// The run's folder
    run: PathBuf,
    /// Settings to change, as `key=value` or `KEY VALUE`: where the data is now, for instance
    #[arg(value_name = "KEY=VALUE", allow_negative_numbers = true)]
    overrides: Vec<String>,
    /// Which images
    #[arg(long, value_enum, default_value_t)]
    split: SplitName,
    /// Print one line of JSON
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
enum SplitName {
    Train,
    Val,
    #[default]
    Test,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Record {
    /// As text: names of folders need not be any.
    run: String,
    split: SplitName,
    images: u64,
    top1: f64,
    loss: f64,
    per_class: Vec<ClassScore>,
    confusion: Vec<Vec<u64>>,
}

impl Eval {
    pub(crate) fn run(&self, app: &App) -> Result<(), Failure> {
        let run = FinishedRun::open(&self.run, &app.overrides(&self.overrides))?;
        app.tell_assumptions(run.learned.assumptions());
        let task = run.task()?;
        app.tell_assumptions(&task.remarks);
        let part = match self.split {
            SplitName::Train => Part::Train,
            SplitName::Val => Part::Val,
            SplitName::Test => Part::Test,
        };
        let evaluation = run.evaluate(&task, part)?;
        let record = self.record(evaluation, run.learned.classes());
        if self.json { app.terminal.json(&record) } else { app.terminal.result(&record.text()) }
    }

    fn record(&self, evaluation: Evaluation, classes: &[String]) -> Record {
        let per_class = evaluation.per_class(classes);
        Record {
            run: self.run.display().to_string(),
            split: self.split,
            images: per_class.iter().map(|class| class.total).sum(),
            top1: evaluation.top1,
            loss: evaluation.loss,
            per_class,
            confusion: evaluation.confusion,
        }
    }
}

impl Record {
    fn text(&self) -> String {
        let columns = [("class", Align::Left), ("top-1", Align::Right), ("images", Align::Right)];
        let mut table = Table::new(columns);
        for class in &self.per_class {
            let accuracy = class.accuracy().map_or("-".to_owned(), text::percent);
            table.row([class.name.clone(), accuracy, class.total.to_string()]);
        }
        format!(
            "{} on {} {} images: top-1 {}, loss {:.4}\n\n{}",
            self.run,
            self.images,
            format!("{:?}", self.split).to_lowercase(),
            text::percent(self.top1),
            self.loss,
            table.plain()
        )
    }
}
