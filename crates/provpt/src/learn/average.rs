//! A moving average of what is learned: what the last steps left, without their noise.

use std::borrow::Cow;

use crate::learn::bank::PromptBank;
use crate::learn::parameters::{LOGITS, PROMPTS, Parameters};
use crate::learn::set::{Param, Set};
use crate::learn::stage_rows::RowPlace;

/// The averages of all learned arrays, once there has been a step.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Average {
    /// The share of the old average that a step leaves, in the long run.
    decay: f64,
    pub(crate) steps: u64,
    /// In the order of the set.
    arrays: Vec<Vec<f32>>,
}

impl Average {
    /// None if `decay` is 0.
    pub(crate) fn of(decay: f64) -> Option<Self> {
        (decay > 0.0).then(|| Self { decay, steps: 0, arrays: Vec::new() })
    }

    /// Follows a step. The first ones count more, so that the average soon leaves the start behind.
    pub(crate) fn step(&mut self, set: &Set) {
        let steps = self.steps as f64;
        let keep = self.decay.min((1.0 + steps) / (10.0 + steps)) as f32;
        self.arrays.resize(set.iter().count(), Vec::new());
        for (average, param) in self.arrays.iter_mut().zip(set.iter()) {
            if average.len() != param.values.len() {
                average.clone_from(&param.values);
            }
            let pairs = average.iter_mut().zip(&param.values);
            pairs.for_each(|(average, value)| *average = value + keep * (*average - value));
        }
        self.steps += 1;
    }

    /// Forgets what prompts were that have moved in this epoch: their values belong to another block.
    pub(crate) fn follow_moves(&mut self, parameters: &Parameters, epoch: usize) {
        let Some(bank) = parameters.bank().filter(|_| self.steps > 0) else { return };
        let moved = |prompt: &usize| bank.moved_at[*prompt] == Some(epoch);
        for prompt in (0..bank.len()).filter(moved) {
            for (average, param) in self.arrays.iter_mut().zip(parameters.set.iter()) {
                begin_anew(average, param, prompt, bank);
            }
        }
    }

    /// A row of an array, of `width` values, leaves it.
    pub(crate) fn remove_row(&mut self, set: &Set, array: &str, row: usize, width: usize) {
        let arrays = self.arrays.iter_mut().zip(set.iter());
        for (average, _) in arrays.filter(|(_, param)| param.name == array) {
            average.drain(row * width..(row + 1) * width);
        }
    }

    /// The averages by name, as checkpoints keep them.
    pub(crate) fn arrays<'a>(
        &'a self,
        set: &'a Set,
    ) -> impl Iterator<Item = (&'a Param, &'a [f32])> {
        set.iter().zip(&self.arrays).map(|(param, average)| (param, &average[..]))
    }

    /// Takes back what a checkpoint kept after so many steps.
    pub(crate) fn restore(&mut self, steps: u64, arrays: Vec<Vec<f32>>) {
        (self.steps, self.arrays) = (steps, arrays);
    }
}

/// Takes over what an array says of this prompt: its row, its logit.
fn begin_anew(average: &mut Vec<f32>, param: &Param, prompt: usize, bank: &PromptBank) {
    let RowPlace { array, row, width } = bank.place(prompt);
    let part = match &param.name {
        // Between stages the other rows change their places.
        name if bank.stages.is_some() && name.starts_with(PROMPTS) => {
            return average.clone_from(&param.values);
        }
        name if *name == array => row * width..(row + 1) * width,
        name if name == LOGITS => prompt..prompt + 1,
        _ => return,
    };
    average[part.clone()].copy_from_slice(&param.values[part]);
}

/// What is evaluated and kept: the averages, if there are any, else what the last step left.
pub(crate) fn shown<'a>(
    parameters: &'a Parameters,
    average: Option<&Average>,
) -> Cow<'a, Parameters> {
    let Some(average) = average.filter(|average| average.steps > 0) else {
        return Cow::Borrowed(parameters);
    };
    let mut shown = parameters.clone();
    for (param, average) in shown.set.iter_mut().zip(&average.arrays) {
        param.values.clone_from(average);
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Rebirth;
    use crate::sample;
    use provpt_base::Stream;

    #[test]
    fn it_goes_from_the_first_values_to_those_that_stay() {
        let mut parameters = sample::parameters(&sample::engine());
        let mut average = Average::of(0.9).unwrap();
        assert_eq!(shown(&parameters, Some(&average)).as_ref(), &parameters);
        parameters.set.values_mut("head.bias").copy_from_slice(&[1.0, 3.0]);
        average.step(&parameters.set);
        assert_eq!(shown(&parameters, Some(&average)).set.values("head.bias"), [1.0, 3.0]);
        parameters.set.values_mut("head.bias").copy_from_slice(&[2.0, 3.0]);
        average.step(&parameters.set);
        // Two of eleven: the second step keeps little.
        let got = shown(&parameters, Some(&average)).set.values("head.bias")[0];
        assert!((got - (2.0 - 2.0 / 11.0)).abs() < 1e-6, "{got}");
        for _ in 0..200 {
            average.step(&parameters.set);
        }
        assert!((shown(&parameters, Some(&average)).set.values("head.bias")[0] - 2.0).abs() < 1e-6);
        assert!(Average::of(0.0).is_none());
    }

    #[test]
    fn a_prompt_that_moved_is_forgotten_and_others_are_not() {
        let mut parameters = sample::parameters(&sample::engine());
        let count = parameters.prompt_count();
        parameters.set.push(Param::new(LOGITS, &[count], vec![-1.0; count]));
        let mut average = Average::of(0.99).unwrap();
        average.step(&parameters.set);
        let old = parameters.clone();
        parameters.set.values_mut(PROMPTS).fill(7.0);
        parameters.set.values_mut(LOGITS).fill(2.0);
        parameters.relocate(3, 5, (Rebirth::Keep, 1.0), 4, &mut Stream::new(1)).unwrap();
        average.follow_moves(&parameters, 4);
        let shown = shown(&parameters, Some(&average));
        assert_eq!(shown.row(3), parameters.row(3));
        assert_eq!(shown.row(2), old.row(2));
        let first = parameters.bank().unwrap().first_logit;
        assert_eq!(shown.set.values(LOGITS)[2..5], [-1.0, first, -1.0]);
    }
}
