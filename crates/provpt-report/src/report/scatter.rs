//! A score against the truth, one dot per prompt.

use maud::{Markup, html};
use provpt_runs::{IdlenessScore, StudyRow};

use super::{
    axis::{Axis, px},
    chart::grid,
    format,
};

const WIDTH: f64 = 330.0;
const HEIGHT: f64 = 270.0;
const LEFT: f64 = 56.0;
const RIGHT: f64 = 14.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 40.0;

/// The plot of one score. `first` is the prompt that the score would move.
pub(crate) fn plot(rows: &[StudyRow], score: IdlenessScore, first: Option<usize>) -> Markup {
    let point = |row: &StudyRow| (score.of(row), -row.true_change);
    let finite = |row: &&StudyRow| point(row).0.is_finite() && row.true_change.is_finite();
    let rows: Vec<&StudyRow> = rows.iter().filter(finite).collect();
    let x = score_axis(&rows, score);
    let y = Axis::around(rows.iter().map(|row| point(row).1), (HEIGHT - BOTTOM, TOP));
    html! {
        figure.scatter {
            figcaption { (score.name()) }
            svg viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img"
                aria-label={ "True idleness against the score " (score.name()) } {
                (grid(&x, &y, (5, 0.0)))
                text.middle x=(px((LEFT + WIDTH - RIGHT) / 2.0)) y=(px(HEIGHT - 4.0)) { "score" }
                @for row in rows { (dot(row, &x, &y, point(row), first)) }
            }
        }
    }
}

/// Freshly moved prompts can score a thousand times their elders. Then the axis goes by the elders,
/// and the others stand at its edge.
fn score_axis(rows: &[&StudyRow], score: IdlenessScore) -> Axis {
    let pixels = (LEFT, WIDTH - RIGHT);
    let settled: Vec<f64> = rows.iter().filter(|r| !r.fresh).map(|r| score.of(r)).collect();
    let largest = |values: &mut dyn Iterator<Item = f64>| values.fold(0.0, |m, v| v.abs().max(m));
    let all = largest(&mut rows.iter().map(|r| score.of(r)));
    if settled.len() >= 3 && all > 5.0 * largest(&mut settled.iter().copied()) {
        return Axis::around(settled.into_iter(), pixels);
    }
    Axis::around(rows.iter().map(|row| score.of(row)), pixels)
}

fn dot(row: &StudyRow, x: &Axis, y: &Axis, at: (f64, f64), first: Option<usize>) -> Markup {
    let beyond = x.clamp(at.0) != at.0;
    let (cx, cy) = (x.at(x.clamp(at.0)), y.at(at.1));
    html! {
        g.dot.fresh[row.fresh].beyond[beyond] {
            title {
                "prompt " (row.prompt + 1) " in block " (row.block + 1) ": score "
                (format::number(Some(at.0))) ", true idleness " (format::number(Some(at.1)))
            }
            circle cx=(px(cx)) cy=(px(cy)) r="3.5" {}
            @if first == Some(row.prompt) { circle.ring cx=(px(cx)) cy=(px(cy)) r="7" {} }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<StudyRow> {
        let row = |prompt: usize| StudyRow {
            prompt,
            gate: prompt as f64,
            true_change: -(prompt as f64),
            ..StudyRow::default()
        };
        (0..4).map(row).collect()
    }

    #[test]
    fn outliers_stand_at_the_edge() {
        let mut rows = rows();
        let page = plot(&rows, IdlenessScore::Gate, Some(3)).into_string();
        assert_eq!((page.matches("r=\"3.5\"").count(), page.matches("ring").count()), (4, 1));
        assert!(!page.contains("beyond"), "{page}");
        rows[3] = StudyRow { gate: 5000.0, fresh: true, ..rows[3] };
        let page = plot(&rows, IdlenessScore::Gate, None).into_string();
        assert!(page.contains("<g class=\"dot fresh beyond\">"), "{page}");
        assert!(page.contains("score 5.00e3") || page.contains("score 5000"), "{page}");
    }

    #[test]
    fn rows_that_are_not_finite_are_left_out() {
        let mut rows = rows();
        rows[0].gate = f64::NAN;
        rows[1].true_change = f64::INFINITY;
        let page = plot(&rows, IdlenessScore::Gate, None).into_string();
        assert_eq!(page.matches("<circle").count(), 2);
        assert!(!page.contains("NaN") && !page.contains("inf"), "{page}");
        assert!(!plot(&[], IdlenessScore::Norm, None).into_string().contains("NaN"));
    }
}
