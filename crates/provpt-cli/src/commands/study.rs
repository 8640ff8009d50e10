mod insertion;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use indicatif::ProgressBar;
use provpt::{Event, Observer, StudyOptions, study_idleness};
use provpt_report::comparison::Comparison;
use provpt_report::{Align, Table, spike_table};
use provpt_runs::{Agreement, Choice, IdlenessStudy, RunFolder, StudySummary};

use crate::app::App;
use crate::failure::Failure;

/// Measure what the method relies on
#[derive(Debug, Subcommand)]
pub(crate) enum StudyCommand {
    Idleness(Idleness),
    Insertion(insertion::Insertion),
    Sensitivity(Sensitivity),
    Spikes(Spikes),
}

/// How much methods mind their settings: the best accuracy over each setting that a sweep varies, the
/// mean over its logarithm, and the decades within one point of the best
#[derive(Debug, Args)]
#[command(after_help = "Example:
  provpt study sensitivity sweeps/rates")]
pub(crate) struct Sensitivity {
    /// Sweeps, or runs that differ in their settings
    #[arg(required = true)]
    paths: Vec<PathBuf>,
}

/// How often the loss of runs spiked, behind moves and else, and how far prompts had turned before
#[derive(Debug, Args)]
#[command(after_help = "Example:
  provpt study spikes runs/*")]
pub(crate) struct Spikes {
    /// Runs that recorded their steps (log.steps)
    #[arg(required = true)]
    runs: Vec<PathBuf>,
}

/// Remove every prompt of a run once, and compare with what the idleness scores say
#[derive(Debug, Args)]
#[command(after_help = "Example:
  provpt study idleness runs/flowers --samples 400")]
pub(crate) struct Idleness {
    /// The run's folder
    run: PathBuf,
    /// Where things are now, as `key=value` or `KEY VALUE`: data.datapath, data.cache_dir,
    /// model.model_root, model.weights
    #[arg(value_name = "KEY=VALUE")]
    places: Vec<String>,
    /// Training images to measure on; 0 for all
    #[arg(long, value_name = "N", default_value_t = 0)]
    samples: usize,
    /// Prompts to move just before, so that freshly moved ones are among those scored
    #[arg(long, value_name = "N", default_value_t = 8)]
    fresh: usize,
}

impl StudyCommand {
    pub(crate) fn run(&self, app: &App) -> Result<(), Failure> {
        app.refuse_threads("study")?;
        match self {
            Self::Idleness(idleness) => idleness.run(app),
            Self::Insertion(insertion) => insertion.run(app),
            Self::Sensitivity(Sensitivity { paths }) => {
                let table = Comparison::load(paths)?.sensitivity_table();
                app.terminal.result(&format!(
                    "{}\n\nbest: val top-1 of the best value, over all other settings; area: mean over \
                     the logarithm of\nthe values tried; decades: how wide the values around the best \
                     are that stay within one\npoint of it.",
                    table.plain()
                ))
            }
            Self::Spikes(Spikes { runs }) => app.terminal.result(&format!(
                "{}\n\nspikes: of the loss (less that of the same images an epoch before) or of the \
                 gradient norm;\nof loss: of the first; moved, still: per 1,000 steps of epochs \
                 with a move or a removal, and of others;\nlost: after which the loss did not come back; turn: the median of the largest angle, radians, \
                 by which one of\nthree steps turned a prompt; at spikes: the same in front of spikes; \
                 larger: how likely a\nspike has the larger one, 0.5 by chance; far: share of spikes, and of \
                 other steps, behind more\nthan 0.3.",
                spike_table(runs)?.plain()
            )),
        }
    }
}

impl Idleness {
    fn run(&self, app: &App) -> Result<(), Failure> {
        let Self { run, places, samples, fresh } = self;
        let options = StudyOptions { samples: *samples, fresh: *fresh };
        let mut blocks = Blocks { app, bar: None, unit: "block" };
        let study = study_idleness(run, places, &options, &mut blocks)?;
        drop(blocks);
        let folder = RunFolder::open(run)?;
        provpt_report::report::write(&folder)?;
        let report = folder.report();
        app.terminal.result(&format!("{}\nreport: {}", described(&study), report.display()))
    }
}

/// Shows which block's prompts are being removed, or which row is put in.
struct Blocks<'a> {
    app: &'a App,
    bar: Option<ProgressBar>,
    unit: &'static str,
}

impl Observer for Blocks<'_> {
    fn event(&mut self, event: &Event<'_>) {
        match *event {
            Event::Batch { done, total, .. } => {
                let bar = self.bar.get_or_insert_with(|| self.app.terminal.bar(total, self.unit));
                bar.set_position(done as u64);
            }
            Event::Warning(line) => self.app.terminal.note(&format!("note: {line}")),
            _ => {}
        }
    }
}

impl Drop for Blocks<'_> {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn described(study: &IdlenessStudy) -> String {
    let summary = study.summary();
    format!(
        "{} prompts removed one by one, {} of them freshly moved; loss {:.4} over {} images\n\n\
         {}\nby block\n\n{}\n\
         Pearson and Spearman: with the true idleness (how far the loss falls without the \
         prompt).\nlittle: Spearman's with how little the loss changes, up or down.\nfirst: place of the score's first choice in truth, 1 is best; verified: of the \
         best of its\nfirst four; * among the best tenth.\n",
        summary.prompts,
        summary.fresh,
        study.loss,
        study.images,
        overall(&summary).plain(),
        by_block(&summary).plain()
    )
}

fn columns<'a>(first: &'a str, second: &'a str) -> Table {
    let left = [(first, Align::Left), (second, Align::Left)];
    let right = ["n", "Pearson", "Spearman", "little", "first", "verified"];
    Table::new(left.into_iter().chain(right.map(|name| (name, Align::Right))))
}

fn overall(summary: &StudySummary) -> Table {
    let mut table = columns("score", "prompts");
    for score in &summary.scores {
        table.row(cells(score.score.name(), "all", &score.all));
        if summary.fresh > 0 {
            table.row(cells("", "without freshly moved", &score.settled));
        }
    }
    table
}

fn by_block(summary: &StudySummary) -> Table {
    let mut table = columns("block", "score");
    let blocks = summary.scores.first().map_or(0, |score| score.blocks.len());
    for index in 0..blocks {
        for (row, score) in summary.scores.iter().enumerate() {
            let block = &score.blocks[index];
            let number = if row == 0 { (block.block + 1).to_string() } else { String::new() };
            table.row(cells(&number, score.score.name(), &block.all));
        }
    }
    table
}

fn cells(first: &str, second: &str, agreement: &Agreement) -> [String; 8] {
    let coefficient = |value: Option<f64>| value.map_or("-".to_owned(), |v| format!("{v:.3}"));
    let place = |choice: Option<Choice>| match choice {
        Some(c) => format!("{}{}", c.rank, if c.among_best { "*" } else { "" }),
        None => "-".to_owned(),
    };
    [
        first.to_owned(),
        second.to_owned(),
        agreement.prompts.to_string(),
        coefficient(agreement.pearson),
        coefficient(agreement.spearman),
        coefficient(agreement.little),
        place(agreement.first),
        place(agreement.verified),
    ]
}
