//! The top of the page: what was run and what came out.

use maud::{Markup, html};
use provpt_runs::{EpochRecord, Metrics, RunResult, Seconds};

use super::{ReportInput, axis::px, format};

/// Title, facts and the headline numbers.
pub(crate) fn section(input: &ReportInput<'_>) -> Markup {
    let epochs = input.metrics.len();
    html! {
        header {
            h1 { (input.title) }
            p.facts {
                @if let Some(result) = input.result {
                    @for fact in [&result.method, &result.task, &result.backbone] {
                        span { (fact) }
                    }
                    span { "seed " (result.seed) }
                    span { (format::counted(result.epochs, "epoch")) }
                } @else if input.failure.is_some() {
                    span.open { "failed after " (format::counted(epochs, "epoch")) }
                } @else if epochs > 0 {
                    span.open { "not finished: " (format::counted(epochs, "epoch")) " so far" }
                } @else {
                    span.open { "no epoch finished yet" }
                }
            }
            @if let Some(trouble) = trouble(input) { p.trouble { (trouble) } }
        }
        div.cards {
            @match input.result {
                Some(result) => { (of_result(result)) }
                None => { (so_far(input.metrics)) }
            }
        }
        (time(input.metrics))
    }
}

/// What went wrong, if something did.
fn trouble(input: &ReportInput<'_>) -> Option<String> {
    if let Some(reason) = input.failure {
        return Some(format!("An error ended this run: {reason}"));
    }
    let diverged = |loss: &str, when: String| {
        format!("This run diverged: the {loss} {when} is not a finite number.")
    };
    let of_epoch = |record: &EpochRecord| {
        Some(diverged(record.diverged()?, format!("of epoch {}", record.epoch + 1)))
    };
    let at_the_end = || Some(diverged(input.result?.diverged()?, "at the end".to_owned()));
    input.metrics.iter().find_map(of_epoch).or_else(at_the_end)
}

fn card(name: &str, value: &str, note: &str) -> Markup {
    html! {
        div.card {
            span { (name) }
            b { (value) }
            @if !note.is_empty() { small { (note) } }
        }
    }
}

fn of_result(result: &RunResult) -> Markup {
    let loss = |loss: f64| format!("loss {}", format::number(Some(loss)));
    let best = result.best_val.map_or(String::new(), |best| {
        format!("best {} in epoch {}", format::percent(Some(best.top1)), best.epoch + 1)
    });
    let over = match result.distribution.len() {
        0 => String::new(),
        blocks => format!("over {}", format::counted(blocks, "block")),
    };
    html! {
        @if let Some(test) = result.test {
            (card("Test top-1", &format::accuracy(&test), &loss(test.loss)))
        }
        @if let Some(val) = result.val {
            (card("Validation top-1", &format::accuracy(&val), &best))
        }
        (card("Train top-1", &format::percent(Some(result.train_top1)), "while tuning, last epoch"))
        @if result.prompts > 0 {
            (card("Prompts", &format::count(result.prompts as u64), &over))
        }
        @if result.pruned > 0 {
            (card("Pruned", &format::count(result.pruned as u64), "prompts that did least"))
        }
        @if result.relocations > 0 {
            (card("Moves", &format::count(result.relocations as u64), ""))
        }
        (card("Trained numbers", &format::count(result.parameters as u64), ""))
        (card("Time", &format::duration(result.seconds), ""))
        @if let Some(bytes) = result.peak_memory_bytes {
            (card("Peak memory", &format::bytes(bytes), ""))
        }
    }
}

fn so_far(metrics: &Metrics) -> Markup {
    let Some(last) = metrics.last() else { return html! {} };
    let moves = metrics.iter().map(|record| record.moves().count()).sum::<usize>();
    let seconds = metrics.iter().map(|record| record.seconds.total()).sum();
    html! {
        @if let Some(val) = last.val {
            (card("Validation top-1", &format::accuracy(&val), ""))
        }
        (card("Train top-1", &format::percent(Some(last.train_top1)), ""))
        (card("Train loss", &format::number(Some(last.train_loss)), ""))
        @if moves > 0 { (card("Moves", &format::count(moves as u64), "")) }
        (card("Time", &format::duration(seconds), ""))
    }
}

/// Where the time went, as one bar.
fn time(metrics: &Metrics) -> Markup {
    let sum = |part: fn(&Seconds) -> f64| -> f64 { metrics.iter().map(|r| part(&r.seconds)).sum() };
    let parts = [
        ("tuning", 1, sum(|s| s.tune)),
        ("scoring", 4, sum(|s| s.score)),
        ("verifying", 2, sum(|s| s.verify)),
        ("evaluating", 3, sum(|s| s.evaluate)),
    ];
    let total: f64 = parts.iter().map(|part| part.2).sum();
    if !(total.is_finite() && total > 0.0) {
        return html! {};
    }
    let shown = || parts.iter().filter(|part| part.2 > 0.0);
    html! {
        div.time {
            div.split {
                @for (_, hue, seconds) in shown() {
                    i.{ "s" (hue) } style={ "width:" (px(100.0 * seconds / total)) "%" } {}
                }
            }
            p.legend {
                @for (name, hue, seconds) in shown() {
                    span.{ "key s" (hue) } {
                        (name) " " b { (format::percent(Some(seconds / total))) }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::lines;
    #[test]
    fn a_run_that_goes_on() {
        let seconds = Seconds { tune: 3.0, score: 1.0, ..Seconds::default() };
        let record =
            EpochRecord { train_top1: 0.5, train_loss: 1.25, seconds, ..Default::default() };
        let metrics = Metrics::from(vec![record]);
        let input = ReportInput {
            title: "a <b> & c",
            config_toml: "",
            metrics: &metrics,
            steps: None,
            result: None,
            study: None,
            failure: None,
        };
        insta::assert_snapshot!(lines(&section(&input).into_string()), @r#"
<header>
<h1>a &lt;b&gt; &amp; c</h1>
<p class="facts">
<span class="open">not finished: 1 epoch so far</span>
</p>
</header>
<div class="cards">
<div class="card">
<span>Train top-1</span>
<b>50.0 %</b>
</div>
<div class="card">
<span>Train loss</span>
<b>1.25</b>
</div>
<div class="card">
<span>Time</span>
<b>4.0 s</b>
</div>
</div>
<div class="time">
<div class="split">
<i class="s1" style="width:75%">
</i>
<i class="s4" style="width:25%">
</i>
</div>
<p class="legend">
<span class="key s1">tuning <b>75.0 %</b>
</span>
<span class="key s4">scoring <b>25.0 %</b>
</span>
</p>
</div>
"#);
    }
}
