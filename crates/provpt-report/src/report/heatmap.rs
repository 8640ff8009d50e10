//! Blocks by epochs as coloured cells. A cell's colour is its class, its shade its opacity: both
//! schemes of the page, and paper, get by with one number per cell.

use maud::{Markup, html};

use super::axis::px;

const WIDTH: f64 = 1000.0;
const LEFT: f64 = 34.0;
const RIGHT: f64 = 12.0;
const BOTTOM: f64 = 20.0;
/// Room for the bars of the last epoch.
const BARS: f64 = 120.0;
/// Wider cells would only stretch a short run.
const WIDEST: f64 = 44.0;
/// Narrower cells touch each other and join where they look the same.
const NARROW: f64 = 12.0;

/// How values turn into shades.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Scale {
    /// From `low`, pale, to `high`, strong.
    Sequential {
        /// The palest value.
        low: f64,
        /// The strongest value.
        high: f64,
    },
    /// One colour below zero, another above, strongest at `limit` and beyond.
    Diverging {
        /// The strongest absolute value.
        limit: f64,
    },
}

impl Scale {
    /// The class that gives the colour, and the opacity.
    pub(crate) fn shade(self, value: f64) -> (&'static str, f64) {
        match self {
            Self::Sequential { low, high } if high > low => {
                ("seq", 0.06 + 0.94 * ((value - low) / (high - low)).clamp(0.0, 1.0))
            }
            Self::Sequential { .. } => ("seq", 0.5),
            Self::Diverging { limit } => {
                let class = if value < 0.0 { "neg" } else { "pos" };
                (class, if limit > 0.0 { (value.abs() / limit).min(1.0) } else { 0.0 })
            }
        }
    }
}

/// A grid of `[block][epoch]` values.
pub(crate) struct HeatMap<'a> {
    /// What is shown, for those who cannot see it.
    pub(crate) title: &'a str,
    /// Blocks of each stage; none if there are no stages.
    pub(crate) stages: &'a [usize],
    /// Counted from 1, ascending.
    pub(crate) epochs: &'a [usize],
    /// `[block][epoch]`; gaps stay blank.
    pub(crate) values: Vec<Vec<Option<f64>>>,
    /// The scale of all cells.
    pub(crate) scale: Scale,
    /// How a value reads.
    pub(crate) label: fn(Option<f64>) -> String,
    /// Whether values are written into cells that have room for them.
    pub(crate) written: bool,
    /// Whether the last epoch is drawn again as bars.
    pub(crate) bars: bool,
}

/// Cells of one block that look the same: columns `from..to`.
struct Run {
    from: usize,
    to: usize,
    value: f64,
}

