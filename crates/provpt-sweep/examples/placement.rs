//! How many trials an hour a machine does where `sweep run` would place them: the rules of the library,
//! and times that were measured.
//!
//!     placement SECONDS_1 SECONDS_2 [PEAK_MB GB_PER_CORE]
//!
//! `SECONDS_1` and `SECONDS_2` are those of a trial with one thread and with two, in a full machine. With
//! a trial's peak and the machine's memory for each core, no more run at once than fit. Trials have no
//! other cost, and none waits for another. Prints a Markdown table.

use std::io::Write;

use provpt_sweep::{fits, places};

/// Long enough that the beginning and the end do not count.
const TRIALS: usize = 10_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let numbers: Vec<f64> =
        std::env::args().skip(1).map(|word| word.parse()).collect::<Result<_, _>>()?;
    let (seconds, memory) = match numbers[..] {
        [one, two] => ([one, two], None),
        [one, two, peak_mb, gb] => ([one, two], Some((peak_mb * 1e6, gb * 1e9))),
        _ => return Err("expected two numbers or four; see the head of this file".into()),
    };
    let mut out = std::io::stdout().lock();
    writeln!(out, "| cores | threads | at once | trials an hour |")?;
    writeln!(out, "|---:|---:|---:|---:|")?;
    for cores in [2, 8, 64] {
        for (threads, seconds) in [1, 2].into_iter().zip(seconds) {
            let wanted = places(cores, threads, &[]).len();
            let at_once = memory.map_or(wanted, |(peak, gb)| {
                admitted(wanted, peak as u64, (gb * cores as f64) as u64)
            });
            let hourly = TRIALS as f64 / makespan(TRIALS, at_once, seconds) * 3600.0;
            writeln!(out, "| {cores} | {threads} | {at_once} | {hourly:.0} |")?;
        }
    }
    Ok(())
}

/// Trials of one size that are let in.
fn admitted(wanted: usize, peak: u64, memory: u64) -> usize {
    (0..wanted).take_while(|&running| fits(memory, vec![peak; running], peak)).count()
}

/// When the last trial ends, if each place takes the next as soon as it is free.
fn makespan(trials: usize, places: usize, seconds: f64) -> f64 {
    let mut free = vec![0.0; places];
    for _ in 0..trials {
        let next = (0..places).min_by(|&a, &b| f64::total_cmp(&free[a], &free[b])).unwrap_or(0);
        free[next] += seconds;
    }
    free.into_iter().fold(0.0, f64::max)
}
