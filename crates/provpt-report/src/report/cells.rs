//! A small map of labelled cells: rows and columns have names, cells a value and a text.

use maud::{Markup, html};

use super::{
    axis::px,
    heatmap::{Scale, shade_text},
};

const WIDTH: f64 = 44.0;
const HEIGHT: f64 = 22.0;
/// Width of a letter of the labels.
const LETTER: f64 = 6.5;
const TOP: f64 = 34.0;

/// What sets a cell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    None,
    /// A frame.
    Chosen,
}

/// One cell. Without a value it has no colour.
pub(crate) struct MapCell {
    pub(crate) value: Option<f64>,
    pub(crate) text: String,
    /// What a pointer that rests on it sees.
    pub(crate) tip: String,
    pub(crate) mark: Mark,
}

/// The map.
pub(crate) struct CellMap<'a> {
    pub(crate) title: &'a str,
    /// What the rows are, and the columns.
    pub(crate) axes: [&'a str; 2],
    pub(crate) rows: Vec<String>,
    pub(crate) columns: Vec<String>,
    /// `[row][column]`; gaps stay blank.
    pub(crate) cells: Vec<Vec<Option<MapCell>>>,
    pub(crate) scale: Scale,
}

impl CellMap<'_> {
    /// The map as a figure. It keeps its size: letters stay readable, and what is too wide scrolls.
    pub(crate) fn render(&self) -> Markup {
        let left = self.left();
        let width = left + WIDTH * self.columns.len() as f64 + 4.0;
        let height = TOP + HEIGHT * self.rows.len() as f64 + 4.0;
        html! {
            figure.map {
                figcaption { (self.title) }
                div.wide {
                    svg viewBox={ "0 0 " (px(width)) " " (px(height)) }
                        style={ "width:" (px(width)) "px" } role="img" aria-label=(self.title) {
                        text x="0" y="28" { (self.axes[0]) }
                        text x=(px(left)) y="12" { (self.axes[1]) }
                        @for (column, name) in self.columns.iter().enumerate() {
                            text.middle x=(px(left + WIDTH * (column as f64 + 0.5))) y="28" {
                                (name)
                            }
                        }
                        @for (row, cells) in self.cells.iter().enumerate() {
                            (self.row(row, cells, left))
                        }
                    }
                }
            }
        }
    }

    /// Room for the names of the rows, and of what they are.
    fn left(&self) -> f64 {
        let names = self.rows.iter().map(String::as_str).chain([self.axes[0]]);
        let longest = names.map(|name| name.chars().count()).max().unwrap_or(0);
        LETTER * longest as f64 + 10.0
    }

    fn row(&self, row: usize, cells: &[Option<MapCell>], left: f64) -> Markup {
        let y = TOP + HEIGHT * row as f64;
        html! {
            text.end x=(px(left - 6.0)) y=(px(y + HEIGHT / 2.0 + 4.0)) {
                (self.rows.get(row).map_or("", String::as_str))
            }
            @for (column, cell) in cells.iter().enumerate() {
                @if let Some(cell) = cell { (self.cell(cell, left + WIDTH * column as f64, y)) }
            }
        }
    }

    fn cell(&self, cell: &MapCell, x: f64, y: f64) -> Markup {
        let (class, shade) = match cell.value.filter(|value| value.is_finite()) {
            Some(value) => self.scale.shade(value),
            None => ("gone", 1.0),
        };
        let strong = class != "gone" && shade > 0.65;
        html! {
            rect.(class) x=(px(x)) y=(px(y)) width=(px(WIDTH - 1.0)) height=(px(HEIGHT - 1.0))
                fill-opacity=(shade_text(shade)) { title { (cell.tip) } }
            text.middle.ink.on[strong] x=(px(x + WIDTH / 2.0 - 0.5))
                y=(px(y + HEIGHT / 2.0 + 3.5)) { (cell.text) }
            @if cell.mark == Mark::Chosen {
                rect.frame x=(px(x)) y=(px(y)) width=(px(WIDTH - 1.0)) height=(px(HEIGHT - 1.0)) {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::lines;

    #[test]
    fn a_small_map() {
        let cell = |value: Option<f64>, text: &str, mark| {
            Some(MapCell { value, text: text.into(), tip: format!("<{text}>"), mark })
        };
        let map = CellMap {
            title: "VPT-Deep",
            axes: ["lr", "decay"],
            rows: vec!["50".into(), "0.25".into()],
            columns: vec!["0.01".into()],
            cells: vec![
                vec![cell(Some(0.5), "50.0", Mark::Chosen)],
                vec![cell(None, "×", Mark::None)],
            ],
            scale: Scale::Sequential { low: 0.0, high: 0.5 },
        };
        insta::assert_snapshot!(lines(&map.render().into_string()), @r#"
<figure class="map">
<figcaption>VPT-Deep</figcaption>
<div class="wide">
<svg viewBox="0 0 84 82" style="width:84px" role="img" aria-label="VPT-Deep">
<text x="0" y="28">lr</text>
<text x="36" y="12">decay</text>
<text class="middle" x="58" y="28">0.01</text>
<text class="end" x="30" y="49">50</text>
<rect class="seq" x="36" y="34" width="43" height="21" fill-opacity="1.00">
<title>&lt;50.0&gt;</title>
</rect>
<text class="middle ink on" x="57.5" y="48.5">50.0</text>
<rect class="frame" x="36" y="34" width="43" height="21">
</rect>
<text class="end" x="30" y="71">0.25</text>
<rect class="gone" x="36" y="56" width="43" height="21" fill-opacity="1.00">
<title>&lt;×&gt;</title>
</rect>
<text class="middle ink" x="57.5" y="70.5">×</text>
</svg>
</div>
</figure>
"#);
    }
}
