use std::path::{Path, PathBuf};

use provpt_runs::{Error, atomic};

use super::document::Section;
use super::{Catalogue, Comparison, HalvingOutcome, csv, html, sections};

/// A comparison and what it is looked at with.
pub struct View<'a> {
    /// What is compared.
    pub comparison: &'a Comparison,
    /// What is known of the tasks.
    pub catalogue: &'a Catalogue<'a>,
    /// The two methods to compare task by task; none for the best two.
    pub pair: Option<[String; 2]>,
    /// What successive halving did, or would have done: see [`Comparison::halved`].
    pub halving: &'a [HalvingOutcome],
}

/// A report in its three forms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// For people and other documents.
    pub markdown: String,
    /// One line per task and method; accuracies are fractions.
    pub csv: String,
    /// One page that needs no network and no script.
    pub html: String,
}

impl View<'_> {
    /// The state of the trials in a line, and the table of results as Markdown.
    pub fn summary(&self) -> String {
        let results = sections::results(self).markdown();
        let table = results.split_once("\n\n").map_or("", |(_, rest)| rest);
        format!("{}\n\n{}", self.state(), table)
    }

    /// The whole report. Reads the epochs and steps of the runs that it shows.
    ///
    /// # Errors
    /// Those of reading a run's files.
    pub fn report(&self) -> Result<Report, Error> {
        let sections = sections::all(self)?;
        Ok(Report {
            markdown: self.markdown(&sections),
            csv: csv::lines(self)?,
            html: html::page(self, &sections),
        })
    }

    /// What it is of.
    pub(super) fn title(&self) -> String {
        self.comparison.names.join(", ")
    }

    /// How far the trials are.
    pub(super) fn state(&self) -> String {
        let [done, failed, stopped, waiting] = self.comparison.counts();
        let all = done + failed + stopped + waiting;
        let begin = match waiting {
            0 => "All trials are settled".to_owned(),
            _ => "Unfinished".to_owned(),
        };
        format!(
            "{begin}: of {all} trials {done} done, {failed} failed, {stopped} stopped early, \
             {waiting} waiting."
        )
    }

    fn markdown(&self, sections: &[Section]) -> String {
        let mut text = format!("# {}\n\n{}\n\n", self.title(), self.state());
        for section in sections {
            text.push_str(&section.markdown());
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
        text
    }
}

impl Report {
    /// Replaces `report.md`, `report.csv` and `report.html` in `folder`, each atomically. Returns
    /// their paths.
    ///
    /// # Errors
    /// [`Error::CreateFolder`] or [`Error::Write`].
    pub fn write(&self, folder: &Path) -> Result<[PathBuf; 3], Error> {
        let forms = [("md", &self.markdown), ("csv", &self.csv), ("html", &self.html)];
        let paths = forms.map(|(extension, _)| folder.join("report").with_extension(extension));
        for (path, (_, text)) in paths.iter().zip(forms) {
            atomic::create_parent(path)?;
            atomic::write(path, text.as_bytes())?;
        }
        Ok(paths)
    }
}
