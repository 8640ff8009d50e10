//! What an observer hears of a run, in order.

use super::{Memory, config, setup, trained};
use crate::config::Config;
use crate::observer::{Event, Observer};
use crate::run::recorder::Saved;
use crate::run::trainer::Trainer;
use crate::sample;
use crate::setup::Setup;
use provpt_runs::Metrics;

/// A line for each event; of preparation only the end.
#[derive(Default)]
struct Told(Vec<String>);

impl Observer for Told {
    fn event(&mut self, event: &Event<'_>) {
        self.0.push(match event {
            Event::Started { epochs, first, earlier, .. } => {
                format!("started at {first} of {epochs}, {} before", earlier.len())
            }
            Event::Preparing { done, total, .. } if done < total => return,
            Event::Preparing { split, done, .. } => format!("prepared {split}: {done}"),
            Event::Warning(text) => format!("warning: {text}"),
            Event::Rate(rate) => format!("rate {rate}"),
            Event::Batch { epoch, phase, done, total, loss } => {
                let loss = if loss.is_some() { " with its loss" } else { "" };
                format!("{epoch} {phase:?} {done}/{total}{loss}")
            }
            Event::Step(record) => format!("{} step {}", record.epoch, record.step),
            Event::Epoch(record) => format!("epoch {}", record.epoch),
            Event::Finished(result) => format!("finished after {}", result.epochs),
        });
        self.0.dedup();
    }
}

fn told(setup: &Setup, saved: Option<Saved>, until: usize) -> Vec<String> {
    let (mut memory, mut told) = (Memory::default(), Told::default());
    Trainer::new(setup, saved, &mut memory, &mut told).unwrap().run(until).unwrap();
    told.0
}

fn two_epochs(config: &mut Config) {
    config.solver.total_epoch = 2;
}

#[test]
fn everything_is_told_as_it_happens() {
    let setup = setup(&config(two_epochs));
    let expected = "started at 0 of 2, 0 before\nprepared train: 16\nprepared val: 4\n\
        0 Score 1/3\n0 Score 2/3\n0 Score 3/3\n\
        0 step 0\n0 Tune 1/3 with its loss\n0 step 1\n0 Tune 2/3 with its loss\n\
        0 step 2\n0 Tune 3/3 with its loss\n0 Evaluate 1/1\nepoch 0\n\
        1 Score 1/3\n1 Score 2/3\n1 Score 3/3\n1 Verify 1/1\n\
        1 step 0\n1 Tune 1/3 with its loss\n1 step 1\n1 Tune 2/3 with its loss\n\
        1 step 2\n1 Tune 3/3 with its loss\n1 Evaluate 1/1\nepoch 1\n\
        1 Evaluate 1/1\nfinished after 2";
    assert_eq!(told(&setup, None, 2).join("\n"), expected);
}

#[test]
fn a_run_that_goes_on_tells_what_there_was() {
    let setup = setup(&config(two_epochs));
    let (whole, _) = trained(&setup);
    let metrics = Metrics::from(whole.records.clone());
    let checkpoint = whole.checkpoints[0].clone();
    let saved = Saved { metrics, checkpoint, path: "checkpoint".into(), adapter: None, data: None };
    assert_eq!(told(&setup, Some(saved), 2)[0], "started at 1 of 2, 1 before");
}

#[test]
fn test_images_are_prepared_only_by_who_comes_to_the_end() {
    let setup = sample::setup(&config(two_epochs), sample::task([0.2, 0.4]));
    let prepared = |until| {
        let told = told(&setup, None, until);
        told.into_iter().filter(|line| line.starts_with("prepared")).collect::<Vec<_>>()
    };
    assert_eq!(prepared(1), ["prepared train: 8", "prepared val: 4"]);
    assert_eq!(prepared(2), ["prepared train: 8", "prepared val: 4", "prepared test: 8"]);
}
