use std::path::PathBuf;

use clap::Args;
use provpt::{InsertionOptions, study_insertion};
use provpt_report::{Align, Table};
use provpt_runs::{Foresight, InsertionScore, InsertionStudy, RunFolder};

use super::Blocks;
use crate::app::App;
use crate::failure::Failure;

/// Put rows into every block of a run, one at a time, and compare with what scores say of them
#[derive(Debug, Args)]
#[command(after_help = "Example:
  provpt study insertion runs/flowers --samples 200 --steps 20")]
pub(crate) struct Insertion {
    /// The run's folder
    run: PathBuf,
    /// Where things are now, as `key=value` or `KEY VALUE`: data.datapath, data.cache_dir,
    /// model.model_root, model.weights
    #[arg(value_name = "KEY=VALUE")]
    places: Vec<String>,
    /// Training images to measure on; 0 for all
    #[arg(long, value_name = "N", default_value_t = 200)]
    samples: usize,
    /// Steps that each row is tuned for, alone
    #[arg(long, value_name = "N", default_value_t = 20)]
    steps: usize,
}

impl Insertion {
    pub(super) fn run(&self, app: &App) -> Result<(), Failure> {
        let Self { run, places, samples, steps } = self;
        let options = InsertionOptions { samples: *samples, steps: *steps };
        let mut rows = Blocks { app, bar: None, unit: "row" };
        let study = study_insertion(run, places, &options, &mut rows)?;
        drop(rows);
        let file = RunFolder::open(run)?.insertion();
        app.terminal.result(&format!("{}\nstudy: {}", described(&study), file.display()))
    }
}

fn described(study: &InsertionStudy) -> String {
    let agreement = number(study.agreement(), 3);
    format!(
        "{} rows put in one by one; loss {:.4} over {} images\n\n{}\nby block, the change of the \
         loss\n\n{}\n\
         Spearman: of the score with the true change of the loss; regret: how much higher the loss \
         is\nwith the score's first choice than with the best row. Tuned: {} steps of Adam on that \
         row alone,\neach by 5 % of its root mean square (on the sphere by 0.05 radians), on \
         batches of 64.\nAt once and tuned agree by {agreement} (Spearman).\n",
        study.rows.len(),
        study.loss,
        study.images,
        scores(study).plain(),
        blocks(study).plain(),
        study.steps,
    )
}

fn scores(study: &InsertionStudy) -> Table {
    let right = ["Spearman", "regret", "Spearman, tuned", "regret, tuned"];
    let columns = [("score", Align::Left)];
    let mut table = Table::new(columns.into_iter().chain(right.map(|name| (name, Align::Right))));
    for score in InsertionScore::ALL {
        let [at_once, tuned] = [study.at_once(score), study.tuned(score)].map(cells);
        let [a, b] = at_once;
        let [c, d] = tuned;
        table.row([score.name().to_owned(), a, b, c, d]);
    }
    table
}

fn cells(foresight: Foresight) -> [String; 2] {
    [number(foresight.spearman, 3), number(foresight.regret, 4)]
}

fn number(value: Option<f64>, digits: usize) -> String {
    value.map_or("-".to_owned(), |value| format!("{value:.digits$}"))
}

/// The best rows of each block.
fn blocks(study: &InsertionStudy) -> Table {
    let right = ["at once", "± s.e.", "best kind", "tuned", "best kind", "demand"];
    let columns = [("block", Align::Left)];
    let mut table = Table::new(columns.into_iter().chain(right.map(|name| (name, Align::Right))));
    let last = study.rows.iter().map(|row| row.block).max();
    for block in last.map_or(0..0, |last| 0..last + 1) {
        let here = || study.rows.iter().filter(|row| row.block == block);
        let at_once = here().min_by(|a, b| a.at_once.total_cmp(&b.at_once));
        let tuned = here().min_by(|a, b| a.tuned.total_cmp(&b.tuned));
        if let (Some(at_once), Some(tuned)) = (at_once, tuned) {
            table.row([
                (block + 1).to_string(),
                format!("{:+.4}", at_once.at_once),
                format!("{:.4}", at_once.error),
                at_once.kind.clone(),
                format!("{:+.4}", tuned.tuned),
                tuned.kind.clone(),
                format!("{:+.4}", tuned.demand),
            ]);
        }
    }
    table
}
