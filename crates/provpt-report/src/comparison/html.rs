//! The page.

use maud::html;

use super::document::Section;
use super::view::View;
use crate::report::{format, page as whole_page};

/// All sections as one HTML page.
pub(super) fn page(view: &View<'_>, sections: &[Section]) -> String {
    let comparison = view.comparison;
    let open = comparison.counts()[3] > 0;
    let title = view.title();
    let body = html! {
        header {
            h1 { (title) }
            p.facts {
                span { (format::counted(comparison.tasks().len(), "task")) }
                span { (format::counted(comparison.methods().len(), "method")) }
                span { (format::counted(comparison.entries().count(), "trial")) }
                @if open { span.open { "unfinished" } }
            }
            p { (view.state()) }
        }
        @for section in sections { (section.html()) }
        footer { "provpt " (env!("CARGO_PKG_VERSION")) }
    };
    whole_page(&title, &body)
}
