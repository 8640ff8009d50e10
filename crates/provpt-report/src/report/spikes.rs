//! Spikes of the loss and the gradient norm, for a run that recorded its steps.

use maud::{Markup, html};
use provpt_runs::{EpochRecord, StepRecord};

use super::{
    chart::{LineChart, Series},
    format,
};
use crate::spikes::{self, Around, Spike, SpikeRate};

/// Points of the chart at most. Beyond, each stands for the largest loss of some steps.
const POINTS: usize = 600;
/// Rows of the table at most: the highest spikes.
const ROWS: usize = 60;

/// What spiked, if steps were recorded.
pub(crate) fn section(steps: &[StepRecord], epochs: &[EpochRecord]) -> Markup {
    if steps.is_empty() {
        return html! {};
    }
    let found = spikes::find(steps);
    let rate = SpikeRate::of(steps, &found, epochs);
    html! {
        section {
            h2 { "Spikes" }
            p.hint {
                "Steps whose loss, less that of the same images an epoch before, or whose gradient "
                "norm (its logarithm) lies " (spikes::THRESHOLD) " or more robust standard deviations above the " (spikes::WINDOW)
                " steps before; neighbouring ones are one spike. Back: steps until the loss was "
                "within 3 of the usual again."
            }
            p { (counts(&rate)) }
            div.one { (chart(steps)) }
            @if !found.is_empty() { (table(&found, steps, epochs)) }
        }
    }
}

fn counts(rate: &SpikeRate) -> Markup {
    let [all, moved, still] = rate.per_thousand().map(format::number);
    html! {
        b { (format::counted(rate.spikes(), "spike")) } " in "
        (format::counted(rate.steps(), "step")) " (" (all) " per 1,000)"
        @if rate.steps_moved > 0 {
            "; per 1,000 steps of epochs with a move " b { (moved) } ", of others " b { (still) }
        }
        @if rate.lost > 0 { "; after " (rate.lost) " the loss did not come back" }
        "."
    }
}

fn chart(steps: &[StepRecord]) -> Markup {
    let bucket = steps.len().div_ceil(POINTS);
    let largest = |some: &[StepRecord]| {
        some.iter().map(|step| step.loss).filter(|loss| loss.is_finite()).reduce(f64::max)
    };
    let numbers: Vec<usize> = (0..steps.len()).step_by(bucket).map(|at| at + 1).collect();
    let values = steps.chunks(bucket).map(largest).collect();
    let series = vec![Series { name: "loss", hue: 1, values }];
    let title = if bucket > 1 { "Loss by step (largest of some)" } else { "Loss by step" };
    LineChart { title, epochs: &numbers, series, label: format::number }.render()
}

fn table(found: &[Spike], steps: &[StepRecord], epochs: &[EpochRecord]) -> Markup {
    let mut shown: Vec<&Spike> = found.iter().collect();
    shown.sort_by(|a, b| b.z().total_cmp(&a.z()));
    shown.truncate(ROWS);
    shown.sort_by_key(|spike| spike.start);
    html! {
        @if found.len() > ROWS { p.hint { "The " (ROWS) " highest of " (found.len()) "." } }
        div.scroll {
            table.numbers {
                thead {
                    tr {
                        th { "epoch" } th { "step" } th { "z of loss" } th { "z of gradient" }
                        th { "loss" } th { "back" } th.left { "moved before" }
                        th { "prompt norm" } th { "turn before" } th.left { "largest gradient" }
                    }
                }
                tbody {
                    @for spike in shown {
                        (row(spike, &steps[spike.peak], &spikes::around(spike, steps, epochs)))
                    }
                }
            }
        }
    }
}

fn row(spike: &Spike, peak: &StepRecord, around: &Around) -> Markup {
    let steps = spike.end - spike.start;
    html! {
        tr {
            td { (around.epoch + 1) }
            td { (around.step + 1) @if steps > 0 { " + " (steps) } }
            td { (format::number(Some(spike.loss_z))) }
            td { (format::number(Some(spike.grad_z))) }
            td { (format::number(Some(peak.loss))) }
            td class=[spike.recovery.is_none().then_some("bad")] {
                @match spike.recovery { Some(steps) => (steps), None => "never" }
            }
            td.left { (moved(around)) }
            td { (norms(around)) }
            td { (format::number(around.turn)) }
            td.left { (block(around)) }
        }
    }
}

fn moved(around: &Around) -> String {
    match &around.moved {
        Some(m) => format!("prompt {}: block {} → {}", m.prompt + 1, m.from + 1, m.to + 1),
        None => format::MISSING.to_owned(),
    }
}

fn norms(around: &Around) -> String {
    match (around.norm_before, around.norm_at) {
        (None, None) => format::MISSING.to_owned(),
        (before, at) => format!("{} → {}", format::number(before), format::number(at)),
    }
}

fn block(around: &Around) -> String {
    match around.largest_block {
        Some(block) => format!("block {} ({})", block + 1, format::percent(around.share)),
        None => format::MISSING.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::lines;
    use provpt_runs::Move;

    fn steps(count: usize) -> Vec<StepRecord> {
        let step = |at: usize| StepRecord {
            epoch: at / 40,
            step: at % 40,
            loss: if at == 50 { 3.5 } else { 1.0 },
            grad_norm: 1.0,
            block_grad_norm: vec![1.0, 3.0],
            prompt_norm: vec![3.0, 4.0],
            block_turn: vec![0.01 * at as f64, 0.1],
            ..StepRecord::default()
        };
        (0..count).map(step).collect()
    }

    #[test]
    fn a_spike_in_an_epoch_with_a_move() {
        let relocation = Some(Move { prompt: 6, from: 3, to: 0, ..Move::default() });
        let epochs = [EpochRecord { epoch: 1, relocation, ..EpochRecord::default() }];
        let page = lines(&section(&steps(80), &epochs).into_string());
        let from = page.find("<tbody>").unwrap();
        insta::assert_snapshot!(&page[from..], @r#"
<tbody>
<tr>
<td>2</td>
<td>11</td>
<td>125</td>
<td>0</td>
<td>3.50</td>
<td>1</td>
<td class="left">prompt 7: block 4 → 1</td>
<td>5.00 → 5.00</td>
<td>0.490</td>
<td class="left">block 2 (90.0 %)</td>
</tr>
</tbody>
</table>
</div>
</section>
"#);
        assert!(page.contains("of epochs with a move <b>25.0</b>, of others <b>0</b>"), "{page}");
    }

    #[test]
    fn nothing_recorded_says_nothing_and_quiet_runs_say_so() {
        assert_eq!(section(&[], &[]).into_string(), "");
        let page = section(&steps(50), &[]).into_string();
        assert!(page.contains("<b>0 spikes</b> in 50 steps") && !page.contains("<table"), "{page}");
    }

    #[test]
    fn long_runs_keep_their_highest_point() {
        let page = section(&steps(5000), &[]).into_string();
        let points = page.split("points=\"").nth(1).unwrap().split('"').next().unwrap();
        assert_eq!(points.split(' ').count(), 5000_usize.div_ceil(9));
        assert!(page.contains("largest of some") && page.contains(">3.5<"), "{page}");
    }
}
