//! What successive halving saved.

use provpt_runs::sweep::Epochs;

use crate::comparison::document::Section;
use crate::comparison::view::View;
use crate::report::format;

use crate::{Align, Table};

pub(crate) fn section(view: &View<'_>) -> Section {
    let mut section = Section::new(
        "Successive halving",
        "Epochs that grids trained with it, or would have, against those of full grids; and whether \
         both choose the same values, which only full grids tell.",
    );
    let first = [("task", Align::Left), ("method", Align::Left)];
    let numbers = ["full grid", "run", "saved"].map(|name| (name, Align::Right));
    let last = std::iter::once(("same choice", Align::Left));
    let mut table = Table::new(first.into_iter().chain(numbers).chain(last));
    for outcome in view.halving {
        let same = match outcome.chosen_same {
            Some(true) => "yes",
            Some(false) => "no",
            None => "not known",
        };
        let numbers = numbers_of(outcome.epochs);
        let names = [outcome.task.clone(), outcome.method.clone()].into_iter();
        table.row(names.chain(numbers).chain([same.to_owned()]));
    }
    if view.halving.len() > 1 {
        let known: Vec<bool> = view.halving.iter().filter_map(|o| o.chosen_same).collect();
        let same = known.iter().filter(|same| **same).count();
        let names = ["all".to_owned(), String::new()].into_iter();
        let same = match known.len() {
            0 => "not known".to_owned(),
            grids => format!("{same} of {grids}"),
        };
        let all = view.halving.iter().map(|outcome| outcome.epochs).sum();
        table.row(names.chain(numbers_of(all)).chain([same]));
    }
    section.table(table);
    section
}

fn numbers_of(epochs: Epochs) -> [String; 3] {
    let [full, run] = [epochs.full, epochs.trained].map(|count| format::count(count as u64));
    [full, run, format::percent((epochs.full > 0).then(|| epochs.saved()))]
}
