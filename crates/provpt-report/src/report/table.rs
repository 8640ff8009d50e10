//! A table of text in a page.

use maud::{Markup, html};

use crate::{Align, Table};

/// The table, in a box that scrolls where it is too wide.
pub(crate) fn render(table: &Table) -> Markup {
    let (aligns, header, rows) = table.parts();
    let left = |column: usize| (aligns[column] == Align::Left).then_some("left");
    html! {
        div.scroll.whole {
            table.numbers {
                thead {
                    tr {
                        @for (column, name) in header.iter().enumerate() {
                            th class=[left(column)] { (name) }
                        }
                    }
                }
                tbody {
                    @for row in rows {
                        tr {
                            @for (column, cell) in row.iter().enumerate() {
                                td class=[left(column)] { (cell) }
                            }
                        }
                    }
                }
            }
        }
    }
}