impl HeatMap<'_> {
    /// The map as an SVG picture.
    pub(crate) fn render(&self) -> Markup {
        let height = self.cell_height() * self.values.len() as f64 + BOTTOM;
        html! {
            div.wide {
                svg.heat viewBox={ "0 0 " (WIDTH) " " (px(height)) } role="img" aria-label=(self.title) {
                    @for (block, row) in self.values.iter().enumerate() {
                        @if block > 0 && self.place(block).is_some_and(|(_, first)| first == 1) {
                            g.axis { line x1="0" x2=(WIDTH) y1=(self.top(block)) y2=(self.top(block)) {} }
                        }
                        text.end x=(px(LEFT - 6.0)) y=(px(self.baseline(block))) { (self.name(block)) }
                        @for run in self.runs(row) { (self.cell(block, &run)) }
                        @if self.bars { (self.bar(block)) }
                    }
                    (self.epoch_labels())
                }
            }
        }
    }

    fn cell_width(&self) -> f64 {
        let room = WIDTH - LEFT - if self.bars { BARS } else { RIGHT };
        (room / self.epochs.len().max(1) as f64).min(WIDEST)
    }

    fn cell_height(&self) -> f64 {
        match self.values.len() {
            0..=12 => 22.0,
            13..=24 => 17.0,
            _ => 14.0,
        }
    }

    /// Where the gap above a block is.
    fn top(&self, block: usize) -> String {
        px(self.cell_height() * block as f64 - 0.5)
    }

    /// The stage of a block, and which of its blocks it is, from 1.
    fn place(&self, block: usize) -> Option<(usize, usize)> {
        let mut rest = block;
        for (stage, &blocks) in self.stages.iter().enumerate() {
            if rest < blocks {
                return Some((stage + 1, rest + 1));
            }
            rest -= blocks;
        }
        None
    }

    /// What a block is called: its number, behind that of its stage.
    fn name(&self, block: usize) -> String {
        match self.place(block) {
            Some((stage, block)) => format!("{stage}.{block}"),
            None => (block + 1).to_string(),
        }
    }

    fn baseline(&self, block: usize) -> f64 {
        self.cell_height() * (block as f64 + 0.5) + 4.0
    }

    fn runs(&self, row: &[Option<f64>]) -> Vec<Run> {
        let look = |column: &usize| {
            let value = row[*column].filter(|v| v.is_finite());
            value.map(|v| (self.scale.shade(v).0, shade_text(self.scale.shade(v).1)))
        };
        let columns: Vec<usize> = (0..row.len()).collect();
        let narrow = self.cell_width() < NARROW;
        columns
            .chunk_by(|a, b| narrow && look(a) == look(b))
            .filter(|run| look(&run[0]).is_some())
            .filter_map(|run| {
                Some(Run { from: run[0], to: run[0] + run.len(), value: row[run[0]]? })
            })
            .collect()
    }

    fn cell(&self, block: usize, run: &Run) -> Markup {
        let (width, height) = (self.cell_width(), self.cell_height());
        let gap = if width < NARROW { 0.0 } else { 1.0 };
        let edge = |column: usize| (10.0 * (LEFT + width * column as f64)).round() / 10.0;
        let (x, y) = (edge(run.from), height * block as f64);
        let (class, shade) = self.scale.shade(run.value);
        let label = (self.label)(Some(run.value));
        let fits = label.chars().count() as f64 * 7.0 + 4.0 <= width;
        html! {
            rect.(class) x=(px(x)) y=(px(y)) width=(px(edge(run.to) - gap - x))
                height=(px(height - gap)) fill-opacity=(shade_text(shade)) {
                title { (self.tip(block, run, &label)) }
            }
            @if self.written && fits {
                text.middle.ink.on[shade > 0.65] x=(px(x + width / 2.0 - gap / 2.0))
                    y=(px(self.baseline(block))) { (label) }
            }
        }
    }

    /// What a pointer that rests on the cell sees.
    fn tip(&self, block: usize, run: &Run, label: &str) -> String {
        let epoch = |column: usize| self.epochs.get(column).copied().unwrap_or_default();
        match run.to - run.from {
            1 => format!("block {}, epoch {}: {label}", self.name(block), epoch(run.from)),
            _ => {
                let (first, last) = (epoch(run.from), epoch(run.to - 1));
                format!("block {}, epochs {first}–{last}: {label}", self.name(block))
            }
        }
    }

    /// The last epoch's value of a block, as a bar to the right of the map.
    fn bar(&self, block: usize) -> Markup {
        let last = |row: &Vec<Option<f64>>| row.last().copied().flatten();
        let largest = self.values.iter().filter_map(last).fold(0.0, f64::max);
        let Some(value) = self.values.get(block).and_then(last) else { return html! {} };
        let x = LEFT + self.cell_width() * self.epochs.len() as f64 + 14.0;
        let length = if largest > 0.0 { (BARS - 44.0) * value / largest } else { 0.0 };
        let height = self.cell_height();
        html! {
            rect.bar x=(px(x)) y=(px(height * block as f64 + 2.0)) width=(px(length))
                height=(px(height - 5.0)) {}
            text.ink x=(px(x + length + 5.0)) y=(px(self.baseline(block))) {
                ((self.label)(Some(value)))
            }
        }
    }

    fn epoch_labels(&self) -> Markup {
        let width = self.cell_width();
        let steps = [1, 2, 5, 10, 20, 50, 100, 200, 500];
        let step = steps.into_iter().find(|&s| s as f64 * width >= 36.0).unwrap_or(1000);
        let y = self.cell_height() * self.values.len() as f64 + 14.0;
        let shown = |epoch: usize| epoch.is_multiple_of(step) || (epoch == 1 && step > 2);
        html! {
            @for (column, epoch) in self.epochs.iter().enumerate().filter(|(_, e)| shown(**e)) {
                text.middle x=(px(LEFT + width * (column as f64 + 0.5))) y=(px(y)) { (epoch) }
            }
        }
    }
}

