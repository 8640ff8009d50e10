//! How far the trials are, and why some failed.

use provpt_runs::sweep::Stage;

use super::{short, value};
use crate::comparison::document::Section;
use crate::comparison::entry::Entry;
use crate::comparison::view::View;
use crate::report::format;

use crate::{Align, Table};

/// Failures that are listed.
const LISTED: usize = 30;

pub(crate) fn section(view: &View<'_>) -> Section {
    let mut section = Section::new("Trials", "How many came to which end.");
    let counts = ["done", "failed", "stopped", "waiting"].map(|name| (name, Align::Right));
    let first = [("method", Align::Left), ("stage", Align::Left)];
    let mut table = Table::new(first.into_iter().chain(counts));
    for method in view.comparison.methods() {
        for (stage, name) in [(Stage::Grid, "grid"), (Stage::Final, "final")] {
            let mut sum = [0; 4];
            for group in view.comparison.groups.iter().filter(|group| group.method == method) {
                let counts = group.counts(stage);
                sum.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
            }
            if sum != [0; 4] {
                let cells = [method.to_owned(), name.to_owned()].into_iter();
                table.row(cells.chain(sum.map(|count| count.to_string())));
            }
        }
    }
    section.table(table);
    if !view.comparison.unfinished.is_empty() {
        let names = view.comparison.unfinished.join(", ");
        section.note(format!("Runs without a result: {names}."));
    }
    failures(view, &mut section);
    section
}

fn failures(view: &View<'_>, section: &mut Section) {
    let columns = ["trial", "task", "method", "values", "reason"];
    let mut table = Table::new(columns.map(|name| (name, Align::Left)));
    let mut all = 0;
    for group in &view.comparison.groups {
        let failed = group.entries.iter().filter_map(|e| Some((e, e.reason.as_ref()?)));
        for (entry, reason) in failed {
            all += 1;
            if all <= LISTED {
                let cells = [&entry.id, &group.task, &group.method, &values(entry), reason]
                    .map(String::clone);
                table.row(cells);
            }
        }
    }
    if all > LISTED {
        section.note(format!("The first {LISTED} of {} that failed:", format::count(all as u64)));
    }
    section.table(table);
}

fn values(entry: &Entry) -> String {
    let pairs = entry.values.iter().map(|(key, v)| format!("{}={}", short(key), value(v)));
    let seed = std::iter::once(format!("seed={}", entry.seed));
    pairs.chain(seed).collect::<Vec<_>>().join(" ")
}
