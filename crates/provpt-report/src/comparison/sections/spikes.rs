//! How often methods' losses spiked, in the runs that recorded their steps.

use provpt_runs::sweep::Stage;
use provpt_runs::{Error, Metrics, Steps, if_there};

use crate::comparison::document::Section;
use crate::comparison::entry::Entry;
use crate::comparison::view::View;

use crate::report::format;
use crate::spikes::{SpikeRate, THRESHOLD, WINDOW, find};
use crate::{Align, Table};

pub(crate) fn section(view: &View<'_>) -> Result<Section, Error> {
    let mut section = Section::new(
        "Spikes",
        format!(
            "Steps whose loss (less that of the same images an epoch before) or gradient norm lies \
             {THRESHOLD} or more robust standard deviations above the {WINDOW} steps before, \
             neighbours counted once; per 1,000 steps, in epochs that began with a relocation or a \
             removal and in the others. Grids hold runs at hopeless rates, hence apart."
        ),
    );
    let first = [("method", Align::Left), ("stage", Align::Left)];
    let numbers = [
        "runs",
        "steps",
        "spikes",
        "of the loss",
        "per 1,000",
        "after a move",
        "else",
        "not recovered",
    ];
    let mut table = Table::new(first.into_iter().chain(numbers.map(|name| (name, Align::Right))));
    for method in view.comparison.methods() {
        for (stage, name) in [(Stage::Grid, "grid"), (Stage::Final, "final")] {
            let rate = rate(view, method, stage)?;
            if rate.runs > 0 {
                table.row(row(method, name, &rate));
            }
        }
    }
    section.table(table);
    Ok(section)
}

fn rate(view: &View<'_>, method: &str, stage: Stage) -> Result<SpikeRate, Error> {
    let groups = view.comparison.groups.iter().filter(|group| group.method == method);
    let mut sum = SpikeRate::default();
    for entry in groups.flat_map(|g| &g.entries).filter(|entry| entry.stage == stage) {
        sum += of_run(entry)?;
    }
    Ok(sum)
}

fn of_run(entry: &Entry) -> Result<SpikeRate, Error> {
    let Some(steps) = if_there(&entry.run.steps(), Steps::load)? else {
        return Ok(SpikeRate::default());
    };
    let epochs = if_there(&entry.run.metrics(), Metrics::load)?.unwrap_or_default();
    Ok(SpikeRate::of(&steps, &find(&steps), &epochs))
}

fn row(method: &str, stage: &str, rate: &SpikeRate) -> Vec<String> {
    let [all, moved, still] = rate.per_thousand().map(format::number);
    vec![
        method.to_owned(),
        stage.to_owned(),
        rate.runs.to_string(),
        format::count(rate.steps() as u64),
        rate.spikes().to_string(),
        rate.of_loss.to_string(),
        all,
        moved,
        still,
        rate.lost.to_string(),
    ]
}
