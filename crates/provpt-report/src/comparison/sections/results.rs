//! Test accuracy of every method on every task, with means and published numbers.

use super::{estimate, points, spread};
use crate::comparison::catalogue::{Sorted, SortedGroup};
use crate::comparison::document::Section;
use crate::comparison::means::{self, TaskMean};
use crate::comparison::published::{METHODS, SOURCES, is_about};
use crate::comparison::view::View;
use crate::report::format;
use crate::stats::{Estimate, mean};
use crate::{Align, Table};

pub(crate) fn section(view: &View<'_>) -> Section {
    let mut section = Section::new(
        "Results",
        "Test top-1 in per cent, mean ± sample standard deviation over seeds. Means are over the \
         tasks that are there: (3/7) is three of seven. Their spread is that of the same mean made \
         for one seed at a time.",
    );
    let mut cited = false;
    for sorted in view.catalogue.sorted(&view.comparison.tasks()) {
        let cite = comparable(view, &sorted);
        cited |= cite;
        section.table(Results { view, sorted: &sorted, cite }.table());
    }
    if cited {
        section.note(
            "Columns with a number in brackets are published, ViT-B/16 pre-trained on ImageNet-21k:",
        );
        for (at, source) in SOURCES.iter().enumerate() {
            section.note(format!("[{}] {source}.", at + 1));
        }
    }
    section
}

/// Whether published numbers are about these runs: known tasks, and the backbone they are of.
fn comparable(view: &View<'_>, sorted: &Sorted) -> bool {
    let known = sorted.tasks().any(|task| METHODS[0].on(&view.catalogue.known(task)).is_some());
    let groups = view.comparison.groups.iter().filter(|g| sorted.tasks().any(|t| *t == g.task));
    let mut backbones = groups.flat_map(|group| group.reported()).filter_map(|e| e.result.as_ref());
    let first = backbones.next();
    known
        && first.is_some_and(|result| is_about(&result.backbone))
        && backbones.all(|result| is_about(&result.backbone))
}

struct Results<'a> {
    view: &'a View<'a>,
    sorted: &'a Sorted,
    cite: bool,
}

impl Results<'_> {
    fn table(&self) -> Table {
        let ours = self.view.comparison.methods().into_iter().map(str::to_owned);
        let theirs = METHODS.iter().filter(|_| self.cite);
        let theirs = theirs.map(|m| format!("{} [{}]", m.method, m.source + 1));
        let columns = ours.chain(theirs).map(|name| (name, Align::Right));
        let mut table =
            Table::new(std::iter::once((self.sorted.name.clone(), Align::Left)).chain(columns));
        for group in &self.sorted.groups {
            group.tasks.iter().for_each(|task| table.row(self.task(task)));
            if self.sorted.groups.len() > 1 && !group.tasks.is_empty() {
                table.row(self.group(group));
            }
        }
        if self.sorted.groups.len() > 1 {
            table.row(self.mean_of_groups());
        }
        if self.sorted.of() > 1 {
            table.row(self.mean_of_tasks());
        }
        table
    }

    fn row(
        &self,
        name: String,
        ours: impl Fn(&str) -> String,
        theirs: impl Fn(usize) -> String,
    ) -> Vec<String> {
        let ours = self.view.comparison.methods().into_iter().map(ours);
        let theirs = (0..METHODS.len()).filter(|_| self.cite).map(theirs);
        std::iter::once(name).chain(ours).chain(theirs).collect()
    }

    fn task(&self, task: &str) -> Vec<String> {
        let known = self.view.catalogue.known(task);
        let ours = |method: &str| {
            let tests = self.view.comparison.group(task, method).map(|group| group.tests());
            let tests: Vec<f64> = tests.into_iter().flatten().map(|test| test.1).collect();
            estimate(Estimate::of(&tests))
        };
        self.row(task.to_owned(), ours, |at| published(METHODS[at].on(&known)))
    }

    fn group(&self, group: &SortedGroup) -> Vec<String> {
        let groups = &self.view.comparison.groups;
        let ours =
            |method: &str| covered(means::of_tasks(groups, method, group.tasks.iter(), group.of));
        let theirs = |at: usize| published(self.over(at, group.tasks.iter()));
        self.row(format!("{}: mean", group.name), ours, theirs)
    }

    fn mean_of_groups(&self) -> Vec<String> {
        let ours = |method: &str| {
            covered(means::of_groups(&self.view.comparison.groups, method, self.sorted))
        };
        let theirs = |at: usize| match METHODS[at].mean_of_groups() {
            // Published for all tasks only, whichever of them were run.
            Some(mean) if self.sorted.tasks().count() < self.sorted.of() => {
                format!("{} (all)", points(mean))
            }
            Some(mean) => points(mean),
            None => published(self.over_groups(at)),
        };
        self.row("Mean of group means".to_owned(), ours, theirs)
    }

    fn mean_of_tasks(&self) -> Vec<String> {
        let (groups, of) = (&self.view.comparison.groups, self.sorted.of());
        let ours = |method: &str| covered(means::of_tasks(groups, method, self.sorted.tasks(), of));
        let theirs = |at: usize| published(self.over(at, self.sorted.tasks()));
        self.row(format!("Mean of {of} tasks"), ours, theirs)
    }

    fn over_groups(&self, at: usize) -> Option<f64> {
        let groups = self.sorted.groups.iter().filter(|group| !group.tasks.is_empty());
        let means: Option<Vec<f64>> =
            groups.map(|group| self.over(at, group.tasks.iter())).collect();
        mean(&means?)
    }

    /// A published method's mean over the tasks that were run.
    fn over<'t>(&self, at: usize, tasks: impl Iterator<Item = &'t String>) -> Option<f64> {
        let known: Vec<String> = tasks.map(|task| self.view.catalogue.known(task)).collect();
        METHODS[at].over(known.iter().map(String::as_str))
    }
}

fn published(top1: Option<f64>) -> String {
    top1.map_or(format::MISSING.to_owned(), points)
}

fn covered(mean: Option<TaskMean>) -> String {
    match mean {
        None => format::MISSING.to_owned(),
        Some(m) if m.tasks == m.of => spread(m.mean, m.std),
        Some(m) => format!("{} ({}/{})", spread(m.mean, m.std), m.tasks, m.of),
    }
}
