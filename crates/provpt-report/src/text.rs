//! Numbers as people read them in a terminal.

use provpt_runs::{EpochRecord, Move, Score};

/// What stands where a number should be that is not finite.
const NOT_FINITE: &str = "not finite";

/// `97.3%` of a fraction.
pub fn percent(fraction: f64) -> String {
    if fraction.is_finite() { format!("{:.1}%", 100.0 * fraction) } else { NOT_FINITE.to_owned() }
}

/// `97.3%`; `diverged` where the loss is not finite, as predictions mean nothing then.
pub fn accuracy(score: &Score) -> String {
    score.accuracy().map_or("diverged".to_owned(), percent)
}

/// `8.4s`, `3m 05s`, `2h 07m`.
pub fn duration(seconds: f64) -> String {
    if !seconds.is_finite() {
        return NOT_FINITE.to_owned();
    }
    let whole = seconds.max(0.0).round() as u64;
    match whole {
        0..60 => format!("{:.1}s", seconds.max(0.0)),
        60..3600 => format!("{}m {:02}s", whole / 60, whole % 60),
        _ => format!("{}h {:02}m", whole / 3600, whole / 60 % 60),
    }
}

/// `prompt 37: block 3 -> 9`; people count from 1.
pub fn relocation(moved: &Move) -> String {
    format!("prompt {}: block {} -> {}", moved.prompt + 1, moved.from + 1, moved.to + 1)
}

/// The same of all moves of an epoch: `prompt 37: block 3 -> 9 and 2 more`; or how many were removed.
pub fn relocations(record: &EpochRecord) -> Option<String> {
    match record.pruned {
        0 => {}
        1 => return Some("1 prompt removed".to_owned()),
        pruned => return Some(format!("{pruned} prompts removed")),
    }
    let first = relocation(record.relocation.as_ref()?);
    Some(match record.more_moves.len() {
        0 => first,
        more => format!("{first} and {more} more"),
    })
}

/// `12 9 20`: prompts per block.
pub fn distribution(counts: &[usize]) -> String {
    counts.iter().map(usize::to_string).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_two_parts_at_most() {
        let cases = [(0.04, "0.0s"), (59.4, "59.4s"), (59.7, "1m 00s"), (185.0, "3m 05s")];
        for (seconds, text) in cases {
            assert_eq!(duration(seconds), text);
        }
        assert_eq!(duration(7645.0), "2h 07m");
    }

    #[test]
    fn what_is_no_number_does_not_look_like_one() {
        assert_eq!((percent(0.973), percent(f64::NAN)), ("97.3%".into(), "not finite".into()));
        assert_eq!(duration(f64::NAN), "not finite");
        assert_eq!(accuracy(&Score { loss: 1.0, top1: 0.5 }), "50.0%");
        assert_eq!(accuracy(&Score { loss: f64::NAN, top1: 0.5 }), "diverged");
    }

    #[test]
    fn people_count_from_one() {
        let moved = Move { prompt: 36, from: 2, to: 8, ..Move::default() };
        assert_eq!(relocation(&moved), "prompt 37: block 3 -> 9");
        let mut record = EpochRecord { relocation: Some(moved.clone()), ..EpochRecord::default() };
        assert_eq!(relocations(&record).as_deref(), Some("prompt 37: block 3 -> 9"));
        record.more_moves = vec![moved.clone(), moved];
        assert_eq!(relocations(&record).as_deref(), Some("prompt 37: block 3 -> 9 and 2 more"));
    }
}
