//! Curves over epochs. Colours are classes, so that the page's light and dark schemes reach them;
//! plotting crates write them into every element.

use maud::{Markup, html};

use super::{
    axis::{Axis, px},
    format,
};

const WIDTH: f64 = 480.0;
const HEIGHT: f64 = 220.0;
const LEFT: f64 = 52.0;
const RIGHT: f64 = 14.0;
const TOP: f64 = 8.0;
const BOTTOM: f64 = 24.0;

/// One curve: a value per epoch, `None` where there is none.
pub(crate) struct Series {
    /// Its name in the legend.
    pub(crate) name: &'static str,
    /// Which of the page's four line colours, from 1.
    pub(crate) hue: usize,
    /// As long as the chart's epochs.
    pub(crate) values: Vec<Option<f64>>,
}

/// A titled chart of some curves that share their axes.
pub(crate) struct LineChart<'a> {
    /// What the values are.
    pub(crate) title: &'static str,
    /// Counted from 1, ascending.
    pub(crate) epochs: &'a [usize],
    /// The curves; those without a finite value are left out.
    pub(crate) series: Vec<Series>,
    /// How a value reads in the legend.
    pub(crate) label: fn(Option<f64>) -> String,
}

impl Series {
    fn finite(&self) -> impl DoubleEndedIterator<Item = f64> {
        self.values.iter().flatten().copied().filter(|v| v.is_finite())
    }
}

impl LineChart<'_> {
    /// The chart as a figure; nothing if there is nothing to draw.
    pub(crate) fn render(mut self) -> Markup {
        self.series.retain(|series| series.finite().next().is_some());
        if self.series.is_empty() {
            return html! {};
        }
        let first = self.epochs.first().map_or(1.0, |&e| e as f64);
        let last = self.epochs.last().map_or(1.0, |&e| e as f64);
        let ends = if first < last { (first, last) } else { (first - 0.5, last + 0.5) };
        let x = Axis::exactly(ends, (LEFT, WIDTH - RIGHT));
        let values = self.series.iter().flat_map(Series::finite);
        let y = Axis::around(values, (HEIGHT - BOTTOM, TOP)).not_negative();
        html! {
            figure.chart {
                figcaption { (self.title) (self.legend()) }
                svg viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img" aria-label=(self.title) {
                    (grid(&x, &y, (8, 1.0)))
                    @for series in &self.series { (self.curve(series, &x, &y)) }
                }
            }
        }
    }

    /// The names, each with its last value.
    fn legend(&self) -> Markup {
        html! {
            span.legend {
                @for series in &self.series {
                    span.{ "key s" (series.hue) } {
                        @if self.series.len() > 1 { (series.name) " " }
                        b { ((self.label)(series.finite().next_back())) }
                    }
                }
            }
        }
    }

    fn curve(&self, series: &Series, x: &Axis, y: &Axis) -> Markup {
        let points: Vec<Option<(f64, f64)>> = self
            .epochs
            .iter()
            .zip(&series.values)
            .map(|(&epoch, value)| {
                let value = value.filter(|v| v.is_finite())?;
                Some((x.at(epoch as f64), y.at(value)))
            })
            .collect();
        html! {
            g.{ "s" (series.hue) } {
                @for piece in points.split(Option::is_none) {
                    @match piece {
                        [] => {}
                        [Some((x, y))] => { circle cx=(px(*x)) cy=(px(*y)) r="3" {} }
                        _ => { polyline points=(polyline(piece)) {} }
                    }
                }
            }
        }
    }
}

/// Horizontal grid lines and the labels of both axes, for a plot whose axes span its area. Along
/// `x` at most about `most` of them, at least `smallest` apart.
pub(crate) fn grid(x: &Axis, y: &Axis, (most, smallest): (usize, f64)) -> Markup {
    let (x_ticks, x_step) = x.ticks(most, smallest);
    let (y_ticks, y_step) = y.ticks(6, 0.0);
    let ((left, right), bottom) = (x.pixels(), y.pixels().0);
    html! {
        g.axis {
            @for v in y_ticks {
                line x1=(px(left)) x2=(px(right)) y1=(px(y.at(v))) y2=(px(y.at(v))) {}
                text.end x=(px(left - 6.0)) y=(px(y.at(v) + 4.0)) { (format::tick(v, y_step)) }
            }
            @for v in x_ticks {
                text.middle x=(px(x.at(v))) y=(px(bottom + 16.0)) { (format::tick(v, x_step)) }
            }
        }
    }
}

fn polyline(points: &[Option<(f64, f64)>]) -> String {
    let pairs: Vec<String> =
        points.iter().flatten().map(|(x, y)| format!("{},{}", px(*x), px(*y))).collect();
    pairs.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::lines;

    fn chart(values: Vec<Option<f64>>) -> String {
        let epochs: Vec<usize> = (1..=values.len()).collect();
        let series = vec![Series { name: "train", hue: 1, values }];
        let label = format::number;
        LineChart { title: "Loss", epochs: &epochs, series, label }.render().into_string()
    }

    #[test]
    fn gaps_split_the_curve() {
        let page = chart(vec![Some(1.0), Some(2.0), None, Some(f64::NAN), Some(3.0)]);
        assert_eq!(page.matches("<polyline").count(), 1);
        assert_eq!(page.matches("<circle").count(), 1);
        assert!(!page.contains("NaN"), "{page}");
    }

    #[test]
    fn one_epoch_is_a_dot_and_none_is_nothing() {
        assert_eq!(chart(vec![Some(0.0)]).matches("<circle").count(), 1);
        assert_eq!(chart(vec![None, Some(f64::NAN)]), "");
        assert_eq!(chart(vec![]), "");
    }

    #[test]
    fn a_small_chart() {
        insta::assert_snapshot!(lines(&chart(vec![Some(1.0), Some(0.5)])), @r#"
<figure class="chart">
<figcaption>Loss<span class="legend">
<span class="key s1">
<b>0.500</b>
</span>
</span>
</figcaption>
<svg viewBox="0 0 480 220" role="img" aria-label="Loss">
<g class="axis">
<line x1="52" x2="466" y1="187.5" y2="187.5">
</line>
<text class="end" x="46" y="191.5">0.5</text>
<line x1="52" x2="466" y1="153.3" y2="153.3">
</line>
<text class="end" x="46" y="157.3">0.6</text>
<line x1="52" x2="466" y1="119.1" y2="119.1">
</line>
<text class="end" x="46" y="123.1">0.7</text>
<line x1="52" x2="466" y1="84.9" y2="84.9">
</line>
<text class="end" x="46" y="88.9">0.8</text>
<line x1="52" x2="466" y1="50.7" y2="50.7">
</line>
<text class="end" x="46" y="54.7">0.9</text>
<line x1="52" x2="466" y1="16.5" y2="16.5">
</line>
<text class="end" x="46" y="20.5">1.0</text>
<text class="middle" x="52" y="212">1</text>
<text class="middle" x="466" y="212">2</text>
</g>
<g class="s1">
<polyline points="52,16.5 466,187.5">
</polyline>
</g>
</svg>
</figure>
"#);
    }
}
