use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;

/// A falling loss with noise of about 5 %, and a gradient norm that goes with it.
fn noisy(steps: usize, seed: u64) -> Vec<StepRecord> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut noise = || (0..12).map(|_| rng.random::<f64>()).sum::<f64>() - 6.0;
    (0..steps)
        .map(|step| {
            let loss = 0.3 + 2.0 * (-(step as f64) / 150.0).exp();
            StepRecord {
                epoch: step / 10,
                step: step % 10,
                loss: loss * (1.0 + 0.05 * noise()),
                grad_norm: (0.1 * noise()).exp(),
                ..StepRecord::default()
            }
        })
        .collect()
}

fn of_losses(losses: impl IntoIterator<Item = f64>) -> Vec<StepRecord> {
    let step = |loss| StepRecord { loss, grad_norm: 1.0, ..StepRecord::default() };
    losses.into_iter().map(step).collect()
}

#[test]
fn a_known_spike_is_found_with_its_peak_and_recovery() {
    let mut steps = noisy(300, 1);
    for (offset, factor) in [2.0, 5.0, 3.0, 1.6].into_iter().enumerate() {
        steps[200 + offset].loss *= factor;
    }
    let spikes = find(&steps);
    assert_eq!(spikes.len(), 1, "{spikes:?}");
    let spike = spikes[0];
    assert_eq!((spike.start, spike.end, spike.peak), (200, 203, 201));
    assert_eq!(spike.recovery, Some(4));
    assert!(spike.loss_z > 20.0 && spike.grad_z < THRESHOLD, "{spike:?}");
}

#[test]
fn a_spike_of_the_gradient_alone_is_one_too() {
    let mut steps = noisy(120, 2);
    steps[80].grad_norm *= 30.0;
    let spikes = find(&steps);
    assert_eq!(spikes.len(), 1, "{spikes:?}");
    assert_eq!((spikes[0].start, spikes[0].end, spikes[0].recovery), (80, 80, Some(0)));
    assert!(spikes[0].grad_z > 10.0 && spikes[0].z() == spikes[0].grad_z);
}

#[test]
fn one_quiet_step_does_not_split_a_spike_and_two_do() {
    let spiked = |at: [usize; 2]| {
        let mut steps = of_losses([1.0; 100]);
        at.into_iter().for_each(|at| steps[at].loss = 9.0);
        find(&steps).iter().map(|s| (s.start, s.end)).collect::<Vec<_>>()
    };
    assert_eq!(spiked([50, 52]), [(50, 52)]);
    assert_eq!(spiked([50, 53]), [(50, 50), (53, 53)]);
}

#[test]
fn a_loss_that_stays_up_is_one_spike_that_never_recovers() {
    let steps = of_losses((0..200).map(|step| if step < 100 { 1.0 } else { 4.0 }));
    let spikes = find(&steps);
    assert_eq!(spikes.len(), 1, "{spikes:?}");
    assert_eq!((spikes[0].start, spikes[0].recovery), (100, None));
    // What is usual follows: half a window later the new level is it.
    assert!(spikes[0].end < 100 + WINDOW, "{spikes:?}");
}

#[test]
fn quiet_series_have_no_spikes() {
    assert_eq!(find(&[]), []);
    assert_eq!(find(&of_losses([0.7; 500])), []);
    assert_eq!(find(&of_losses([0.0; 500])), []);
    let decay = (0..500).map(|step| 3.0 * (-f64::from(step) / 40.0).exp());
    assert_eq!(find(&of_losses(decay)), []);
    let slow_rise = (0..500).map(|step| 1.0 + f64::from(step) / 500.0);
    assert_eq!(find(&of_losses(slow_rise)), []);
}

#[test]
fn a_run_that_ends_in_nan_has_not_spiked() {
    let mut steps = noisy(100, 3);
    for step in &mut steps[60..] {
        (step.loss, step.grad_norm) = (f64::NAN, f64::INFINITY);
    }
    assert_eq!(find(&steps), []);
    steps[59].loss = 50.0;
    let spikes = find(&steps);
    assert_eq!(spikes.len(), 1);
    assert_eq!((spikes[0].peak, spikes[0].recovery), (59, None));
}

#[test]
fn noise_alone_is_hardly_ever_taken_for_a_spike() {
    let spikes: usize = (0..20).map(|seed| find(&noisy(1000, seed)).len()).sum();
    assert!(spikes <= 10, "{spikes} in 20,000 steps");
}

/// The same steps with images that an epoch before lost a tenth more.
fn seen_before(mut steps: Vec<StepRecord>) -> Vec<StepRecord> {
    for step in &mut steps {
        step.loss_before = Some(1.1 * step.loss);
    }
    steps
}

#[test]
fn a_batch_of_hard_images_is_no_spike_and_a_loss_that_rose_is() {
    let mut steps = noisy(200, 1);
    steps[150].loss *= 2.0;
    assert_eq!(find(&steps).len(), 1);
    let mut steps = seen_before(steps);
    assert_eq!(find(&steps), []);
    steps[150].loss *= 2.0;
    let spikes = find(&steps);
    assert_eq!(spikes.iter().map(|s| (s.start, s.of_loss())).collect::<Vec<_>>(), [(150, true)]);
}

#[test]
fn while_few_images_were_seen_before_the_loss_itself_counts() {
    let mut steps = noisy(60, 4);
    for step in &mut steps[30..] {
        step.loss_before = Some(step.loss);
    }
    // Fifteen steps behind the first whose images were seen.
    steps[45].loss *= 3.0;
    assert_eq!(find(&steps).iter().map(|s| s.start).collect::<Vec<_>>(), [45]);
}

#[test]
fn a_batch_of_what_is_left_of_an_epoch_may_be_off_by_more() {
    let of_images = |images| {
        let mut steps = noisy(120, 5);
        steps.iter_mut().for_each(|step| step.images = 32);
        steps[80].images = images;
        let usual = steps[79].loss;
        (steps[80].loss, steps[80].grad_norm) = (1.5 * usual, 1.9);
        find(&steps).iter().map(|s| (s.start, s.of_loss())).collect::<Vec<_>>()
    };
    assert_eq!(of_images(32), [(80, true)]);
    assert_eq!(of_images(8), []);
}

#[test]
fn images_that_lose_as_much_as_before_are_no_spike_from_the_first_epoch_on() {
    let mut steps = noisy(60, 6);
    steps[31].loss *= 2.0;
    assert_eq!(find(&steps).len(), 1);
    steps[31].loss_before = Some(1.05 * steps[31].loss);
    assert_eq!(find(&steps), []);
}
