//! Where the prompts are and how idle they are, block by epoch.

use maud::{Markup, html};
use provpt_runs::{EpochRecord, Metrics};

use super::{
    format,
    heatmap::{HeatMap, Scale},
};

/// The distribution over epochs, if the run has prompts.
pub(crate) fn distribution(metrics: &Metrics) -> Markup {
    let Some(map) = map(metrics) else { return html! {} };
    html! {
        section {
            h2 { "Where the prompts are" }
            p.hint {
                "Prompts per block (down, from the input) over epochs (across); on the right, after "
                "the last epoch."
            }
            (map)
            @if let Some(numbers) = numbers(metrics) { p.hint { (numbers) } }
        }
    }
}

/// The map of the distribution with its scale, if the run has prompts.
pub(crate) fn map(metrics: &Metrics) -> Option<Markup> {
    let counts = by_block(metrics, |record, block| {
        record.distribution.get(block).map(|&count| count as f64)
    });
    let (low, high) = range(&counts);
    let (low, high) = low.zip(high)?;
    let map = HeatMap {
        title: "Prompts per block over epochs",
        stages: &stages(metrics),
        epochs: &epochs(metrics),
        values: counts,
        scale: Scale::Sequential { low, high },
        label: |value| value.map_or(String::new(), |v| format!("{v:.0}")),
        written: true,
        bars: true,
    };
    Some(html! {
        (map.render())
        @if low < high {
            div.scale { span { (low) } i.seq {} span { (high) " prompts" } }
        }
    })
}

/// The idleness of each block over epochs, if it was scored.
pub(crate) fn idleness(metrics: &Metrics) -> Markup {
    let sums = by_block(metrics, |record, block| {
        record.idleness.as_ref()?.per_block.get(block).copied().filter(|v| v.is_finite())
    });
    let Some(limit) = limit(&sums) else { return html! {} };
    let kind = metrics.iter().rev().find_map(|record| record.idleness.as_ref());
    let map = HeatMap {
        title: "Idleness per block over epochs",
        stages: &stages(metrics),
        epochs: &epochs(metrics),
        values: sums,
        scale: Scale::Diverging { limit },
        label: format::number,
        written: false,
        bars: false,
    };
    html! {
        section {
            h2 { "How idle they are" }
            p.hint {
                "Idleness (" (kind.map_or("", |k| k.kind.as_str())) ") summed over each block's "
                "prompts, before the epoch's move. Above zero the loss is expected to fall if they "
                "were removed, below zero to rise."
            }
            (map.render())
            div.scale {
                span { (format::number(Some(-limit))) " needed" } i.div {}
                span { (format::number(Some(limit))) " idle" }
            }
        }
    }
}

/// Blocks of each stage, if there are stages.
fn stages(metrics: &Metrics) -> Vec<usize> {
    let learned = metrics.iter().find_map(|record| record.learned.as_ref());
    learned.map(|learned| learned.stages.clone()).unwrap_or_default()
}

/// Where blocks of later stages are wider, how many numbers there were at first, and are now.
fn numbers(metrics: &Metrics) -> Option<String> {
    let count = |record: &EpochRecord| record.learned.as_ref().map(|learned| learned.numbers);
    let (first, last) = (count(metrics.first()?)?, count(metrics.last()?)?);
    Some(format!(
        "Blocks are told by stage. Prompts of later stages are wider: with the head, \
                  {first} numbers learned in the first epoch, {last} in the last."
    ))
}

fn epochs(metrics: &Metrics) -> Vec<usize> {
    metrics.iter().map(|record| record.epoch + 1).collect()
}

/// `[block][epoch]`, for as many blocks as any epoch has.
fn by_block(
    metrics: &Metrics,
    value: impl Fn(&EpochRecord, usize) -> Option<f64>,
) -> Vec<Vec<Option<f64>>> {
    let blocks = metrics.iter().map(|record| record.distribution.len()).max().unwrap_or(0);
    let row = |block| metrics.iter().map(|record| value(record, block)).collect();
    (0..blocks).map(row).collect()
}

fn range(values: &[Vec<Option<f64>>]) -> (Option<f64>, Option<f64>) {
    let all = || values.iter().flatten().flatten().copied();
    (all().reduce(f64::min), all().reduce(f64::max))
}

/// The end of the colour scale: the largest absolute value, unless a few outliers (a freshly
/// moved prompt scores a thousand times its elders) would leave all else blank.
fn limit(values: &[Vec<Option<f64>>]) -> Option<f64> {
    let mut sizes: Vec<f64> = values.iter().flatten().flatten().map(|v| v.abs()).collect();
    sizes.sort_by(f64::total_cmp);
    let largest = *sizes.last()?;
    let usual = sizes[(sizes.len() - 1) * 98 / 100];
    Some(if largest > 1.5 * usual && usual > 0.0 { usual } else { largest })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outliers_do_not_set_the_scale() {
        let row = |values: &[f64]| vec![values.iter().map(|&v| Some(v)).collect::<Vec<_>>()];
        assert_eq!(limit(&row(&[1.0, -3.0, 2.0])), Some(3.0));
        let mut values = vec![-1.0; 99];
        values.push(1000.0);
        assert_eq!(limit(&row(&values)), Some(1.0));
        assert_eq!(limit(&row(&[0.0, 0.0])), Some(0.0));
        assert_eq!(limit(&[vec![None]]), None);
    }

    #[test]
    fn a_run_without_prompts_has_no_maps() {
        let metrics = Metrics::from(vec![EpochRecord::default()]);
        assert_eq!(distribution(&metrics).into_string(), "");
        assert_eq!(idleness(&metrics).into_string(), "");
    }
}
