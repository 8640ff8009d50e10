//! The table of relocations.

use std::collections::BTreeMap;

use maud::{Markup, html};
use provpt_runs::{EpochRecord, Metrics, Move};

use super::format;

/// Every move with what it brought, and why epochs went without one.
pub(crate) fn section(metrics: &Metrics) -> Markup {
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for reason in metrics.iter().filter_map(|record| record.not_moved.as_deref()) {
        *reasons.entry(reason).or_default() += 1;
    }
    if reasons.is_empty() && metrics.iter().all(|record| record.moves().next().is_none()) {
        return html! {};
    }
    html! {
        section {
            h2 { "Moves" }
            p.hint { (hint(metrics)) }
            @if !reasons.is_empty() {
                p {
                    "Epochs without a move: "
                    @for (index, (reason, epochs)) in reasons.iter().enumerate() {
                        @if index > 0 { "; " }
                        b { (epochs) } " (" (reason) ")"
                    }
                    "."
                }
            }
            (table(metrics))
        }
    }
}

fn hint(metrics: &Metrics) -> &'static str {
    if metrics.iter().flat_map(EpochRecord::moves).any(|moved| moved.insertion.is_some()) {
        return "Prompts change their blocks and values before an epoch where that truly lowers the \
                loss: by how much, ± its standard error over images, says verified. Idleness: by how \
                much it was expected to fall without the prompt as it was.";
    }
    "One prompt at most changes its block before an epoch. Verified: the true change of the loss \
     when it was removed. Reward: the improvement the move brought, less the idleness then left; \
     known one epoch later."
}

fn table(metrics: &Metrics) -> Markup {
    let moves: Vec<(usize, &Move, Option<f64>)> = metrics
        .iter()
        .enumerate()
        .flat_map(|(index, record)| {
            let next = metrics.get(index + 1).filter(|next| next.epoch == record.epoch + 1);
            let reward = next.and_then(|next| next.reward);
            record.moves().map(move |moved| (record.epoch + 1, moved, reward))
        })
        .collect();
    if moves.is_empty() {
        return html! {};
    }
    html! {
        div.scroll {
            table.numbers {
                thead {
                    tr {
                        th { "epoch" } th { "prompt" } th.middle { "block" } th { "idleness" }
                        th { "verified" } th { "probability" } th { "reward" } th.left { "rebirth" }
                    }
                }
                tbody { @for (epoch, moved, reward) in moves { (row(epoch, moved, reward)) } }
            }
        }
    }
}

fn row(epoch: usize, moved: &Move, reward: Option<f64>) -> Markup {
    let stays = moved.from == moved.to;
    html! {
        tr class=[stays.then_some("muted")] {
            td { (epoch) }
            td { (moved.prompt + 1) }
            td.middle { (moved.from + 1) @if stays { " stays" } @else { " → " (moved.to + 1) } }
            td { (format::number(Some(moved.idleness))) }
            td {
                (format::number(moved.verified))
                @if moved.error.is_some() { " ± " (format::number(moved.error)) }
            }
            td { (format::percent(moved.probability)) }
            td class=[reward.and_then(tone)] { (format::number(reward)) }
            td.left { (moved.rebirth) }
        }
    }
}

fn tone(reward: f64) -> Option<&'static str> {
    match reward {
        r if r > 0.0 => Some("good"),
        r if r < 0.0 => Some("bad"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::lines;

    #[test]
    fn a_move_stands_beside_the_reward_of_the_next_epoch() {
        let moved = Move {
            prompt: 6,
            from: 3,
            to: 0,
            idleness: 0.01234,
            verified: Some(-0.002),
            rebirth: "scale".into(),
            ..Move::default()
        };
        let metrics = Metrics::from(vec![
            EpochRecord { relocation: Some(moved), reward: Some(9.0), ..EpochRecord::default() },
            EpochRecord {
                epoch: 1,
                reward: Some(0.5),
                not_moved: Some("<nothing> is idle".into()),
                ..EpochRecord::default()
            },
        ]);
        insta::assert_snapshot!(lines(&section(&metrics).into_string()), @r#"
<section>
<h2>Moves</h2>
<p class="hint">One prompt at most changes its block before an epoch. Verified: the true change of the loss when it was removed. Reward: the improvement the move brought, less the idleness then left; known one epoch later.</p>
<p>Epochs without a move: <b>1</b> (&lt;nothing&gt; is idle).</p>
<div class="scroll">
<table class="numbers">
<thead>
<tr>
<th>epoch</th>
<th>prompt</th>
<th class="middle">block</th>
<th>idleness</th>
<th>verified</th>
<th>probability</th>
<th>reward</th>
<th class="left">rebirth</th>
</tr>
</thead>
<tbody>
<tr>
<td>1</td>
<td>7</td>
<td class="middle">4 → 1</td>
<td>0.0123</td>
<td>−0.00200</td>
<td>–</td>
<td class="good">0.500</td>
<td class="left">scale</td>
</tr>
</tbody>
</table>
</div>
</section>
"#);
    }

    #[test]
    fn all_moves_of_an_epoch_have_their_rows() {
        let moved = |prompt| Move {
            prompt,
            to: 2,
            verified: Some(0.03),
            error: Some(0.01),
            insertion: Some(-0.02),
            ..Move::default()
        };
        let record = EpochRecord {
            relocation: Some(moved(4)),
            more_moves: vec![moved(8)],
            ..EpochRecord::default()
        };
        let page = section(&Metrics::from(vec![record])).into_string();
        assert!(page.contains("<td>5</td>") && page.contains("<td>9</td>"), "{page}");
        assert!(page.contains("0.0300 ± 0.0100") && !page.contains("One prompt at most"), "{page}");
    }

    #[test]
    fn nothing_to_say_about_fixed_prompts() {
        let metrics = Metrics::from(vec![EpochRecord::default()]);
        assert_eq!(section(&metrics).into_string(), "");
    }
}
