//! Accuracy by class and the confusion matrix.

use maud::{Markup, html};
use provpt_runs::{ClassScore, RunResult};

use super::{axis::px, format};

/// With more classes than this only the worst are shown, as a table.
const DRAWN: usize = 30;
const WORST: usize = 20;
const CELL: f64 = 26.0;
const LEFT: f64 = 150.0;
const TOP: f64 = 20.0;

/// The classes of a result, if they were counted.
pub(crate) fn section(result: &RunResult) -> Markup {
    let classes = &result.per_class;
    if classes.is_empty() {
        return html! {};
    }
    let split = if result.test.is_some() { "test" } else { "validation" };
    html! {
        section {
            h2 { "Classes" }
            @if classes.len() <= DRAWN {
                p.hint { "Accuracy on the " (split) " images by class." }
                div.bars { @for class in classes { (bar(class)) } }
                (confusion(result))
            } @else {
                p.hint {
                    "The " (WORST) " worst of " (classes.len()) " classes on the " (split)
                    " images."
                }
                (worst(result))
            }
        }
    }
}

fn bar(class: &ClassScore) -> Markup {
    let width = 100.0 * class.accuracy().unwrap_or(0.0).clamp(0.0, 1.0);
    html! {
        div.row {
            span.name title=(class.name) { (class.name) }
            span.track { i style={ "width:" (px(width)) "%" } {} }
            span.value { (format::percent(class.accuracy())) }
        }
    }
}

fn worst(result: &RunResult) -> Markup {
    let mut order: Vec<usize> =
        (0..result.per_class.len()).filter(|&c| result.per_class[c].total > 0).collect();
    let accuracy = |class: usize| result.per_class[class].accuracy().unwrap_or(0.0);
    order.sort_by(|&a, &b| accuracy(a).total_cmp(&accuracy(b)));
    html! {
        table.numbers {
            thead {
                tr {
                    th.left { "class" } th { "accuracy" } th { "right" } th { "images" }
                    th.left { "most often taken for" }
                }
            }
            tbody {
                @for class in order.into_iter().take(WORST) {
                    @let score = &result.per_class[class];
                    tr {
                        td.left { (score.name) } td { (format::percent(score.accuracy())) }
                        td { (score.correct) } td { (score.total) }
                        td.left { (taken_for(result, class)) }
                    }
                }
            }
        }
    }
}

/// The class that images of `class` are most often mistaken for, and how often.
fn taken_for(result: &RunResult, class: usize) -> String {
    let Some(row) = result.confusion.get(class) else { return format::MISSING.to_owned() };
    let wrong = row.iter().enumerate().filter(|&(other, &n)| other != class && n > 0);
    // Of equals the first: `max_by_key` alone would take the last.
    match wrong.rev().max_by_key(|(_, n)| **n) {
        Some((other, n)) => match result.per_class.get(other) {
            Some(score) => format!("{} ({n})", score.name),
            None => format!("class {} ({n})", other + 1),
        },
        None => format::MISSING.to_owned(),
    }
}

fn confusion(result: &RunResult) -> Markup {
    if result.confusion.is_empty() {
        return html! {};
    }
    let classes = result.confusion.len();
    let (width, height) = (LEFT + CELL * classes as f64, TOP + CELL * classes as f64);
    html! {
        h3 { "Confusion" }
        p.hint {
            "Rows: what an image is. Columns, in the same order: what it was taken for. Shades go "
            "by the row's share."
        }
        div.scroll {
            svg.confusion viewBox={ "0 0 " (px(width)) " " (px(height)) }
                style={ "min-width:" (px(0.85 * width)) "px;max-width:" (px(1.25 * width)) "px" }
                role="img" aria-label="Confusion matrix" {
                @for class in 0..classes {
                    text.middle x=(px(LEFT + CELL * (class as f64 + 0.5))) y=(px(TOP - 6.0)) {
                        (class + 1)
                    }
                }
                @for (class, row) in result.confusion.iter().enumerate() {
                    (confusion_row(result, class, row))
                }
            }
        }
    }
}

fn confusion_row(result: &RunResult, class: usize, row: &[u64]) -> Markup {
    let name = result.per_class.get(class).map_or("", |c| c.name.as_str());
    let total = row.iter().sum::<u64>().max(1) as f64;
    let y = TOP + CELL * class as f64;
    html! {
        text.end x=(px(LEFT - 6.0)) y=(px(y + CELL / 2.0 + 4.0)) {
            (shortened(name)) " " (class + 1)
        }
        @for (other, &n) in row.iter().enumerate() {
            // The square root keeps rare mistakes visible.
            @let shade = (n as f64 / total).sqrt();
            rect.(if other == class { "seq" } else { "pos" })
                x=(px(LEFT + CELL * other as f64)) y=(px(y)) width=(px(CELL - 1.0))
                height=(px(CELL - 1.0)) fill-opacity={ (format!("{:.2}", shade.max(0.03))) } {}
            @if n > 0 && n < 10_000 {
                text.middle.small.ink.on[shade > 0.65] x=(px(LEFT + CELL * (other as f64 + 0.5)))
                    y=(px(y + CELL / 2.0 + 3.0)) { (n) }
            }
        }
    }
}

fn shortened(name: &str) -> String {
    let mut short: String = name.chars().take(18).collect();
    if short.len() < name.len() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use provpt_runs::Score;

    fn result(classes: usize) -> RunResult {
        let class = |c: usize| ClassScore { name: format!("<{c}>"), correct: c as u64, total: 100 };
        let row = |c: usize| (0..classes).map(|o| u64::from(o == (c + 1) % classes)).collect();
        RunResult {
            per_class: (0..classes).map(class).collect(),
            confusion: (0..classes).map(row).collect(),
            test: Some(Score::default()),
            ..RunResult::default()
        }
    }

    #[test]
    fn few_classes_are_drawn() {
        let page = section(&result(30)).into_string();
        assert_eq!(page.matches("class=\"row\"").count(), 30);
        assert_eq!(page.matches("<rect").count(), 900);
        assert!(page.contains("&lt;29&gt;") && !page.contains("<29>"), "names are escaped");
    }

    #[test]
    fn of_many_classes_the_worst_are_listed() {
        let page = section(&result(31)).into_string();
        assert_eq!(page.matches("<tr>").count(), 1 + WORST);
        assert!(!page.contains("<svg"), "{page}");
        assert!(page.contains("&lt;1&gt; (1)"), "{page}");
        assert!(!page.contains("&lt;30&gt;"), "the best class is not among the worst: {page}");
    }

    #[test]
    fn lists_that_do_not_fit_together_break_nothing() {
        let mut ragged = result(3);
        ragged.confusion = vec![vec![1, 2, 3, 4, 5], vec![], vec![0, 7]];
        ragged.per_class[1].total = 0;
        assert!(section(&ragged).into_string().contains("–"));
        ragged.per_class.clear();
        assert_eq!(section(&ragged).into_string(), "");
    }
}
