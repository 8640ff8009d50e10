//! The idleness study: which score tells the truth.

use maud::{Markup, html};
use provpt_runs::{Agreement, Choice, IdlenessStudy, ScoreSummary, StudySummary};

use super::{format, scatter};

/// Tables and plots of a study.
pub(crate) fn section(study: &IdlenessStudy) -> Markup {
    let summary = study.summary();
    html! {
        section {
            h2 { "Which idleness tells the truth" }
            p.hint {
                "Every prompt was removed once, in truth: loss over "
                (format::count(study.images as u64)) " images, "
                (format::number(Some(study.loss))) " with all " (summary.prompts) " prompts. True "
                "idleness is how far the loss falls without the prompt; “little” is Spearman's "
                "coefficient with how little it changes, up or down. A choice's place counts from "
                "1, the prompt that is best removed; “verified” is the best of the four highest "
                "scores; ★ marks a choice among the best tenth."
            }
            div.scroll { (overall(&summary)) }
            div.grid.two {
                @for score in &summary.scores {
                    (scatter::plot(&study.rows, score.score, score.all.first.map(|c| c.prompt)))
                }
            }
            p.hint {
                "True idleness (up) against the score. A ring marks the score's first choice"
                @if summary.fresh > 0 {
                    ", orange the " (summary.fresh) " freshly moved prompts, an open dot a score "
                    "beyond the axis"
                }
                "."
            }
            h3 { "By block" }
            (by_block(&summary))
        }
    }
}

fn overall(summary: &StudySummary) -> Markup {
    html! {
        table.numbers {
            thead {
                tr {
                    th.left { "score" } th.left { "prompts" } th { "n" } th { "Pearson" }
                    th { "Spearman" } th { "little" } th { "first choice" } th { "verified" }
                }
            }
            tbody {
                @for score in &summary.scores {
                    (agreement(score.score.name(), "all", &score.all))
                    @if summary.fresh > 0 {
                        (agreement("", "without freshly moved", &score.settled))
                    }
                }
            }
        }
    }
}

fn agreement(score: &str, prompts: &str, agreement: &Agreement) -> Markup {
    html! {
        tr class=[score.is_empty().then_some("sub")] {
            td.left { b { (score) } } td.left { (prompts) } td { (agreement.prompts) }
            td { (format::coefficient(agreement.pearson)) }
            td { (format::coefficient(agreement.spearman)) }
            td { (format::coefficient(agreement.little)) }
            td { (place(agreement.first, agreement.prompts)) }
            td { (place(agreement.verified, agreement.prompts)) }
        }
    }
}

fn place(choice: Option<Choice>, of: usize) -> String {
    match choice {
        Some(Choice { rank, among_best, .. }) => {
            format!("{rank} of {of}{}", if among_best { " ★" } else { "" })
        }
        None => format::MISSING.to_owned(),
    }
}

fn by_block(summary: &StudySummary) -> Markup {
    let blocks = summary.scores.first().map_or(0, |score| score.blocks.len());
    html! {
        div.scroll {
            table.numbers {
                thead {
                    tr {
                        th { "block" } th { "n" }
                        @for score in &summary.scores {
                            th { (score.score.name()) " Spearman" } th { "first" } th { "verified" }
                        }
                    }
                }
                tbody {
                    @for index in 0..blocks { (block_row(summary, index)) }
                    tr.sum {
                        td { "★" } td {}
                        @for score in &summary.scores {
                            td {}
                            td { (hits(score, |a| a.first)) }
                            td { (hits(score, |a| a.verified)) }
                        }
                    }
                }
            }
        }
    }
}

fn block_row(summary: &StudySummary, index: usize) -> Markup {
    let rows: Vec<_> = summary.scores.iter().filter_map(|s| s.blocks.get(index)).collect();
    html! {
        tr {
            @if let Some(row) = rows.first() { td { (row.block + 1) } td { (row.all.prompts) } }
            @for row in &rows {
                td { (format::coefficient(row.all.spearman)) }
                td { (place(row.all.first, row.all.prompts)) }
                td { (place(row.all.verified, row.all.prompts)) }
            }
        }
    }
}

/// In how many of the blocks that have a choice it is among the best.
fn hits(score: &ScoreSummary, choice: impl Fn(&Agreement) -> Option<Choice>) -> String {
    let choices: Vec<Choice> = score.blocks.iter().filter_map(|b| choice(&b.all)).collect();
    format!("{} of {}", choices.iter().filter(|c| c.among_best).count(), choices.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use provpt_runs::StudyRow;

    #[test]
    fn the_overall_table() {
        let row = |(prompt, (attention, true_change)): (usize, (f64, f64))| StudyRow {
            prompt,
            attention,
            true_change,
            fresh: prompt == 0,
            ..StudyRow::default()
        };
        let rows = [(9.0, 5.0), (1.0, 0.0), (2.0, -1.0), (3.0, -2.0), (0.0, 1.0)];
        let rows: Vec<StudyRow> = rows.into_iter().enumerate().map(row).collect();
        let summary = StudySummary::of(&rows);
        let attention = StudySummary { scores: vec![summary.scores[1].clone()], ..summary };
        insta::assert_snapshot!(overall(&attention).into_string().replace("<tr", "\n<tr"), @r#"
<table class="numbers"><thead>
<tr><th class="left">score</th><th class="left">prompts</th><th>n</th><th>Pearson</th><th>Spearman</th><th>little</th><th>first choice</th><th>verified</th></tr></thead><tbody>
<tr><td class="left"><b>attention</b></td><td class="left">all</td><td>5</td><td>−0.73</td><td>+0.00</td><td>−0.82</td><td>5 of 5</td><td>1 of 5 ★</td></tr>
<tr class="sub"><td class="left"><b></b></td><td class="left">without freshly moved</td><td>4</td><td>+1.00</td><td>+1.00</td><td>−0.63</td><td>1 of 4 ★</td><td>1 of 4 ★</td></tr></tbody></table>
"#);
    }

    #[test]
    fn an_empty_study_is_still_a_page() {
        let page = section(&IdlenessStudy { loss: f64::NAN, ..IdlenessStudy::default() });
        assert!(!page.into_string().contains("NaN"));
    }
}
