//! A report before it is Markdown or HTML.

use maud::{Markup, html};

use crate::Table;
use crate::report::table;

/// A part of a report. Figures are in the page only.
#[derive(Debug, Default)]
pub(crate) struct Section {
    title: &'static str,
    hint: String,
    blocks: Vec<Block>,
}

#[derive(Debug)]
enum Block {
    Table(Table),
    Note(String),
    Figure(Markup),
}

impl Section {
    /// An empty section; `hint` says how to read it.
    pub(crate) fn new(title: &'static str, hint: impl Into<String>) -> Self {
        Self { title, hint: hint.into(), blocks: Vec::new() }
    }

    pub(crate) fn table(&mut self, table: Table) {
        if !table.is_empty() {
            self.blocks.push(Block::Table(table));
        }
    }

    pub(crate) fn note(&mut self, note: impl Into<String>) {
        self.blocks.push(Block::Note(note.into()));
    }

    pub(crate) fn figure(&mut self, figure: Markup) {
        self.blocks.push(Block::Figure(figure));
    }

    pub(crate) fn markdown(&self) -> String {
        if self.blocks.is_empty() {
            return String::new();
        }
        let mut text = format!("## {}\n\n", self.title);
        if !self.hint.is_empty() {
            text.push_str(&format!("{}\n\n", self.hint));
        }
        for block in &self.blocks {
            match block {
                Block::Table(table) => text.push_str(&format!("{}\n", table.markdown())),
                Block::Note(note) => text.push_str(&format!("{note}\n\n")),
                Block::Figure(_) => {}
            }
        }
        text
    }

    pub(crate) fn html(&self) -> Markup {
        if self.blocks.is_empty() {
            return html! {};
        }
        html! {
            section {
                h2 { (self.title) }
                @if !self.hint.is_empty() { p.hint { (self.hint) } }
                @for block in &self.blocks {
                    @match block {
                        Block::Table(shown) => (table::render(shown)),
                        Block::Note(note) => { p { (note) } }
                        Block::Figure(figure) => (figure),
                    }
                }
            }
        }
    }
}
