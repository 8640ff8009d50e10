use clap::Args;
use provpt_base::quoted;
use provpt_data::{Checked, Recognised, SplitFacts, Task, check};
use provpt_report::{Align, Table};
use serde_json::json;

use super::source::Source;
use crate::app::App;
use crate::failure::Failure;
use crate::late_bar::LateBar;
use crate::text;

/// Look through a task: what it holds, and all that is wrong with it
///
/// Says by which layout it was read, and why. Reads every image once. Exits with 0 if nothing is
/// wrong (there may be warnings), with 2 if there are problems.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  provpt data check photos/")]
pub(crate) struct Check {
    #[command(flatten)]
    source: Source,
    /// Print JSON, with all problems, warnings and repeated images
    #[arg(long)]
    json: bool,
}

/// Problems or warnings shown to people.
const SHOWN: usize = 20;

impl Check {
    pub(crate) fn run(&self, app: &App) -> Result<(), Failure> {
        app.limit_threads()?;
        let (task, problems) = self.source.survey()?;
        let bar = LateBar::new(&app.terminal, task.images(), "image");
        let checked = check(&task, &problems, &|| bar.tick());
        drop(bar);
        let told = if self.json {
            app.terminal.json(&json!({
                "name": task.name,
                // As text: names of folders need not be any.
                "path": self.source.path.as_ref().map(|path| path.display().to_string()),
                "recognised": task.recognised,
                "checked": checked,
            }))
        } else {
            app.terminal.result(&report(&task, &checked))
        };
        match checked.problems.len() {
            0 => told,
            got => {
                let name = quoted(&task.name);
                Err(Failure::usage(format!("{name}: problems: expected none, got {got}")))
            }
        }
    }
}

fn report(task: &Task, checked: &Checked) -> String {
    let Recognised { layout, by } = &task.recognised;
    let mut text = format!("{}\n\n{}\n", quoted(&task.name), counts(checked).plain());
    text += &format!("layout    {layout}: {}\n", quoted(by));
    if let Some(sizes) = checked.sizes {
        let size = |[width, height]: [usize; 2]| format!("{width}x{height}");
        let [smallest, median, largest] = [sizes.smallest, sizes.median, sizes.largest].map(size);
        text += &format!("sizes     smallest {smallest}, median {median}, largest {largest}\n");
        let grey = checked.grey as f64 / checked.readable as f64;
        text += &format!("grey      {} of the images\n", text::percent(grey));
    }
    text += &lines("warning", &checked.warnings);
    text += &lines("problem", &checked.problems);
    text
}

/// Images of each class in each split; what is remarkable about a class.
fn counts(checked: &Checked) -> Table {
    let splits = checked.splits.iter().map(|facts| (facts.split, Align::Right));
    let columns = [("class", Align::Right), ("name", Align::Left)].into_iter().chain(splits);
    let mut table = Table::new(columns.chain([("", Align::Left)]));
    for (class, name) in checked.classes.iter().enumerate() {
        let counts = checked.splits.iter().map(|facts| facts.per_class[class].to_string());
        let flags: Vec<String> =
            checked.splits.iter().filter_map(|facts| flag(facts, class)).collect();
        let row = [class.to_string(), quoted(name).to_string()].into_iter().chain(counts);
        table.row(row.chain([flags.join(", ")]));
    }
    let sums = checked.splits.iter().map(|facts| facts.images.to_string());
    table.row([String::new(), "all".to_owned()].into_iter().chain(sums));
    table
}

fn flag(facts: &SplitFacts, class: usize) -> Option<String> {
    match facts.per_class[class] {
        0 => Some(format!("none in {}", facts.split)),
        1 => Some(format!("only one in {}", facts.split)),
        _ => None,
    }
}

/// The first of some lines, under their number.
fn lines(what: &str, lines: &[String]) -> String {
    let count = lines.len();
    let mut text = match count {
        0 => return format!("\nno {what}s\n"),
        1 => format!("\n1 {what}\n"),
        _ => format!("\n{count} {what}s\n"),
    };
    lines.iter().take(SHOWN).for_each(|line| text += &format!("  {line}\n"));
    if count > SHOWN {
        text += &format!("  and {} more: --json has them all\n", count - SHOWN);
    }
    text
}