pub(crate) fn shade_text(shade: f64) -> String {
    format!("{shade:.2}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::lines;

    fn map(values: Vec<Vec<Option<f64>>>, scale: Scale) -> String {
        let epochs: Vec<usize> = (1..=values[0].len()).collect();
        let label = |v: Option<f64>| v.map_or(String::new(), |v| format!("{v:.0}"));
        let (title, written) = ("Prompts", true);
        let (stages, bars) = (&[][..], true);
        HeatMap { title, stages, epochs: &epochs, values, scale, label, written, bars }
            .render()
            .into_string()
    }

    #[test]
    fn blocks_are_told_by_stage_where_there_are_stages() {
        let map = HeatMap {
            title: "Prompts",
            stages: &[2, 1],
            epochs: &[1],
            values: vec![vec![Some(1.0)]; 3],
            scale: Scale::Sequential { low: 0.0, high: 1.0 },
            label: |_| String::new(),
            written: false,
            bars: false,
        };
        let page = map.render().into_string();
        for name in ["1.1", "1.2", "2.1"] {
            assert!(page.contains(&format!(">{name}</text>")), "{name}: {page}");
            assert!(page.contains(&format!("block {name}, epoch 1: ")), "{name}: {page}");
        }
        // One line, between the stages.
        assert_eq!(page.matches("<line").count(), 1);
        assert!(page.contains(r#"y1="43.5" y2="43.5""#), "{page}");
    }

    #[test]
    fn a_small_map() {
        let values = vec![vec![Some(2.0), Some(1.0)], vec![None, Some(3.0)]];
        insta::assert_snapshot!(lines(&map(values, Scale::Sequential { low: 1.0, high: 3.0 })), @r#"
<div class="wide">
<svg class="heat" viewBox="0 0 1000 64" role="img" aria-label="Prompts">
<text class="end" x="28" y="15">1</text>
<rect class="seq" x="34" y="0" width="43" height="21" fill-opacity="0.53">
<title>block 1, epoch 1: 2</title>
</rect>
<text class="middle ink" x="55.5" y="15">2</text>
<rect class="seq" x="78" y="0" width="43" height="21" fill-opacity="0.06">
<title>block 1, epoch 2: 1</title>
</rect>
<text class="middle ink" x="99.5" y="15">1</text>
<rect class="bar" x="136" y="2" width="25.3" height="17">
</rect>
<text class="ink" x="166.3" y="15">1</text>
<text class="end" x="28" y="37">2</text>
<rect class="seq" x="78" y="22" width="43" height="21" fill-opacity="1.00">
<title>block 2, epoch 2: 3</title>
</rect>
<text class="middle ink on" x="99.5" y="37">3</text>
<rect class="bar" x="136" y="24" width="76" height="17">
</rect>
<text class="ink" x="217" y="37">3</text>
<text class="middle" x="56" y="58">1</text>
<text class="middle" x="100" y="58">2</text>
</svg>
</div>
"#);
    }

    #[test]
    fn narrow_cells_join_where_they_are_equal() {
        let row: Vec<Option<f64>> = (0..200).map(|e| Some(f64::from(e / 100))).collect();
        let page = map(vec![row], Scale::Sequential { low: 0.0, high: 1.0 });
        assert_eq!(page.matches("<rect class=\"seq\"").count(), 2);
        assert!(page.contains("block 1, epochs 101–200: 1"), "{page}");
    }

    #[test]
    fn gaps_and_numbers_that_are_not_finite_stay_blank() {
        let row = vec![None, Some(f64::NAN), Some(f64::INFINITY), Some(-1.0)];
        let page = map(vec![row], Scale::Diverging { limit: 2.0 });
        assert_eq!(page.matches("<title>").count(), 1);
        assert!(page.contains("class=\"neg\"") && page.contains("fill-opacity=\"0.50\""), "{page}");
        assert!(!page.contains("NaN") && !page.contains("inf"), "{page}");
    }

    #[test]
    fn a_scale_without_width_has_one_shade() {
        assert_eq!(Scale::Sequential { low: 3.0, high: 3.0 }.shade(3.0), ("seq", 0.5));
        assert_eq!(Scale::Diverging { limit: 0.0 }.shade(0.0), ("pos", 0.0));
    }
}
